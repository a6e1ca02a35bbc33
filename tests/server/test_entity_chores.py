"""What a served hub does about entities by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import entity_chores
from server.clock import Clock
from server.entities import delete_entity
from server.entity_chores import DAY_S, Chores
from server.hub import Hub
from tests.server.plots import OTHER, begin, entity, line, offline, plots, send, visit


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return begin(tmp_path / "hub")


def test_once_a_day_what_waited_is_applied_and_the_trash_is_emptied(hub: Hub) -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    hub.clock = Clock(lambda: now)
    send(hub, visit("uuid:0", create="1", label="ស្រែ ១", stage="a"))
    send(hub, visit("uuid:9", plot=OTHER, create="1", label="ស្រែ ២"))
    held = entity(hub, OTHER)
    assert held is not None
    delete_entity(hub, plots(hub), held, by=None)
    send(hub, offline("uuid:3", 3, stage="c"))
    chores = Chores(hub)
    chores.run(0.0)
    now += timedelta(days=32)
    chores.run(DAY_S - 1.0)
    assert (len(line(hub)), entity(hub, OTHER) is None) == (1, False)
    chores.run(DAY_S)
    assert (len(line(hub)), entity(hub, OTHER) is None) == (2, True)
    hub.close()


def test_what_breaks_is_tried_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    chores = Chores(hub)
    with monkeypatch.context() as broken:
        broken.setattr(entity_chores, "catch_up", lambda hub: 1 / 0)
        chores.run(0.0)
    chores.run(1.0)
    hub.close()
