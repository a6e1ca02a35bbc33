"""A withdrawn submission leaves nothing in the entities that it made or changed, on any hub, in any order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import upkeep
from server.hub import Hub
from server.store import entities, forms, projects, state_tables
from server.withdrawal import withdraw
from sync.entities import husk_of, read_husk
from sync.ledger import travels
from tests.server.plots import OTHER, PLOT, begin, entity, ledger, line, send, visit
from tests.server.season import QUICK
from tests.server.test_entity_merging import give, meet

SECRET, LATER = "ស្រែសម្ងាត់ ៩៩", "ធម្មតា"
TABLES = ("entity", "entity_version", "entity_purged", "husk")


@pytest.fixture
def kampot(tmp_path: Path) -> Iterator[Hub]:
    made = begin(tmp_path / "kampot")
    yield made
    made.close()


@pytest.fixture
def takeo(tmp_path: Path, kampot: Hub) -> Iterator[Hub]:
    made = Hub.create(tmp_path / "takeo", "តាកែវ", **QUICK)  # type: ignore[arg-type]
    yield made
    made.close()


def take_back(hub: Hub, instance_id: str) -> None:
    project = projects.list_projects(hub.read())[0]
    form = forms.find_form(hub.read(), project.id, "visit")
    assert form is not None
    withdraw(hub, form, instance_id)


def traces(hub: Hub) -> list[str]:
    """Files of the data folder in which the secret still stands."""
    return [p.name for p in sorted(hub.data.rglob("*")) if p.is_file() and SECRET.encode() in p.read_bytes()]


def told(hub: Hub) -> dict[str, str]:
    said = state_tables.digests(hub.read())
    return {table: said[table] for table in TABLES}


def season(hub: Hub) -> None:
    """A plot that one person registers and changes, and another changes in between and afterwards."""
    send(hub, visit("uuid:0", create="1", label="ស្រែ ១", stage="a", area="1"))
    send(hub, visit("uuid:s", update="1", baseVersion="1", stage=SECRET))
    send(hub, visit("uuid:2", update="1", baseVersion="2", area="2", label=LATER))
    send(hub, visit("uuid:o", plot=OTHER, create="1", label=SECRET, stage=SECRET))
    entity(hub)


def test_what_it_said_of_an_entity_goes_and_the_rest_stays_in_its_place(kampot: Hub) -> None:
    season(kampot)
    assert traces(kampot)
    take_back(kampot, "uuid:s")
    take_back(kampot, "uuid:o")
    assert traces(kampot) == []
    assert [v.version for v in line(kampot)] == [1, 2, 3], "tablets count on the number"
    assert line(kampot)[-1].values == {"stage": "a", "area": "2"}
    held = entity(kampot)
    assert held is not None and line(kampot)[-1].label == LATER
    assert entity(kampot, OTHER) is None, "nothing but withdrawn answers was known of it"
    assert upkeep.compare(kampot) == [] and upkeep.verify(kampot).clean


@pytest.mark.parametrize("seed", range(12))
def test_hubs_agree_in_whatever_order_they_hear_of_it(kampot: Hub, takeo: Hub, seed: int) -> None:
    season(kampot)
    chance, met_before = random.Random(seed), seed % 2 == 1
    if met_before:
        give(kampot, takeo, chance)
    if met_before and seed % 3 == 0:  # processed by both
        send(takeo, visit("uuid:s", update="1", baseVersion="1", stage=SECRET))
    take_back(kampot, "uuid:s")
    take_back(kampot, "uuid:o")
    if met_before:
        send(kampot, visit("uuid:3", update="1", baseVersion="3", area="3"))
        entity(kampot)
    give(kampot, takeo, chance)
    meet(kampot, takeo)
    assert told(kampot) == told(takeo)
    assert traces(kampot) == traces(takeo) == []
    for hub in (kampot, takeo):
        assert upkeep.compare(hub) == [] and upkeep.verify(hub).clean


def test_what_comes_late_is_not_kept_and_makes_nothing(kampot: Hub, takeo: Hub) -> None:
    """The other hub held what the submission made, and heard of the withdrawal; a third brings it again."""
    season(kampot)
    old = [e for e in ledger(kampot) if travels(e.kind)]
    blobs = {name: kampot.blobs.read(name) for e in old for name in e.blobs}
    take_back(kampot, "uuid:s")
    take_back(kampot, "uuid:o")
    give(kampot, takeo)
    for data in blobs.values():
        takeo.blobs.put(data)
    takeo.write(lambda turn: turn.merge(old, "cd" * 8))
    meet(kampot, takeo)
    assert told(kampot) == told(takeo) and [v.version for v in line(takeo)] == [1, 2, 3]
    assert not [e for e in ledger(takeo) if SECRET.encode() in e.header]
    assert entities.find_entity(takeo.read(), OTHER) is None


def test_a_husk_holds_no_answers_and_only_such_are_read(kampot: Hub) -> None:
    season(kampot)
    made = [e for e in ledger(kampot) if e.kind.startswith("entity.")]
    for entry in made:
        said = husk_of(entry)
        assert SECRET not in str(said) and LATER not in str(said) and "ថេប្លេត" not in str(said)
        again = read_husk(said)
        assert again is not None and (again.id, again.supersedes) == (entry.id, entry.supersedes)
        for key, odd in (("id", "x"), ("kind", "entity.delete"), ("supersedes", ["x"]), ("body", None), ("hub", 7),
                         ("subject", f"submission:{PLOT}")):  # fmt: skip
            assert read_husk({**said, key: odd}) is None
        assert read_husk({**said, "body": {**said["body"], "data": [["stage", "a"]]}}) is None
        assert read_husk({**said, "body": {**said["body"], "by": {"name": "សុខា"}}}) is None
