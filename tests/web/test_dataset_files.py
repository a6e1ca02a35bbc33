"""Entity lists as files of a form: linked by themselves or by hand, in the manifest, as CSV, and who sees what."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.lists import OPENROSA, VILLAGES, XML, Ask, add, project, publish, reader, refusal, writer

__all__ = ["project"]
LIST = f"datasets/{VILLAGES}"
FILE = f"{VILLAGES}.csv"


def slot(ask: Ask, path: str) -> dict[str, Any]:
    (found,) = ask("GET", f"{path}/attachments").get_json()
    return {name: found[name] for name in ("exists", "blobExists", "datasetExists")}


LINKED = {"exists": True, "blobExists": False, "datasetExists": True}
EMPTY = {"exists": False, "blobExists": False, "datasetExists": False}


def manifest(ask: Ask, path: str) -> dict[str, str]:
    """What the manifest says of its one file; nothing when it names none."""
    text = ask("GET", f"{path}/manifest", headers=OPENROSA).text
    said = dict(re.findall(r"<(filename|hash|downloadUrl|integrityUrl)>([^<]*)<", text))
    return {**said, **dict(re.findall(r'<mediaFile (type)="(\w+)"', text))}


def integrity(ask: Ask, project: str, query: str = "") -> dict[str, bool]:
    text = ask("GET", f"{project}/{LIST}/integrity{query}", headers=OPENROSA).text
    found = re.findall(r'<entity id="([^"]*)">\s*<deleted>(\w+)</deleted>', text)
    return {uuid: gone == "true" for uuid, gone in found}


@pytest.fixture
def visit(as_admin: Ask, project: str) -> str:
    """A list that a form writes, and a published form that reads it."""
    publish(as_admin, project, writer())
    publish(as_admin, project, reader())
    return f"{project}/forms/visit"


def tablet(ask: Ask, client: FlaskClient, project: str, **properties: str) -> tuple[Ask, int]:
    """An app user that was given the form, and its number."""
    made = ask("POST", f"{project}/app-users", {"displayName": "ថេប្លេត", "properties": properties}).get_json()
    ask("POST", f"{project}/forms/visit/assignments/2/{made['id']}")
    return by_key(client, made["token"]), made["id"]


def by_key(client: FlaskClient, token: str) -> Ask:
    def ask(method: str, path: str, /, **more: Any) -> Any:
        return client.open(path.replace("/v1", f"/v1/key/{token}", 1), method=method, **more)

    return ask


def test_a_form_finds_the_list_of_its_files_name(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, reader(), query="")
    assert slot(as_admin, f"{project}/forms/visit/draft") == EMPTY
    publish(as_admin, project, writer())
    publish(as_admin, project, reader(form_id="second"), query="")
    assert slot(as_admin, f"{project}/forms/second/draft") == LINKED
    assert slot(as_admin, f"{project}/forms/visit/draft") == EMPTY, "only a new form looks"


def test_a_form_that_makes_a_list_reads_it_at_once(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, writer(reads=FILE))
    assert slot(as_admin, f"{project}/forms/register") == LINKED
    publish(as_admin, project, writer("trees", form_id="second", reads="others.csv"))
    assert slot(as_admin, f"{project}/forms/second") == EMPTY


def test_a_list_is_linked_and_taken_out_by_hand(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, reader(), query="")
    path = f"{project}/forms/visit/draft"
    assert as_admin("PATCH", f"{path}/attachments/{FILE}", {"dataset": True}).status_code == 404
    publish(as_admin, project, writer())
    said = as_admin("PATCH", f"{path}/attachments/{FILE}", {"dataset": True}).get_json()
    assert said["datasetExists"] is True and said["updatedAt"] is not None
    as_admin("POST", f"{path}/attachments/{FILE}", data=b"name,label\n")
    assert slot(as_admin, path) == {"exists": True, "blobExists": True, "datasetExists": False}
    as_admin("PATCH", f"{path}/attachments/{FILE}", {"dataset": True})
    assert slot(as_admin, path) == LINKED
    assert as_admin("DELETE", f"{path}/attachments/{FILE}").status_code == 200
    assert slot(as_admin, path) == EMPTY


def test_a_link_goes_with_the_form_from_version_to_version(as_admin: Ask, project: str, visit: str) -> None:
    for version in ("2", "3"):
        as_admin("POST", f"{visit}/draft", data=reader(version=version), headers=XML)
        assert slot(as_admin, f"{visit}/draft") == LINKED
        as_admin("POST", f"{visit}/draft/publish")
        assert slot(as_admin, visit) == LINKED
    linked = as_admin("GET", f"{project}/{LIST}").get_json()["linkedForms"]
    assert linked == [{"name": "ទស្សនកិច្ច", "xmlFormId": "visit"}]


def test_tablets_read_the_newest_first_with_name_label_and_version(
    as_admin: Ask, project: str, visit: str
) -> None:
    first = add(as_admin, project, "ភូមិចាស់", kind="ក")
    second = add(as_admin, project, "ភូមិថ្មី", families="១២")
    as_admin("PATCH", f"{project}/{LIST}/entities/{first}?baseVersion=1", {"data": {"kind": "ខ"}})
    answer = as_admin("GET", f"{visit}/attachments/{FILE}")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text == (f"name,label,__version,kind,families\n{second},ភូមិថ្មី,1,,១២\n{first},ភូមិចាស់,2,ខ,\n")
    held = as_admin("GET", f"{visit}/attachments/{FILE}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (held.status_code, held.data) == (304, b"")


def test_the_manifest_tells_a_list_from_a_file_and_when_it_changed(
    as_admin: Ask, project: str, visit: str
) -> None:
    said = manifest(as_admin, visit)
    assert said["filename"] == FILE and said["type"] == "entityList"
    assert said["integrityUrl"].endswith(f"{project}/datasets/%E1%9E%97%E1%9E%98/integrity")
    tag = as_admin("GET", f"{visit}/attachments/{FILE}").headers["ETag"]
    assert said["hash"] == f"md5:{tag.strip(chr(34))}"
    seen, uuid = {said["hash"]}, ""
    for change in ("add", "update", "delete", "restore", "property"):
        match change:
            case "add":
                uuid = add(as_admin, project, "ភូមិ")
            case "update":
                as_admin("PATCH", f"{project}/{LIST}/entities/{uuid}?force=true", {"label": "ថ្មី"})
            case "delete":
                as_admin("DELETE", f"{project}/{LIST}/entities/{uuid}")
            case "restore":
                add(as_admin, project, "ទីពីរ")
            case _:
                as_admin("POST", f"{project}/{LIST}/properties", {"name": "roof"})
        now = manifest(as_admin, visit)["hash"]
        assert now not in seen, change
        seen.add(now)
    as_admin("PATCH", f"{project}/{LIST}?convert=true", {"approvalRequired": True})
    assert manifest(as_admin, visit)["type"] == "approvalEntityList"


def test_integrity_tells_which_entities_are_gone(as_admin: Ask, project: str, visit: str) -> None:
    stays, goes = add(as_admin, project, "ក"), add(as_admin, project, "ខ")
    as_admin("DELETE", f"{project}/{LIST}/entities/{goes}")
    assert integrity(as_admin, project) == {stays: False, goes: True}
    assert integrity(as_admin, project, f"?id={goes.upper()},{'0' * 8}") == {goes: True}


def test_a_tablet_sees_what_it_made_alone(
    as_admin: Ask, client: FlaskClient, project: str, visit: str
) -> None:
    ask, _ = tablet(as_admin, client, project)
    others = add(as_admin, project, "អ្នកដទៃ")
    assert others in ask("GET", f"{visit}/attachments/{FILE}").text
    as_admin("PATCH", f"{project}/{LIST}", {"accessFilter": {"type": "ownerOnly"}})
    assert ask("GET", f"{visit}/attachments/{FILE}").text == "name,label,__version,kind,families\n"
    assert integrity(ask, project) == {others: True} and integrity(as_admin, project) == {others: False}
    before = manifest(ask, visit)["hash"]
    add(as_admin, project, "ម្នាក់ទៀត")
    assert manifest(ask, visit)["hash"] == before, "nothing that it sees has changed"


def test_a_tablet_sees_the_rows_of_its_own_province(
    as_admin: Ask, client: FlaskClient, project: str, visit: str
) -> None:
    as_admin("POST", f"{project}/actor-properties", {"name": "province"})
    kampot, takeo = add(as_admin, project, "ក", kind="កំពត"), add(as_admin, project, "ខ", kind="តាកែវ")
    rules = [{"datasetProperty": "kind", "actorProperty": "province"}]
    as_admin("PATCH", f"{project}/{LIST}", {"accessFilter": {"type": "property", "rules": rules}})
    ask, number = tablet(as_admin, client, project, province="កំពត")
    stranger, _ = tablet(as_admin, client, project)
    assert [
        line.split(",")[0] for line in ask("GET", f"{visit}/attachments/{FILE}").text.splitlines()[1:]
    ] == [kampot]
    assert stranger("GET", f"{visit}/attachments/{FILE}").text.count("\n") == 1
    assert integrity(ask, project) == {kampot: False, takeo: True}
    tags = {manifest(each, visit)["hash"] for each in (ask, stranger, as_admin)}
    assert len(tags) == 3
    said = as_admin(
        "PATCH", f"{project}/app-users/{number}", {"properties": {"province": "តាកែវ"}}
    ).get_json()
    assert said["properties"] == {"province": "តាកែវ"}
    assert integrity(ask, project) == {kampot: True, takeo: False}
    assert manifest(ask, visit)["hash"] not in tags


def test_a_stranger_to_the_forms_learns_nothing_of_the_list(
    as_admin: Ask, client: FlaskClient, project: str, visit: str
) -> None:
    made = as_admin("POST", f"{project}/app-users", {"displayName": "ថេប្លេត"}).get_json()
    ask = by_key(client, made["token"])
    assert ask("GET", f"{project}/{LIST}/integrity", headers=OPENROSA).status_code == 403
    assert ask("GET", f"{visit}/attachments/{FILE}").status_code == 403
    assert ask("GET", f"{project}/{LIST}").status_code == 403


def test_actor_properties_are_named_once_and_told_with_their_values(as_admin: Ask, project: str) -> None:
    for name in ("team", "province"):
        assert as_admin("POST", f"{project}/actor-properties", {"name": name}).get_json() == {"success": True}
    code, details = refusal(as_admin("POST", f"{project}/actor-properties", {"name": "team"}))
    assert (code, details["fields"]) == (409.3, ["projectId", "name"])
    for bad in ("displayName", "label", "a b", None):
        assert refusal(as_admin("POST", f"{project}/actor-properties", {"name": bad}))[0] == 400.8
    body = {"displayName": "ថេប្លេត", "properties": {"team": " ១ ", "province": " "}}
    number = as_admin("POST", f"{project}/app-users", body).get_json()["id"]
    extended = {"X-Extended-Metadata": "true"}
    shown = as_admin("GET", f"{project}/app-users/{number}", headers=extended).get_json()
    assert shown["properties"] == {"team": "១"}
    said = as_admin("GET", f"{project}/actor-properties", headers=extended).get_json()
    assert said == [{"name": "province", "values": []}, {"name": "team", "values": ["១"]}]
    code, _ = refusal(as_admin("PATCH", f"{project}/app-users/{number}", {"properties": {"other": "x"}}))
    assert code == 400.8


def test_properties_that_there_are_not_make_no_app_user(as_admin: Ask, project: str) -> None:
    body = {"displayName": "ថេប្លេត", "properties": {"team": "១"}}
    assert refusal(as_admin("POST", f"{project}/app-users", body))[0] == 400.8
    assert as_admin("GET", f"{project}/app-users").get_json() == []
