"""/v1/projects/N/forms as ODK Central answers it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

XML = {"Content-Type": "application/xml"}
XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
Ask = Callable[..., TestResponse]


def form(form_id: str = "rice", version: str = "1", extra: str = "", title: str = "ស្រូវ ២០២៦") -> bytes:
    """A form of one village name, with `extra` binds' worth of fields: "name:type name:type"."""
    fields = [part.split(":") for part in extra.split()]
    nodes = "".join(f"<{name}/>" for name, _ in fields)
    binds = "".join(f'<bind nodeset="/data/{name}" type="{kind}"/>' for name, kind in fields)
    said = f' version="{version}"' if version else ""
    return (
        '<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" '
        'xmlns:h="http://www.w3.org/1999/xhtml" xmlns:orx="http://openrosa.org/xforms">'
        f'<h:head><h:title>{title}</h:title><model><instance><data id="{form_id}"{said}>'
        f"<village/>{nodes}<orx:meta><orx:instanceID/></orx:meta></data></instance>"
        '<instance id="villages" src="jr://file-csv/villages.csv"/>'
        '<itext><translation lang="km"><text id="l"><value form="image">jr://images/ស្រូវ.jpg</value></text>'
        "</translation></itext>"
        f'<bind nodeset="/data/village" type="string"/>{binds}</model></h:head>'
        '<h:body><input ref="/data/village"><label>ភូមិ</label></input></h:body></h:html>'
    ).encode()


def workbook(
    *rows: tuple[str, ...], settings: dict[str, str] | None = None, label: str = "label::ខ្មែរ (km)"
) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "survey"
    for row in [("type", "name", label), *rows]:
        sheet.append(row)
    said = book.create_sheet("settings")
    said.append(list(settings or {"form_title": "ស្រូវ"}))
    said.append(list((settings or {"form_title": "ស្រូវ"}).values()))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture
def project(as_admin: Ask) -> str:
    made = as_admin("POST", "/v1/projects", {"name": "ការពិគ្រោះយោបល់"})
    return f"/v1/projects/{made.get_json()['id']}"


@pytest.fixture
def publish(as_admin: Ask, project: str) -> Callable[..., str]:
    def make(*args: str, **more: str) -> str:
        answer = as_admin("POST", f"{project}/forms?publish=true", data=form(*args, **more), headers=XML)
        assert answer.status_code == 200, answer.get_json()
        return f"{project}/forms/{answer.get_json()['xmlFormId']}"

    return make


def refusal(answer: TestResponse) -> tuple[float, Any]:
    said = answer.get_json()
    assert answer.status_code == int(said["code"]), said
    return said["code"], said.get("details")


def test_published_form_shows_every_key_that_central_shows(as_admin: Ask, project: str) -> None:
    xml = form()
    answer = as_admin("POST", f"{project}/forms?publish=true", data=xml, headers=XML)
    said = answer.get_json()
    assert answer.status_code == 200
    assert set(said) == {
        "projectId", "xmlFormId", "state", "enketoId", "enketoOnceId", "createdAt", "updatedAt",
        "webformsEnabled", "keyId", "version", "hash", "sha", "sha256", "draftToken", "publishedAt", "name",
    }  # fmt: skip
    assert said["hash"] == hashlib.md5(xml).hexdigest()
    assert said["sha256"] == hashlib.sha256(xml).hexdigest()
    assert (said["name"], said["state"], said["updatedAt"], said["draftToken"]) == (
        "ស្រូវ ២០២៦",
        "open",
        None,
        None,
    )
    assert said["publishedAt"] is not None


def test_stored_bytes_are_served_for_ever(as_admin: Ask, publish: Callable[..., str]) -> None:
    path = publish()
    answer = as_admin("GET", f"{path}.xml")
    assert answer.data == form()
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"


def test_draft_is_readable_by_those_who_may_change_the_form(as_admin: Ask, project: str) -> None:
    made = as_admin("POST", f"{project}/forms", data=form(), headers=XML).get_json()
    assert made["publishedAt"] is None
    assert len(made["draftToken"]) == 64
    assert as_admin("GET", f"{project}/forms/rice").get_json() == made
    assert as_admin("GET", f"{project}/forms/rice/draft").get_json() == made
    assert as_admin("GET", f"{project}/forms/rice/draft.xml").data == form()
    assert as_admin("GET", f"{project}/forms/rice/versions").get_json() == []


def test_form_ids_may_hold_dots_and_khmer(as_admin: Ask, project: str) -> None:
    for form_id in ("a.b", "ស្រូវ_២០២៦", "a b"):
        made = as_admin("POST", f"{project}/forms?publish=true", data=form(form_id), headers=XML)
        assert made.get_json()["xmlFormId"] == form_id
        path = f"{project}/forms/{quote(form_id, safe='')}"
        assert as_admin("GET", path).get_json()["xmlFormId"] == form_id
        assert as_admin("GET", f"{path}.xml").data == form(form_id)
        assert as_admin("GET", f"{path}/versions/1.xml").data == form(form_id)


def test_ids_that_end_like_a_file_are_refused(as_admin: Ask, project: str) -> None:
    for form_id in ("rice.xml", "rice.xls", "rice.xlsx"):
        answer = as_admin("POST", f"{project}/forms", data=form(form_id), headers=XML)
        code, details = refusal(answer)
        assert code == 400.8
        assert (details["field"], details["value"]) == ("formId", form_id)


def test_what_is_no_form_is_refused_as_central_does(as_admin: Ask, project: str) -> None:
    path = f"{project}/forms"
    no_meta = form().replace(b"<orx:meta><orx:instanceID/></orx:meta>", b"")
    assert refusal(as_admin("POST", path, data=form()[:-9], headers=XML)) == (
        400.1,
        {"format": "xml", "rawLength": len(form()) - 9},
    )
    assert refusal(as_admin("POST", path, data=b"not xml", headers=XML)) == (400.2, {"field": "formId"})
    assert refusal(as_admin("POST", path, data=b"<a/>", headers=XML)) == (400.2, {"field": "formId"})
    assert refusal(as_admin("POST", path, data=no_meta, headers=XML)) == (400.27, None)
    assert as_admin("GET", path).get_json() == []


def test_second_form_of_an_id_is_refused(as_admin: Ask, project: str, publish: Callable[..., str]) -> None:
    publish()
    code, details = refusal(as_admin("POST", f"{project}/forms", data=form(), headers=XML))
    assert code == 409.3
    number = project.rpartition("/")[2]
    assert details == {"fields": ["projectId", "xmlFormId"], "values": [number, "rice"], "table": "forms"}


def test_workbook_becomes_a_form_and_can_be_had_back(as_admin: Ask, project: str) -> None:
    book = workbook(("text", "village", "ភូមិ"), settings={"form_title": "ស្រូវ", "version": "៣"})
    headers = {**XLSX, "X-XlsForm-FormId-Fallback": quote("ស្រូវ")}
    made = as_admin("POST", f"{project}/forms?ignoreWarnings=True&publish=True", data=book, headers=headers)
    said = made.get_json()
    assert (said["xmlFormId"], said["version"], said["name"]) == ("ស្រូវ", "៣", "ស្រូវ")
    path = f"{project}/forms/{quote('ស្រូវ')}"
    back = as_admin("GET", f"{path}.xlsx")
    assert back.data == book
    assert back.headers["Content-Type"] == XLSX["Content-Type"]
    assert back.headers["ETag"] == f'"{hashlib.md5(book).hexdigest()}"'
    assert refusal(as_admin("GET", f"{path}.xls")) == (404.1, None)
    assert as_admin("GET", f"{path}/versions/{quote('៣')}.xlsx").data == book
    extended = as_admin("GET", path, headers={"X-Extended-Metadata": "true"}).get_json()
    assert extended["excelContentType"] == XLSX["Content-Type"]


def test_broken_workbook_says_what_is_wrong(as_admin: Ask, project: str) -> None:
    book = workbook(("select_one nowhere", "village", "ភូមិ"))
    code, details = refusal(as_admin("POST", f"{project}/forms", data=book, headers=XLSX))
    assert code == 400.15
    assert "choices" in details["error"]
    assert isinstance(details["warnings"], list)
    code, details = refusal(as_admin("POST", f"{project}/forms", data=b"no zip", headers=XLSX))
    assert code == 400.15


def test_warnings_stop_a_form_until_they_are_ignored(as_admin: Ask, project: str) -> None:
    book = workbook(("text", "village", "ភូមិ"), label="label::ខ្មែរ")  # a language without its code
    code, details = refusal(as_admin("POST", f"{project}/forms", data=book, headers=XLSX))
    assert code == 400.16
    assert details["warnings"]["xlsFormWarnings"]
    assert "workflowWarnings" not in details["warnings"]
    assert as_admin("GET", f"{project}/forms").get_json() == []
    taken = as_admin("POST", f"{project}/forms?ignoreWarnings=true", data=book, headers=XLSX)
    assert taken.status_code == 200


def test_extended_metadata_counts_what_came_in(
    as_admin: Ask, project: str, publish: Callable[..., str]
) -> None:
    path = publish()
    said = as_admin("GET", path, headers={"X-Extended-Metadata": "TRUE"}).get_json()
    assert said["submissions"] == 0
    assert said["lastSubmission"] is None
    assert said["reviewStates"] == {"received": 0, "hasIssues": 0, "edited": 0}
    assert said["createdBy"]["displayName"] == "សុខា"
    assert (said["entityRelated"], said["publicLinks"], said["excelContentType"]) == (False, 0, None)
    assert "publishNotes" in said
    listed = as_admin("GET", f"{project}/forms", headers={"X-Extended-Metadata": "true"}).get_json()
    assert listed[0]["createdBy"]["displayName"] == "សុខា"


def test_fields_are_flat_and_depth_first(as_admin: Ask, publish: Callable[..., str]) -> None:
    path = publish(extra="photo:binary")
    fields = as_admin("GET", f"{path}/fields").get_json()
    assert fields[0] == {
        "path": "/village",
        "name": "village",
        "type": "string",
        "binary": None,
        "selectMultiple": None,
    }
    assert fields[1]["binary"] is True
    assert [f["path"] for f in fields] == ["/village", "/photo", "/meta", "/meta/instanceID"]
    assert fields[2]["type"] == "structure"


def test_odata_names_of_fields_are_legal_identifiers(as_admin: Ask, publish: Callable[..., str]) -> None:
    path = publish(extra="q-1:int")
    fields = as_admin("GET", f"{path}/fields?odata=true").get_json()
    assert (fields[1]["path"], fields[1]["name"]) == ("/q_1", "q_1")


def test_state_decides_who_may_read(
    as_admin: Ask, as_user: Callable[[str], Ask], project: str, publish: Callable[..., str]
) -> None:
    path = publish()
    collector = _user(as_admin, as_user, project, "formfill")
    assert collector("GET", path).status_code == 200
    assert [f["xmlFormId"] for f in collector("GET", f"{project}/forms").get_json()] == ["rice"]
    changed = as_admin("PATCH", path, {"state": "closed"}).get_json()
    assert changed["state"] == "closed"
    assert changed["updatedAt"] is not None
    assert refusal(collector("GET", path))[0] == 403.1
    assert collector("GET", f"{project}/forms").get_json() == []
    code, details = refusal(as_admin("PATCH", path, {"state": "asleep"}))
    assert (code, details["field"], details["value"]) == (400.8, "state", "asleep")


def test_drafts_are_hidden_from_those_who_cannot_change_forms(
    as_admin: Ask, as_user: Callable[[str], Ask], project: str
) -> None:
    as_admin("POST", f"{project}/forms", data=form(), headers=XML)
    viewer = _user(as_admin, as_user, project, "viewer")
    assert viewer("GET", f"{project}/forms").get_json() == []
    assert refusal(viewer("GET", f"{project}/forms/rice"))[0] == 403.1
    assert refusal(viewer("GET", f"{project}/forms/rice/draft"))[0] == 403.1
    assert refusal(viewer("POST", f"{project}/forms", data=form("new"), headers=XML))[0] == 403.1


def test_unknown_things_come_before_missing_rights(
    as_admin: Ask, as_user: Callable[[str], Ask], client: FlaskClient, project: str
) -> None:
    viewer = _user(as_admin, as_user, project, "viewer")
    for path in ("/v1/projects/99/forms", f"{project}/forms/none", f"{project}/forms/none.xml"):
        assert refusal(viewer("GET", path))[0] == 404.1
    assert refusal(viewer("DELETE", f"{project}/forms/none"))[0] == 404.1
    assert refusal(client.get(f"{project}/forms"))[0] == 401.2


def test_deleted_form_can_be_restored_until_its_id_is_taken(
    as_admin: Ask, project: str, publish: Callable[..., str]
) -> None:
    path = publish()
    assert as_admin("DELETE", path).get_json() == {"success": True}
    assert refusal(as_admin("GET", path))[0] == 404.1
    trash = as_admin("GET", f"{project}/forms?deleted=true").get_json()
    assert trash[0]["deletedAt"] is not None
    number = trash[0]["id"]
    assert as_admin("POST", f"{project}/forms/{number}/restore").get_json() == {"success": True}
    assert as_admin("GET", path).status_code == 200
    assert refusal(as_admin("POST", f"{project}/forms/{number}/restore"))[0] == 404.1
    as_admin("DELETE", path)
    code, details = refusal(as_admin("POST", f"{project}/forms", data=form(version="2"), headers=XML))
    assert code == 400.16
    assert details["warnings"] == {
        "workflowWarnings": [{"type": "deletedFormExists", "details": {"xmlFormId": "rice"}}]
    }
    as_admin("POST", f"{project}/forms?ignoreWarnings=true", data=form(version="2"), headers=XML)
    assert refusal(as_admin("POST", f"{project}/forms/{number}/restore"))[0] == 409.3


def test_version_once_published_is_never_another_form(
    as_admin: Ask, project: str, publish: Callable[..., str]
) -> None:
    as_admin("DELETE", publish())
    again = f"{project}/forms?ignoreWarnings=true&publish=true"
    code, details = refusal(as_admin("POST", again, data=form(), headers=XML))
    assert (code, details) == (409.6, {"xmlFormId": "rice", "version": "1"})
    assert refusal(as_admin("GET", f"{project}/forms/rice"))[0] == 404.1
    assert as_admin("POST", again, data=form(version="2"), headers=XML).status_code == 200


def test_versions_are_listed_newest_first(as_admin: Ask, publish: Callable[..., str]) -> None:
    path = publish(version="")
    as_admin("POST", f"{path}/draft", data=form(version="២"), headers=XML)
    as_admin("POST", f"{path}/draft/publish")
    listed = as_admin("GET", f"{path}/versions", headers={"X-Extended-Metadata": "true"}).get_json()
    assert [v["version"] for v in listed] == ["២", ""]
    assert listed[0]["publishedBy"]["displayName"] == "សុខា"
    assert as_admin("GET", f"{path}/versions/___").get_json()["version"] == ""
    assert as_admin("GET", f"{path}/versions/___.xml").data == form(version="")
    assert as_admin("GET", f"{path}/versions/___/fields").status_code == 200
    assert as_admin("GET", f"{path}/versions/___/attachments").status_code == 200
    assert refusal(as_admin("GET", f"{path}/versions/៩"))[0] == 404.1
    assert as_admin("GET", f"{path}.xml").data == form(version="២")


def test_tablet_reads_only_forms_that_it_was_given(
    as_admin: Ask, client: FlaskClient, project: str, publish: Callable[..., str]
) -> None:
    path = publish()
    tablet = as_admin("POST", f"{project}/app-users", {"displayName": "ថេប្លេត ៧"}).get_json()
    keyed = path.replace("/v1/", f"/v1/key/{tablet['token']}/", 1)
    assert refusal(client.get(f"{keyed}.xml"))[0] == 403.1
    as_admin("POST", f"{path}/assignments/app-user/{tablet['id']}")
    assert client.get(f"{keyed}.xml").data == form()


def test_tablet_is_asked_for_a_name_and_password_where_a_program_is_not(
    client: FlaskClient, publish: Callable[..., str]
) -> None:
    path = publish()
    asked = client.get(f"{path}.xml", headers={"X-OpenRosa-Version": "1.0"})
    assert refusal(asked)[0] == 401.2
    assert asked.headers["WWW-Authenticate"].startswith("Digest ")
    assert "WWW-Authenticate" not in client.get(f"{path}.xml").headers


def _user(as_admin: Ask, as_user: Callable[[str], Ask], project: str, role: str) -> Ask:
    email = f"{role}@kampot.example"
    made = as_admin("POST", "/v1/users", {"email": email, "password": "ពាក្យសម្ងាត់វែង"}).get_json()
    assert as_admin("POST", f"{project}/assignments/{role}/{made['id']}").status_code == 200
    return as_user(email)
