"""…/parked: nothing that a tablet handed over is out of a coordinator's sight."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Ask = Callable[..., TestResponse]
XML = {"Content-Type": "application/xml"}
PHOTO = "រូបថត.jpg"


def form(version: str = "1", form_id: str = "rice") -> bytes:
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">'
        f'<h:head><h:title>ស្រូវ</h:title><model><instance><data id="{form_id}" version="{version}">'
        "<village/><photo/><meta><instanceID/></meta></data></instance>"
        '<bind nodeset="/data/photo" type="binary"/></model></h:head><h:body/></h:html>'
    ).encode()


def answers(
    instance_id: str = "uuid:a",
    village: str = "ភូមិថ្មី",
    form_id: str = "rice",
    version: str = "1",
    photo: str = "",
) -> bytes:
    return (
        f'<data id="{form_id}" version="{version}"><village>{village}</village><photo>{photo}</photo>'
        f"<meta><instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


@pytest.fixture
def project(as_admin: Ask) -> str:
    number = as_admin("POST", "/v1/projects", {"name": "ស្រូវ"}).get_json()["id"]
    as_admin("POST", f"/v1/projects/{number}/forms?publish=true", data=form(), headers=XML)
    return f"/v1/projects/{number}"


@pytest.fixture
def hand_over(as_admin: Ask, client: FlaskClient, project: str) -> Callable[..., None]:
    """A tablet hands over a submission, and is thanked whatever it is."""
    tablet = as_admin("POST", f"{project}/app-users", {"displayName": "ថេប្លេត ៧"}).get_json()
    as_admin("POST", f"{project}/assignments/app-user/{tablet['id']}")
    door = project.replace("/v1/", f"/v1/key/{tablet['token']}/", 1) + "/submission?deviceID=tablet-7"

    def send(xml: bytes, **files: bytes) -> None:
        parts: dict[str, Any] = {"xml_submission_file": (io.BytesIO(xml), "a.xml", "text/xml")}
        parts |= {name: (io.BytesIO(data), name, "image/jpeg") for name, data in files.items()}
        answer = client.post(door, data=parts, headers={"X-OpenRosa-Version": "1.0"})
        assert answer.status_code == 201, answer.data

    return send


def refused(answer: TestResponse) -> float:
    said = answer.get_json()
    assert answer.status_code == int(said["code"]), said
    return float(said["code"])


def test_what_fits_is_not_parked(as_admin: Ask, project: str, hand_over: Callable[..., None]) -> None:
    hand_over(answers())
    assert as_admin("GET", f"{project}/parked").get_json() == []
    assert as_admin("GET", f"{project}/forms/rice/parked").get_json() == []


def test_every_parked_submission_is_listed_with_its_reason(
    as_admin: Ask, project: str, hand_over: Callable[..., None]
) -> None:
    hand_over(answers())
    hand_over(answers(village="ភូមិចាស់"))
    hand_over(answers("uuid:b", version="9"))
    hand_over(answers("uuid:c", form_id="ពោត"))
    as_admin("PATCH", f"{project}/forms/rice", {"state": "closed"})
    hand_over(answers("uuid:d"))
    listed = as_admin("GET", f"{project}/parked").get_json()
    assert [(p["instanceId"], p["xmlFormId"], p["reason"]) for p in listed] == [
        ("uuid:a", "rice", "content.differs"),
        ("uuid:b", "rice", "version.unknown"),
        ("uuid:c", "ពោត", "form.unknown"),
        ("uuid:d", "rice", "form.closed"),
    ]
    assert set(listed[0]) == {
        "id", "instanceId", "xmlFormId", "formVersion", "reason", "receivedAt", "submitterId", "deviceId",
        "attachments",
    }  # fmt: skip
    assert (listed[1]["formVersion"], listed[1]["deviceId"]) == ("9", "tablet-7")
    of_form = as_admin("GET", f"{project}/forms/rice/parked").get_json()
    assert of_form == [p for p in listed if p["xmlFormId"] == "rice"]


def test_parked_bytes_and_files_can_be_had(
    as_admin: Ask, project: str, hand_over: Callable[..., None]
) -> None:
    sent = answers("uuid:b", version="9", photo=PHOTO)
    hand_over(sent, **{PHOTO: b"\xff\xd8"})
    parked = as_admin("GET", f"{project}/parked").get_json()[0]
    assert parked["attachments"] == [{"name": PHOTO, "exists": True}]
    place = f"{project}/parked/{parked['id']}"
    assert as_admin("GET", f"{place}.xml").data == sent
    assert as_admin("GET", f"{place}/attachments/{quote(PHOTO)}").data == b"\xff\xd8"
    assert refused(as_admin("GET", f"{place}/attachments/other.jpg")) == 404.1
    for entry in ("0" * 64, "nothing"):
        assert refused(as_admin("GET", f"{project}/parked/{entry}.xml")) == 404.1


def test_unexpected_file_is_listed_and_can_be_had(
    as_admin: Ask, project: str, hand_over: Callable[..., None]
) -> None:
    hand_over(answers(photo=PHOTO), **{PHOTO: b"\xff\xd8", "extra.jpg": b"\xff\xd9"})
    listed = as_admin("GET", f"{project}/parked").get_json()
    assert [(p["id"], p["instanceId"], p["reason"]) for p in listed] == [
        (None, "uuid:a", "attachment.unexpected")
    ]
    assert listed[0]["attachments"] == [{"name": "extra.jpg", "exists": True}]
    assert as_admin("GET", f"{project}/forms/rice/parked").get_json() == listed
    one = f"{project}/forms/rice/submissions/uuid:a/attachments"
    assert as_admin("GET", one).get_json() == [{"name": PHOTO, "exists": True}]
    assert as_admin("GET", f"{one}/extra.jpg").data == b"\xff\xd9"


def test_parked_submission_goes_in_when_its_version_is_published(
    as_admin: Ask, project: str, hand_over: Callable[..., None]
) -> None:
    hand_over(answers("uuid:b", version="2", photo=PHOTO), **{PHOTO: b"\xff\xd8"})
    assert as_admin("GET", f"{project}/forms/rice/submissions").get_json() == []
    as_admin("POST", f"{project}/forms/rice/draft", data=form("2"), headers=XML)
    as_admin("POST", f"{project}/forms/rice/draft/publish")
    assert as_admin("GET", f"{project}/parked").get_json() == []
    listed = as_admin("GET", f"{project}/forms/rice/submissions").get_json()
    assert [s["instanceId"] for s in listed] == ["uuid:b"]
    files = as_admin("GET", f"{project}/forms/rice/submissions/uuid:b/attachments").get_json()
    assert files == [{"name": PHOTO, "exists": True}]


def test_parked_things_are_for_those_who_read_submissions(
    as_admin: Ask, as_user: Callable[[str], Ask], client: FlaskClient, project: str
) -> None:
    user = {"email": "dara@kep.example", "password": "ពាក្យសម្ងាត់វែង"}
    number = as_admin("POST", "/v1/users", user).get_json()["id"]
    as_admin("POST", f"{project}/assignments/formfill/{number}")
    collector = as_user(user["email"])
    for place in ("parked", "forms/rice/parked", f"parked/{'0' * 64}.xml"):
        assert refused(collector("GET", f"{project}/{place}")) == 403.1
    assert refused(client.get(f"{project}/parked")) == 401.2
    assert refused(as_admin("GET", "/v1/projects/99/parked")) == 404.1
    assert refused(as_admin("GET", f"{project}/forms/none/parked")) == 404.1
