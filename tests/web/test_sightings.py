"""When a tablet was last heard of, and whether its forms are those of the hub."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.app import create_app
from server.hub import Hub
from server.projects import create_project
from server.store import actors
from server.store.actors import Actor
from server.store.projects import Project
from tests.conftest import QUICK
from tests.server.season import publish
from tests.web.coordinator import Coordinator
from tests.web.tablet import OPENROSA

AGENT = "org.odk.collect.android/v2026.1.1 Dalvik/2.1.0"


@pytest.fixture
def project(hub: Hub) -> Project:
    made = create_project(hub, "ស្រូវ")
    publish(hub, made)
    return made


@pytest.fixture
def sokha(client: FlaskClient, project: Project) -> Coordinator:
    made = Coordinator(client)
    made.post("/projects/1/tablets", names="ក្រុមទី១")
    return made


@pytest.fixture
def tablet(hub: Hub, project: Project, sokha: Coordinator) -> Actor:
    return actors.list_app_users(hub.read(), project.uid)[0]


@pytest.fixture
def ask(app: Flask, tablet: Actor) -> Callable[[str], Any]:
    """ask(path): as the tablet."""
    door = f"/v1/key/{tablet.token}/projects/1"
    client = app.test_client()
    return lambda path: client.get(door + path, headers={**OPENROSA, "User-Agent": AGENT})


def shown(sokha: Coordinator, tablet: Actor) -> str:
    text: str = sokha.get(f"/projects/1/tablets/{tablet.id}").text
    return text


def test_a_tablet_that_never_asked_was_never_seen(sokha: Coordinator, tablet: Actor) -> None:
    text = shown(sokha, tablet)
    assert "<dd>never" in text
    assert "not fetched here yet" in text


def test_what_a_tablet_fetched_is_told_and_what_is_old(
    hub: Hub, project: Project, sokha: Coordinator, tablet: Actor, ask: Callable[[str], Any]
) -> None:
    assert ask("/formList").status_code == 200
    assert ask("/forms/rice.xml").status_code == 200
    text = shown(sokha, tablet)
    assert AGENT in text
    assert "as on the hub" in text
    publish(hub, project, "2")
    assert "has version 1, published is 2" in shown(sokha, tablet)
    ask("/forms/rice.xml")
    assert "as on the hub" in shown(sokha, tablet)


def test_it_outlives_a_restart_that_was_asked_for(
    app: Flask, hub: Hub, sokha: Coordinator, tablet: Actor, ask: Callable[[str], Any]
) -> None:
    ask("/forms/rice.xml")
    app.extensions["samleng"].close()
    again = create_app(hub.data, **QUICK)
    assert AGENT in shown(Coordinator(again.test_client()), tablet)
    again.extensions["samleng"].close()


def test_what_was_refused_is_no_sighting(app: Flask, hub: Hub, sokha: Coordinator, tablet: Actor) -> None:
    sokha.post(f"/projects/1/tablets/{tablet.id}/revoke")
    door = f"/v1/key/{tablet.token}/projects/1/formList"
    assert app.test_client().get(door, headers=OPENROSA).status_code == 403
    assert hub.read().execute("SELECT count(*) FROM tablet_sighting").fetchone() == (0,)
