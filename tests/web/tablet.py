"""A tablet as the hub sees it: ODK Collect's requests, byte for byte where it matters."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from server import accounts
from server.hub import Hub
from server.roles import APP_USER, role_named
from server.store import submissions
from server.store.forms import Form
from server.store.projects import Project
from tests.server.season import begin, publish, rice

BOUNDARY = b"2f0c8a6e-1d7c-4f0e-9f47-53d6d1f4f7a1"
OPENROSA = {"X-OpenRosa-Version": "1.0"}
RESPONSE = "{http://openrosa.org/http/response}"
# name, file name or None for a plain field, content
Part = tuple[str, str | None, bytes]


def multipart(parts: Iterable[Part], boundary: bytes = BOUNDARY, end: bytes = b"--\r\n") -> bytes:
    """As OkHttp writes it: raw UTF-8 names, a Content-Length in every part."""
    body = b""
    for name, filename, content in parts:
        body += b"--" + boundary + b'\r\nContent-Disposition: form-data; name="' + name.encode() + b'"'
        if filename is not None:
            kind = "text/xml" if name == "xml_submission_file" else "image/jpeg"
            body += b'; filename="' + filename.encode() + b'"\r\nContent-Type: ' + kind.encode()
        body += b"\r\nContent-Length: %d\r\n\r\n" % len(content) + content + b"\r\n"
    return body + b"--" + boundary + end


@dataclass
class Tablet:
    """`door`: what its server_url begins with after the host."""

    client: FlaskClient
    door: str
    headers: dict[str, str] = field(default_factory=lambda: dict(OPENROSA))
    query: str = "?deviceID=collect%3AAbCdEfGhIjKlMnOp"

    def get(self, path: str, **headers: str) -> TestResponse:
        url = path if path.startswith("http") else self.door + path
        mark = "&" if "?" in url else "?"
        return self.client.get(url + mark + self.query[1:], headers={**self.headers, **headers})

    def post(
        self, xml: bytes, files: dict[str, bytes] | None = None, *, incomplete: bool = False, lang: str = "en"
    ) -> TestResponse:
        parts: list[Part] = [("xml_submission_file", "ស្រូវ_2026-11-23_08-15-00.xml", xml)]
        parts += [(name, name, data) for name, data in (files or {}).items()]
        if incomplete:
            parts.append(("*isIncomplete*", None, b"yes"))
        return self.send(multipart(parts), lang=lang)

    def send(
        self, body: bytes, *, lang: str = "en",
        content_type: str = f"multipart/form-data; boundary={BOUNDARY.decode()}",
    ) -> TestResponse:  # fmt: skip
        headers = {**self.headers, "Accept-Language": lang, "User-Agent": "org.odk.collect.android/v2026.1"}
        url = f"{self.door}/submission{self.query}"
        return self.client.post(url, data=body, content_type=content_type, headers=headers)

    def head(self) -> TestResponse:
        return self.client.head(f"{self.door}/submission{self.query}", headers=self.headers)


def message(answer: TestResponse) -> tuple[str, str]:
    """(nature, text) of an OpenRosaResponse, which every answer of this door must be."""
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert answer.data.startswith(b"<?xml")
    root = etree.fromstring(answer.data)
    assert root.tag == f"{RESPONSE}OpenRosaResponse"
    assert root.get("items") == "0"
    said = root.find(f"{RESPONSE}message")
    assert said is not None
    assert said.text
    return said.get("nature") or "", said.text


@dataclass
class Season:
    """A hub with a project, the form in version 1, and a tablet that was given it."""

    hub: Hub
    client: FlaskClient
    project: Project
    tablet: Tablet

    @property
    def form(self) -> Form:
        return rice(self.hub)

    def publish(self, version: str, **more: str) -> Form:
        return publish(self.hub, self.project, version, **more)

    def grown(self) -> tuple[int, list[Path]]:
        """What a refusal must leave as it is: the ledger's head, and the files beside the database."""
        folder = self.hub.data / "blobs"
        beside = [
            p for p in self.hub.data.parent.rglob("*") if p.is_file() and not p.name.startswith("hub.db")
        ]
        assert all(folder in p.parents for p in beside), beside
        return self.hub.ledger.head(), sorted(beside)

    def instances(self) -> list[tuple[str, str, str | None]]:
        """(root instanceID, instanceID that stands, review state), newest first."""
        rows = submissions.iterate_submissions(
            self.hub.read(), self.form.id, deleted=False, limit=-1, offset=0
        )
        return [(s.instance_id, v.instance_id, s.review_state) for s, v in rows]

    def attachments(self, instance_id: str) -> dict[str, bytes | None]:
        """name -> bytes of the version with this instanceID, None when missing."""
        version = submissions.versions_with(self.hub.read(), self.form.id, instance_id)[0]
        held = submissions.list_attachments(self.hub.read(), version.id)
        return {a.name: self.hub.blobs.read(a.sha256) if a.sha256 else None for a in held}

    def parked(self) -> list[tuple[str, str]]:
        """(instanceID, reason)"""
        rows = submissions.list_parked(self.hub.read(), self.project.id)
        return [(row.instance_id, row.reason) for row in rows]


def make_season(hub: Hub, client: FlaskClient) -> Season:
    project = begin(hub)
    season = Season(hub, client, project, Tablet(client, ""))
    season.tablet.door = f"/v1/key/{make_access(hub, project, rice(hub))}/projects/{project.id}"
    return season


def make_access(hub: Hub, project: Project, form: Form | None = None) -> str:
    """The token of a new app user, given the form if one is named."""
    actor = accounts.create_app_user(hub, project, "ថេប្លេត ៧")
    if form is not None:
        accounts.assign(hub, actor, role_named(APP_USER), project, form)
    assert actor.token is not None
    return actor.token


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def texts(element: Any, *names: str) -> dict[str, str | None]:
    """local name -> text of an element's children."""
    found = {etree.QName(child).localname: child.text for child in element}
    assert set(names) <= set(found), found
    return found


def is_khmer(text: str, but: str = "") -> bool:
    rest = text.replace(but, "")
    return bool(re.search("[ក-៹]", rest)) and not re.search("[A-Za-z]{4}", rest)
