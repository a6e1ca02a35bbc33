"""Emptying the trash: what lay in it for thirty days goes, on every hub alike, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from server.background import Schedule
from server.clock import Clock
from server.hub import Hub
from server.publish import delete_form, restore_form
from server.purging import purge_forms
from server.store import forms, submissions
from server.store.forms import Form
from server.store.ledger_sqlite import entries_after
from server.upkeep import compare, verify
from sync.exchange import Wishes
from sync.ledger import Entry
from tests.loose_link import Weather, world
from tests.server.season import QUICK, answers, begin, hand_in, rice, told

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Season:
    """A hub whose clock the test moves on."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.hub = Hub.create(folder / "កំពត", "កំពត", clock=Clock(lambda: self.now), **QUICK)
        begin(self.hub)
        hand_in(self.hub, answers("uuid:1"))
        self.form = rice(self.hub)

    def pass_days(self, days: float) -> int:
        self.now += timedelta(days=days)
        return purge_forms(self.hub, self.now)

    def trash(self, hub: Hub | None = None) -> list[Form]:
        return forms.list_forms((hub or self.hub).read(), self.form.project_id, deleted=True)


@pytest.fixture
def season(tmp_path: Path) -> Iterator[Season]:
    made = Season(tmp_path)
    yield made
    made.hub.close()


@pytest.fixture
def other(tmp_path: Path, season: Season) -> Iterator[Hub]:
    hub = Hub.create(tmp_path / "ជាតិ", "ជាតិ", clock=season.hub.clock, **QUICK)
    yield hub
    hub.close()


def entries(hub: Hub, after: int = 0) -> list[Entry]:
    return [entry for _, entry in entries_after(hub.read(), after, 1000)]


def carry(giver: Hub, taker: Hub) -> None:
    """All that one hub holds, with its bytes."""
    held = entries(giver)
    names = {name for entry in held for name in entry.blobs if not taker.blobs.has(name)}
    staged = [taker.blobs.stage(giver.blobs.open(name)) for name in sorted(names)]
    taker.write(lambda turn: (turn.keep(staged), turn.merge(held)))


def is_open(hub: Hub) -> bool:
    form = rice(hub)
    return submissions.count_submissions(hub.read(), form.id)[0] == 1


def test_trash_is_emptied_after_thirty_days_and_not_before(season: Season) -> None:
    delete_form(season.hub, season.form)
    assert season.pass_days(30) == 0
    assert [f.id for f in season.trash()] == [season.form.id]
    assert season.pass_days(1) == 1
    assert season.trash() == []
    assert season.pass_days(1) == 0, "once is enough"
    assert compare(season.hub) == []
    assert verify(season.hub).clean


def test_form_that_stands_or_was_restored_stays(season: Season) -> None:
    delete_form(season.hub, season.form)
    restore_form(season.hub, season.form)
    assert season.pass_days(100) == 0
    assert is_open(season.hub)


def test_purge_reaches_other_hubs_in_whatever_order_it_comes(season: Season, tmp_path: Path) -> None:
    delete_form(season.hub, season.form)
    season.pass_days(31)
    held = entries(season.hub)
    states = set()
    for nth, order in enumerate(permutations(held[-4:])):
        hub = Hub.create(tmp_path / str(nth), str(nth), clock=season.hub.clock, **QUICK)
        carry(season.hub, hub) if nth == 0 else carry_in_order(season.hub, hub, [*held[:-4], *order])
        assert season.trash(hub) == []
        states.add(repr(told(hub)))
        hub.close()
    assert len(states) == 1


def carry_in_order(giver: Hub, taker: Hub, held: list[Entry]) -> None:
    names = sorted({name for entry in held for name in entry.blobs})
    staged = [taker.blobs.stage(giver.blobs.open(name)) for name in names]
    taker.write(lambda turn: turn.keep(staged))
    for entry in held:
        taker.write(lambda turn, entry=entry: turn.merge([entry]))  # type: ignore[misc]


def test_hub_that_did_not_delete_it_decides_nothing_by_its_clock(season: Season, other: Hub) -> None:
    """A laptop whose clock is years ahead would else take everybody's trash away."""
    delete_form(season.hub, season.form)
    carry(season.hub, other)
    assert purge_forms(other, season.now + timedelta(days=3650)) == 0
    assert len(season.trash(other)) == 1


def test_whoever_restored_it_without_knowing_has_it_back_everywhere(season: Season, other: Hub) -> None:
    delete_form(season.hub, season.form)
    carry(season.hub, other)
    restore_form(other, season.trash(other)[0])
    assert season.pass_days(31) == 1
    carry(season.hub, other)
    carry(other, season.hub)
    assert is_open(season.hub)
    assert is_open(other)
    assert told(season.hub) == told(other)
    assert compare(season.hub) == []


def test_served_hub_empties_its_trash_on_a_new_day(season: Season) -> None:
    around = replace(world(lambda: None, Weather(Random(1)), 1), now_s=lambda: 0.0)
    plan = Schedule(season.hub, around, 600, Wishes())
    delete_form(season.hub, season.form)
    plan.run_due()
    assert len(season.trash()) == 1
    season.now += timedelta(days=31)
    plan.run_due()
    assert season.trash() == []
