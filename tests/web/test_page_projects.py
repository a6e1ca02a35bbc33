"""A consultation is made, named, put away and ended by who may, on pages."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from server.accounts import assign, create_user
from server.hub import Hub
from server.privacy.keeping import defaults_of
from server.projects import create_project
from server.roles import VIEWER, role_named
from server.store import projects
from server.store.projects import Project
from tests.conftest import PASSWORD
from tests.web.coordinator import Coordinator

NAME = "ស្ត្រី សន្តិភាព និង <b>សន្តិសុខ</b>"
SETTINGS = "/projects/1/settings"


@pytest.fixture
def project(hub: Hub) -> Project:
    return create_project(hub, NAME)


@pytest.fixture
def sokha(client: FlaskClient) -> Coordinator:
    return Coordinator(client)


def names(hub: Hub) -> list[str]:
    return [one.name for one in projects.list_projects(hub.read())]


def test_a_consultation_is_made(sokha: Coordinator, hub: Hub) -> None:
    assert sokha.post("/projects/new", name=NAME, description="ខេត្តចំនួន ២៥").location == "/projects/1/forms"
    made = projects.find_project(hub.read(), 1)
    assert made is not None
    assert (made.name, made.description) == (NAME, "ខេត្តចំនួន ២៥")
    assert f'href="{SETTINGS}"' in sokha.get("/").text


@pytest.mark.parametrize("name", ["", "  ", "ក" * 201])
def test_a_consultation_without_a_usable_name_is_not_made(sokha: Coordinator, hub: Hub, name: str) -> None:
    refused = sokha.post("/projects/new", name=name, description="កុំបាត់")
    assert refused.status_code == 400
    assert "កុំបាត់" in refused.text, "what was written stays"
    assert names(hub) == []


def test_a_consultation_is_renamed(sokha: Coordinator, hub: Hub, project: Project) -> None:
    assert sokha.post(SETTINGS, name="ថ្មី").status_code == 303
    assert names(hub) == ["ថ្មី"]
    assert sokha.post(SETTINGS, name="").status_code == 400
    assert names(hub) == ["ថ្មី"]


def test_its_name_cannot_become_markup(sokha: Coordinator, project: Project) -> None:
    assert "<b>សន្តិសុខ" not in sokha.get(SETTINGS).text


def test_put_away_it_can_be_taken_out_again(sokha: Coordinator, hub: Hub, project: Project) -> None:
    create_project(hub, "ផ្សេង")
    sokha.post(f"{SETTINGS}/archived", archived="true")
    assert names(hub) == ["ផ្សេង", NAME]
    sokha.post(f"{SETTINGS}/archived")
    found = projects.find_project(hub.read(), project.id)
    assert found is not None
    assert not found.archived


def test_how_carefully_answers_are_kept_is_chosen(sokha: Coordinator, hub: Hub, project: Project) -> None:
    assert sokha.post(f"{SETTINGS}/privacy", places="identifying", names="identifying").status_code == 303
    assert defaults_of(hub, project.uid)["places"] == "identifying"
    assert sokha.post(f"{SETTINGS}/privacy", places="secret").status_code == 400
    assert defaults_of(hub, project.uid)["places"] == "identifying"


def test_answers_are_encrypted_only_with_a_passphrase_given_twice(
    sokha: Coordinator, hub: Hub, project: Project
) -> None:
    def said(first: str, again: str) -> Any:
        return sokha.post(f"{SETTINGS}/encryption", passphrase=first, again=again, hint="ចម្រៀង")

    assert said(PASSWORD, PASSWORD + "ទៀត").status_code == 400
    assert said("", "").status_code == 400
    found = projects.find_project(hub.read(), project.id)
    assert found is not None
    assert found.key_id is None
    assert said(PASSWORD, PASSWORD).status_code == 303
    found = projects.find_project(hub.read(), project.id)
    assert found is not None
    assert found.key_id is not None
    assert said(PASSWORD, PASSWORD).status_code == 409


def test_only_its_typed_name_deletes_it(sokha: Coordinator, hub: Hub, project: Project) -> None:
    assert sokha.post(f"{SETTINGS}/delete", typed="ផ្សេង").status_code == 400
    assert names(hub) == [NAME]
    assert sokha.post(f"{SETTINGS}/delete", typed=NAME).location == "/"
    assert names(hub) == []


def test_who_may_only_read_changes_nothing(hub: Hub, client: FlaskClient, project: Project) -> None:
    reader = create_user(hub, "dara@kampot.example", PASSWORD, "ដារ៉ា")
    assign(hub, reader, role_named(VIEWER), project)
    dara = Coordinator(client, "dara@kampot.example")
    for path in (SETTINGS, "/projects/new"):
        assert dara.get(path).status_code == 403
    for path in ("", "/archived", "/privacy", "/encryption", "/delete"):
        assert dara.post(SETTINGS + path, name="ថ្មី", archived="true", places="public").status_code == 403
    assert names(hub) == [NAME]
    assert SETTINGS not in dara.get("/").text


def test_the_consultation_last_looked_at_is_at_hand(sokha: Coordinator, hub: Hub, project: Project) -> None:
    create_project(hub, "ផ្សេង")
    assert sokha.get("/projects/2/settings").status_code == 200
    assert 'href="/projects/2/submissions"' in sokha.get("/").text
    assert sokha.get(SETTINGS).status_code == 200
    assert 'href="/projects/1/submissions"' in sokha.get("/account").text
