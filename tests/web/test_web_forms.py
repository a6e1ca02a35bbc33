"""What the page around ODK Web Forms, and Enketo, ask of the hub: form, files, submissions, edits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.web.test_encryption import Secret

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"
OPENROSA = {"X-OpenRosa-Version": "1.0"}


@pytest.fixture
def page(admin_token: str) -> Iterator[requests.Session]:
    """The page, signed in."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {admin_token}"
        yield session


def parts(xml: str, **files: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    """The FormData that the engine hands over: each attachment under its own name."""
    said = ("xml_submission_file", ("xml_submission_file", xml.encode(), "text/xml"))
    return [said, *((n, (n, data, "image/jpeg")) for n, data in files.items())]


def send(page: requests.Session, url: str, xml: str, **files: bytes) -> requests.Response:
    return page.post(url, files=parts(xml, **files), headers=OPENROSA, timeout=20)


def test_form_and_its_files_are_fetched_by_name(page: requests.Session, address: str, rice: Any) -> None:
    base = f"{address}{rice.path}"
    assert page.get(f"{base}.xml", timeout=20).content == rice.get(".xml").data
    assert page.get(f"{base}/attachments/none.csv", timeout=20).status_code == 404


def test_filled_in_form_arrives_in_one_piece_or_several(
    page: requests.Session, address: str, rice: Any
) -> None:
    url = f"{address}{rice.project}/submission"
    xml = rice.instance(A, "<photo>a.jpg</photo><farm><name>b.jpg</name></farm>")
    assert send(page, url, xml, **{"a.jpg": b"one"}).status_code == 201
    assert send(page, url, xml, **{"a.jpg": b"one"}).status_code == 201
    assert rice.get(f"/submissions/{A}/attachments/a.jpg").data == b"one"
    client = page.post(
        url, files=parts(rice.instance(B)), headers={**OPENROSA, "odk-client": "wf/0.24"}, timeout=20
    )
    assert client.status_code == 201


def test_edit_begins_from_what_stands_and_sends_only_what_changed(
    page: requests.Session, address: str, rice: Any
) -> None:
    base, url = f"{address}{rice.path}/submissions/{A}", f"{address}{rice.project}/submission"
    send(page, url, rice.instance(A, "<photo>a.jpg</photo>"), **{"a.jpg": b"one"})
    assert "a.jpg" in page.get(f"{base}.xml", timeout=20).text
    assert page.get(f"{base}/attachments", timeout=20).json() == [{"name": "a.jpg", "exists": True}]
    assert page.get(f"{base}/attachments/a.jpg", timeout=20).content == b"one"
    edited = rice.instance(B, "<photo>a.jpg</photo><farm><name>ចាន់</name></farm>", deprecated=A)
    assert send(page, url, edited).status_code == 201
    shown = page.get(base, timeout=20).json()
    assert (shown["currentVersion"]["instanceId"], shown["reviewState"]) == (B, "edited")
    assert page.get(f"{base}/attachments/a.jpg", timeout=20).content == b"one"


def test_page_can_see_that_it_must_encrypt(page: requests.Session, address: str, rice: Any) -> None:
    Secret(rice).switch_on()
    assert "base64RsaPublicKey=" in page.get(f"{address}{rice.path}.xml", timeout=20).text


def test_enketo_finds_the_form_through_a_public_link(address: str, rice: Any) -> None:
    link = rice.ask(
        "POST", f"{rice.path}/public-links", {"displayName": "អ្នកទាំងអស់", "once": False}
    ).get_json()
    door = f"{address}/v1/key/{link['token']}{rice.project.removeprefix('/v1')}"
    with requests.Session() as enketo:
        listed = enketo.get(f"{door}/formList?formID=rice&verbose=true", headers=OPENROSA, timeout=20)
        assert f"{door}/forms/rice.xml" in listed.text
        assert enketo.get(f"{door}/forms/rice.xml", headers=OPENROSA, timeout=20).status_code == 200
        assert enketo.head(f"{door}/submission", headers=OPENROSA, timeout=20).status_code == 204
        assert send(enketo, f"{door}/submission", rice.instance(A)).status_code == 201
    shown = rice.get("/submissions").get_json()
    assert [row["submitterId"] for row in shown] == [link["id"]]  # pyODK takes no submission without one
