"""ODK Briefcase pulling from the hub and pushing to it, as it does with ODK Central: paths as they are, nothing
escaped, and every file under the type */*."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.web.conftest import RICE

EMAIL, PASSWORD = "sokha@kampot.example", "ពាក្យសម្ងាត់វែង"
A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"


class Briefcase:
    def __init__(self, address: str) -> None:
        self.host = urlsplit(address).netloc
        self.token = ""

    def ask(self, method: str, path: str, body: Any = None, kind: str = "*/*") -> tuple[int, bytes]:
        """The path goes over the wire byte by byte as it stands here."""
        line = http.client.HTTPConnection(self.host, timeout=20)
        headers = {"Content-Type": kind, "User-Agent": "Briefcase"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        line.request(method, path, body, headers)
        answer = line.getresponse()
        content = answer.read()
        line.close()
        return answer.status, content

    def read(self, path: str) -> Any:
        status, content = self.ask("GET", path)
        assert status == 200, content
        return json.loads(content)

    def sign_in(self) -> None:
        body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
        self.token = json.loads(self.ask("POST", "/v1/sessions", body, "application/json")[1])["token"]


@pytest.fixture
def briefcase(address: str) -> Briefcase:
    made = Briefcase(address)
    made.sign_in()
    return made


def test_pull_brings_forms_answers_and_files(briefcase: Briefcase, rice: Any) -> None:
    rice.send(A, "<farm><name>សុខ</name></farm><photo>a.jpg</photo>", files={"a.jpg": b"jpeg"})
    project = rice.project
    assert briefcase.read(project)["name"] == "ការពិគ្រោះយោបល់ កំពត"
    (form,) = [f for f in briefcase.read(f"{project}/forms") if f["publishedAt"]]
    base = f"{project}/forms/{form['xmlFormId']}"
    assert briefcase.ask("GET", f"{base}.xml")[1] == rice.get(".xml").data
    assert briefcase.read(f"{base}/attachments") == []
    (listed,) = briefcase.read(f"{base}/submissions")
    one = f"{base}/submissions/{listed['instanceId']}"
    assert "សុខ".encode() in briefcase.ask("GET", f"{one}.xml")[1]
    (file,) = [f for f in briefcase.read(f"{one}/attachments") if f["exists"]]
    assert briefcase.ask("GET", f"{one}/attachments/{file['name']}") == (200, b"jpeg")


def test_push_makes_the_form_and_sends_answers_with_files(briefcase: Briefcase, rice: Any) -> None:
    project, base = rice.project, f"{rice.project}/forms/pushed"
    xform = RICE.format(form_id="pushed", version="3").encode()
    assert briefcase.ask("GET", f"{base}/versions/3")[0] == 404
    assert briefcase.ask("POST", f"{project}/forms", xform, "application/xml")[0] == 200
    assert briefcase.ask("POST", f"{base}/draft/publish?version=3", b"")[0] == 200
    assert briefcase.ask("GET", f"{base}/versions/3")[0] == 200
    xml = rice.instance(B, "<farm><name>ចាន់</name></farm><photo>a.jpg</photo>")
    sent = xml.replace('id="rice" version="7"', 'id="pushed" version="3"').encode()
    assert briefcase.ask("POST", f"{base}/submissions", sent, "application/xml")[0] == 200
    assert briefcase.ask("POST", f"{base}/submissions/{B}/attachments/a.jpg", b"jpeg")[0] == 200
    assert briefcase.ask("POST", f"{base}/submissions", sent, "application/xml")[0] == 409


def test_push_of_a_newer_version_goes_through_the_draft(briefcase: Briefcase, rice: Any) -> None:
    base = rice.path
    newer = RICE.format(form_id="rice", version="8").encode()
    assert briefcase.ask("POST", f"{base}/draft", newer, "application/xml")[0] == 200
    assert briefcase.ask("POST", f"{base}/draft/publish?version=8", b"")[0] == 200
    assert briefcase.read(base)["version"] == "8"
