"""What a bundle leaves out because the other hub gave it, and where a file may be had: found by the
simulation (tests/simulation), each held here by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from flask import Flask

from server import bundles, upkeep
from server.app import create_app
from server.hub import Hub
from server.peers import add_peer, make_card
from server.syncing import sync_with
from sync.exchange import Wishes
from tests.loose_link import Weather, world
from tests.server.season import QUICK, Country, answers, begin, csv, hand_in, told

NATION, KAMPOT, KEP = range(3)


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    made = Country(tmp_path, ("ជាតិ", "កំពត", "កែប"))
    begin(made.hubs[NATION])
    made.meet()
    yield made
    made.close()


def test_a_restored_hub_is_given_again_what_an_older_bundle_left_out(
    country: Country, tmp_path: Path
) -> None:
    upkeep.backup(country.hubs[KAMPOT], tmp_path / "backup.tar")
    hand_in(country.hubs[KAMPOT], answers("uuid:lost"))
    country.carry(KAMPOT, NATION)
    late = country.write(NATION, KAMPOT)
    country.hubs[KAMPOT].close()
    upkeep.restore(tmp_path / "backup.tar", tmp_path / "restored")
    country.hubs[KAMPOT] = Hub(tmp_path / "restored", **QUICK)  # type: ignore[arg-type]
    assert late is not None and bundles.read(country.hubs[KAMPOT], late).has_hole
    for _ in range(2):
        country.carry(KAMPOT, NATION)
        country.carry(NATION, KAMPOT)
    assert b"uuid:lost" in csv(country.hubs[KAMPOT])
    assert told(country.hubs[KAMPOT]) == told(country.hubs[NATION])


def test_a_copy_is_given_what_came_from_the_other_copy(country: Country, tmp_path: Path) -> None:
    country.hubs[KAMPOT].close()
    shutil.copytree(tmp_path / "កំពត", tmp_path / "copy")
    first, copy = (Hub(tmp_path / name, **QUICK) for name in ("កំពត", "copy"))  # type: ignore[arg-type]
    country.hubs[KAMPOT] = first
    hand_in(first, answers("uuid:first"))
    country.carry(KAMPOT, NATION)
    for_both = country.write(NATION, KAMPOT)
    assert for_both is not None
    assert not bundles.read(first, for_both).has_hole
    assert bundles.read(copy, for_both).has_hole
    country.hubs[KAMPOT] = copy
    country.carry(KAMPOT, NATION)
    country.carry(NATION, KAMPOT)
    assert b"uuid:first" in csv(copy)
    first.close()


class Triangle:
    """A nation and two provinces over links."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.apps: list[Flask] = []
        for name in ("n", "p", "q"):
            Hub.create(folder / name, name, **QUICK).close()  # type: ignore[arg-type]
            self.apps.append(create_app(folder / name, **QUICK))
        for hub in self.hubs:
            for other in self.hubs:
                if other is not hub:
                    add_peer(hub, make_card(other), url="http://there.example")
        begin(self.hubs[0])

    @property
    def hubs(self) -> list[Hub]:
        return [app.extensions["samleng"].hub for app in self.apps]

    def call(self, caller: int, called: int, wishes: Wishes | None = None) -> None:
        surroundings = world(lambda: self.apps[called], Weather(Random(0)))
        sync_with(self.hubs[caller], self.hubs[called].name, surroundings, wishes=wishes or Wishes())

    def restore(self, number: int, backup: Path) -> None:
        self.apps[number].extensions["samleng"].close()
        upkeep.restore(backup, self.folder / "restored")
        self.apps[number] = create_app(self.folder / "restored", **QUICK)

    def close(self) -> None:
        for app in self.apps:
            app.extensions["samleng"].close()


@pytest.fixture
def triangle(tmp_path: Path) -> Iterator[Triangle]:
    made = Triangle(tmp_path)
    made.call(1, 0)
    made.call(2, 0)
    yield made
    made.close()


def test_a_photo_is_asked_for_at_every_hub_that_brought_its_submission(triangle: Triangle) -> None:
    photo = {"រូប.jpg": Random(1).randbytes(5000)}
    hand_in(triangle.hubs[1], answers("uuid:1", photo="រូប.jpg"), **photo)
    triangle.call(1, 2, Wishes(largest=0))
    triangle.call(2, 0)
    assert upkeep.verify(triangle.hubs[0]).missing, "the hub that brought it first never had the photo"
    triangle.call(1, 0)
    assert upkeep.verify(triangle.hubs[0]).clean


def test_a_photo_is_asked_for_at_a_hub_that_was_restored(triangle: Triangle, tmp_path: Path) -> None:
    photo = {"រូប.jpg": Random(1).randbytes(5000)}
    hand_in(triangle.hubs[1], answers("uuid:1", photo="រូប.jpg"), **photo)
    triangle.call(1, 0, Wishes(largest=0))
    upkeep.backup(triangle.hubs[1], tmp_path / "backup.tar")
    triangle.restore(1, tmp_path / "backup.tar")
    triangle.call(1, 0)
    assert upkeep.verify(triangle.hubs[0]).clean


def test_two_copies_of_one_disk_that_carry_sticks_in_turn_lose_nothing(tmp_path: Path) -> None:
    """Each reaches further than the other did before, so that only the places it passed tell them apart."""
    country = Country(tmp_path, ("ជាតិ", "កំពត"))
    begin(country.hubs[0])
    country.meet()
    country.hubs[1].close()
    shutil.copytree(tmp_path / "កំពត", tmp_path / "copy")
    copies = [Hub(tmp_path / name, **QUICK) for name in ("កំពត", "copy")]  # type: ignore[arg-type]
    handed_in = set[str]()
    for turn in range(3):
        for number, copy in enumerate(copies):
            country.hubs[1] = copy
            for more in range(turn + 2 - number):
                handed_in.add(f"uuid:{number}-{turn}-{more}")
                hand_in(copy, answers(f"uuid:{number}-{turn}-{more}"))
            country.carry(1, 0)
            if turn:
                country.carry(0, 1)
    for _ in range(4):
        for copy in copies:
            country.hubs[1] = copy
            country.meet()
    assert len({copy.ledger_id for copy in copies}) == 2, "they were told apart"
    for hub in (country.hubs[0], *copies):
        assert {name for name in handed_in if name.encode() not in csv(hub)} == set()
    copies[0].close()
    country.close()


@pytest.mark.parametrize("of_copy", [1, 4])
def test_a_restored_hub_is_not_taken_for_the_copy_of_its_disk(
    triangle: Triangle, tmp_path: Path, of_copy: int
) -> None:
    """The copy brings other entries under the ledger id that the backup names too, as far as the backup goes or
    further."""
    triangle.apps[1].extensions["samleng"].close()
    shutil.copytree(tmp_path / "p", tmp_path / "copy")
    triangle.apps[1] = create_app(tmp_path / "p", **QUICK)
    hand_in(triangle.hubs[1], answers("uuid:original"))
    upkeep.backup(triangle.hubs[1], tmp_path / "backup.tar")
    triangle.restore(1, tmp_path / "backup.tar")
    triangle.call(1, 0)
    restored = triangle.apps[1]
    copy = triangle.apps[1] = create_app(tmp_path / "copy", **QUICK)
    for number in range(of_copy):
        hand_in(triangle.hubs[1], answers(f"uuid:copy{number}"))
    triangle.call(1, 0)
    triangle.apps[1] = restored
    triangle.call(1, 0)
    assert told(triangle.hubs[1]) == told(triangle.hubs[0])
    assert b"uuid:original" in csv(triangle.hubs[0]) and b"uuid:copy0" in csv(triangle.hubs[1])
    copy.extensions["samleng"].close()
