"""The trash of submissions: after thirty days it is wiped, but never what somebody may have restored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import bundles, review
from server.clock import Clock
from server.hub import Hub
from server.peers import add_peer, make_card
from server.purging import purge_submissions
from server.store import submissions
from server.store.submissions import Submission
from server.upkeep import compare, sweep, verify
from tests.server.season import QUICK, answers, begin, hand_in, rice

SECRET = "ភូមិសម្ងាត់"


class Hands:
    """What the clocks of all hubs here show."""

    now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def hub(tmp_path: Path, hands: Hands) -> Iterator[Hub]:
    made = Hub.create(tmp_path / "កំពត", "កំពត", clock=Clock(lambda: hands.now), **QUICK)
    begin(made)
    hand_in(made, answers("uuid:1", SECRET))
    hand_in(made, answers("uuid:2"))
    yield made
    made.close()


@pytest.fixture
def nation(tmp_path: Path, hub: Hub) -> Iterator[Hub]:
    made = Hub.create(tmp_path / "ជាតិ", "ជាតិ", clock=hub.clock, **QUICK)
    add_peer(hub, make_card(made))
    add_peer(made, make_card(hub))
    yield made
    made.close()


def find(hub: Hub, name: str = "uuid:1") -> Submission | None:
    return submissions.find_submission(hub.read(), rice(hub).id, name)


def delete(hub: Hub) -> None:
    held = find(hub)
    assert held is not None
    review.delete_submission(hub, rice(hub), held)


def carry(giver: Hub, taker: Hub, folder: Path) -> None:
    path = folder / f"{giver.name}.bundle"
    path.unlink(missing_ok=True)
    bundles.write_for(giver, taker.name, path)
    bundles.read(taker, path)


def test_deleted_submission_is_wiped_after_thirty_days_and_not_before(hub: Hub, hands: Hands) -> None:
    delete(hub)
    hands.pass_days(30)
    assert purge_submissions(hub, hands.now) == 0
    hands.pass_days(1)
    sweep(hub)
    assert find(hub) is None and find(hub, "uuid:2") is not None
    assert not any(SECRET.encode() in p.read_bytes() for p in hub.data.rglob("*") if p.is_file())
    assert purge_submissions(hub, hands.now) == 0
    assert compare(hub) == [] and verify(hub).clean


def test_restored_submission_stays(hub: Hub, hands: Hands) -> None:
    delete(hub)
    held = find(hub)
    assert held is not None
    review.restore_submission(hub, rice(hub), held)
    hands.pass_days(100)
    assert purge_submissions(hub, hands.now) == 0
    assert find(hub) is not None


def test_nothing_is_wiped_before_every_other_hub_was_heard(
    hub: Hub, nation: Hub, hands: Hands, tmp_path: Path
) -> None:
    """The nation restores it in time, but the province hears of it late."""
    carry(hub, nation, tmp_path)
    delete(hub)
    carry(hub, nation, tmp_path)
    held = find(nation)
    assert held is not None and held.deleted_at is not None
    review.restore_submission(nation, rice(nation), held)
    hands.pass_days(40)
    assert purge_submissions(hub, hands.now) == 0
    carry(nation, hub, tmp_path)
    hands.pass_days(1)
    assert purge_submissions(hub, hands.now) == 0
    kept = find(hub)
    assert kept is not None and kept.deleted_at is None


def test_trash_goes_everywhere_once_the_others_were_heard(
    hub: Hub, nation: Hub, hands: Hands, tmp_path: Path
) -> None:
    delete(hub)
    carry(hub, nation, tmp_path)
    hands.pass_days(40)
    assert purge_submissions(nation, hands.now) == 0, "another hub's trash"
    hand_in(nation, answers("uuid:3"))
    carry(nation, hub, tmp_path)
    assert purge_submissions(hub, hands.now) == 1
    carry(hub, nation, tmp_path)
    assert find(nation) is None and find(nation, "uuid:2") is not None
    assert compare(nation) == []


def test_what_was_said_apart_waits_for_a_person(hub: Hub, nation: Hub, hands: Hands, tmp_path: Path) -> None:
    """A comment by somebody who did not know that it was deleted."""
    carry(hub, nation, tmp_path)
    delete(hub)
    held = find(nation)
    assert held is not None
    review.add_comment(nation, rice(nation), held, "សូមរក្សាទុក")
    hands.pass_days(40)
    carry(nation, hub, tmp_path)
    hands.pass_days(1)
    assert purge_submissions(hub, hands.now) == 0
    assert find(hub) is not None
