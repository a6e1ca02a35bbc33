"""What a served hub does by itself, by a clock that the test moves on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from server.app import create_app
from server.background import FIRST_S, LONGEST_S, Background, Schedule
from server.consultation.following import is_current
from server.consultation.telling import overview
from server.hub import Hub
from server.peers import add_peer, make_card
from tests.loose_link import Weather, world
from tests.server.season import QUICK, answers, csv, hand_in
from tests.server.test_syncing import Pair

EVERY_S = 600.0


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    made.sync()
    yield made
    made.close()


class Clock:
    now_s = 0.0


def schedule(pair: Pair, clock: Clock, tries: int = 1) -> Schedule:
    around = world(lambda: pair.apps["ជាតិ"] if pair.is_on else None, Weather(Random(1)), tries)
    return Schedule(pair.province, replace(around, now_s=lambda: clock.now_s), EVERY_S)


def test_it_meets_the_other_hub_at_once_and_then_on_schedule(pair: Pair) -> None:
    clock = Clock()
    plan = schedule(pair, clock)
    hand_in(pair.province, answers("uuid:1"))
    plan.run_due()
    assert pair.same()
    hand_in(pair.province, answers("uuid:2"))
    plan.run_due()
    assert not pair.same(), "not before its time"
    clock.now_s = plan.next_at()
    assert 0.85 * EVERY_S < clock.now_s < 1.15 * EVERY_S
    plan.run_due()
    assert pair.same()


def test_it_never_gives_up_and_is_there_soon_after_the_other_hub_is(pair: Pair) -> None:
    clock, waits = Clock(), []
    plan = schedule(pair, clock)
    pair.is_on = False
    hand_in(pair.province, answers("uuid:1"))
    for _ in range(200):
        plan.run_due()
        waits.append(plan.next_at() - clock.now_s)
        clock.now_s = plan.next_at()
    assert waits[0] < 1.2 * FIRST_S and max(waits) < 1.2 * LONGEST_S
    pair.is_on = True
    plan.run_due()
    assert pair.same()


def test_a_hub_that_cannot_be_met_keeps_no_other_waiting(pair: Pair, tmp_path: Path) -> None:
    stranger = Hub.create(tmp_path / "ឆ្ងាយ", "ឆ្ងាយ", **QUICK)  # type: ignore[arg-type]
    add_peer(pair.province, make_card(stranger), url="http://0.example")  # answers as if it were the nation
    hand_in(pair.province, answers("uuid:1"))
    schedule(pair, Clock()).run_due()
    assert pair.same()
    stranger.close()


def test_the_consultation_database_is_brought_up_meanwhile(pair: Pair) -> None:
    plan = schedule(pair, Clock())
    plan.run_due()
    hand_in(pair.province, answers("uuid:1"))
    assert not is_current(pair.province)
    plan.run_due()
    assert is_current(pair.province)
    assert overview(pair.province).forms[0].tables["ស្រូវ_២០២៦__rice"] == 1


def test_its_thread_ends_when_it_is_told_to(pair: Pair) -> None:
    held: list[Schedule] = []

    def make(wait: object) -> Schedule:
        held.append(replace_wait(schedule(pair, Clock()), wait))
        return held[0]

    background = Background(pair.province, make)  # type: ignore[arg-type]
    background.start()
    background.stop()
    assert not background.is_alive


def replace_wait(plan: Schedule, wait: object) -> Schedule:
    return replace(plan, world=replace(plan.world, wait=wait))  # type: ignore[arg-type]


def test_an_app_that_other_programs_make_does_nothing_by_itself(tmp_path: Path) -> None:
    import threading

    Hub.create(tmp_path / "h", "ក", **QUICK).close()  # type: ignore[arg-type]
    before = threading.active_count()
    app = create_app(tmp_path / "h", **QUICK)
    assert threading.active_count() == before
    assert csv(app.extensions["samleng"].hub) == b""
    app.extensions["samleng"].close()
