"""The audit log's index: what is found in it costs what is shown, not what is there; it follows by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import audits
from server.background import Schedule
from server.hub import Hub
from server.projects import create_project
from server.store import audits as rows
from server.store.ledger_sqlite import head
from server.syncing import default_world
from tests.server.season import QUICK

MANY = 20_000


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub.create(tmp_path / "hub", "កំពត", **QUICK)  # type: ignore[arg-type]
    yield made
    made.close()


def steps(hub: Hub, action: str | None, limit: int) -> int:
    """How many thousands of SQLite's steps reading these lines takes."""
    db, count = hub.database.separate_reader(), 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    db.set_progress_handler(tick, 1000)
    actions = audits.actions_of(db, action) if action else None
    list(rows.find_lines(db, actions, rows.ALL_TIMES, limit, 0))
    db.close()
    return count


@pytest.mark.parametrize(
    "action", [None, "submission", "nonverbose", "project", "submission.create", "nothing"]
)
def test_a_page_costs_what_it_shows(hub: Hub, action: str | None) -> None:
    create_project(hub, "ក")
    audits.catch_up(hub)
    made_at = "2026-11-23T01:00:00.{:06}Z"
    lines = ((made_at.format(n), 1, n, "submission.create") for n in range(MANY))
    hub.database.write(lambda db: rows.note_lines(db, lines))
    assert steps(hub, action, 50) < 20


def test_a_served_hub_follows_its_ledger_by_itself(hub: Hub) -> None:
    create_project(hub, "ក")
    Schedule(hub, default_world(lambda seconds: None, random.Random(7).random, lambda: 0.0), 60.0).run_due()
    assert rows.place(hub.read()) == head(hub.read())


def test_following_in_small_steps_comes_to_the_same(hub: Hub) -> None:
    for name in "កខគឃង":
        create_project(hub, name)
    for _ in range(head(hub.read())):
        hub.database.write(lambda db: audits.follow(db, 1))
    stepwise = hub.read().execute("SELECT at, seq, part FROM audit ORDER BY at, seq, part").fetchall()
    hub.database.write(lambda db: [db.execute("DELETE FROM audit"), db.execute("DELETE FROM audit_place")])
    audits.catch_up(hub)
    assert hub.read().execute("SELECT at, seq, part FROM audit ORDER BY at, seq, part").fetchall() == stepwise
    assert len(stepwise) == 5
