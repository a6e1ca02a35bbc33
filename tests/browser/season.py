"""The demonstration's season, served: a national hub with what three provinces sent, to be looked at page by page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from server.app import create_app
from server.demo_season import EMAIL, Season
from tests.conftest import PASSWORD, QUICK, served


@dataclass
class Nation:
    """`cookie`: of a signed-in administrator, as a browser sends it."""

    address: str
    app: Flask
    cookie: str


@contextmanager
def served_season(folder: Path) -> Iterator[Nation]:
    Season(folder, PASSWORD, lambda *_said, **_values: None).play()
    app = create_app(folder / "nation", **QUICK)
    client = app.test_client()
    client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    session = client.get_cookie("session")
    assert session is not None
    with served(app) as address:
        yield Nation(address, app, f"session={session.value}")
    app.extensions["samleng"].close()
