"""What programs remember for a user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.hub import Hub
from server.store import state_tables
from server.upkeep import rebuild
from tests.web.conftest import Survey

SITE, PROJECT = "/v1/user-preferences/site", "/v1/user-preferences/project"
Ask = Callable[..., Any]


@pytest.fixture
def project(as_admin: Ask) -> int:
    made: int = as_admin("POST", "/v1/projects", {"name": "ការពិគ្រោះយោបល់"}).get_json()["id"]
    return made


def kept(ask: Ask) -> Any:
    return ask("GET", "/v1/users/current", headers={"X-Extended-Metadata": "true"}).get_json()["preferences"]


@pytest.mark.parametrize("value", [None, "null", True, 1.5, "ខ្មែរ", [1, "២"], {"ក": {"ខ": None}}])
def test_any_json_comes_back_as_it_was_set(as_admin: Ask, project: int, value: Any) -> None:
    assert as_admin("PUT", f"{SITE}/ភាសា", {"propertyValue": value}).get_json() == {"success": True}
    as_admin("PUT", f"{PROJECT}/{project}/ក", {"propertyValue": value})
    assert kept(as_admin) == {"site": {"ភាសា": value}, "projects": {str(project): {"ក": value}}}


def test_the_last_value_holds_until_it_is_dropped(as_admin: Ask, project: int) -> None:
    for path in (f"{SITE}/a", f"{PROJECT}/{project}/a"):
        as_admin("PUT", path, {"propertyValue": 1})
        as_admin("PUT", path, {"propertyValue": 2})
    assert kept(as_admin) == {"site": {"a": 2}, "projects": {str(project): {"a": 2}}}
    for path in (f"{SITE}/a", f"{PROJECT}/{project}/a"):
        assert as_admin("DELETE", path).get_json() == {"success": True}
        assert as_admin("DELETE", path).get_json()["code"] == 404.1
    assert kept(as_admin) == {"site": {}, "projects": {}}


def test_what_is_sent_is_one_value_and_nothing_else(as_admin: Ask) -> None:
    said = as_admin("PUT", f"{SITE}/a", {"value": 1}).get_json()
    assert (said["code"], said["details"]) == (400.23, {"property": "propertyValue"})
    said = as_admin("PUT", f"{SITE}/a", {"b": 1, "propertyValue": 2}).get_json()
    assert (said["code"], said["details"]) == (
        400.33,
        {"expected": ["propertyValue"], "actual": ["b", "propertyValue"]},
    )
    assert kept(as_admin)["site"] == {}


def test_nobody_sees_what_another_set(as_admin: Ask, as_user: Callable[[str], Ask]) -> None:
    as_admin("POST", "/v1/users", {"email": "dara@kampot.example", "password": "ពាក្យសម្ងាត់វែង"})
    as_admin("PUT", f"{SITE}/a", {"propertyValue": 1})
    assert kept(as_user("dara@kampot.example")) == {"site": {}, "projects": {}}


def test_a_project_that_is_not_here_has_no_preferences(as_admin: Ask) -> None:
    assert as_admin("PUT", f"{PROJECT}/123/a", {"propertyValue": 1}).get_json()["code"] == 404.1


def test_tablets_have_no_preferences(make_survey: Callable[..., Survey], client: FlaskClient) -> None:
    token = make_survey().tablet["token"]
    answer = client.put(f"/v1/key/{token}/user-preferences/site/a", json={"propertyValue": 1})
    assert answer.get_json()["code"] == 403.1


def test_preferences_come_out_of_the_ledger_again(as_admin: Ask, hub: Hub, project: int) -> None:
    for path in (f"{SITE}/a", f"{SITE}/b", f"{PROJECT}/{project}/a"):
        as_admin("PUT", path, {"propertyValue": 1})
    as_admin("DELETE", f"{SITE}/b")
    before = state_tables.digests(hub.read())
    rebuild(hub)
    assert state_tables.digests(hub.read()) == before
