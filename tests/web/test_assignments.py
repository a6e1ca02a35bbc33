"""Who may do what where, as ODK Central's clients give and take it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

PASSWORD = "ពាក្យសម្ងាត់វែង"
FORM = (
    '<h:html xmlns:h="http://www.w3.org/1999/xhtml" xmlns="http://www.w3.org/2002/xforms"><h:head>'
    "<h:title>ពិគ្រោះយោបល់</h:title><model><instance>"
    '<data id="{form_id}" version="១"><village/><meta><instanceID/></meta></data></instance>'
    '<bind nodeset="/data/village" type="string"/></model></h:head>'
    '<h:body><input ref="/data/village"><label>ភូមិ</label></input></h:body></h:html>'
)
Ask = Callable[..., Any]


@pytest.fixture
def project(as_admin: Ask) -> str:
    return f"/v1/projects/{as_admin('POST', '/v1/projects', {'name': 'កំពត'}).get_json()['id']}"


@pytest.fixture
def form(as_admin: Ask, project: str) -> str:
    return add_form(as_admin, project, "ពិគ្រោះ_wps")


@pytest.fixture
def tablet(as_admin: Ask, project: str) -> dict[str, Any]:
    made: dict[str, Any] = as_admin("POST", f"{project}/app-users", {"displayName": "ថេប្លេត"}).get_json()
    return made


@pytest.fixture
def dara(as_admin: Ask) -> int:
    body = {"email": "dara@kampot.example", "password": PASSWORD}
    number: int = as_admin("POST", "/v1/users", body).get_json()["id"]
    return number


def add_form(as_admin: Ask, project: str, form_id: str) -> str:
    xml = FORM.format(form_id=form_id).encode()
    made = as_admin("POST", f"{project}/forms?publish=true", data=xml, content_type="application/xml")
    assert made.status_code == 200, made.text
    return f"{project}/forms/{form_id}"


def test_roles_are_those_of_central(as_admin: Ask) -> None:
    roles = as_admin("GET", "/v1/roles").get_json()
    # pyODK counts on app-user being 2.
    named = [(role["id"], role["system"]) for role in roles]
    assert named[:5] == [(1, "admin"), (2, "app-user"), (3, "pwreset"), (5, "manager"), (6, "viewer")]
    assert named[5:] == [(7, "formview"), (8, "formfill"), (9, "pub-link")]
    assert {"id", "name", "system", "createdAt", "updatedAt", "verbs"} == set(roles[0])
    assert as_admin("GET", "/v1/roles/2").get_json()["verbs"] == ["open_form.read", "submission.create"]
    assert as_admin("GET", "/v1/roles/app-user").get_json() == as_admin("GET", "/v1/roles/2").get_json()
    assert as_admin("GET", "/v1/roles/nothing").get_json()["code"] == 404.1


def test_the_first_administrator_has_the_site(as_admin: Ask) -> None:
    admin = as_admin("GET", "/v1/users/current").get_json()["id"]
    assert as_admin("GET", "/v1/assignments").get_json() == [{"actorId": admin, "roleId": 1}]


@pytest.mark.parametrize("role", ["viewer", "6"])
def test_a_role_is_given_and_taken(as_admin: Ask, project: str, dara: int, role: str) -> None:
    path = f"{project}/assignments"
    assert as_admin("POST", f"{path}/{role}/{dara}").get_json() == {"success": True}
    assert as_admin("GET", path).get_json() == [{"actorId": dara, "roleId": 6}]
    assert [a["id"] for a in as_admin("GET", f"{path}/{role}").get_json()] == [dara]
    assert as_admin("GET", f"{path}/manager").get_json() == []
    assert as_admin("DELETE", f"{path}/{role}/{dara}").get_json() == {"success": True}
    assert as_admin("GET", path).get_json() == []
    assert as_admin("DELETE", f"{path}/{role}/{dara}").get_json()["code"] == 404.1


def test_giving_and_taking_again_and_again_ends_where_it_was_left(
    as_admin: Ask, project: str, dara: int
) -> None:
    path = f"{project}/assignments"
    for _ in range(6):
        as_admin("POST", f"{path}/viewer/{dara}")
        assert len(as_admin("GET", path).get_json()) == 1
        as_admin("DELETE", f"{path}/viewer/{dara}")
        assert as_admin("GET", path).get_json() == []


def test_what_is_given_twice_is_a_conflict(as_admin: Ask, project: str, dara: int) -> None:
    as_admin("POST", f"{project}/assignments/viewer/{dara}")
    said = as_admin("POST", f"{project}/assignments/viewer/{dara}").get_json()
    assert (said["code"], said["details"]["fields"]) == (409.3, ["actorId", "roleId", "acteeId"])


def test_more_is_told_when_asked_for(as_admin: Ask, project: str, dara: int) -> None:
    as_admin("POST", f"{project}/assignments/viewer/{dara}")
    said = as_admin("GET", f"{project}/assignments", headers={"X-Extended-Metadata": "true"}).get_json()
    assert (said[0]["actorId"], said[0]["roleId"], said[0]["actor"]["id"]) == (dara, 6, dara)
    assert list(said[0]["actor"]) == ["id", "type", "displayName", "createdAt", "updatedAt", "deletedAt"]


def test_a_role_at_the_site_covers_every_project(
    as_admin: Ask, as_user: Callable[[str], Ask], project: str, dara: int
) -> None:
    as_dara = as_user("dara@kampot.example")
    assert as_dara("GET", project).status_code == 403
    as_admin("POST", f"/v1/assignments/viewer/{dara}")
    assert as_dara("GET", project).status_code == 200
    as_admin("DELETE", f"/v1/assignments/viewer/{dara}")
    assert as_dara("GET", project).status_code == 403


def test_nobody_gives_more_than_they_have(
    as_admin: Ask, as_user: Callable[[str], Ask], project: str, form: str, dara: int, tablet: dict[str, Any]
) -> None:
    as_admin("POST", f"{project}/assignments/manager/{dara}")
    as_dara = as_user("dara@kampot.example")
    for role, status in (
        ("admin", 403),
        ("pwreset", 403),
        ("viewer", 200),
        ("manager", 409),
        ("formfill", 200),
    ):
        assert as_dara("POST", f"{project}/assignments/{role}/{dara}").status_code == status
    assert as_dara("POST", f"{form}/assignments/app-user/{tablet['id']}").status_code == 200
    assert as_dara("POST", f"/v1/assignments/viewer/{dara}").get_json()["code"] == 403.1
    assert as_dara("GET", "/v1/assignments").get_json()["code"] == 403.1


def test_a_tablet_sees_a_form_once_it_is_assigned_to_it(
    as_admin: Ask, client: FlaskClient, project: str, form: str, tablet: dict[str, Any]
) -> None:
    other = add_form(as_admin, project, "ផ្សេង")
    listing = f"/v1/key/{tablet['token']}{project[3:]}/formList"

    def listed() -> str:
        return client.get(listing, headers={"X-OpenRosa-Version": "1.0"}).text

    assert "<xform>" not in listed()
    assert as_admin("POST", f"{form}/assignments/2/{tablet['id']}").get_json() == {"success": True}
    assert "<formID>ពិគ្រោះ_wps</formID>" in listed()
    assert "ផ្សេង" not in listed()
    assert f"/v1/key/{tablet['token']}/projects/" in listed()
    as_admin("POST", f"{other}/assignments/2/{tablet['id']}")
    as_admin("DELETE", f"{form}/assignments/2/{tablet['id']}")
    assert "<formID>ផ្សេង</formID>" in listed()
    assert "wps" not in listed()


def test_all_forms_of_a_project_are_told_in_one_call(
    as_admin: Ask, project: str, form: str, tablet: dict[str, Any], dara: int
) -> None:
    as_admin("POST", f"{form}/assignments/app-user/{tablet['id']}")
    as_admin("POST", f"{form}/assignments/formfill/{dara}")
    as_admin("POST", f"{project}/assignments/viewer/{dara}")
    both = as_admin("GET", f"{project}/assignments/forms").get_json()
    assert both == [
        {"actorId": tablet["id"], "roleId": 2, "xmlFormId": "ពិគ្រោះ_wps"},
        {"actorId": dara, "roleId": 8, "xmlFormId": "ពិគ្រោះ_wps"},
    ]
    assert as_admin("GET", f"{project}/assignments/forms/app-user").get_json() == both[:1]
    assert as_admin("GET", f"{form}/assignments").get_json() == [
        {"actorId": tablet["id"], "roleId": 2},
        {"actorId": dara, "roleId": 8},
    ]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/assignments/nothing/{dara}", 404.1),
        ("/assignments/viewer/999999999", 404.1),
        ("/assignments/viewer/dara", 400.11),
        ("/forms/nothing/assignments/viewer/{dara}", 404.1),
    ],
)
def test_what_is_not_there_cannot_be_given(
    as_admin: Ask, project: str, dara: int, path: str, code: float
) -> None:
    assert as_admin("POST", project + path.format(dara=dara)).get_json()["code"] == code


def test_assignments_are_not_for_everybody(client: FlaskClient, project: str, dara: int) -> None:
    assert client.get(f"{project}/assignments").get_json()["code"] == 401.2
    assert client.post(f"{project}/assignments/viewer/{dara}").get_json()["code"] == 401.2
    assert client.delete("/v1/assignments/viewer/99").get_json()["code"] == 401.2
