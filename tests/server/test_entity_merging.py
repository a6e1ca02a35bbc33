"""Entities of two hubs that meet: one line everywhere, nothing made twice, in whatever order entries come."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import upkeep
from server.entities import create_many, delete_entity, purge_entities, update_entity
from server.entity_making import catch_up
from server.entity_waiting import force_held
from server.hub import Hub
from server.store import entities, state_tables
from sync.ledger import travels
from tests.server.plots import OTHER, begin, entity, ledger, line, offline, plots, send, visit
from tests.server.season import QUICK

TABLES = ("entity", "entity_version", "entity_purged")


@pytest.fixture
def kampot(tmp_path: Path) -> Iterator[Hub]:
    made = begin(tmp_path / "kampot")
    send(made, visit("uuid:0", create="1", label="ស្រែ ១", stage="a"))
    yield made
    made.close()


@pytest.fixture
def takeo(tmp_path: Path, kampot: Hub) -> Iterator[Hub]:
    made = Hub.create(tmp_path / "takeo", "តាកែវ", **QUICK)  # type: ignore[arg-type]
    give(kampot, made)
    yield made
    made.close()


def give(giver: Hub, taker: Hub, chance: random.Random | None = None) -> None:
    """All that one holds and shares, with its bytes."""
    shared = [e for e in ledger(giver) if travels(e.kind)]
    for name in {b for e in shared for b in e.blobs}:
        taker.blobs.put(giver.blobs.read(name))
    if chance is not None:
        chance.shuffle(shared)
    taker.write(lambda turn: turn.merge(shared, "ab" * 8))


def meet(*hubs: Hub) -> None:
    for _ in hubs:
        for giver in hubs:
            for taker in hubs:
                if giver is not taker:
                    give(giver, taker)
                catch_up(taker)


def told(hub: Hub) -> dict[str, str]:
    said = state_tables.digests(hub.read())
    return {table: said[table] for table in TABLES}


def change(hub: Hub, base: int, **data: str) -> None:
    held = entity(hub)
    assert held is not None
    update_entity(
        hub, plots(hub), held, {"data": data}, ["stage", "area"], base=str(base), force=False, resolve=False,
        by=None, agent=None,
    )  # fmt: skip


def test_hubs_that_edited_apart_show_one_line_and_a_conflict(kampot: Hub, takeo: Hub) -> None:
    change(kampot, 1, stage="k")
    change(takeo, 1, stage="t")
    meet(kampot, takeo)
    assert told(kampot) == told(takeo)
    assert [v.version for v in line(takeo)] == [1, 2, 3]
    held = entity(takeo)
    assert held is not None
    assert held.conflict == "hard"


def test_a_submission_that_two_hubs_processed_makes_one_version(kampot: Hub, takeo: Hub) -> None:
    for hub in (kampot, takeo):
        send(hub, visit("uuid:1", update="1", baseVersion="1", stage="b"))
        send(hub, visit("uuid:2", plot=OTHER, create="1", label="ស្រែ ២"))
    meet(kampot, takeo)
    assert told(kampot) == told(takeo)
    assert [v.version for v in line(takeo)] == [1, 2]
    assert len(line(takeo, OTHER)) == 1


def test_a_submission_merged_from_a_hub_that_makes_none_is_processed(kampot: Hub, takeo: Hub) -> None:
    """As from a hub of an older version: of what it holds, the submission alone."""
    send(takeo, visit("uuid:1", update="1", baseVersion="1", stage="b"))
    sent = [e for e in ledger(takeo) if e.subject.endswith("/uuid:1") and e.kind == "submission.create"]
    kampot.blobs.put(takeo.blobs.read(sent[0].blobs[0]))
    kampot.write(lambda turn: turn.merge(sent, "ab" * 8))
    assert [v.values["stage"] for v in line(kampot)] == ["a", "b"]
    meet(kampot, takeo)
    assert told(kampot) == told(takeo)
    assert len(line(takeo)) == 2


def test_pieces_of_a_branch_at_two_hubs_come_together(kampot: Hub, takeo: Hub) -> None:
    send(takeo, offline("uuid:2", 2, stage="c"))
    send(kampot, offline("uuid:1", 1, stage="b"))
    assert len(line(takeo)) == 1
    meet(kampot, takeo)
    assert told(kampot) == told(takeo)
    assert [v.values["stage"] for v in line(kampot)] == ["a", "b", "c"]
    assert entities.list_held(takeo.read()) == []
    assert force_held(takeo) == 0


def test_deleted_on_one_hub_and_purged_it_is_gone_on_both(kampot: Hub, takeo: Hub) -> None:
    held = entity(kampot)
    assert held is not None
    delete_entity(kampot, plots(kampot), held, by=None)
    change(takeo, 1, stage="t")
    meet(kampot, takeo)
    gone = entity(takeo)
    assert gone is not None
    assert gone.deleted_at is not None
    assert purge_entities(takeo, older=False) == 1
    meet(kampot, takeo)
    assert (entity(kampot), entity(takeo)) == (None, None)
    assert told(kampot) == told(takeo)


def test_many_made_at_once_come_to_the_other_hub(kampot: Hub, takeo: Hub) -> None:
    body: dict[str, Any] = {
        "entities": [{"label": f"ស្រែ {n}", "data": {"stage": str(n)}} for n in range(20)],
        "source": {"name": "ស្រែ.csv", "size": 100},
    }
    create_many(kampot, plots(kampot), body, ["stage"], by=None, agent=None)
    meet(kampot, takeo)
    assert told(kampot) == told(takeo)
    listed = entities.iterate_entities(takeo.read(), plots(takeo).project, plots(takeo).key)
    assert len(list(listed)) == 21


@pytest.mark.parametrize("seed", range(4))
def test_entries_in_any_order_show_the_same(kampot: Hub, takeo: Hub, tmp_path: Path, seed: int) -> None:
    change(kampot, 1, stage="k")
    change(takeo, 1, area="2")
    send(takeo, offline("uuid:1", 1, stage="b"))
    send(takeo, visit("uuid:2", plot=OTHER, create="1", label="ស្រែ ២"))
    meet(kampot, takeo)
    third = Hub.create(tmp_path / "third", "ព្រៃវែង", **QUICK)  # type: ignore[arg-type]
    give(takeo, third, random.Random(seed))
    assert told(third) == told(takeo)
    catch_up(third)
    assert told(third) == told(takeo)
    assert upkeep.compare(third) == []
    third.close()
