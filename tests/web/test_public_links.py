"""Public links: who has one fills in one form, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from server.hub import Hub
from server.store import state_tables
from server.upkeep import rebuild
from tests.web.conftest import A, B, Survey

KEYS = ["id", "type", "displayName", "createdAt", "updatedAt", "deletedAt", "token", "once"]
Ask = Callable[..., Any]


@pytest.fixture
def survey(make_survey: Callable[..., Survey]) -> Survey:
    return make_survey("ស្រូវ ២០២៦")


@pytest.fixture
def path(survey: Survey) -> str:
    return f"{survey.path}/public-links"


def make(as_admin: Ask, path: str, name: str = "អ្នកភូមិ", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = as_admin("POST", path, {"displayName": name, **more}).get_json()
    return made


def hand_in(client: FlaskClient, survey: Survey, token: str, instance_id: str) -> Any:
    door = survey.path.replace("/v1/", f"/v1/key/{token}/")
    xml = survey.instance(instance_id).encode()
    return client.post(f"{door}/submissions", data=xml, content_type="application/xml")


def test_a_link_answers_with_every_key(as_admin: Ask, path: str) -> None:
    made = make(as_admin, path)
    assert list(made) == KEYS
    assert (made["type"], made["displayName"], made["once"]) == ("public_link", "អ្នកភូមិ", None)
    assert make(as_admin, path, once=True)["once"] is True
    assert as_admin("GET", f"{path}/{made['id']}").get_json() == made


def test_what_comes_by_a_link_bears_its_name(
    as_admin: Ask, client: FlaskClient, survey: Survey, path: str
) -> None:
    link = make(as_admin, path)
    assert hand_in(client, survey, link["token"], A).status_code == 200
    headers = {"X-Extended-Metadata": "true"}
    held = as_admin("GET", f"{survey.path}/submissions/{quote(A)}", headers=headers).get_json()
    assert (held["submitterId"], held["submitter"]["displayName"]) == (link["id"], "អ្នកភូមិ")


def test_a_link_works_as_a_parameter_too(
    client: FlaskClient, as_admin: Ask, survey: Survey, path: str
) -> None:
    token = make(as_admin, path)["token"]
    address = f"{survey.path}/submissions?st={quote(token, safe='')}"
    answer = client.post(address, data=survey.instance(A).encode(), content_type="text/xml")
    assert answer.status_code == 200
    assert client.get(f"{survey.path}.xml?st={quote(token, safe='')}").status_code == 200


def test_a_link_opens_its_own_form_alone(
    as_admin: Ask, client: FlaskClient, survey: Survey, make_survey: Callable[..., Survey], path: str
) -> None:
    other = make_survey("រោងចក្រ")
    token = make(as_admin, path)["token"]
    assert hand_in(client, other, token, B).get_json()["code"] == 403.1
    for refused in ("submissions", "attachments", "assignments"):
        answer = client.get(f"{other.path}/{refused}".replace("/v1/", f"/v1/key/{token}/"))
        assert answer.get_json()["code"] == 403.1
    answer = client.get(f"{survey.path}/submissions".replace("/v1/", f"/v1/key/{token}/"))
    assert answer.get_json()["code"] == 403.1, "it takes in, and gives nothing away"


def test_a_closed_form_is_closed_to_its_links(
    as_admin: Ask, client: FlaskClient, survey: Survey, path: str
) -> None:
    token = make(as_admin, path)["token"]
    as_admin("PATCH", survey.path, {"state": "closed"})
    answer = client.get(f"{survey.path}.xml".replace("/v1/", f"/v1/key/{token}/"))
    assert answer.get_json()["code"] == 403.1


def test_a_revoked_link_stays_listed_below_those_that_work(
    as_admin: Ask, client: FlaskClient, survey: Survey, path: str
) -> None:
    _, second, third = (make(as_admin, path, name) for name in ("១", "២", "៣"))
    assert as_admin("DELETE", f"/v1/sessions/{second['token']}").get_json() == {"success": True}
    listed = as_admin("GET", path).get_json()
    assert [link["displayName"] for link in listed] == ["៣", "១", "២"]
    assert listed[2]["token"] is None
    assert hand_in(client, survey, second["token"], A).get_json()["code"] == 403.1
    assert hand_in(client, survey, third["token"], A).status_code == 200


def test_a_deleted_link_is_gone(as_admin: Ask, client: FlaskClient, survey: Survey, path: str) -> None:
    link = make(as_admin, path)
    assert as_admin("DELETE", f"{path}/{link['id']}").get_json() == {"success": True}
    assert as_admin("GET", path).get_json() == []
    assert as_admin("GET", f"{path}/{link['id']}").get_json()["code"] == 404.1
    assert hand_in(client, survey, link["token"], A).get_json()["code"] == 403.1


def test_a_link_is_found_at_its_own_form_alone(
    as_admin: Ask, make_survey: Callable[..., Survey], path: str
) -> None:
    link = make(as_admin, path)
    other = f"{make_survey('រោងចក្រ').path}/public-links/{link['id']}"
    assert as_admin("GET", other).get_json()["code"] == 404.1
    assert as_admin("DELETE", other).get_json()["code"] == 404.1


def test_extended_shows_who_made_it(as_admin: Ask, path: str) -> None:
    make(as_admin, path)
    headers = {"X-Extended-Metadata": "true"}
    (link,) = as_admin("GET", path, headers=headers).get_json()
    assert link["createdBy"]["displayName"] == "សុខា"
    assert link["properties"] is None


def test_links_are_for_those_who_run_the_project(
    as_admin: Ask, as_user: Callable[[str], Ask], survey: Survey, path: str
) -> None:
    body = {"email": "dara@kampot.example", "password": "ពាក្យសម្ងាត់វែង"}
    dara = as_admin("POST", "/v1/users", body).get_json()["id"]
    link = make(as_admin, path)
    ask = as_user("dara@kampot.example")
    for method, where in (("GET", path), ("POST", path), ("GET", f"{path}/{link['id']}")):
        assert ask(method, where, {"displayName": "x"} if method == "POST" else None).status_code == 403
    assert ask("DELETE", f"/v1/sessions/{link['token']}").status_code == 403
    as_admin("POST", f"{survey.project}/assignments/manager/{dara}")
    assert ask("GET", path).get_json()[0]["id"] == link["id"]
    assert ask("DELETE", f"/v1/sessions/{link['token']}").status_code == 200


def test_a_link_never_ends_itself_and_does_not_run_out(as_admin: Ask, client: FlaskClient, path: str) -> None:
    token = make(as_admin, path)["token"]
    for which in ("current", token):
        answer = client.delete(f"/v1/key/{token}/sessions/{which}")
        assert answer.get_json()["code"] == 403.1
    restored = client.get(f"/v1/key/{token}/sessions/restore").get_json()
    assert restored["expiresAt"].startswith("9999-12-31")
    assert client.get(f"/v1/key/{token}/users/current").get_json()["code"] == 404.1


def test_links_come_out_of_the_ledger_again(as_admin: Ask, hub: Hub, path: str) -> None:
    first = make(as_admin, path, once=True)
    as_admin("DELETE", f"/v1/sessions/{first['token']}")
    as_admin("DELETE", f"{path}/{make(as_admin, path)['id']}")
    make(as_admin, path)
    before = state_tables.digests(hub.read())
    rebuild(hub)
    assert state_tables.digests(hub.read()) == before
