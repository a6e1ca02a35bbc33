"""New passwords: asked for by anybody, handed out by an administrator, set once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.clock import Clock
from server.hub import Hub
from server.store import state_tables
from server.store.ledger_sqlite import head
from server.upkeep import rebuild

EMAIL, PASSWORD, NEW = "dara@kampot.example", "ពាក្យសម្ងាត់វែង", "ភ្នំខៀវទឹកថ្លាណាស់"
INITIATE, VERIFY, LIST = "/v1/users/reset/initiate", "/v1/users/reset/verify", "/v1/users/resets"
Ask = Callable[..., Any]


@pytest.fixture
def dara(as_admin: Ask) -> int:
    made: int = as_admin("POST", "/v1/users", {"email": EMAIL, "password": PASSWORD}).get_json()["id"]
    return made


def sign_in(client: FlaskClient, password: str) -> int:
    """The status. Without the cookie that would sign in whoever asks next."""
    status = client.post("/v1/sessions", json={"email": EMAIL, "password": password}).status_code
    client.delete_cookie("session")
    return status


def hand_out(as_admin: Ask, number: int) -> dict[str, Any]:
    made: dict[str, Any] = as_admin("POST", f"/v1/users/{number}/reset").get_json()
    return made


def verify(client: FlaskClient, token: str, new: Any = NEW) -> Any:
    return client.post(VERIFY, json={"new": new}, headers={"Authorization": f"Bearer {token}"})


def asked(as_admin: Ask) -> list[str]:
    return [each["user"]["email"] for each in as_admin("GET", LIST).get_json()]


def test_asking_tells_nobody_which_addresses_are(client: FlaskClient, as_admin: Ask, dara: int) -> None:
    known = client.post(INITIATE, json={"email": "Dara@Kampot.example"})
    unknown = client.post(INITIATE, json={"email": "nobody@kampot.example"})
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data) == (200, unknown.data)
    assert asked(as_admin) == [EMAIL]


def test_asking_a_thousand_times_fills_no_disk(client: FlaskClient, hub: Hub, dara: int) -> None:
    client.post(INITIATE, json={"email": EMAIL})
    before = head(hub.read())
    for _ in range(20):
        client.post(INITIATE, json={"email": EMAIL})
    assert head(hub.read()) == before


def test_a_token_sets_the_password_once(client: FlaskClient, as_admin: Ask, dara: int) -> None:
    client.post(INITIATE, json={"email": EMAIL})
    token = hand_out(as_admin, dara)["token"]
    assert asked(as_admin) == []
    assert verify(client, token).get_json() == {"success": True}
    assert (sign_in(client, PASSWORD), sign_in(client, NEW)) == (401, 200)
    assert verify(client, token, "ពណ៌ស្វាយក្រោមផ្កាឈូក").get_json()["code"] == 401.2


def test_a_reset_ends_the_sessions(
    client: FlaskClient, as_admin: Ask, as_user: Callable[[str], Ask], dara: int
) -> None:
    ask = as_user(EMAIL)
    verify(client, hand_out(as_admin, dara)["token"])
    assert ask("GET", "/v1/users/current").status_code == 401


@pytest.mark.parametrize(
    ("new", "code"),
    [("ខ្លី", 400.21), ("hunter2!!!", 400.44), ("ក" * 99, 400.38), (None, 400.11), ("", 400.21)],
)
def test_a_bad_password_leaves_the_token_good(
    client: FlaskClient, as_admin: Ask, dara: int, new: Any, code: float
) -> None:
    token = hand_out(as_admin, dara)["token"]
    assert verify(client, token, new).get_json()["code"] == code
    assert verify(client, token).status_code == 200


def test_of_two_tokens_the_last_holds(client: FlaskClient, as_admin: Ask, dara: int) -> None:
    first, second = hand_out(as_admin, dara), hand_out(as_admin, dara)
    assert verify(client, first["token"]).get_json()["code"] == 401.2
    assert verify(client, second["token"]).status_code == 200


def test_a_token_runs_out_after_a_day(client: FlaskClient, as_admin: Ask, hub: Hub, dara: int) -> None:
    made = hand_out(as_admin, dara)
    end = datetime.fromisoformat(made["expiresAt"])
    hub.clock = Clock(lambda: end + timedelta(seconds=1))
    assert verify(client, made["token"]).get_json()["code"] == 401.2
    assert sign_in(client, PASSWORD) == 200


def test_a_changed_password_ends_the_token(
    client: FlaskClient, as_admin: Ask, as_user: Callable[[str], Ask], dara: int
) -> None:
    token = hand_out(as_admin, dara)["token"]
    as_user(EMAIL)("PUT", f"/v1/users/{dara}/password", {"old": PASSWORD, "new": NEW})
    assert verify(client, token, "ពណ៌ស្វាយក្រោមផ្កាឈូក").get_json()["code"] == 401.2


def test_a_token_opens_nothing_else(client: FlaskClient, as_admin: Ask, dara: int) -> None:
    bearer = {"Authorization": f"Bearer {hand_out(as_admin, dara)['token']}"}
    assert client.get("/v1/users/current", headers=bearer).get_json()["code"] == 401.2


def test_a_session_resets_nothing(as_admin: Ask, client: FlaskClient) -> None:
    assert as_admin("POST", VERIFY, {"new": NEW}).get_json()["code"] == 403.1
    assert client.post(VERIFY, json={"new": NEW}).get_json()["code"] == 401.2


def test_who_may_makes_a_password_invalid(
    client: FlaskClient, as_admin: Ask, as_user: Callable[[str], Ask], dara: int
) -> None:
    ask = as_user(EMAIL)
    assert ask("POST", f"{INITIATE}?invalidate=true", {"email": EMAIL}).get_json()["code"] == 403.1
    assert client.post(f"{INITIATE}?invalidate=true", json={"email": EMAIL}).get_json()["code"] == 401.2
    assert as_admin("POST", f"{INITIATE}?invalidate=true", {"email": EMAIL}).get_json() == {"success": True}
    assert ask("GET", "/v1/users/current").status_code == 401
    assert sign_in(client, PASSWORD) == 401
    assert verify(client, hand_out(as_admin, dara)["token"]).status_code == 200
    assert sign_in(client, NEW) == 200


@pytest.mark.parametrize(("body", "code"), [({"email": ""}, 400.2), ({}, 400.2), ({"email": 12}, 400.11)])
def test_who_asks_names_an_address(client: FlaskClient, body: dict[str, Any], code: float) -> None:
    assert client.post(INITIATE, json=body).get_json()["code"] == code


def test_handing_out_is_for_administrators(as_user: Callable[[str], Ask], dara: int) -> None:
    ask = as_user(EMAIL)
    assert ask("GET", LIST).get_json()["code"] == 403.1
    assert ask("POST", f"/v1/users/{dara}/reset").get_json()["code"] == 403.1


def test_a_deleted_user_has_no_way_back(client: FlaskClient, as_admin: Ask, dara: int) -> None:
    token = hand_out(as_admin, dara)["token"]
    as_admin("DELETE", f"/v1/users/{dara}")
    assert verify(client, token).get_json()["code"] == 401.2
    assert as_admin("POST", f"/v1/users/{dara}/reset").get_json()["code"] == 404.1


def test_the_link_opens_a_page_that_sets_the_password(client: FlaskClient, as_admin: Ask, dara: int) -> None:
    url = hand_out(as_admin, dara)["url"]
    client.delete_cookie("session")
    page = client.get(url, headers={"Accept-Language": "km"}).data.decode()
    assert "ពាក្យសម្ងាត់ថ្មី" in page
    hidden = re.search(r'name="token" value="([^"]+)"', page)
    assert hidden is not None
    form = {"token": hidden[1], "password": "hunter2!!!"}
    weak = client.post("/new-password", data=form, headers={"Accept-Language": "km"})
    assert weak.status_code == 400
    assert "ស្រដៀងនឹងពាក្យសម្ងាត់ដែលគេប្រើច្រើន" in weak.data.decode()
    assert client.post("/new-password", data={**form, "password": NEW}).status_code == 200
    assert sign_in(client, NEW) == 200
    used = client.post("/new-password", data={**form, "password": NEW})
    assert used.status_code == 403


def test_another_sites_page_sets_no_password(client: FlaskClient, as_admin: Ask, dara: int) -> None:
    form = {"token": hand_out(as_admin, dara)["token"], "password": NEW}
    answer = client.post("/new-password", data=form, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert sign_in(client, PASSWORD) == 200


def test_what_was_asked_and_handed_out_comes_out_of_the_ledger_again(
    client: FlaskClient, as_admin: Ask, hub: Hub, dara: int
) -> None:
    as_admin("POST", "/v1/users", {"email": "srey@kampot.example", "password": PASSWORD})
    for email in (EMAIL, "srey@kampot.example"):
        client.post(INITIATE, json={"email": email})
    verify(client, hand_out(as_admin, dara)["token"])
    hand_out(as_admin, dara)
    before = state_tables.digests(hub.read())
    rebuild(hub)
    assert state_tables.digests(hub.read()) == before
