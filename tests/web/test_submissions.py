"""…/forms/ID/submissions as ODK Central answers it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.hub import Hub
from server.store.projects import find_project
from server.subjects import submission_subject
from server.upkeep import compare
from sync.ledger import make_entry

Ask = Callable[..., TestResponse]
XML = {"Content-Type": "application/xml"}
EXTENDED = {"X-Extended-Metadata": "true"}
PHOTO = "រូបថត.jpg"
FORM = (
    '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">'
    '<h:head><h:title>ស្រូវ</h:title><model><instance><data id="rice" version="1">'
    "<village/><photo/><voice/><meta><instanceID/><instanceName/></meta></data></instance>"
    '<bind nodeset="/data/village" type="string"/><bind nodeset="/data/photo" type="binary"/>'
    '<bind nodeset="/data/voice" type="binary"/></model></h:head><h:body/></h:html>'
).encode()


def answers(
    instance_id: str = "uuid:a",
    village: str = "ភូមិថ្មី",
    *,
    replaces: str = "",
    photo: str = "",
    form_id: str = "rice",
    version: str = "1",
    name: str = "",
) -> bytes:
    edit = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    named = f"<instanceName>{name}</instanceName>" if name else ""
    picture = f"<photo>{photo}</photo>" if photo else "<photo/>"
    return (
        f'<data id="{form_id}" version="{version}"><village>{village}</village>{picture}<voice/>'
        f"<meta><instanceID>{instance_id}</instanceID>{edit}{named}</meta></data>"
    ).encode()


@pytest.fixture
def path(as_admin: Ask) -> str:
    """The submissions of a published form."""
    number = as_admin("POST", "/v1/projects", {"name": "ស្រូវ"}).get_json()["id"]
    made = as_admin("POST", f"/v1/projects/{number}/forms?publish=true", data=FORM, headers=XML)
    assert made.status_code == 200
    return f"/v1/projects/{number}/forms/rice/submissions"


@pytest.fixture
def enter(as_admin: Ask, path: str) -> Callable[..., Any]:
    def send(*args: str, **more: str) -> Any:
        answer = as_admin("POST", path, data=answers(*args, **more), headers=XML)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    return send


@pytest.fixture
def edit(as_admin: Ask, path: str) -> Callable[..., Any]:
    def send(*args: str, root: str = "uuid:a", **more: str) -> Any:
        answer = as_admin("PUT", f"{path}/{root}", data=answers(*args, **more), headers=XML)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    return send


def refusal(answer: TestResponse) -> tuple[float, Any]:
    said = answer.get_json()
    assert answer.status_code == int(said["code"]), said
    return said["code"], said.get("details")


def member(as_admin: Ask, as_user: Callable[[str], Ask], path: str, role: str) -> Ask:
    email = f"{role}@takeo.example"
    made = as_admin("POST", "/v1/users", {"email": email, "password": "ពាក្យសម្ងាត់វែង"}).get_json()
    as_admin("POST", f"{path.partition('/forms')[0]}/assignments/{role}/{made['id']}")
    return as_user(email)


def test_entered_submission_shows_every_key_that_central_shows(as_admin: Ask, path: str) -> None:
    sent = answers(name="ភូមិថ្មី ១")
    headers = {**XML, "User-Agent": "pyodk v1", "odk-client": "kit/1"}
    made = as_admin("POST", f"{path}?deviceID=tablet-7", data=sent, headers=headers)
    said = made.get_json()
    assert made.status_code == 200
    version = said.pop("currentVersion")
    assert said.pop("createdAt") == version.pop("createdAt")
    submitter = said["submitterId"]
    assert isinstance(submitter, int)
    assert said == {
        "instanceId": "uuid:a", "submitterId": submitter, "deviceId": "tablet-7", "updatedAt": None,
        "reviewState": None, "userAgent": "kit/1 pyodk v1", "deletedAt": None,
    }  # fmt: skip
    assert version == {
        "submitterId": submitter, "instanceName": "ភូមិថ្មី ១", "instanceId": "uuid:a", "current": True,
        "deviceId": "tablet-7", "userAgent": "kit/1 pyodk v1",
    }  # fmt: skip


def test_bytes_come_back_exactly_as_received(as_admin: Ask, path: str) -> None:
    sent = b'<?xml version="1.0"?>\r\n' + answers().replace(b"<voice/>", b"<voice ></voice>  <!-- x -->")
    as_admin("POST", path, data=sent, headers=XML)
    for address in (f"{path}/uuid%3Aa.xml", f"{path}/uuid:a.xml", f"{path}/uuid:a/versions/uuid:a.xml"):
        answer = as_admin("GET", address)
        assert answer.data == sent
        assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"


def test_list_is_newest_first_and_paged(as_admin: Ask, enter: Callable[..., Any], path: str) -> None:
    for n in range(5):
        enter(f"uuid:{n}")
    listed = as_admin("GET", path).get_json()
    assert [s["instanceId"] for s in listed] == [f"uuid:{n}" for n in (4, 3, 2, 1, 0)]
    assert listed[0] == as_admin("GET", f"{path}/uuid:4").get_json()
    page = as_admin("GET", f"{path}?limit=2&offset=1").get_json()
    assert [s["instanceId"] for s in page] == ["uuid:3", "uuid:2"]
    assert refusal(as_admin("GET", f"{path}?limit=many"))[0] == 400.11
    assert as_admin("GET", f"{path}?offset=9").get_json() == []


def test_long_list_is_one_whole_document(as_admin: Ask, enter: Callable[..., Any], path: str) -> None:
    for n in range(401):
        enter(f"uuid:{n}")
    assert len(as_admin("GET", path).get_json()) == 401
    assert len(as_admin("GET", f"{path}?limit=400").get_json()) == 400


def test_list_is_not_sent_again_while_nothing_changes(
    as_admin: Ask, enter: Callable[..., Any], path: str
) -> None:
    enter()
    tag = as_admin("GET", path).headers["ETag"]
    assert tag.startswith('W/"eventhash:')
    for held in (tag, tag.removeprefix("W/")):
        again = as_admin("GET", path, headers={"If-None-Match": held})
        assert (again.status_code, again.data) == (304, b"")
    as_admin("PATCH", f"{path}/uuid:a", {"reviewState": "approved"})
    assert as_admin("GET", path, headers={"If-None-Match": tag}).status_code == 200


def test_extended_metadata_names_the_people(as_admin: Ask, enter: Callable[..., Any], path: str) -> None:
    enter()
    said = as_admin("GET", f"{path}/uuid:a", headers=EXTENDED).get_json()
    assert said["submitter"]["displayName"] == "សុខា"
    assert said["currentVersion"]["submitter"] == said["submitter"]
    assert as_admin("GET", path, headers=EXTENDED).get_json() == [said]
    assert [a["displayName"] for a in as_admin("GET", f"{path}/submitters").get_json()] == ["សុខា"]
    assert as_admin("GET", f"{path}/keys").get_json() == []


def test_what_does_not_fit_is_refused_as_central_does(
    as_admin: Ask, enter: Callable[..., Any], path: str
) -> None:
    enter()

    def send(body: bytes) -> tuple[float, Any]:
        return refusal(as_admin("POST", path, data=body, headers=XML))

    form_number = send(answers())[1]["values"][0]
    assert send(answers()) == (
        409.3,
        {
            "fields": ["formId", "instanceId", "draft"],
            "values": [form_number, "uuid:a", "f"],
            "table": "submissions",
        },
    )
    assert send(answers("uuid:b", form_id="maize"))[0] == 400.8
    assert send(answers("uuid:b", version="2")) == (404.6, {"formVersion": "2"})
    assert send(b"<data/>") == (400.2, {"field": "form ID xml attribute"})
    assert send(b"<data id='rice'") == (400.1, {"format": "xml", "rawLength": 15})
    assert send(b"<aoeu") == (400.2, {"field": "form ID xml attribute"})
    assert send(answers("u" * 300)) == (400.13, {"maxLength": 249})
    assert len(as_admin("GET", path).get_json()) == 1
    assert as_admin("GET", f"{path.partition('/forms')[0]}/parked").get_json() == []


def test_closed_form_takes_nothing_from_programs(as_admin: Ask, enter: Callable[..., Any], path: str) -> None:
    form = path.rpartition("/")[0]
    as_admin("PATCH", form, {"state": "closing"})
    enter()
    as_admin("PATCH", form, {"state": "closed"})
    assert refusal(as_admin("POST", path, data=answers("uuid:b"), headers=XML)) == (409.2, None)
    edited = answers("uuid:b", replaces="uuid:a")
    assert refusal(as_admin("PUT", f"{path}/uuid:a", data=edited, headers=XML)) == (409.2, None)


def test_too_large_xml_is_refused(as_admin: Ask, path: str) -> None:
    body = answers(village="ក" * 4_000_000)
    assert refusal(as_admin("POST", path, data=body, headers=XML))[0] == 400.36


def test_edit_makes_a_version_and_keeps_the_first(
    as_admin: Ask, enter: Callable[..., Any], edit: Callable[..., Any], path: str
) -> None:
    enter(photo=PHOTO)
    as_admin("POST", f"{path}/uuid:a/attachments/{quote(PHOTO)}", data=b"\xff\xd8")
    said = edit("uuid:b", "ភូមិចាស់", replaces="uuid:a", photo=PHOTO)
    assert (said["instanceId"], said["reviewState"]) == ("uuid:a", "edited")
    assert said["currentVersion"]["instanceId"] == "uuid:b"
    assert said["updatedAt"] is not None
    versions = as_admin("GET", f"{path}/uuid:a/versions", headers=EXTENDED).get_json()
    assert [(v["instanceId"], v["current"]) for v in versions] == [("uuid:b", True), ("uuid:a", False)]
    assert versions[0]["formVersion"] == "1"
    assert versions[0]["submitter"]["displayName"] == "សុខា"
    assert as_admin("GET", f"{path}/uuid:a/versions/uuid:a").get_json()["current"] is False
    assert as_admin("GET", f"{path}/uuid:a.xml").data == answers(
        "uuid:b", "ភូមិចាស់", replaces="uuid:a", photo=PHOTO
    )
    assert as_admin("GET", f"{path}/uuid:a/versions/uuid:a.xml").data == answers(photo=PHOTO)
    carried = as_admin("GET", f"{path}/uuid:a/attachments").get_json()
    assert carried == [{"name": PHOTO, "exists": True}]


def test_edit_must_start_from_what_stands(
    as_admin: Ask, enter: Callable[..., Any], edit: Callable[..., Any], path: str
) -> None:
    enter()

    def send(body: bytes, root: str = "uuid:a") -> tuple[float, Any]:
        return refusal(as_admin("PUT", f"{path}/{root}", data=body, headers=XML))

    assert send(answers("uuid:b")) == (400.19, None)
    assert send(answers("uuid:b", replaces="uuid:a"), "uuid:none") == (404.1, None)
    assert send(answers("uuid:b", replaces="uuid:x")) == (409.9, {"deprecatedId": "uuid:x"})
    assert send(answers("uuid:b", replaces="uuid:a", form_id="maize"))[0] == 400.8
    assert send(answers("uuid:b", replaces="uuid:a", version="9")) == (404.6, {"formVersion": "9"})
    edit("uuid:b", replaces="uuid:a")
    assert send(answers("uuid:c", replaces="uuid:a")) == (409.9, {"deprecatedId": "uuid:a"})
    assert send(answers("uuid:b", replaces="uuid:b")) == (
        409.3,
        {"fields": "instanceID", "values": "uuid:b"},
    )
    assert send(answers("uuid:a", replaces="uuid:b"))[0] == 409.3
    assert as_admin("GET", f"{path}/uuid:a").get_json()["currentVersion"]["instanceId"] == "uuid:b"


def test_id_of_a_later_version_leads_to_that_version(
    as_admin: Ask, enter: Callable[..., Any], edit: Callable[..., Any], path: str
) -> None:
    enter()
    edit("uuid:b", replaces="uuid:a", photo=PHOTO)
    as_admin("POST", f"{path}/uuid:a/attachments/{quote(PHOTO)}", data=b"\xff\xd8")
    target = f"{path}/uuid%3Aa/versions/uuid:b"
    for suffix, rest in (
        ("", ""), (".xml", ".xml"), ("/attachments", "/attachments"),
        (f"/attachments/{quote(PHOTO)}", f"/attachments/{quote(PHOTO)}"), ("?x=1", "?x=1"),
    ):  # fmt: skip
        answer = as_admin("GET", f"{path}/uuid:b{suffix}")
        assert (answer.status_code, answer.headers["Location"]) == (301, f"{target}{rest}")
        assert answer.get_data(as_text=True) == f"Moved Permanently. Redirecting to {target}{rest}"
        assert as_admin("GET", answer.headers["Location"]).status_code == 200
    assert refusal(as_admin("GET", f"{path}/uuid:c"))[0] == 404.1


def test_review_state_is_set_and_taken_back(as_admin: Ask, enter: Callable[..., Any], path: str) -> None:
    enter()
    one = f"{path}/uuid:a"
    for state in ("hasIssues", "approved", "rejected", "edited", None, "approved"):
        said = as_admin("PATCH", one, {"reviewState": state}).get_json()
        assert said["reviewState"] == state
        assert as_admin("GET", one).get_json() == said
    assert as_admin("PATCH", one, {}).get_json()["reviewState"] == "approved"
    code, details = refusal(as_admin("PATCH", one, {"reviewState": "ល្អ"}))
    assert (code, details["field"], details["value"]) == (400.8, "reviewState", "ល្អ")
    assert refusal(as_admin("PATCH", f"{path}/uuid:none", {"reviewState": None}))[0] == 404.1
    counts = as_admin("GET", path.rpartition("/")[0], headers=EXTENDED).get_json()["reviewStates"]
    assert counts == {"received": 0, "hasIssues": 0, "edited": 0}


def test_edit_waits_for_review_again(
    as_admin: Ask, enter: Callable[..., Any], edit: Callable[..., Any], path: str
) -> None:
    enter()
    as_admin("PATCH", f"{path}/uuid:a", {"reviewState": "approved"})
    assert edit("uuid:b", replaces="uuid:a")["reviewState"] == "edited"
    as_admin("PATCH", f"{path}/uuid:a", {"reviewState": "rejected"})
    assert as_admin("GET", f"{path}/uuid:a").get_json()["reviewState"] == "rejected"


def test_comments_are_newest_first(as_admin: Ask, enter: Callable[..., Any], path: str) -> None:
    said = enter()
    comments = f"{path}/uuid:a/comments"
    first = as_admin("POST", comments, {"body": "សូមពិនិត្យឈ្មោះភូមិ"}).get_json()
    assert set(first) == {"body", "actorId", "createdAt"}
    assert (first["body"], first["actorId"]) == ("សូមពិនិត្យឈ្មោះភូមិ", said["submitterId"])
    as_admin("POST", comments, {"body": "បានពិនិត្យហើយ"})
    listed = as_admin("GET", comments).get_json()
    assert [c["body"] for c in listed] == ["បានពិនិត្យហើយ", "សូមពិនិត្យឈ្មោះភូមិ"]
    assert listed[1] == first
    assert as_admin("GET", comments, headers=EXTENDED).get_json()[0]["actor"]["displayName"] == "សុខា"
    assert refusal(as_admin("POST", comments, {})) == (400.2, {"field": "body"})
    assert refusal(as_admin("POST", comments, {"body": 5}))[0] == 400.11
    assert refusal(as_admin("GET", f"{path}/uuid:none/comments"))[0] == 404.1


def test_attachments_are_those_that_the_answers_name(
    as_admin: Ask, enter: Callable[..., Any], path: str
) -> None:
    enter(photo=PHOTO)
    files = f"{path}/uuid:a/attachments"
    assert as_admin("GET", files).get_json() == [{"name": PHOTO, "exists": False}]
    address = f"{files}/{quote(PHOTO)}"
    assert refusal(as_admin("GET", address))[0] == 404.1
    assert refusal(as_admin("POST", f"{files}/other.jpg", data=b"x"))[0] == 404.1
    jpeg = {"Content-Type": "image/jpeg"}
    assert as_admin("POST", address, data=b"\xff\xd8khmer", headers=jpeg).get_json() == {"success": True}
    assert as_admin("GET", files).get_json() == [{"name": PHOTO, "exists": True}]
    answer = as_admin("GET", address)
    assert answer.data == b"\xff\xd8khmer"
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == (
        f"inline; filename=\"-.jpg\"; filename*=UTF-8''{quote(PHOTO)}"
    )
    tag = f'"{hashlib.md5(answer.data).hexdigest()}"'
    assert answer.headers["ETag"] == tag
    assert as_admin("GET", address, headers={"If-None-Match": tag}).status_code == 304
    assert as_admin("DELETE", address).get_json() == {"success": True}
    assert as_admin("GET", files).get_json() == [{"name": PHOTO, "exists": False}]
    assert refusal(as_admin("GET", address))[0] == 404.1
    as_admin("POST", address, data=b"\xff\xd8again")
    assert as_admin("GET", address).data == b"\xff\xd8again"


def test_file_of_an_old_version_can_be_taken_away(
    as_admin: Ask, enter: Callable[..., Any], edit: Callable[..., Any], path: str
) -> None:
    enter(photo=PHOTO)
    as_admin("POST", f"{path}/uuid:a/attachments/{quote(PHOTO)}", data=b"\xff\xd8")
    edit("uuid:b", replaces="uuid:a")
    old = f"{path}/uuid:a/versions/uuid:a/attachments"
    assert as_admin("GET", f"{path}/uuid:a/attachments").get_json() == []
    assert as_admin("GET", old).get_json() == [{"name": PHOTO, "exists": True}]
    assert as_admin("GET", f"{old}/{quote(PHOTO)}").data == b"\xff\xd8"
    assert as_admin("DELETE", f"{old}/{quote(PHOTO)}").get_json() == {"success": True}
    assert as_admin("GET", old).get_json() == [{"name": PHOTO, "exists": False}]
    assert refusal(as_admin("GET", f"{path}/uuid:a/versions/uuid:x/attachments"))[0] == 404.1


def test_file_taken_from_an_old_version_stays_with_the_edit_made_of_it(
    as_admin: Ask, enter: Callable[..., Any], edit: Callable[..., Any], path: str, hub: Hub
) -> None:
    enter(photo=PHOTO)
    as_admin("POST", f"{path}/uuid:a/attachments/{quote(PHOTO)}", data=b"\xff\xd8")
    edit("uuid:b", replaces="uuid:a", photo=PHOTO)
    as_admin("DELETE", f"{path}/uuid:a/versions/uuid:a/attachments/{quote(PHOTO)}")
    held = as_admin("GET", f"{path}/uuid:a/attachments").get_json()
    assert held == [{"name": PHOTO, "exists": True}]
    assert as_admin("GET", f"{path}/uuid:a/versions/uuid:a/attachments").get_json() == [
        {"name": PHOTO, "exists": False}
    ]
    assert compare(hub) == []


@pytest.mark.parametrize(
    ("name", "said", "served"),
    [
        ("tape.m4a", "audio/x-m4a", "audio/x-m4a"),
        ("tape.m4a", None, "application/octet-stream"),
        ("list.csv", "", "text/csv; charset=utf-8"),
        ("map.geojson", None, "application/geo+json"),
        ("list.csv", "application/x-abiword", "application/x-abiword"),
        ("tape.m4a", "audio/mp4 X-Evil: 1", "application/octet-stream"),
    ],
)
def test_file_is_served_as_what_its_sender_called_it(
    as_admin: Ask, enter: Callable[..., Any], path: str, hub: Hub, name: str, said: str | None, served: str
) -> None:
    enter(photo=name)
    address = f"{path}/uuid:a/attachments/{name}"
    headers = {} if said is None else {"Content-Type": said}
    assert as_admin("POST", address, data=b"x", headers=headers).status_code == 200
    assert as_admin("GET", address).headers["Content-Type"] == served
    assert compare(hub) == []


def test_form_that_is_opened_for_an_edit_has_no_web_form_yet(
    as_admin: Ask, enter: Callable[..., Any], path: str
) -> None:
    enter()
    assert refusal(as_admin("GET", f"{path}/uuid:a/edit"))[0] == 409.11


def test_deleted_submission_waits_in_the_trash(as_admin: Ask, enter: Callable[..., Any], path: str) -> None:
    enter()
    one = f"{path}/uuid:a"
    assert as_admin("DELETE", one).get_json() == {"success": True}
    assert refusal(as_admin("GET", one))[0] == 404.1
    assert refusal(as_admin("DELETE", one))[0] == 404.1
    assert as_admin("GET", path).get_json() == []
    trash = as_admin("GET", f"{path}?deleted=true").get_json()
    assert (trash[0]["instanceId"], trash[0]["deletedAt"] is None) == ("uuid:a", False)
    assert refusal(as_admin("POST", path, data=answers(), headers=XML))[0] == 409.3
    assert as_admin("POST", f"{one}/restore").get_json() == {"success": True}
    assert as_admin("GET", one).get_json()["deletedAt"] is None
    assert refusal(as_admin("POST", f"{one}/restore"))[0] == 404.1
    as_admin("DELETE", one)
    assert len(as_admin("GET", f"{path}?deleted=true").get_json()) == 1


def test_roles_do_what_they_may_and_no_more(
    as_admin: Ask, as_user: Callable[[str], Ask], enter: Callable[..., Any], client: FlaskClient, path: str
) -> None:
    enter()
    viewer = member(as_admin, as_user, path, "viewer")
    collector = member(as_admin, as_user, path, "formfill")
    assert viewer("GET", path).status_code == 200
    assert viewer("POST", f"{path}/uuid:a/comments", {"body": "ល្អ"}).status_code == 200
    for ask, method, place in (
        (viewer, "PATCH", "/uuid:a"), (viewer, "DELETE", "/uuid:a"), (viewer, "POST", "/uuid:a/restore"),
        (viewer, "POST", "/uuid:a/attachments/x.jpg"), (viewer, "DELETE", "/uuid:a/attachments/x.jpg"),
        (collector, "GET", ""), (collector, "GET", "/uuid:a"), (collector, "GET", "/uuid:a.xml"),
        (collector, "PATCH", "/uuid:a"), (collector, "GET", "/uuid:a/versions"), (collector, "GET", "/keys"),
        (collector, "GET", "/uuid:a/comments"), (collector, "GET", "/submitters"),
    ):  # fmt: skip
        assert refusal(ask(method, f"{path}{place}"))[0] == 403.1, (method, place)
    assert refusal(viewer("POST", path, data=answers("uuid:b"), headers=XML))[0] == 403.1
    assert collector("POST", path, data=answers("uuid:b"), headers=XML).status_code == 200
    assert refusal(client.get(path))[0] == 401.2


def test_who_may_only_send_completes_his_own_submission_once(
    as_admin: Ask, as_user: Callable[[str], Ask], enter: Callable[..., Any], path: str
) -> None:
    enter("uuid:other", photo=PHOTO)
    collector = member(as_admin, as_user, path, "formfill")
    collector("POST", path, data=answers(photo=PHOTO), headers=XML)
    own = f"{path}/uuid:a/attachments/{quote(PHOTO)}"
    assert collector("POST", own, data=b"\xff\xd8").status_code == 200
    assert refusal(collector("POST", own, data=b"\xff\xd9"))[0] == 403.1
    other = f"{path}/uuid:other/attachments/{quote(PHOTO)}"
    assert refusal(collector("POST", other, data=b"\xff\xd8"))[0] == 403.1


def test_tablet_with_a_token_may_enter_by_the_api(as_admin: Ask, client: FlaskClient, path: str) -> None:
    project, form = path.partition("/forms")[0], path.rpartition("/")[0]
    tablet = as_admin("POST", f"{project}/app-users", {"displayName": "ថេប្លេត ៧"}).get_json()
    keyed = path.replace("/v1/", f"/v1/key/{tablet['token']}/", 1)
    assert refusal(client.post(keyed, data=answers(), headers=XML))[0] == 403.1
    as_admin("POST", f"{form}/assignments/app-user/{tablet['id']}")
    assert client.post(keyed, data=answers(), headers=XML).get_json()["submitterId"] == tablet["id"]


def test_unknown_places_are_not_found(as_admin: Ask, path: str) -> None:
    for place in (
        path.replace("rice", "none"), f"{path}/uuid:a", f"{path}/uuid:a.xml", f"{path}/uuid:a/versions",
        f"{path}/uuid:a/attachments", f"{path}/uuid:a/versions/uuid:a",
    ):  # fmt: skip
        assert refusal(as_admin("GET", place))[0] == 404.1
    assert refusal(as_admin("POST", f"{path}/uuid:a/attachments/x", data=b"x"))[0] == 404.1


def test_differences_are_told_for_every_later_version(
    as_admin: Ask, enter: Callable[..., Any], edit: Callable[..., Any], path: str
) -> None:
    enter()
    assert as_admin("GET", f"{path}/uuid:a/diffs").get_json() == {}
    edit("uuid:b", "ភូមិចាស់", replaces="uuid:a")
    edit("uuid:c", "ភូមិចាស់", replaces="uuid:b", name="ឈ្មោះ")
    found = as_admin("GET", f"{path}/uuid:a/diffs").get_json()
    assert list(found) == ["uuid:c", "uuid:b"]
    assert {"old": "ភូមិថ្មី", "new": "ភូមិចាស់", "path": ["village"]} in found["uuid:b"]
    assert {"new": "ឈ្មោះ", "path": ["meta", "instanceName"]} in found["uuid:c"]
    assert refusal(as_admin("GET", f"{path}/uuid:none/diffs"))[0] == 404.1


def test_merged_submission_shows_what_it_expects_and_what_is_here(
    as_admin: Ask, enter: Callable[..., Any], path: str, hub: Hub
) -> None:
    """From another hub: its photo is named, and the photo's bytes have not come yet."""
    project = find_project(hub.read(), int(path.split("/")[3]))
    assert project is not None
    xml, photo = answers("uuid:m", photo=PHOTO), b"\xff\xd8kampot"
    name = hashlib.sha256(photo).hexdigest()
    said = {"instance_id": "uuid:m", "form_version": "1", "files": {PHOTO: name}, "device_id": "tablet-9"}
    subject = submission_subject(project.uid, "rice", "uuid:m")
    entry = make_entry(
        "submission.create", subject, hub="kampot", made_at="2026-11-20T01:02:03.000004Z", body=said,
        blobs=[hub.blobs.put(xml), name],
    )  # fmt: skip
    hub.ledger.append([entry])
    one = f"{path}/uuid:m"
    merged = as_admin("GET", one).get_json()
    assert (merged["submitterId"], merged["createdAt"]) == (None, "2026-11-20T01:02:03.000Z")
    assert as_admin("GET", f"{one}.xml").data == xml
    assert as_admin("GET", f"{one}/attachments").get_json() == [{"name": PHOTO, "exists": False}]
    assert refusal(as_admin("GET", f"{one}/attachments/{quote(PHOTO)}"))[0] == 404.1
    hub.blobs.put(photo)
    assert as_admin("GET", f"{one}/attachments").get_json() == [{"name": PHOTO, "exists": True}]
    assert as_admin("GET", f"{one}/attachments/{quote(PHOTO)}").data == photo


def test_nobody_enters_anything(client: FlaskClient, path: str) -> None:
    assert refusal(client.post(path, data=b"<data", headers=XML))[0] == 401.2
    assert refusal(client.put(f"{path}/uuid:a", data=answers(), headers=XML))[0] == 401.2
