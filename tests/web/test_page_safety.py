"""The audit log in words, backups that open again, and who is signed in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.accounts import assign, create_user
from server.audit_words import OTHER, SENTENCES
from server.backups import is_due, last_backup
from server.hub import Hub
from server.opening import Opening
from server.projects import create_project
from server.roles import VIEWER, role_named
from server.store import projects
from tests.conftest import EMAIL, PASSWORD, QUICK
from tests.web.coordinator import Coordinator

SEAL = "ផ្កាឈូក ១២៣ ទឹក"
NAME = "ស្ត្រី <i>សន្តិភាព</i>"


@pytest.fixture
def sokha(client: FlaskClient) -> Coordinator:
    return Coordinator(client)


def test_the_log_says_who_did_what_in_the_readers_language(sokha: Coordinator) -> None:
    sokha.post("/projects/new", name=NAME)
    english, khmer = sokha.get("/safety/audit").text, sokha.get("/safety/audit", "km").text
    assert "<strong>សុខា</strong> made the consultation ស្ត្រី &lt;i&gt;" in english
    assert "<strong>សុខា</strong> បាន" in khmer
    assert "signed in" in english


def test_the_log_is_narrowed_by_kind_and_day(sokha: Coordinator) -> None:
    sokha.post("/projects/new", name=NAME)
    assert "made the consultation" not in sokha.get("/safety/audit?action=user").text
    assert "made the consultation" in sokha.get("/safety/audit?action=project").text
    assert "made the consultation" not in sokha.get("/safety/audit?until=2020-01-01").text
    for odd in ("action=%27;", "since=2026-99-99", "page=-3", "page=x", "until=9999-12-31"):
        assert sokha.get(f"/safety/audit?{odd}").status_code == 200, odd


def test_the_log_is_a_table_that_no_spreadsheet_runs(sokha: Coordinator, hub: Hub) -> None:
    create_user(hub, "e@kampot.example", PASSWORD, "=HYPERLINK(1)")
    said = sokha.get("/safety/audit.csv")
    assert said.mimetype == "text/csv"
    assert said.data.startswith(b"\xef\xbb\xbf")
    assert "added the person =HYPERLINK" in said.text
    assert all(not cell.startswith("=") for line in said.text.splitlines() for cell in line.split(","))


def test_every_action_that_the_hub_knows_has_a_sentence() -> None:
    from server.audit_details import _BY_ACTION

    told = {action for action in _BY_ACTION if not action.startswith(("entity.", "submission.backlog"))}
    assert {action for action in told if action not in SENTENCES} <= {"submission.attachment.update"}
    assert OTHER not in SENTENCES.values()


def make_backup(sokha: Coordinator, passphrase: str = SEAL, again: str = SEAL) -> Any:
    return sokha.post("/safety/backup", passphrase=passphrase, again=again)


def test_a_backup_is_sealed_noted_and_opens(sokha: Coordinator, hub: Hub) -> None:
    assert is_due(hub)
    made = make_backup(sokha)
    assert made.status_code == 200
    assert b"sokha" not in made.data
    last = last_backup(hub.data)
    assert last is not None
    assert last.sealed
    assert not is_due(hub)
    tried = sokha.post("/safety/backup/check", file=(io.BytesIO(made.data), "b"), passphrase=SEAL)
    assert "This backup opens. It is of the hub ខេត្តកំពត, with 0 submissions" in tried.text


@pytest.mark.parametrize(("passphrase", "again"), [("", ""), ("short", "short"), (SEAL, SEAL + "១")])
def test_a_backup_without_a_good_passphrase_is_not_made(
    sokha: Coordinator, hub: Hub, passphrase: str, again: str
) -> None:
    assert make_backup(sokha, passphrase, again).status_code == 400
    assert last_backup(hub.data) is None


def test_what_is_no_backup_is_told_and_changes_nothing(sokha: Coordinator, hub: Hub) -> None:
    sealed = make_backup(sokha).data
    before = sorted(path.name for path in hub.data.iterdir())
    for said, key in ((b"\x89PNG", SEAL), (sealed, "ខុស"), (sealed[: len(sealed) // 2], SEAL), (b"", "")):
        answer = sokha.post("/safety/backup/check", file=(io.BytesIO(said), "b"), passphrase=key)
        assert answer.status_code >= 400
        assert 'role="alert"' in answer.text
    assert sorted(path.name for path in hub.data.iterdir()) == before


def test_a_lost_hub_is_restored_at_its_first_start(sokha: Coordinator, hub: Hub, tmp_path: Path) -> None:
    create_project(hub, NAME)
    sealed = make_backup(sokha).data
    opening = Opening(tmp_path / "new", lambda app: None, **QUICK)
    browser = _client(opening)

    def restore(said: bytes, passphrase: str) -> Any:
        return browser.post("/restore", data={"file": (io.BytesIO(said), "b"), "passphrase": passphrase})

    for said, passphrase in ((sealed, "ខុស"), (sealed[:-9], SEAL), (b"", SEAL)):
        assert restore(said, passphrase).status_code >= 400
        assert not opening.is_open
    assert restore(sealed, SEAL).status_code == 303
    assert opening.is_open
    page = browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert page.status_code == 303
    restored = opening._app.extensions["samleng"].hub
    assert [one.name for one in projects.list_projects(restored.read())] == [NAME]
    opening.close()


def test_a_large_backup_is_read_where_it_lies(sokha: Coordinator, tmp_path: Path) -> None:
    path = tmp_path / "ច្បាប់ចម្លង.sealed"
    path.write_bytes(make_backup(sokha).data)
    opening = Opening(tmp_path / "new", lambda app: None, **QUICK)
    browser = _client(opening)
    assert (
        browser.post("/restore", data={"path": str(tmp_path / "no"), "passphrase": SEAL}).status_code >= 400
    )
    assert browser.post("/restore", data={"path": str(path), "passphrase": SEAL}).status_code == 303
    opening.close()


def _client(opening: Opening) -> Any:
    shell = Flask("shell")
    shell.wsgi_app = opening  # type: ignore[assignment,method-assign]
    return shell.test_client()


def test_sessions_are_listed_and_ended(sokha: Coordinator, hub: Hub, app: Flask) -> None:
    dara = create_user(hub, "dara@kampot.example", PASSWORD, "ដារ៉ា")
    assign(hub, dara, role_named(VIEWER))
    other = Coordinator(app.test_client(), "dara@kampot.example")
    assert "ដារ៉ា" in sokha.get("/safety/sessions").text
    assert sokha.post(f"/safety/sessions/{dara.id}/end").status_code == 303
    assert other.get("/account").status_code == 401
    assert sokha.post("/safety/sessions/99/end").status_code == 404


def test_who_must_wait_is_let_in_again(sokha: Coordinator, app: Flask) -> None:
    stranger = app.test_client()
    for _ in range(11):
        stranger.post(
            "/sign-in", data={"email": "x@y.example", "password": "ខុសទាំងអស់"},
            environ_overrides={"REMOTE_ADDR": "192.0.2.9"},
        )  # fmt: skip
    page = sokha.get("/safety/sessions").text
    assert "x@y.example" in page
    sokha.post("/safety/sessions/forgive", who="x@y.example", place="192.0.2.9")
    assert "x@y.example" not in sokha.get("/safety/sessions").text


def test_safety_is_for_administrators(hub: Hub, client: FlaskClient) -> None:
    dara = create_user(hub, "dara@kampot.example", PASSWORD, "ដារ៉ា")
    assign(hub, dara, role_named(VIEWER))
    reader = Coordinator(client, "dara@kampot.example")
    for path in ("", "/audit", "/audit.csv", "/backup", "/sessions"):
        assert reader.get(f"/safety{path}").status_code == 403, path
    for path in ("/backup", "/backup/check", f"/sessions/{dara.id}/end", "/sessions/forgive"):
        assert reader.post(f"/safety{path}", passphrase=SEAL, again=SEAL).status_code == 403, path
