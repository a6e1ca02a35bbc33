"""…/forms/ID/draft and what follows from publishing, as ODK Central answers it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Ask = Callable[..., TestResponse]
XML = {"Content-Type": "application/xml"}
PHOTO = "ស្រូវ.jpg"
FORM_XLSX = Path(__file__).parents[2] / "forms" / "library" / "wps_consultation" / "form.xlsx"


def form(
    version: str = "1", fields: str = "village:string", form_id: str = "rice", photo: str = PHOTO
) -> bytes:
    asked = [part.split(":") for part in fields.split()]
    nodes = "".join(f"<{name}/>" for name, _ in asked)
    binds = "".join(f'<bind nodeset="/data/{name}" type="{kind}"/>' for name, kind in asked)
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">'
        f"<h:head><h:title>ស្រូវ</h:title><model><instance><data id='{form_id}' version='{version}'>"
        f"{nodes}<meta><instanceID/></meta></data></instance>"
        '<instance id="villages" src="jr://file-csv/villages.csv"/>'
        f'<itext><translation lang="km"><text id="l"><value form="image">jr://images/{photo}</value></text>'
        f"</translation></itext>{binds}</model></h:head>"
        "<h:body/></h:html>"
    ).encode()


@pytest.fixture
def path(as_admin: Ask) -> str:
    """A published form."""
    number = as_admin("POST", "/v1/projects", {"name": "ស្រូវ"}).get_json()["id"]
    as_admin("POST", f"/v1/projects/{number}/forms?publish=true", data=form(), headers=XML)
    return f"/v1/projects/{number}/forms/rice"


def refusal(answer: TestResponse) -> tuple[float, Any]:
    said = answer.get_json()
    assert answer.status_code == int(said["code"]), said
    return said["code"], said.get("details")


def set_draft(as_admin: Ask, path: str, xml: bytes, query: str = "") -> TestResponse:
    return as_admin("POST", f"{path}/draft{query}", data=xml, headers=XML)


def test_draft_leaves_what_is_published_as_it_is(as_admin: Ask, path: str) -> None:
    assert set_draft(as_admin, path, form("2")).get_json() == {"success": True}
    assert as_admin("GET", path).get_json()["version"] == "1"
    assert as_admin("GET", f"{path}.xml").data == form("1")
    assert as_admin("GET", f"{path}/draft").get_json()["version"] == "2"
    assert as_admin("GET", f"{path}/draft.xml").data == form("2")
    assert as_admin("POST", f"{path}/draft/publish").get_json() == {"success": True}
    assert as_admin("GET", path).get_json()["version"] == "2"
    assert refusal(as_admin("GET", f"{path}/draft"))[0] == 404.1


def test_draft_without_a_body_copies_what_is_published(as_admin: Ask, path: str) -> None:
    assert as_admin("POST", f"{path}/draft").status_code == 200
    assert as_admin("GET", f"{path}/draft.xml").data == form()
    code, details = refusal(as_admin("POST", f"{path}/draft/publish"))
    assert (code, details) == (409.6, {"xmlFormId": "rice", "version": "1"})


def test_form_without_publication_has_nothing_to_copy(as_admin: Ask, path: str) -> None:
    forms = path.rpartition("/")[0]
    as_admin("POST", forms, data=form(form_id="new"), headers=XML)
    assert refusal(as_admin("POST", f"{forms}/new/draft")) == (400.2, {"field": "xml"})
    assert refusal(as_admin("DELETE", f"{forms}/new/draft"))[0] == 409.7


def test_publishing_under_a_version_changes_that_and_no_other_byte(as_admin: Ask, path: str) -> None:
    as_admin("POST", f"{path}/draft")
    assert as_admin("POST", f"{path}/draft/publish?version={quote('២<ក>')}").status_code == 200
    said = as_admin("GET", path).get_json()
    assert said["version"] == "២<ក>"
    changed = form().replace(b"version='1'", 'version="២&lt;ក&gt;"'.encode())
    assert as_admin("GET", f"{path}.xml").data == changed
    assert said["hash"] == hashlib.md5(changed).hexdigest()
    assert as_admin("GET", f"{path}/versions/1.xml").data == form()


def test_draft_of_another_form_is_refused(as_admin: Ask, path: str) -> None:
    code, details = refusal(set_draft(as_admin, path, form(form_id="maize")))
    assert (code, details["field"], details["value"]) == (400.8, "xmlFormId", "maize")


def test_field_keeps_its_type_in_every_later_version(as_admin: Ask, path: str) -> None:
    set_draft(as_admin, path, form("2", "village:string age:int"))
    as_admin("POST", f"{path}/draft/publish")
    set_draft(as_admin, path, form("3"), "?ignoreWarnings=true")
    as_admin("POST", f"{path}/draft/publish")
    code, details = refusal(set_draft(as_admin, path, form("4", "village:string age:decimal")))
    assert (code, details) == (400.17, {"path": "/age", "type": "int"})
    assert set_draft(as_admin, path, form("4", "village:string age:string")).status_code == 200


def test_fields_that_vanish_are_warned_of(as_admin: Ask, path: str) -> None:
    code, details = refusal(set_draft(as_admin, path, form("2", "commune:string")))
    assert code == 400.16
    assert details["warnings"] == {"workflowWarnings": [{"type": "structureChanged", "details": ["village"]}]}
    assert refusal(as_admin("GET", f"{path}/draft"))[0] == 404.1
    assert set_draft(as_admin, path, form("2", "commune:string"), "?ignoreWarnings=True").status_code == 200


def test_draft_can_be_dropped(as_admin: Ask, path: str) -> None:
    set_draft(as_admin, path, form("2"))
    assert as_admin("DELETE", f"{path}/draft").get_json() == {"success": True}
    assert refusal(as_admin("GET", f"{path}/draft"))[0] == 404.1
    assert refusal(as_admin("DELETE", f"{path}/draft"))[0] == 404.1
    assert refusal(as_admin("POST", f"{path}/draft/publish"))[0] == 404.1
    set_draft(as_admin, path, form("2"))
    assert as_admin("GET", f"{path}/draft.xml").data == form("2")


def test_draft_keeps_its_token_until_it_is_published(as_admin: Ask, path: str) -> None:
    set_draft(as_admin, path, form("2"))
    token = as_admin("GET", f"{path}/draft").get_json()["draftToken"]
    set_draft(as_admin, path, form("3"))
    assert as_admin("GET", f"{path}/draft").get_json()["draftToken"] == token
    as_admin("POST", f"{path}/draft/publish")
    set_draft(as_admin, path, form("4"))
    assert as_admin("GET", f"{path}/draft").get_json()["draftToken"] != token


def test_empty_slot_and_filled_slot_look_as_in_central(as_admin: Ask, path: str) -> None:
    set_draft(as_admin, path, form("2"))
    empty = {"hash": None, "exists": False, "blobExists": False, "datasetExists": False}
    assert as_admin("GET", f"{path}/draft/attachments").get_json() == [
        {"name": "villages.csv", "type": "file", **empty},
        {"name": PHOTO, "type": "image", **empty},
    ]
    data = "name,label\nv1,ភូមិថ្មី\n".encode()
    said = as_admin("POST", f"{path}/draft/attachments/villages.csv", data=data).get_json()
    assert said.pop("updatedAt") is not None
    assert said == {
        "name": "villages.csv", "type": "file", "hash": hashlib.md5(data).hexdigest(),
        "exists": True, "blobExists": True, "datasetExists": False, "size": len(data),
    }  # fmt: skip


def test_media_are_served_with_their_name_type_and_tag(as_admin: Ask, path: str) -> None:
    as_admin("POST", f"{path}/draft")
    photo = b"\xff\xd8" + bytes(range(256)) * 500  # larger than what is kept in the database
    address = f"{path}/draft/attachments/{quote(PHOTO)}"
    assert refusal(as_admin("GET", address))[0] == 404.1
    assert as_admin("POST", address, data=photo, headers={"Content-Type": "*/*"}).status_code == 200
    as_admin("POST", f"{path}/draft/publish?version=2")
    answer = as_admin("GET", f"{path}/attachments/{quote(PHOTO)}")
    assert answer.data == photo
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert (
        answer.headers["Content-Disposition"]
        == f"attachment; filename=\"-.jpg\"; filename*=UTF-8''{quote(PHOTO)}"
    )
    tag = f'"{hashlib.md5(photo).hexdigest()}"'
    assert answer.headers["ETag"] == tag
    for held in (tag, f"W/{tag}"):
        again = as_admin("GET", f"{path}/attachments/{quote(PHOTO)}", headers={"If-None-Match": held})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert as_admin("GET", f"{path}/versions/2/attachments/{quote(PHOTO)}").data == photo
    assert refusal(as_admin("GET", f"{path}/versions/1/attachments/{quote(PHOTO)}"))[0] == 404.1


def test_last_upload_to_a_slot_is_the_one_that_counts(as_admin: Ask, path: str) -> None:
    as_admin("POST", f"{path}/draft")
    address = f"{path}/draft/attachments/villages.csv"
    for n in range(6):
        as_admin("POST", address, data=b"name\nv%d\n" % n)
    assert as_admin("GET", address).data == b"name\nv5\n"
    assert as_admin("DELETE", address).get_json() == {"success": True}
    assert refusal(as_admin("GET", address))[0] == 404.1
    as_admin("POST", address, data=b"name\nv6\n")
    assert as_admin("GET", address).data == b"name\nv6\n"


def test_file_without_a_slot_is_refused(as_admin: Ask, path: str) -> None:
    assert refusal(as_admin("POST", f"{path}/draft/attachments/villages.csv", data=b"x"))[0] == 404.1
    as_admin("POST", f"{path}/draft")
    assert refusal(as_admin("POST", f"{path}/draft/attachments/other.csv", data=b"x"))[0] == 404.1
    assert refusal(as_admin("DELETE", f"{path}/draft/attachments/other.csv"))[0] == 404.1
    assert refusal(as_admin("GET", f"{path}/draft/attachments/other.csv"))[0] == 404.1


def test_media_are_carried_over_while_name_and_type_stay(as_admin: Ask, path: str) -> None:
    as_admin("POST", f"{path}/draft")
    as_admin("POST", f"{path}/draft/attachments/villages.csv", data=b"name\nv1\n")
    as_admin("POST", f"{path}/draft/attachments/{quote(PHOTO)}", data=b"\xff\xd8")
    set_draft(as_admin, path, form("2", photo="other.jpg"))
    exists = {a["name"]: a["exists"] for a in as_admin("GET", f"{path}/draft/attachments").get_json()}
    assert exists == {"villages.csv": True, "other.jpg": False}
    as_admin("POST", f"{path}/draft/publish")
    set_draft(as_admin, path, form("3"))
    exists = {a["name"]: a["exists"] for a in as_admin("GET", f"{path}/draft/attachments").get_json()}
    assert exists == {"villages.csv": True, PHOTO: False}


def test_chunked_upload_is_taken(as_admin: Ask, path: str) -> None:
    as_admin("POST", f"{path}/draft")
    answer = as_admin(
        "POST",
        f"{path}/draft/attachments/villages.csv",
        input_stream=io.BytesIO(b"name\nv1\n"),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert answer.get_json()["size"] == 8


def test_draft_needs_the_right_to_change_the_form(
    as_admin: Ask, as_user: Callable[[str], Ask], client: FlaskClient, path: str
) -> None:
    user = {"email": "bopha@kep.example", "password": "ពាក្យសម្ងាត់វែង"}
    number = as_admin("POST", "/v1/users", user).get_json()["id"]
    as_admin("POST", f"{path.rpartition('/forms')[0]}/assignments/viewer/{number}")
    set_draft(as_admin, path, form("2"))
    viewer = as_user(user["email"])
    for method, place in (
        ("POST", "draft"), ("GET", "draft"), ("DELETE", "draft"), ("POST", "draft/publish"),
        ("POST", "draft/attachments/villages.csv"), ("DELETE", "draft/attachments/villages.csv"),
    ):  # fmt: skip
        assert refusal(viewer(method, f"{path}/{place}"))[0] == 403.1
    assert refusal(client.get(f"{path}/draft"))[0] == 401.2


def test_files_keep_their_type_and_since_when_they_are_held(as_admin: Ask, path: str) -> None:
    as_admin("POST", f"{path}/draft")
    address = f"{path}/draft/attachments/villages.csv"
    as_admin("POST", address, data="ភូមិ\n".encode(), headers={"Content-Type": "text/tab-separated-values"})
    before = as_admin("GET", f"{path}/draft/attachments").get_json()
    as_admin("POST", f"{path}/draft/publish?version=2")
    set_draft(as_admin, path, form("3"))
    for place in ("", "/draft"):
        assert as_admin("GET", f"{path}{place}/attachments").get_json() == before
        answer = as_admin("GET", f"{path}{place}/attachments/villages.csv")
        assert answer.headers["Content-Type"] == "text/tab-separated-values; charset=utf-8"


def test_emptied_slot_says_since_when_and_cannot_be_emptied_again(as_admin: Ask, path: str) -> None:
    as_admin("POST", f"{path}/draft")
    address = f"{path}/draft/attachments/villages.csv"
    assert refusal(as_admin("DELETE", address))[0] == 404.1
    as_admin("POST", address, data=b"a\n")
    assert as_admin("DELETE", address).get_json() == {"success": True}
    as_admin("POST", f"{path}/draft/publish?version=2")
    file = next(f for f in as_admin("GET", f"{path}/attachments").get_json() if f["name"] == "villages.csv")
    assert (file["exists"], file["hash"], "size" in file) == (False, None, False)
    assert file["updatedAt"]


def test_later_version_may_lack_the_meta_group(as_admin: Ask, path: str) -> None:
    bare = form("2").replace(b"<meta><instanceID/></meta>", b"")
    assert set_draft(as_admin, path, bare, "?ignoreWarnings=true").status_code == 200
    new = form(form_id="new").replace(b"<meta><instanceID/></meta>", b"")
    assert refusal(as_admin("POST", path.rpartition("/")[0], data=new, headers=XML))[0] == 400.27


def test_group_that_becomes_a_text_is_refused(as_admin: Ask, path: str) -> None:
    changed = form("2").replace(b"</model>", b'<bind nodeset="/data/meta" type="string"/></model>')
    said = refusal(set_draft(as_admin, path, changed, "?ignoreWarnings=true"))
    assert said == (400.17, {"path": "/meta", "type": "structure"})


def test_notes_of_a_publication_are_for_who_may_change_the_form(
    as_admin: Ask, path: str, client: FlaskClient
) -> None:
    set_draft(as_admin, path, form("2"))
    as_admin("POST", f"{path}/draft/publish", headers={"X-Action-Notes": quote("កែឈ្មោះភូមិ")})
    extended = {"X-Extended-Metadata": "true"}
    assert as_admin("GET", path, headers=extended).get_json()["publishNotes"] == "កែឈ្មោះភូមិ"
    rows = as_admin("GET", f"{path}/versions", headers=extended).get_json()
    assert [row["publishNotes"] for row in rows] == ["កែឈ្មោះភូមិ", None]
    project = path.split("/forms/")[0]
    tablet = as_admin("POST", f"{project}/app-users", {"displayName": "ថេប្លេត"}).get_json()
    as_admin("POST", f"{path}/assignments/app-user/{tablet['id']}")
    shown = client.get(f"{path}?st={quote(tablet['token'])}", headers=extended).get_json()
    assert (shown["version"], "publishNotes" in shown) == ("2", False)


def test_workbook_is_told_by_its_bytes_whatever_the_client_calls_it(as_admin: Ask, path: str) -> None:
    source = FORM_XLSX.read_bytes()
    forms = path.rpartition("/")[0]
    kind = "application/vnd.ms-excel"
    made = as_admin("POST", f"{forms}?ignoreWarnings=true", data=source, headers={"Content-Type": kind})
    assert made.status_code == 200, made.get_json()
    address = f"{forms}/{made.get_json()['xmlFormId']}"
    assert as_admin("GET", f"{address}.xls").data == source
    assert refusal(as_admin("GET", f"{address}.xlsx"))[0] == 404.1
    said = as_admin("GET", address, headers={"X-Extended-Metadata": "true"}).get_json()
    assert said["excelContentType"] == kind
