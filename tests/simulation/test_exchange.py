"""The conversation of two hubs, whatever breaks: driven by thousands of seeds in memory, and by Hypothesis."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sync.errors import Unreached
from tests.simulation.memory import MemoryHub, meet

SEEDS = 5000 if os.environ.get("CI") else 1500
NAMES = ("ជាតិ", "កំពត", "កែប")


def assert_no_cursor_is_ahead(hubs: list[MemoryHub]) -> None:
    """What a cursor says to be followed is held, whole."""
    for taker in hubs:
        for giver in hubs:
            place = taker.follows(giver) if taker is not giver else None
            if place is not None:
                assert place == giver.position(place.seq)
                held = {entry.id for entry in taker.ledger}
                assert all(entry.id in held for _, entry in giver.ledger.entries_after(0, place.seq))


def assert_all_hold_the_same(hubs: list[MemoryHub], folder: Path, written: set[str]) -> None:
    for _ in range(3):
        for caller in hubs[1:]:
            assert meet(caller, hubs[0], folder).done
    sets = [sorted(entry.id for entry in hub.ledger) for hub in hubs]
    assert all(held == sets[0] for held in sets)
    assert all(len(held) == len(set(held)) for held in sets)
    assert written <= set(sets[0])
    everywhere = set().union(*(hub.blobs for hub in hubs))
    assert all(hub.blobs.keys() == everywhere for hub in hubs)
    heads = [hub.ledger.head() for hub in hubs]
    assert [meet(hub, hubs[0], folder).sent for hub in hubs[1:]] == [0, 0] and heads == [
        h.ledger.head() for h in hubs
    ]


def known_to(hubs: list[MemoryHub], written: set[str]) -> set[str]:
    return written & {entry.id for hub in hubs for entry in hub.ledger}


def play(seed: int, folder: Path) -> None:
    rng = Random(seed)
    hubs = [MemoryHub(name) for name in NAMES]
    backups = [hub.backup() for hub in hubs]
    written: set[str] = set()
    for _ in range(rng.randrange(2, 14)):
        one, other = rng.sample(range(3), 2)
        match rng.choice(("write", "write", "meet", "meet", "backup", "restore")):
            case "write":
                written |= {
                    hubs[one].write(rng.randbytes(rng.randrange(400))).id for _ in range(rng.randrange(1, 9))
                }
            case "meet":
                chance = rng.choice((0.0, 0.1, 0.4))
                with suppress(Unreached):
                    meet(hubs[one], hubs[other], folder, lambda c=chance: rng.random() < c)  # type: ignore[misc]
            case "backup":
                backups[one] = hubs[one].backup()
            case "restore":
                hubs[one].restore(backups[one])
                written = known_to(hubs, written)
        assert_no_cursor_is_ahead(hubs)
    assert_all_hold_the_same(hubs, folder, written)


def test_thousands_of_meetings_end_alike_whatever_broke(tmp_path: Path) -> None:
    for seed in range(SEEDS):
        try:
            play(seed, tmp_path)
        except Exception as fault:
            raise AssertionError(f"tests.simulation.test_exchange.play({seed}, folder)") from fault


class Exchange(RuleBasedStateMachine):
    """Hubs that write, meet, break off, are backed up and restored, and are handed batches by stick."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.hubs = [MemoryHub(name) for name in NAMES]
        self.backups = [hub.backup() for hub in self.hubs]
        self.sticks: list[tuple[int, bytes]] = []
        self.written: set[str] = set()

    places = st.integers(min_value=0, max_value=2)

    @rule(place=places, size=st.integers(min_value=0, max_value=3000))
    def write(self, place: int, size: int) -> None:
        entry = self.hubs[place].write(Random(len(self.written)).randbytes(size))
        self.written.add(entry.id)

    @rule(caller=places, called=places, good=st.integers(min_value=0, max_value=30))
    def sync(self, caller: int, called: int, good: int) -> None:
        """Breaks after so many steps."""
        steps = iter(range(good))
        if caller != called:
            with suppress(Unreached):
                meet(self.hubs[caller], self.hubs[called], self.folder, lambda: next(steps, None) is None)

    @rule(giver=places, taker=places)
    def write_stick(self, giver: int, taker: int) -> None:
        packed = self.hubs[giver].batch(self.hubs[taker], None, 1 << 30)
        if packed is not None and giver != taker:
            self.sticks.append((taker, packed))

    @rule(data=st.data())
    def carry(self, data: st.DataObject) -> None:
        """Late, twice, out of order: a stick tells everything from the beginning."""
        if self.sticks:
            taker, packed = data.draw(st.sampled_from(self.sticks))
            before = dict(self.hubs[taker].seen)
            self.hubs[taker].take(packed)
            for name, place in before.items():  # a late stick moves no cursor back
                now = self.hubs[taker].seen[name]
                if (now.ledger == place.ledger and now.seq < place.seq) or now.ledger != place.ledger:
                    self.hubs[taker].seen[name] = place

    @rule(place=places)
    def backup(self, place: int) -> None:
        self.backups[place] = self.hubs[place].backup()

    @rule(place=places)
    def restore(self, place: int) -> None:
        self.hubs[place].restore(self.backups[place])
        self.written = known_to(self.hubs, self.written)

    @invariant()
    def no_cursor_is_ahead(self) -> None:
        assert_no_cursor_is_ahead(self.hubs)

    def teardown(self) -> None:
        try:
            assert_all_hold_the_same(self.hubs, self.folder, self.written)
        finally:
            shutil.rmtree(self.folder)


TestExchange = Exchange.TestCase
TestExchange.settings = settings(
    max_examples=200 if os.environ.get("CI") else 60, stateful_step_count=25, deadline=None, print_blob=True
)
