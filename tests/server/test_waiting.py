"""What waits to go to another hub is what would go there, neither more nor less."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from server import intake, review
from server.flow import ABOVE, BELOW
from server.hub import Hub
from server.intake import Post
from server.peers import add_peer, find_peer, make_card
from server.projects import create_project
from server.store.projects import list_projects
from server.store.submissions import find_submission
from server.waiting import STEP, Waiting, Waits
from tests.server.season import QUICK, TABLET, answers, hand_in, publish, rice
from tests.server.test_syncing import URL, Pair

PROVINCE, NATION = "កំពត", "ជាតិ"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """The province is below the nation, and shares its first project alone."""
    made = Pair(tmp_path)
    made.sync()
    add_peer(made.province, make_card(made.nation), url=URL, projects_named=["1"], relation=ABOVE)
    add_peer(made.nation, make_card(made.province), projects_named=["1"], relation=BELOW)
    made.sync()
    yield made
    made.close()


def waiting(hub: Hub, name: str) -> Waiting:
    return Waits(hub, lambda: 0.0).of(find_peer(hub, name))


def test_new_submissions_wait_until_the_other_hub_confirmed_them(pair: Pair) -> None:
    for number in range(3):
        hand_in(pair.province, answers(f"uuid:{number}"))
    found = waiting(pair.province, NATION)
    assert (found.entries, found.submissions, found.is_whole) == (3, 3, True)
    first = find_submission(pair.province.read(), rice(pair.province).id, "uuid:0")
    assert first is not None and found.since is not None and found.since[:16] == first.created_at[:16]
    pair.sync()
    assert waiting(pair.province, NATION) == Waiting(0, 0, None, True)


def test_what_is_said_of_one_submission_counts_as_one(pair: Pair) -> None:
    hand_in(pair.province, answers("uuid:1"))
    held = find_submission(pair.province.read(), rice(pair.province).id, "uuid:1")
    assert held is not None
    review.set_review_state(pair.province, rice(pair.province), held, "approved")
    found = waiting(pair.province, NATION)
    assert (found.entries, found.submissions) == (2, 1)


def test_what_a_pair_does_not_share_never_waits(pair: Pair) -> None:
    other = create_project(pair.province, "ផ្សេង")
    publish(pair.province, other, form_id="other")
    for number in range(20):
        xml = answers(f"uuid:o{number}", form_id="other")
        intake.accept(pair.province, Post(other, xml, {}, TABLET, "collect:ក", "Collect"))
    assert pair.sync()[0].progress.sent == 0
    assert waiting(pair.province, NATION) == Waiting(0, 0, None, True)


def test_a_decision_about_a_provinces_own_waits_to_go_down_to_it(pair: Pair) -> None:
    hand_in(pair.province, answers("uuid:1"))
    hand_in(pair.nation, answers("uuid:elsewhere"))
    pair.sync()
    assert waiting(pair.nation, PROVINCE).entries == 0, "what others gathered does not go there"
    held = find_submission(pair.nation.read(), rice(pair.nation).id, "uuid:1")
    assert held is not None
    review.set_review_state(pair.nation, rice(pair.nation), held, "approved")
    found = waiting(pair.nation, PROVINCE)
    assert (found.entries, found.submissions) == (1, 1)
    assert pair.sync()[0].progress.received == 1
    assert waiting(pair.nation, PROVINCE).entries == 0


def test_as_many_wait_as_are_sent(pair: Pair) -> None:
    for number in range(12):
        hand_in(pair.province, answers(f"uuid:{number}"))
        hand_in(pair.nation, answers(f"uuid:n{number}"))
    publish(pair.nation, list_projects(pair.nation.read())[0], version="2")
    up, down = waiting(pair.province, NATION).entries, waiting(pair.nation, PROVINCE).entries
    progress = pair.sync()[0].progress
    assert (progress.sent, progress.received) == (up, down)


def test_many_are_counted_a_little_at_a_time_and_all_in_the_end(pair: Pair) -> None:
    wanted = STEP + 20
    for number in range(wanted):
        hand_in(pair.province, answers(f"uuid:{number:04}"))
    ticks = count()
    waits, peer = Waits(pair.province, lambda: float(next(ticks)), 1.5), find_peer(pair.province, NATION)
    first = waits.of(peer)
    assert 0 < first.entries < wanted and not first.is_whole
    while not (found := waits.of(peer)).is_whole:
        pass
    assert (found.entries, found.submissions) == (wanted, wanted)
    hand_in(pair.province, answers("uuid:late"))
    assert waits.of(peer).entries == wanted + 1


def test_all_hubs_share_one_patience(pair: Pair) -> None:
    for number in range(STEP + 20):
        hand_in(pair.province, answers(f"uuid:{number:04}"))
    other = Hub.create(pair.folder / "ទីបី", "ទីបី", **QUICK)
    nation, third = find_peer(pair.province, NATION), add_peer(pair.province, make_card(other))
    other.close()
    ticks = count()
    waits = Waits(pair.province, lambda: float(next(ticks)), 1.5)
    found = waits.of_all((nation, third))
    assert found[nation.id].entries > 0 and found[third.id] == Waiting(0, 0, None, False)
    while not all(one.is_whole for one in found.values()):
        found = waits.of_all((nation, third))
    assert found[nation.id].submissions == found[third.id].submissions == STEP + 20


def test_another_relation_is_counted_anew(pair: Pair) -> None:
    waits = Waits(pair.nation, lambda: 0.0)
    hand_in(pair.nation, answers("uuid:1"))
    assert waits.of(find_peer(pair.nation, PROVINCE)).submissions == 0
    add_peer(pair.nation, make_card(pair.province), projects_named=["1"])
    assert waits.of(find_peer(pair.nation, PROVINCE)).submissions == 1, "between equals everything flows"
