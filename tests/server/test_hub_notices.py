"""What coordinators are told of clocks, copies, refusals and newer programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.clock import Clock
from server.hub import Hub
from server.hub_notices import MESSAGES, notices_of, own_notices
from server.peers import find_peer
from sync.exchange import Reply
from sync.ledger import make_entry
from tests.server.season import QUICK, answers, begin, hand_in
from tests.server.test_syncing import Pair


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    made.sync()
    yield made
    made.close()


def codes(hub: Hub, name: str, replies: list[Reply] | None = None) -> set[str]:
    return {notice.code for notice in notices_of(hub, find_peer(hub, name), replies)}


def test_two_hubs_in_good_order_say_nothing(pair: Pair) -> None:
    meeting, _ = pair.sync()
    assert codes(pair.province, "ជាតិ", meeting.replies) == set()


@pytest.mark.parametrize("year", [1970, 2038])
def test_a_clock_that_is_years_off_is_told_and_harms_nothing(tmp_path: Path, year: int) -> None:
    pair = Pair(tmp_path)
    pair.province.clock = Clock(lambda: datetime(year, 1, 2, tzinfo=UTC))
    hand_early(pair)
    meeting, _ = pair.sync()
    assert codes(pair.province, "ជាតិ", meeting.replies) == {"clock.implausible", "clock.differs"}
    assert pair.same()
    pair.close()


def hand_early(pair: Pair) -> None:
    pair.sync()
    hand_in(pair.province, answers("uuid:1"))


def test_kinds_of_a_newer_program_are_kept_and_told(pair: Pair) -> None:
    newer = make_entry(
        "poem.create", "poem:1", hub=pair.nation.id, made_at="2026-11-24T00:00:00.000000Z", body={"line": "ក"}
    )
    pair.nation.ledger.append([newer])
    pair.sync()
    assert pair.province.ledger.entry(newer.id) == newer
    (notice,) = own_notices(pair.province)
    assert (notice.code, notice.values) == ("kinds.newer", {"kinds": "poem.create"})


def test_each_message_can_be_said_in_both_languages(tmp_path: Path) -> None:
    hub = Hub.create(tmp_path / "h", "ក", clock=Clock(lambda: datetime(1970, 1, 1, tzinfo=UTC)), **QUICK)  # type: ignore[arg-type]
    begin(hub)
    (notice,) = own_notices(hub)
    assert notice.code in MESSAGES
    assert "1970-01-01" in notice.text("en") and "1970-01-01" in notice.text("km")
    assert notice.text("en") != notice.text("km")
    hub.close()
