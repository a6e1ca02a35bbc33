"""What an administrator sets for this hub, and what of it everybody may read."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from server import upkeep
from server.hub import Hub

Ask = Callable[..., Any]
LOGO = b"\x89PNG logo"


def set_logo(as_admin: Ask, kind: str = "image/png") -> Any:
    return as_admin("POST", "/v1/config/logo", data=LOGO, headers={"Content-Type": kind})


def test_what_is_set_is_read_again(as_admin: Ask) -> None:
    made = as_admin(
        "POST", "/v1/config/login-appearance", {"title": "ខេត្តកំពត", "description": "", "other": 1}
    )
    assert made.status_code == 200
    assert made.get_json()["value"] == {"title": "ខេត្តកំពត"}
    assert as_admin("GET", "/v1/config/login-appearance").get_json() == made.get_json()


def test_analytics_are_kept_as_set_and_named_only_when_on(as_admin: Ask) -> None:
    said = {"enabled": True, "email": "a@b.example", "organization": ""}
    on = as_admin("POST", "/v1/config/analytics", said).get_json()
    assert on["value"] == {"enabled": True, "email": "a@b.example"}
    off = as_admin("POST", "/v1/config/analytics", {"enabled": "yes", "email": "a@b.example"}).get_json()
    assert off["value"] == {"enabled": False}


def test_nobody_but_an_administrator_sets_or_reads_what_is_private(
    as_admin: Ask, as_user: Callable[[str], Ask], client: FlaskClient
) -> None:
    as_admin("POST", "/v1/users", {"email": "chan@kampot.example", "password": "ពាក្យសម្ងាត់វែង"})
    as_chan = as_user("chan@kampot.example")
    for method in ("GET", "POST", "DELETE"):
        assert as_chan(method, "/v1/config/analytics").status_code == 403
    assert client.get("/v1/config/analytics").status_code == 401
    assert client.get("/v1/config/public/analytics").status_code == 403


def test_a_setting_that_there_is_not_cannot_be_set(as_admin: Ask) -> None:
    for method in ("POST", "DELETE"):
        answer = as_admin(method, "/v1/config/colour", {} if method == "POST" else None)
        assert (answer.status_code, answer.get_json()["code"]) == (400, 400.8)
        assert answer.get_json()["details"]["field"] == "key"
    assert as_admin("GET", "/v1/config/colour").status_code == 404


def test_everybody_reads_what_is_public(as_admin: Ask, client: FlaskClient) -> None:
    as_admin("POST", "/v1/config/analytics", {"enabled": True})
    set_logo(as_admin)
    as_admin("POST", "/v1/config/login-appearance", {"title": "ខេត្តកំពត"})
    said = client.get("/v1/config/public").get_json()
    assert list(said) == ["login-appearance", "logo"]
    assert said["logo"]["blobExists"] is True
    assert client.get("/v1/config/public/logo").data == LOGO


def test_a_logo_that_is_a_page_does_not_run_here(as_admin: Ask, client: FlaskClient) -> None:
    set_logo(as_admin, "text/html")
    answer = client.get("/v1/config/public/logo")
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("query", "kept"), [("", "no-cache"), ("?ts=", "no-cache"), ("?ts=1", "max-age=31536000")]
)
def test_an_address_that_changes_with_the_logo_may_be_kept(
    as_admin: Ask, client: FlaskClient, query: str, kept: str
) -> None:
    set_logo(as_admin)
    answer = client.get(f"/v1/config/public/logo{query}")
    assert answer.headers["Cache-Control"] == kept
    again = client.get("/v1/config/public/logo", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_file_without_a_type_is_refused(as_admin: Ask) -> None:
    answer = as_admin("POST", "/v1/config/logo", data=LOGO, headers={"Content-Type": ""})
    assert (answer.status_code, answer.get_json()["code"]) == (400, 400.6)


def test_unsetting_does_no_harm_twice_and_is_logged(as_admin: Ask) -> None:
    set_logo(as_admin)
    for _ in range(2):
        assert as_admin("DELETE", "/v1/config/logo").get_json() == {"success": True}
    assert as_admin("GET", "/v1/config/logo").status_code == 404
    *unset, first = (line["details"] for line in as_admin("GET", "/v1/audits?action=config").get_json())
    assert unset == [{"key": "logo", "value": None, "blobId": None}] * 2
    assert list(first) == ["key", "blobId"]


def test_settings_come_back_from_the_ledger(as_admin: Ask, hub: Hub) -> None:
    set_logo(as_admin)
    as_admin("POST", "/v1/config/login-appearance", {"title": "មុន"})
    as_admin("POST", "/v1/config/login-appearance", {"title": "ក្រោយ"})
    as_admin("DELETE", "/v1/config/logo")
    assert upkeep.compare(hub) == []
    upkeep.rebuild(hub)
    hub.forget()
    assert as_admin("GET", "/v1/config/login-appearance").get_json()["value"] == {"title": "ក្រោយ"}


def test_a_packed_body_is_read(as_admin: Ask) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    packed = gzip.compress(b'{"name": "packed"}')
    assert as_admin("POST", "/v1/projects", data=packed, headers=headers).get_json()["name"] == "packed"


@pytest.mark.parametrize(
    ("encoding", "body", "code"),
    [
        ("wat", b"{}", 400.37),
        ("gzip", b"{}", 400.1),
        ("gzip", gzip.compress(b" " * 5_000_000), 400.36),
    ],
)
def test_a_body_in_an_encoding_that_is_not_read_changes_nothing(
    as_admin: Ask, encoding: str, body: bytes, code: float
) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = as_admin("POST", "/v1/projects", data=body, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, code)
    assert as_admin("GET", "/v1/projects").get_json() == []
