"""App users: what ODK Central's clients and tablets count on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pyodk.client import Client

from server.hub import Hub
from sync.ledger import travels

PASSWORD = "ពាក្យសម្ងាត់វែង"
# pyODK's model: all present, the last four may be null.
KEYS = ["projectId", "id", "type", "displayName", "createdAt", "updatedAt", "deletedAt", "token"]
Ask = Callable[..., Any]


@pytest.fixture
def path(as_admin: Ask) -> str:
    number = as_admin("POST", "/v1/projects", {"name": "កំពត"}).get_json()["id"]
    return f"/v1/projects/{number}/app-users"


@pytest.fixture
def tablet(as_admin: Ask, path: str) -> dict[str, Any]:
    made: dict[str, Any] = as_admin("POST", path, {"displayName": "ថេប្លេត ៧"}).get_json()
    return made


def test_a_new_app_user_answers_with_every_key(tablet: dict[str, Any]) -> None:
    assert list(tablet) == KEYS
    assert (tablet["type"], tablet["displayName"]) == ("field_key", "ថេប្លេត ៧")
    assert re.fullmatch(r"[A-Za-z0-9!$]{64}", tablet["token"])


def test_an_app_user_needs_a_name(as_admin: Ask, path: str) -> None:
    answer = as_admin("POST", path, {})
    assert (answer.get_json()["code"], answer.get_json()["details"]) == (400.2, {"field": "displayName"})


def test_live_ones_are_listed_first_newest_first(as_admin: Ask, path: str) -> None:
    made = [as_admin("POST", path, {"displayName": name}).get_json() for name in "កខគ"]
    as_admin("DELETE", f"/v1/sessions/{made[2]['token']}")
    listed = as_admin("GET", path).get_json()
    assert [(u["displayName"], u["token"] is None) for u in listed] == [
        ("ខ", False),
        ("ក", False),
        ("គ", True),
    ]


def test_a_token_opens_its_project_by_path_and_by_query(
    client: FlaskClient, tablet: dict[str, Any], path: str
) -> None:
    token, number = tablet["token"], tablet["projectId"]
    rosa = {"X-OpenRosa-Version": "1.0"}
    assert client.get(f"/v1/key/{token}/projects/{number}/formList", headers=rosa).status_code == 200
    assert client.get(f"/v1/projects/{number}/formList?st={token}", headers=rosa).status_code == 200
    assert client.get(f"/v1/key/{token}/projects/{number}").get_json()["code"] == 403.1
    assert client.get(f"/v1/key/{token}{path[3:]}").get_json()["code"] == 403.1
    assert client.get(f"/v1/key/{token}/users/current").get_json()["code"] == 404.1


def test_a_tablets_access_does_not_run_out(client: FlaskClient, tablet: dict[str, Any]) -> None:
    said = client.get(f"/v1/key/{tablet['token']}/sessions/restore").get_json()
    assert said == {"createdAt": tablet["createdAt"], "expiresAt": "9999-12-31T23:59:59.000Z"}


def test_a_key_decides_alone_whatever_else_is_sent(
    client: FlaskClient, tablet: dict[str, Any], admin_token: str, path: str
) -> None:
    bearer = {"Authorization": f"Bearer {admin_token}"}
    assert client.get(f"/v1/key/{tablet['token']}{path[3:]}", headers=bearer).get_json()["code"] == 403.1


def test_a_revoked_token_is_refused_for_good(
    as_admin: Ask, client: FlaskClient, tablet: dict[str, Any], path: str
) -> None:
    assert as_admin("DELETE", f"/v1/sessions/{tablet['token']}").get_json() == {"success": True}
    answer = client.get(
        f"/v1/key/{tablet['token']}/projects/{tablet['projectId']}/formList",
        headers={"X-OpenRosa-Version": "1.0"},
    )
    assert answer.status_code == 403
    assert as_admin("GET", f"{path}/{tablet['id']}").get_json()["token"] is None
    assert as_admin("DELETE", f"/v1/sessions/{tablet['token']}").get_json()["code"] == 403.1


def test_a_tablet_cannot_end_its_own_access(client: FlaskClient, tablet: dict[str, Any]) -> None:
    token = tablet["token"]
    assert client.delete(f"/v1/key/{token}/sessions/{token}").get_json()["code"] == 403.1


def test_a_manager_revokes_the_tablets_of_the_own_project(
    as_admin: Ask, as_user: Callable[[str], Ask], tablet: dict[str, Any]
) -> None:
    other = as_admin("POST", "/v1/projects", {"name": "តាកែវ"}).get_json()["id"]
    theirs = as_admin("POST", f"/v1/projects/{other}/app-users", {"displayName": "ក"}).get_json()
    body = {"email": "dara@kampot.example", "password": PASSWORD}
    dara = as_admin("POST", "/v1/users", body).get_json()["id"]
    as_admin("POST", f"/v1/projects/{tablet['projectId']}/assignments/manager/{dara}")
    as_dara = as_user("dara@kampot.example")
    assert as_dara("DELETE", f"/v1/sessions/{theirs['token']}").get_json()["code"] == 403.1
    assert as_dara("DELETE", f"/v1/sessions/{tablet['token']}").status_code == 200


def test_a_deleted_app_user_is_listed_no_more(as_admin: Ask, tablet: dict[str, Any], path: str) -> None:
    assert as_admin("DELETE", f"{path}/{tablet['id']}").get_json() == {"success": True}
    assert as_admin("GET", path).get_json() == []
    assert as_admin("GET", f"{path}/{tablet['id']}").get_json()["code"] == 404.1
    assert as_admin("DELETE", f"{path}/{tablet['id']}").get_json()["code"] == 404.1


def test_an_app_user_is_found_in_its_own_project_alone(as_admin: Ask, tablet: dict[str, Any]) -> None:
    other = as_admin("POST", "/v1/projects", {"name": "តាកែវ"}).get_json()["id"]
    assert as_admin("GET", f"/v1/projects/{other}/app-users/{tablet['id']}").get_json()["code"] == 404.1


def test_more_is_told_when_asked_for(as_admin: Ask, tablet: dict[str, Any], path: str) -> None:
    said = as_admin("GET", path, headers={"X-Extended-Metadata": "TRUE"}).get_json()[0]
    assert list(said) == [*KEYS, "createdBy", "lastUsed", "properties"]
    assert (said["createdBy"]["displayName"], said["createdBy"]["type"]) == ("សុខា", "user")
    assert (said["lastUsed"], said["properties"]) == (None, None)


def test_who_may_not_is_refused_after_what_is_not_there(
    as_admin: Ask, as_user: Callable[[str], Ask], client: FlaskClient, path: str
) -> None:
    as_admin("POST", "/v1/users", {"email": "dara@kampot.example", "password": PASSWORD})
    as_dara = as_user("dara@kampot.example")
    assert as_dara("GET", path).get_json()["code"] == 403.1
    assert as_dara("POST", path, {"displayName": "ក"}).get_json()["code"] == 403.1
    assert as_dara("GET", "/v1/projects/99/app-users").get_json()["code"] == 404.1
    assert client.get(path).get_json()["code"] == 401.2


def test_tablets_travel_to_other_hubs(hub: Hub, as_admin: Ask, tablet: dict[str, Any], path: str) -> None:
    as_admin("DELETE", f"{path}/{tablet['id']}")
    kinds = [e.kind for _, e in hub.ledger.entries_after(0, 1000) if e.kind.startswith("field_key")]
    assert kinds == ["field_key.create", "field_key.delete"]
    assert all(travels(kind) for kind in kinds)


def test_pyodk_gives_every_tablet_its_access(address: str, as_admin: Ask, tmp_path: Path) -> None:
    project = as_admin("POST", "/v1/projects", {"name": "កំពត"}).get_json()["id"]
    with pyodk_client(address, project, tmp_path) as central:
        assert [p.name for p in central.projects.list()] == ["កំពត"]
        made = list(central.projects.create_app_users(display_names=["ថេប្លេត ១", "ថេប្លេត ២"]))
        again = list(central.projects.create_app_users(display_names=["ថេប្លេត ២", "ថេប្លេត ៣"]))
        assert [u.displayName for u in made + again] == ["ថេប្លេត ១", "ថេប្លេត ២", "ថេប្លេត ៣"]
    assert len(as_admin("GET", f"/v1/projects/{project}/app-users").get_json()) == 3


def test_pyodk_signs_in_anew_when_its_session_is_over(
    address: str, as_admin: Ask, client: FlaskClient, tmp_path: Path
) -> None:
    project = as_admin("POST", "/v1/projects", {"name": "កំពត"}).get_json()["id"]
    with pyodk_client(address, project, tmp_path) as central:
        assert central.projects.get().name == "កំពត"
    cache = tmp_path / "cache.toml"
    token = tomllib.loads(cache.read_text("utf-8"))["token"]
    client.delete(f"/v1/sessions/{token}", headers={"Authorization": f"Bearer {token}"})
    with pyodk_client(address, project, tmp_path) as central:
        assert central.projects.get().name == "កំពត"
    assert tomllib.loads(cache.read_text("utf-8"))["token"] != token


def pyodk_client(address: str, project: int, folder: Path) -> Client:
    settings = folder / "pyodk.toml"
    settings.write_text(
        f'[central]\nbase_url = "{address}"\nusername = "sokha@kampot.example"\n'
        f'password = "{PASSWORD}"\ndefault_project_id = {project}\n',
        encoding="utf-8",
    )
    return Client(config_path=settings, cache_path=folder / "cache.toml")
