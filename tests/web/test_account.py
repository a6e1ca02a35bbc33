"""Somebody's own page: where they are signed in, and the second factor, which works with wrong clocks too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from i18n.khmer import digits_to_khmer
from server.app import create_app
from server.clock import Clock
from server.hub import Hub
from server.second_factor import PERIOD_S
from server.upkeep import compare
from tests.conftest import EMAIL, PASSWORD, QUICK

HEADERS = {"Accept-Language": "en"}


class Time:
    """The hub's clock and the phone's, which is ahead of it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 8, tzinfo=UTC)
        self.ahead = timedelta(minutes=7)

    def code(self, secret: str, later: int = 0) -> str:
        moment = self.now + self.ahead + timedelta(seconds=PERIOD_S * later)
        return pyotp.TOTP(secret).at(moment)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def app(data: Path, time: Time) -> Iterator[Flask]:
    made = create_app(data, **QUICK)
    made.extensions["samleng"].hub.clock = Clock(lambda: time.now)
    yield made
    made.extensions["samleng"].close()


def enter(client: FlaskClient, password: str = PASSWORD) -> Any:
    return client.post("/sign-in", data={"email": EMAIL, "password": password}, headers=HEADERS)


def send(client: FlaskClient, path: str, **said: str) -> Any:
    page = client.get("/account", headers=HEADERS).text
    found = re.search(r'name="__csrf" value="([^"]+)"', page)
    assert found is not None
    return client.post(path, data={"__csrf": found[1], **said}, headers=HEADERS)


@pytest.fixture
def secret(client: FlaskClient, time: Time) -> str:
    """Of the second factor that the administrator has switched on; signed out again."""
    return switch_on(client, time)[0]


def switch_on(client: FlaskClient, time: Time) -> tuple[str, list[str]]:
    enter(client)
    page = client.get("/account/second-factor", headers=HEADERS).text
    found = re.search(r'name="secret" value="([A-Z2-7]+)"', page)
    assert found is not None
    answer = send(client, "/account/second-factor", secret=found[1], code=time.code(found[1]))
    assert answer.status_code == 200
    codes = re.findall(r"<code>(\d{5} \d{5})</code>", answer.text)
    assert len(set(codes)) == 10
    client.delete_cookie("session")
    return found[1], codes


def give_code(client: FlaskClient, code: str) -> Any:
    """Signs in up to the code, and gives it."""
    asked = enter(client)
    assert asked.status_code == 200
    ticket = re.search(r'name="ticket" value="([^"]+)"', asked.text)
    assert ticket is not None
    return client.post("/sign-in/code", data={"ticket": ticket[1], "code": code}, headers=HEADERS)


def is_in(client: FlaskClient) -> bool:
    return "Where you are signed in" in client.get("/account", headers=HEADERS).text


def test_the_password_alone_opens_nothing_any_more(client: FlaskClient, secret: str, time: Time) -> None:
    enter(client)
    assert not is_in(client)
    assert give_code(client, "000000").status_code == 401
    assert not is_in(client)
    time.now += timedelta(minutes=1)
    assert give_code(client, time.code(secret)).status_code == 303
    assert is_in(client)


def test_a_code_typed_in_khmer_digits_counts(client: FlaskClient, secret: str, time: Time) -> None:
    time.now += timedelta(minutes=1)
    assert give_code(client, digits_to_khmer(time.code(secret))).status_code == 303


def test_a_code_that_somebody_saw_cannot_be_used_again(client: FlaskClient, secret: str, time: Time) -> None:
    time.now += timedelta(minutes=1)
    code = time.code(secret)
    assert give_code(client, code).status_code == 303
    client.delete_cookie("session")
    assert give_code(client, code).status_code == 401


def test_clocks_that_drift_apart_slowly_keep_nobody_out(client: FlaskClient, secret: str, time: Time) -> None:
    for _week in range(6):
        time.now += timedelta(days=7)
        time.ahead += timedelta(seconds=50)
        assert give_code(client, time.code(secret)).status_code == 303
        client.delete_cookie("session")


def test_a_recovery_code_opens_once_when_the_phone_is_lost(client: FlaskClient, time: Time) -> None:
    _secret, codes = switch_on(client, time)
    time.ahead += timedelta(days=400)  # the laptop's battery was empty, and its clock begins anew
    assert give_code(client, codes[3]).status_code == 303
    assert "Recovery codes left: 9" in client.get("/account", headers=HEADERS).text
    client.delete_cookie("session")
    assert give_code(client, codes[3]).status_code == 401


def test_a_wrong_first_code_switches_nothing_on(client: FlaskClient) -> None:
    enter(client)
    answer = send(client, "/account/second-factor", secret=pyotp.random_base32(), code="123")
    assert answer.status_code == 401
    client.delete_cookie("session")
    assert enter(client).status_code == 303


def test_a_ticket_ends_with_the_minutes_and_with_the_password(
    client: FlaskClient, secret: str, time: Time
) -> None:
    ticket = re.search(r'name="ticket" value="([^"]+)"', enter(client).text)
    assert ticket is not None
    time.now += timedelta(minutes=6)
    late = client.post(
        "/sign-in/code", data={"ticket": ticket[1], "code": time.code(secret)}, headers=HEADERS
    )
    assert late.status_code == 401
    forged = ticket[1][:-1] + ("0" if ticket[1][-1] != "0" else "1")
    time.now -= timedelta(minutes=6)
    assert (
        client.post("/sign-in/code", data={"ticket": forged, "code": "1"}, headers=HEADERS).status_code == 401
    )


def test_programs_give_the_code_with_the_password(client: FlaskClient, secret: str, time: Time) -> None:
    said = {"email": EMAIL, "password": PASSWORD}
    refused = client.post("/v1/sessions", json=said)
    assert (refused.status_code, refused.json["details"]) == (401, {"fault": "second.needed"})  # type: ignore[index]
    time.now += timedelta(minutes=1)
    assert client.post("/v1/sessions", json={**said, "code": time.code(secret)}).status_code == 200


def test_a_password_sent_with_each_request_is_not_enough(client: FlaskClient, secret: str) -> None:
    answer = client.get("/v1/users/current", auth=(EMAIL, PASSWORD), headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == 401
    assert answer.json["details"] == {"fault": "second.session"}  # type: ignore[index]


def test_switched_off_the_password_is_enough_again(client: FlaskClient, secret: str, time: Time) -> None:
    time.now += timedelta(minutes=1)
    give_code(client, time.code(secret))
    assert send(client, "/account/second-factor/off").status_code == 303
    client.delete_cookie("session")
    assert enter(client).status_code == 303


def test_a_session_on_a_lost_phone_is_ended_from_another_device(app: Flask, client: FlaskClient) -> None:
    phone = app.test_client()
    phone.post(
        "/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers={**HEADERS, "User-Agent": "ទូរស័ព្ទ"}
    )
    enter(client)
    page = client.get("/account", headers=HEADERS).text
    assert page.count("Sign out there") == 2
    name = re.findall(r"sessions/([0-9a-f]{64})/end", page)[1]  # newest first: the phone came before
    assert send(client, f"/account/sessions/{name}/end").status_code == 303
    assert not is_in(phone)
    assert is_in(client)


def test_nobody_ends_the_session_of_another(
    app: Flask, client: FlaskClient, as_admin: Callable[..., Any]
) -> None:
    as_admin("POST", "/v1/users", {"email": "dara@kampot.example", "password": PASSWORD})
    enter(client)
    name = re.findall(r"sessions/([0-9a-f]{64})/end", client.get("/account", headers=HEADERS).text)[0]
    other = app.test_client()
    other.post("/sign-in", data={"email": "dara@kampot.example", "password": PASSWORD}, headers=HEADERS)
    send(other, f"/account/sessions/{name}/end")
    assert is_in(client)


def test_a_rebuilt_hub_asks_for_the_same_codes(
    client: FlaskClient, hub: Hub, secret: str, time: Time
) -> None:
    time.now += timedelta(minutes=1)
    used = time.code(secret)
    assert give_code(client, used).status_code == 303
    assert compare(hub) == []
    client.delete_cookie("session")
    assert give_code(client, used).status_code == 401


def test_the_audit_log_tells_of_it_and_keeps_the_secret(client: FlaskClient, secret: str, time: Time) -> None:
    time.now += timedelta(minutes=1)
    said = {"email": EMAIL, "password": PASSWORD, "code": time.code(secret)}
    token = client.post("/v1/sessions", json=said).json["token"]  # type: ignore[index]
    told = client.get("/v1/audits", headers={"Authorization": f"Bearer {token}"}).json
    assert "user.second_factor.create" in {line["action"] for line in told}  # type: ignore[union-attr]
    assert secret not in str(told)
