"""Signing in and out, and every way in which a request may say who sends it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from server.app import create_app
from server.clock import Clock
from server.hub import Hub
from tests.conftest import as_bearer, sign_in

EMAIL = "sokha@kampot.example"
PASSWORD = "ពាក្យសម្ងាត់វែង"
SECURE = {"X-Forwarded-Proto": "https"}
QUICK: dict[str, Any] = {"password_cost": 4, "background": False}
Ask = Callable[..., Any]


def basic(email: str, password: str) -> dict[str, str]:
    said = base64.b64encode(f"{email}:{password}".encode()).decode()
    return {"Authorization": f"Basic {said}"}


def digest(client: FlaskClient, path: str, email: str, password: str, method: str = "GET") -> dict[str, str]:
    """What ODK Collect sends after the challenge of the tablets' door."""
    door = "/v1/projects/1/formList"
    challenge = client.get(door, headers={"X-OpenRosa-Version": "1.0"}).headers["WWW-Authenticate"]
    parts = dict(p.strip().split("=", 1) for p in challenge.removeprefix("Digest ").split(","))
    nonce, realm = parts["nonce"].strip('"'), parts["realm"].strip('"')

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    middle = f"{nonce}:00000001:0a4f113b:auth"
    answer = md5(f"{md5(f'{email}:{realm}:{password}')}:{middle}:{md5(f'{method}:{path}')}")
    return {
        "Authorization": f'Digest username="{email}", realm="{realm}", nonce="{nonce}", uri="{path}", '
        f'qop=auth, nc=00000001, cnonce="0a4f113b", response="{answer}"'
    }


def test_signing_in_gives_a_token_that_opens_the_api(client: FlaskClient) -> None:
    answer = client.post("/v1/sessions", json={"email": "SOKHA@kampot.example", "password": PASSWORD})
    said = answer.get_json()
    assert answer.status_code == 200
    assert list(said) == ["token", "csrf", "expiresAt", "createdAt"]
    assert len(said["token"]) == 64
    current = client.get("/v1/users/current", headers={"Authorization": f"Bearer {said['token']}"})
    assert current.get_json()["email"] == EMAIL


def test_a_session_lasts_a_day(client: FlaskClient) -> None:
    said = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).get_json()
    made, ends = (datetime.fromisoformat(said[key]) for key in ("createdAt", "expiresAt"))
    assert (ends - made).total_seconds() == pytest.approx(86400, abs=1)


def test_a_session_that_ran_out_opens_nothing(app: Flask, hub: Hub, client: FlaskClient) -> None:
    said = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).get_json()
    later = datetime.fromisoformat(said["expiresAt"]) + timedelta(seconds=1)
    hub.clock = Clock(lambda: later)
    answer = client.get("/v1/users/current", headers={"Authorization": f"Bearer {said['token']}"})
    assert (answer.status_code, answer.get_json()["code"]) == (401, 401.2)


@pytest.mark.parametrize(
    ("body", "code", "details"),
    [
        ({}, 400.3, {"expected": ["email", "password"], "got": {}}),
        ({"email": EMAIL}, 400.3, {"expected": ["email", "password"], "got": {"email": EMAIL}}),
        (
            {"email": EMAIL, "password": ""},
            400.3,
            {"expected": ["email", "password"], "got": {"email": EMAIL, "password": ""}},
        ),
        (
            {"password": PASSWORD},
            400.3,
            {"expected": ["email", "password"], "got": {"password": "…"}},
        ),
        ({"email": EMAIL, "password": 12}, 401.2, None),
        ({"email": [], "password": "x"}, 400.11, {"field": "email", "value": [], "expected": "string"}),
        ({"email": EMAIL, "password": "ខុស"}, 401.2, None),
        ({"email": "nobody@kampot.example", "password": PASSWORD}, 401.2, None),
        ({"email": EMAIL, "password": "វ" * 100}, 401.2, None),
    ],
)
def test_signing_in_wrongly_says_what_central_says(
    client: FlaskClient, body: dict[str, Any], code: float, details: dict[str, Any] | None
) -> None:
    answer = client.post("/v1/sessions", json=body)
    said = answer.get_json()
    assert (answer.status_code, said["code"], said.get("details")) == (int(code), code, details)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"[1"])
def test_a_body_that_is_no_json_is_a_400(client: FlaskClient, raw: bytes) -> None:
    answer = client.post("/v1/sessions", data=raw, content_type="application/json")
    assert answer.get_json()["code"] == 400.1
    assert answer.get_json()["details"] == {"format": "json", "rawLength": len(raw)}


@pytest.mark.parametrize("length", [None, 300_000])
def test_a_body_beyond_the_limit_is_refused(client: FlaskClient, length: int | None) -> None:
    answer = client.post("/v1/sessions", data=b" " * 300_000, content_type="application/json")
    assert answer.get_json()["code"] == 400.36


def test_signing_out_ends_the_session(client: FlaskClient, admin_token: str) -> None:
    bearer = {"Authorization": f"Bearer {admin_token}"}
    assert client.delete("/v1/sessions/current", headers=bearer).get_json() == {"success": True}
    assert client.get("/v1/users/current", headers=bearer).status_code == 401
    assert client.delete("/v1/sessions/current").get_json()["code"] == 401.2
    by_password = basic(EMAIL, PASSWORD) | SECURE
    assert client.delete("/v1/sessions/current", headers=by_password).get_json()["code"] == 404.1


def test_a_session_is_ended_by_its_token(client: FlaskClient, admin_token: str) -> None:
    bearer = {"Authorization": f"Bearer {admin_token}"}
    assert client.delete(f"/v1/sessions/{admin_token}", headers=bearer).status_code == 200
    assert client.get("/v1/users/current", headers=bearer).status_code == 401


def test_an_unknown_token_is_not_told_apart_from_a_forbidden_one(as_admin: Ask) -> None:
    assert as_admin("DELETE", "/v1/sessions/nothing").get_json()["code"] == 403.1


def test_only_an_administrator_ends_the_session_of_another(
    client: FlaskClient, as_admin: Ask, as_user: Callable[[str], Ask], admin_token: str
) -> None:
    as_admin("POST", "/v1/users", {"email": "dara@kampot.example", "password": PASSWORD})
    as_dara = as_user("dara@kampot.example")
    assert as_dara("DELETE", f"/v1/sessions/{admin_token}").get_json()["code"] == 403.1
    answer = client.post("/v1/sessions", json={"email": "dara@kampot.example", "password": PASSWORD})
    assert as_admin("DELETE", f"/v1/sessions/{answer.get_json()['token']}").status_code == 200


def test_restoring_shows_how_long_the_session_lasts(as_admin: Ask, client: FlaskClient) -> None:
    assert list(as_admin("GET", "/v1/sessions/restore").get_json()) == ["createdAt", "expiresAt"]
    assert client.get("/v1/sessions/restore").get_json()["code"] == 401.2
    by_password = basic(EMAIL, PASSWORD) | SECURE
    assert client.get("/v1/sessions/restore", headers=by_password).get_json()["code"] == 404.1


def test_a_bad_bearer_token_is_not_passed_over_for_a_good_cookie(client: FlaskClient) -> None:
    client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD})
    assert client.get("/v1/users/current").status_code == 200
    answer = client.get("/v1/users/current", headers={"Authorization": "Bearer nonsense"})
    assert answer.get_json()["code"] == 401.2
    assert "WWW-Authenticate" not in answer.headers


def test_a_way_of_signing_in_that_nobody_knows_is_refused(client: FlaskClient) -> None:
    client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD})
    answer = client.get("/v1/users/current", headers={"Authorization": "Negotiate abc"})
    assert answer.get_json()["code"] == 401.2


@pytest.mark.parametrize(
    "path", ["/v1/projects/99", "/v1/users/99", "/v1/projects/99/forms/ស្រូវ", "/v1/assignments"]
)
def test_nobody_learns_what_is_here_without_signing_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (401, 401.2)


@pytest.mark.parametrize("path", ["formList", "submission", "forms/ស្រូវ/manifest"])
def test_the_tablets_door_tells_nothing_either_without_signing_in(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/v1/projects/99/{path}", headers={"X-OpenRosa-Version": "1.0"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Digest "), "Collect signs in when it is asked to"


def test_a_name_and_password_are_taken_over_https_only(client: FlaskClient) -> None:
    said = basic(EMAIL, PASSWORD)
    assert client.get("/v1/users/current", headers=said).get_json()["code"] == 401.3
    assert client.get("/v1/users/current", headers=said | SECURE).status_code == 200
    assert client.get("/v1/users/current", headers=said, base_url="https://localhost").status_code == 200


def test_who_is_no_proxy_of_ours_cannot_claim_https(client: FlaskClient) -> None:
    elsewhere = {"REMOTE_ADDR": "192.168.1.7"}
    answer = client.get(
        "/v1/users/current", headers=basic(EMAIL, PASSWORD) | SECURE, environ_overrides=elsewhere
    )
    assert answer.get_json()["code"] == 401.3


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "ខុស"), ("nobody@kampot.example", PASSWORD), ("", "")]
)
def test_a_wrong_password_is_refused_also_after_a_right_one(
    client: FlaskClient, email: str, password: str
) -> None:
    client.get("/v1/users/current", headers=basic(EMAIL, PASSWORD) | SECURE)
    answer = client.get("/v1/users/current", headers=basic(email, password) | SECURE)
    assert answer.get_json()["code"] == 401.2


def test_a_changed_password_is_asked_for_at_once(client: FlaskClient, as_admin: Ask) -> None:
    client.get("/v1/users/current", headers=basic(EMAIL, PASSWORD) | SECURE)
    number = as_admin("GET", "/v1/users/current").get_json()["id"]
    changed = as_admin("PUT", f"/v1/users/{number}/password", {"old": PASSWORD, "new": "ថ្មីណាស់ណា១"})
    assert changed.status_code == 200
    old = client.get("/v1/users/current", headers=basic(EMAIL, PASSWORD) | SECURE)
    new = client.get("/v1/users/current", headers=basic(EMAIL, "ថ្មីណាស់ណា១") | SECURE)
    assert (old.status_code, new.status_code) == (401, 200)


def test_a_cookie_reads_but_changes_nothing_by_itself(client: FlaskClient) -> None:
    said = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).get_json()
    assert client.get("/v1/users/current").status_code == 200
    name = {"name": "កម្ពុជា"}
    assert client.post("/v1/projects", json=name).get_json()["code"] == 401.2
    assert client.post("/v1/projects", json=name | {"__csrf": "wrong"}).get_json()["code"] == 401.2
    assert client.post("/v1/projects", json=name | {"__csrf": said["csrf"]}).status_code == 200
    own = {"X-Requested-With": "XMLHttpRequest"}
    assert client.post("/v1/projects", json=name, headers=own).status_code == 200


def test_a_stale_cookie_counts_as_none(client: FlaskClient) -> None:
    client.set_cookie("session", "x" * 64)
    assert client.get("/v1/projects").get_json()["code"] == 401.2
    assert client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).status_code == 200


def test_cookies_are_named_and_guarded_by_the_way_they_came(client: FlaskClient) -> None:
    body = {"email": EMAIL, "password": PASSWORD}
    plain = client.post("/v1/sessions", json=body).headers.getlist("Set-Cookie")
    secure = client.post("/v1/sessions", json=body, headers=SECURE).headers.getlist("Set-Cookie")
    assert [c.split("=")[0] for c in plain] == ["session", "__csrf"]
    assert [c.split("=")[0] for c in secure] == ["__Host-session", "__csrf"]
    assert "HttpOnly" in plain[0] and "SameSite=Strict" in plain[0] and "Secure" not in plain[0]
    assert "HttpOnly" in secure[0] and "Secure" in secure[0] and "HttpOnly" not in secure[1]


def test_cookies_are_written_as_central_writes_them(client: FlaskClient) -> None:
    answer = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD})
    said = answer.get_json()
    until = datetime.fromisoformat(said["expiresAt"]).strftime("%a, %d %b %Y %H:%M:%S GMT")
    token, csrf = (quote(said[name], safe="!") for name in ("token", "csrf"))
    assert answer.headers.getlist("Set-Cookie") == [
        f"session={token}; Path=/; Expires={until}; HttpOnly; SameSite=Strict",
        f"__csrf={csrf}; Path=/; Expires={until}; SameSite=Strict",
    ]


@pytest.mark.parametrize(
    ("url", "name"), [("https://hub.example", "__Host-session"), ("http://hub", "session")]
)
def test_cookies_are_named_by_where_people_reach_the_hub(data: Path, url: str, name: str) -> None:
    app = create_app(data, **QUICK, public_url=url)
    try:
        other = app.test_client()
        said = other.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD})
        assert said.headers.getlist("Set-Cookie")[0].startswith(f"{name}=")
        fresh = app.test_client()
        fresh.set_cookie(name, said.get_json()["token"])
        assert fresh.get("/v1/users/current", headers=SECURE).status_code == 200
    finally:
        app.extensions["samleng"].close()


def test_ending_the_own_session_takes_its_cookies_back(client: FlaskClient) -> None:
    said = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).get_json()
    by_cookie = client.delete("/v1/sessions/current")
    gone = "Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    assert by_cookie.headers.getlist("Set-Cookie") == [
        f"session=null; {gone}; HttpOnly; SameSite=Strict",
        f"__csrf=null; {gone}; SameSite=Strict",
    ], "over http a browser does not obey a Secure one"
    said = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).get_json()
    bearer = {"Authorization": f"Bearer {said['token']}"}
    by_token = client.delete(f"/v1/sessions/{said['token']}", headers=bearer)
    assert by_token.headers.getlist("Set-Cookie") == [
        f"session=null; {gone}; HttpOnly; Secure; SameSite=Strict",
        f"__csrf=null; {gone}; Secure; SameSite=Strict",
    ]


def test_ending_another_session_leaves_the_own_cookies(as_admin: Ask, client: FlaskClient) -> None:
    other = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).get_json()["token"]
    answer = as_admin("DELETE", f"/v1/sessions/{other}")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_a_tablet_cannot_end_its_own_access(as_admin: Ask, client: FlaskClient) -> None:
    as_admin("POST", "/v1/projects", {"name": "កំពត"})
    token = as_admin("POST", "/v1/projects/1/app-users", {"displayName": "ថេប្លេត"}).get_json()["token"]
    for which in ("current", token):
        assert client.delete(f"/v1/key/{token}/sessions/{which}").get_json()["code"] == 403.1
    assert client.get(f"/v1/key/{token}/sessions/restore").status_code == 200


def test_a_clock_set_back_ends_no_session_and_set_forward_ends_them_all(
    hub: Hub, as_admin: Ask, client: FlaskClient
) -> None:
    now = hub.clock.now()
    hub.clock = Clock(lambda: now - timedelta(days=2000))
    assert as_admin("GET", "/v1/users/current").status_code == 200
    hub.clock = Clock(lambda: now + timedelta(days=2000))
    assert as_admin("GET", "/v1/users/current").status_code == 401
    said = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).get_json()
    bearer = {"Authorization": f"Bearer {said['token']}"}
    assert client.get("/v1/users/current", headers=bearer).status_code == 200


@pytest.mark.parametrize(("proxy", "status"), [("10.0.0.9", 200), ("127.0.0.1", 401), ("", 401)])
def test_https_is_believed_of_the_declared_proxy_alone(data: Path, proxy: str, status: int) -> None:
    app = create_app(data, **QUICK, trusted_proxy=proxy)
    try:
        headers = basic(EMAIL, PASSWORD) | SECURE
        came = {"REMOTE_ADDR": "10.0.0.9"}
        answer = app.test_client().get("/v1/users/current", headers=headers, environ_overrides=came)
        assert answer.status_code == status
    finally:
        app.extensions["samleng"].close()


def test_a_sign_in_says_with_which_program(as_admin: Ask, client: FlaskClient) -> None:
    body = {"email": EMAIL, "password": PASSWORD}
    client.post("/v1/sessions", json=body, headers={"User-Agent": "ruODK/1.5"})
    (newest, *_) = as_admin("GET", "/v1/audits?action=user.session.create").get_json()
    assert newest["details"] == {"userAgent": "ruODK/1.5"}


def test_a_body_that_came_compressed_is_read(client: FlaskClient) -> None:
    said = gzip.compress(json.dumps({"email": EMAIL, "password": PASSWORD}).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert client.post("/v1/sessions", data=said, headers=headers).status_code == 200
    headers["Content-Encoding"] = "wat"
    assert client.post("/v1/sessions", data=said, headers=headers).get_json()["code"] == 400.37


def test_a_tablet_signs_in_by_digest_over_plain_http(client: FlaskClient, as_admin: Ask) -> None:
    as_admin("POST", "/v1/projects", {"name": "កំពត"})
    path = "/v1/projects/1/formList"
    headers = digest(client, path, EMAIL, PASSWORD) | {"X-OpenRosa-Version": "1.0"}
    assert client.get(path, headers=headers).status_code == 200
    wrong = digest(client, path, EMAIL, "ខុសហើយខុសទៀត") | {"X-OpenRosa-Version": "1.0"}
    assert client.get(path, headers=wrong).status_code == 401
    elsewhere = digest(client, "/v1/projects/1", EMAIL, PASSWORD) | {"X-OpenRosa-Version": "1.0"}
    assert client.get(path, headers=elsewhere).status_code == 401


def test_digest_works_again_after_signing_in_with_a_new_address(client: FlaskClient, as_admin: Ask) -> None:
    as_admin("POST", "/v1/projects", {"name": "កំពត"})
    number = as_admin("GET", "/v1/users/current").get_json()["id"]
    as_admin("PATCH", f"/v1/users/{number}", {"email": "new@kampot.example"})
    client.post("/v1/sessions", json={"email": "new@kampot.example", "password": PASSWORD})
    client.delete_cookie("session")
    path = "/v1/projects/1/formList"
    headers = digest(client, path, "new@kampot.example", PASSWORD) | {"X-OpenRosa-Version": "1.0"}
    assert client.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize(("key", "code"), [("short", 401.2), ("ក" * 64, 401.2), ("a" * 64, 403.1)])
def test_a_key_that_is_none_is_refused_without_asking_for_a_password(
    client: FlaskClient, key: str, code: float
) -> None:
    for path in (f"/v1/key/{key}/users/current", f"/v1/users/current?st={key}"):
        answer = client.get(path)
        assert answer.get_json()["code"] == code
        assert "WWW-Authenticate" not in answer.headers


def test_a_session_token_is_no_key(client: FlaskClient, admin_token: str) -> None:
    assert client.get(f"/v1/key/{admin_token}/users/current").get_json()["code"] == 403.1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/nothing", 404.1),
        ("/v1/Projects", 404.1),
        ("/projects", 404.2),
        ("/v2/projects", 404.3),
        ("/v1/projects/999", 404.1),
        (f"/v1/projects/{'9' * 40}", 400.22),
        ("/v1/projects/-1", 404.1),
        ("/v1/projects/ស្រូវ", 400.11),
    ],
)
def test_an_address_that_is_none_is_told_so(as_admin: Ask, path: str, code: float) -> None:
    answer = as_admin("GET", path)
    assert (answer.status_code, answer.get_json()["code"]) == (int(code), code)


def test_refusals_are_in_the_callers_language(client: FlaskClient) -> None:
    said = client.get("/v1/users/current", headers={"Accept-Language": "km-KH,en;q=0.5"}).get_json()
    assert said["code"] == 401.2
    assert any("ក" <= letter <= "៿" for letter in said["message"])


def test_reading_may_be_kept_by_the_caller_alone_and_changes_by_nobody(as_admin: Ask) -> None:
    read = as_admin("GET", "/v1/projects").headers
    written = as_admin("POST", "/v1/projects", {"name": "កំពត"}).headers
    session = as_admin("GET", "/v1/sessions/restore").headers
    assert (read["Cache-Control"], read["Vary"]) == ("private, no-cache", "Accept-Encoding, Origin")
    assert (written["Cache-Control"], written["Vary"]) == ("no-store", "*")
    assert session["Cache-Control"] == "no-store"


def test_health_tells_how_far_the_ledger_is(client: FlaskClient, as_admin: Ask) -> None:
    before = client.get("/healthz").get_json()
    as_admin("POST", "/v1/projects", {"name": "កំពត"})
    after = client.get("/healthz").get_json()
    assert before["status"] == after["status"] == "ok"
    assert after["head"] == before["head"] + 2  # the project, and its key of pseudonyms


def test_apps_on_one_folder_after_another_share_nothing(app: Flask, client: FlaskClient, hub: Hub) -> None:
    said = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).get_json()
    app.extensions["samleng"].close()
    again = create_app(hub.data, password_cost=4, background=False)
    try:
        bearer = {"Authorization": f"Bearer {said['token']}"}
        assert again.test_client().get("/v1/users/current", headers=bearer).status_code == 200
    finally:
        again.extensions["samleng"].close()


def test_routes_are_built_backwards_too(app: Flask) -> None:
    with app.test_request_context():
        assert url_for("users.show_user", number=5) == "/v1/users/5"
        assert (
            url_for("app_users.show_app_user", project_id=1, number=2, st="x")
            == "/v1/projects/1/app-users/2?st=x"
        )


def test_several_apps_live_in_one_process_each_with_its_own(tmp_path: Path) -> None:
    apps = []
    for name in ("កំពត", "តាកែវ", "ព្រៃវែង"):
        Hub.create(tmp_path / name, name, password_cost=4).close()
        apps.append(create_app(tmp_path / name, password_cost=4, background=False))
    assert len({app.extensions["samleng"].hub.id for app in apps}) == 3
    apps[0].extensions["samleng"].close()
    assert [app.test_client().get("/healthz").status_code for app in apps[1:]] == [200, 200]
    for app in apps[1:]:
        app.extensions["samleng"].close()


def test_whoever_guesses_passwords_waits_and_whoever_is_signed_in_does_not(
    client: FlaskClient, app: Flask
) -> None:
    inside = as_bearer(client, sign_in(client, EMAIL, PASSWORD))
    for _ in range(10):
        wrong = client.post("/v1/sessions", json={"email": EMAIL, "password": "មិនមែនពាក្យនេះទេ"})
        assert wrong.status_code == 401
    right = client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD})
    assert right.status_code == 429
    assert right.json is not None
    assert right.json["details"] == {"fault": "auth.paused"}
    page = client.post(
        "/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers={"Accept-Language": "km"}
    )
    assert page.status_code == 429
    assert "15 នាទី" in page.text
    assert inside("GET", "/v1/users/current").status_code == 200


def test_a_wrong_password_by_basic_is_counted_too(client: FlaskClient) -> None:
    def ask(password: str) -> int:
        said = base64.b64encode(f"{EMAIL}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {said}", "X-Forwarded-Proto": "https"}
        return client.get("/v1/users/current", headers=headers).status_code

    assert {ask("មិនមែនពាក្យនេះទេ") for _ in range(10)} == {401}
    assert ask(PASSWORD) == 429
