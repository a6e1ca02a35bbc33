"""What anybody may ask: the version, addresses that there are not, and who is believed about https."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.app import create_app
from tests.conftest import EMAIL, PASSWORD, QUICK

Ask = Callable[..., Any]


def test_the_version_is_no_secret(client: FlaskClient) -> None:
    answer = client.get("/version.txt")
    assert answer.mimetype == "text/plain"
    assert answer.get_data(as_text=True).startswith("samleng ")


@pytest.mark.parametrize(
    ("path", "code", "details"),
    [
        ("/v1/nothing", 404.1, None),
        ("/v1/USERS/current", 404.1, None),
        ("/v1/%", 404.1, None),
        ("/v1", 404.1, None),
        ("/projects/1", 404.2, None),
        ("/audits", 404.2, None),
        ("/v2/projects", 404.3, {"got": "v2"}),
        ("/v1/oidc/login", 404.1, None),
    ],
)
def test_an_address_that_there_is_not(client: FlaskClient, path: str, code: float, details: Any) -> None:
    said = client.get(path).get_json()
    assert (said["code"], said.get("details")) == (code, details)


def test_analytics_are_left_out_on_purpose(as_admin: Ask, client: FlaskClient) -> None:
    answer = as_admin("GET", "/v1/analytics/preview")
    assert (answer.status_code, answer.get_json()["code"]) == (501, 501.9)
    assert client.get("/v1/analytics/preview").status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_may_be_cached_by_who_asked_and_writing_by_nobody(client: FlaskClient, method: str) -> None:
    read = client.open("/v1/users/current", method=method)
    assert read.headers["Cache-Control"] == "private, no-cache"
    assert read.headers["Vary"] == "Accept-Encoding, Origin"
    assert client.get("/v1/sessions/restore").headers["Cache-Control"] == "no-store"
    written = client.post("/v1/users/current")
    assert (written.headers["Cache-Control"], written.headers["Vary"]) == ("no-store", "*")


def test_options_are_told_and_change_nothing(client: FlaskClient) -> None:
    answer = client.options("/v1/projects")
    assert answer.status_code in (200, 401)
    assert "X-Powered-By" not in answer.headers


@pytest.mark.parametrize(
    ("proxy", "peer", "believed"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "192.168.1.9", False),
        ("192.168.1.1", "192.168.1.1", True),
        ("192.168.1.1", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        ("", "", False),
    ],
)
def test_https_is_believed_of_the_declared_proxy_alone(
    data: Path, proxy: str, peer: str, believed: bool
) -> None:
    app: Flask = create_app(data, **QUICK, trusted_proxy=proxy)
    said = base64.b64encode(f"{EMAIL}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {said}", "X-Forwarded-Proto": "https"}
    try:
        ask = app.test_client().get
        answer = ask("/v1/users/current", headers=headers, environ_base={"REMOTE_ADDR": peer})
        assert answer.status_code == (200 if believed else 401)
        if not believed:
            assert answer.get_json()["code"] == 401.3
    finally:
        app.extensions["samleng"].close()
