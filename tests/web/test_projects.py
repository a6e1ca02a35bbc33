"""Projects, as ODK Central's clients see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

PASSWORD = "ពាក្យសម្ងាត់វែង"
KEYS = ["id", "name", "description", "archived", "keyId", "createdAt", "updatedAt", "deletedAt"]
EXTENDED = {"X-Extended-Metadata": "true"}
Ask = Callable[..., Any]


@pytest.fixture
def project(as_admin: Ask) -> dict[str, Any]:
    body = {"name": "ពិគ្រោះយោបល់ ២០២៦", "description": "ស្ត្រី សន្តិភាព និងសន្តិសុខ"}
    made: dict[str, Any] = as_admin("POST", "/v1/projects", body).get_json()
    return made


def make_user(as_admin: Ask, email: str) -> int:
    number: int = as_admin("POST", "/v1/users", {"email": email, "password": PASSWORD}).get_json()["id"]
    return number


def test_a_new_project_answers_with_every_key(project: dict[str, Any]) -> None:
    assert list(project) == KEYS
    assert project["name"] == "ពិគ្រោះយោបល់ ២០២៦"
    assert [project[key] for key in ("archived", "keyId", "updatedAt", "deletedAt")] == [None] * 4
    assert isinstance(project["id"], int)


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, 400.2), ({"name": " "}, 400.2), ({"name": 5}, 400.11), ({"name": "ក", "description": 5}, 400.11)],
)
def test_a_project_needs_a_name(as_admin: Ask, body: dict[str, Any], code: float) -> None:
    assert as_admin("POST", "/v1/projects", body).get_json()["code"] == code
    assert as_admin("GET", "/v1/projects").get_json() == []


def test_two_projects_may_bear_one_name(as_admin: Ask, project: dict[str, Any]) -> None:
    again = as_admin("POST", "/v1/projects", {"name": project["name"]}).get_json()
    assert again["id"] != project["id"]
    assert again["description"] is None
    assert len(as_admin("GET", "/v1/projects").get_json()) == 2


def test_one_field_is_changed_without_the_others(as_admin: Ask, project: dict[str, Any]) -> None:
    path = f"/v1/projects/{project['id']}"
    first = as_admin("PATCH", path, {"archived": True, "keyId": 9}).get_json()
    second = as_admin("PATCH", path, {"description": None}).get_json()
    third = as_admin("PATCH", path, {"name": "ឈ្មោះថ្មី", "archived": False}).get_json()
    assert (first["archived"], first["name"], first["keyId"]) == (True, project["name"], None)
    assert (second["archived"], second["description"]) == (True, None)
    assert (third["archived"], third["name"], third["description"]) == (False, "ឈ្មោះថ្មី", None)
    assert third["updatedAt"] > third["createdAt"]
    assert as_admin("PATCH", path, {"archived": "yes"}).get_json()["code"] == 400.11
    assert as_admin("PATCH", path, {"name": None}).get_json()["code"] == 400.2


def test_a_deleted_project_is_gone_and_its_name_free(as_admin: Ask, project: dict[str, Any]) -> None:
    path = f"/v1/projects/{project['id']}"
    assert as_admin("DELETE", path).get_json() == {"success": True}
    assert as_admin("GET", path).get_json()["code"] == 404.1
    assert as_admin("GET", "/v1/projects").get_json() == []
    again = as_admin("POST", "/v1/projects", {"name": project["name"]}).get_json()
    assert as_admin("GET", f"/v1/projects/{again['id']}").status_code == 200


def test_more_is_told_when_asked_for(as_admin: Ask, project: dict[str, Any]) -> None:
    path = f"/v1/projects/{project['id']}"
    as_admin("POST", f"{path}/app-users", {"displayName": "ថេប្លេត ១"})
    said = as_admin("GET", path, headers=EXTENDED).get_json()
    assert list(said) == ["verbs", *KEYS, "appUsers", "forms", "lastSubmission", "datasets", "lastEntity"]
    assert (said["appUsers"], said["forms"], said["lastSubmission"], said["datasets"]) == (1, 0, None, 0)
    listed = as_admin("GET", "/v1/projects", headers=EXTENDED).get_json()
    assert listed == [said]


def test_archived_projects_are_listed_last(as_admin: Ask) -> None:
    numbers = [as_admin("POST", "/v1/projects", {"name": name}).get_json()["id"] for name in "ខកគ"]
    as_admin("PATCH", f"/v1/projects/{numbers[1]}", {"archived": True})
    assert [p["name"] for p in as_admin("GET", "/v1/projects").get_json()] == ["ខ", "គ", "ក"]


def test_one_sees_the_projects_that_one_was_given(
    as_admin: Ask, as_user: Callable[[str], Ask], client: FlaskClient, project: dict[str, Any]
) -> None:
    other = as_admin("POST", "/v1/projects", {"name": "តាកែវ"}).get_json()
    dara = make_user(as_admin, "dara@kampot.example")
    as_dara = as_user("dara@kampot.example")
    assert as_dara("GET", "/v1/projects").get_json() == []
    assert as_dara("GET", f"/v1/projects/{project['id']}").get_json()["code"] == 403.1
    as_admin("POST", f"/v1/projects/{project['id']}/assignments/viewer/{dara}")
    assert [p["id"] for p in as_dara("GET", "/v1/projects").get_json()] == [project["id"]]
    seen = as_dara("GET", f"/v1/projects/{project['id']}", headers=EXTENDED).get_json()
    viewer = next(r for r in as_admin("GET", "/v1/roles").get_json() if r["system"] == "viewer")
    assert seen["verbs"] == viewer["verbs"]
    assert as_dara("GET", f"/v1/projects/{other['id']}").get_json()["code"] == 403.1
    assert client.get("/v1/projects").get_json()["code"] == 401.2
    assert client.get(f"/v1/projects/{project['id']}").get_json()["code"] == 401.2


def test_a_manager_changes_the_own_project_alone(
    as_admin: Ask, as_user: Callable[[str], Ask], project: dict[str, Any]
) -> None:
    other = as_admin("POST", "/v1/projects", {"name": "តាកែវ"}).get_json()
    dara = make_user(as_admin, "dara@kampot.example")
    as_admin("POST", f"/v1/projects/{project['id']}/assignments/manager/{dara}")
    as_dara = as_user("dara@kampot.example")
    assert as_dara("PATCH", f"/v1/projects/{project['id']}", {"name": "កំពត"}).status_code == 200
    assert as_dara("PATCH", f"/v1/projects/{other['id']}", {"name": "x"}).get_json()["code"] == 403.1
    assert as_dara("DELETE", f"/v1/projects/{other['id']}").get_json()["code"] == 403.1
    assert as_dara("POST", "/v1/projects", {"name": "x"}).get_json()["code"] == 403.1


def test_forms_are_listed_with_their_projects(
    as_admin: Ask, as_user: Callable[[str], Ask], project: dict[str, Any]
) -> None:
    path = f"/v1/projects/{project['id']}"
    add_form(as_admin, path)
    other = as_admin("POST", "/v1/projects", {"name": "តាកែវ"}).get_json()["id"]
    said = as_admin("GET", "/v1/projects?forms=True").get_json()
    assert {p["id"]: [f["xmlFormId"] for f in p["formList"]] for p in said} == {
        project["id"]: ["wps"],
        other: [],
    }
    first = next(p for p in said if p["id"] == project["id"])
    assert (first["forms"], first["lastSubmission"]) == (1, None)
    assert first["formList"][0]["reviewStates"] == {"received": 0, "hasIssues": 0, "edited": 0}
    dara = make_user(as_admin, "dara@kampot.example")
    as_admin("POST", f"{path}/assignments/formfill/{dara}")
    seen = as_user("dara@kampot.example")("GET", "/v1/projects?forms=true").get_json()
    assert [(p["id"], len(p["formList"])) for p in seen] == [(project["id"], 1)]
    assert seen[0]["verbs"] == ["open_form.list", "open_form.read", "project.read", "submission.create"]


def add_form(as_admin: Ask, path: str) -> None:
    xml = (
        '<h:html xmlns:h="http://www.w3.org/1999/xhtml" xmlns="http://www.w3.org/2002/xforms"><h:head>'
        '<h:title>ពិគ្រោះយោបល់</h:title><model><instance><data id="wps" version="១"><village/>'
        '<meta><instanceID/></meta></data></instance><bind nodeset="/data/village" type="string"/></model>'
        '</h:head><h:body><input ref="/data/village"><label>ភូមិ</label></input></h:body></h:html>'
    )
    made = as_admin("POST", f"{path}/forms?publish=true", data=xml.encode(), content_type="application/xml")
    assert made.status_code == 200, made.text
