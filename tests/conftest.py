"""A hub of its own for each test, on a real database in a temporary folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from waitress.server import create_server

from server.accounts import assign, create_user
from server.app import create_app
from server.hub import Hub
from server.roles import ADMIN, role_named

EMAIL = "sokha@kampot.example"
PASSWORD = "ពាក្យសម្ងាត់វែង"
QUICK: dict[str, Any] = {"password_cost": 4, "background": False}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a new hub with one administrator."""
    folder = tmp_path / "ខេត្តកំពត"
    made = Hub.create(folder, "ខេត្តកំពត", **QUICK)
    admin = create_user(made, EMAIL, PASSWORD, "សុខា")
    assign(made, admin, role_named(ADMIN))
    made.close()
    return folder


@pytest.fixture
def app(data: Path) -> Iterator[Flask]:
    made = create_app(data, **QUICK)
    yield made
    made.extensions["samleng"].close()


@pytest.fixture
def hub(app: Flask) -> Hub:
    """The hub that `app` serves."""
    held: Hub = app.extensions["samleng"].hub
    return held


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def admin_token(client: FlaskClient) -> str:
    token: str = sign_in(client, EMAIL, PASSWORD)
    return token


@pytest.fixture
def as_admin(client: FlaskClient, admin_token: str) -> Callable[..., Any]:
    """as_admin("POST", "/v1/projects", {...}) -> response"""
    return as_bearer(client, admin_token)


@pytest.fixture
def as_user(client: FlaskClient) -> Callable[[str], Callable[..., Any]]:
    """as_user(email)("GET", path): signed in with the common test password."""
    return lambda email: as_bearer(client, sign_in(client, email, PASSWORD))


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where `app` is served over real HTTP, for clients that are programs of their own."""
    with served(app) as url:
        yield url


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serves a WSGI application. As `samleng serve` does, it believes a proxy on this machine that says https."""
    sockets: dict[int, Any] = {}
    proxy = {"x-forwarded-proto", "x-forwarded-host"}
    server = create_server(
        app, host="127.0.0.1", port=0, threads=2, map=sockets,
        trusted_proxy="127.0.0.1", trusted_proxy_headers=proxy, clear_untrusted_proxy_headers=True,
    )  # fmt: skip
    runner = threading.Thread(target=server.run, daemon=True)
    runner.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()  # first: what is being answered writes to the sockets
    # In the loop's own thread, and it ends when it has nothing left to listen to.
    server.trigger.pull_trigger(lambda: [held.close() for held in list(sockets.values())])
    runner.join(timeout=5)
    assert not runner.is_alive()


def sign_in(client: FlaskClient, email: str, password: str) -> str:
    answer = client.post("/v1/sessions", json={"email": email, "password": password})
    # The test client keeps cookies, and a test says itself how it signs in.
    for name in ("session", "__csrf"):
        client.delete_cookie(name)
    token: str = answer.get_json()["token"]
    return token


def as_bearer(client: FlaskClient, token: str) -> Callable[..., Any]:
    def ask(method: str, path: str, body: Any = None, /, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        if body is not None:
            more["json"] = body
        return client.open(path, method=method, headers=headers, **more)

    return ask
