"""What a hub knows of its calls to another: when one went well, why one did not, and one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.errors import Fault
from server.peers import find_peer
from tests.server.season import answers, hand_in
from tests.server.test_syncing import Pair


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    made.sync()
    yield made
    made.close()


def test_a_call_while_another_goes_on_is_refused_and_spoils_nothing(pair: Pair) -> None:
    """Somebody asks for an exchange by hand while the hub's own is at work: both would write into one download."""
    for number in range(5):
        hand_in(pair.province, answers(f"uuid:{number}", "ភូមិថ្មី"))
        hand_in(pair.nation, answers(f"uuid:n{number}", "ភូមិចាស់"))
    refused: list[str] = []

    def call_again(_progress: object) -> None:
        with pytest.raises(Fault) as caught:
            pair.sync()
        refused.append(caught.value.code)

    pair.sync(tell=call_again)
    assert refused and set(refused) == {"sync.under_way"}
    assert pair.same()
    assert pair.sync()[0].progress.done, "the next one may"


def test_a_call_that_broke_lets_the_next_one_through(pair: Pair) -> None:
    pair.is_on = False
    for _ in range(2):
        with pytest.raises(Fault, match=r"peer\.unreachable"):
            pair.sync(tries=1)


def test_an_exchange_of_nothing_counts_as_contact_on_both_sides(pair: Pair) -> None:
    """The ledger does not tell: nothing was exchanged. A quiet week must not look like a broken link."""
    nation, province = find_peer(pair.province, "ជាតិ"), find_peer(pair.nation, "កំពត")
    before = pair.province.contacts.of(nation.id).spoke_at
    pair.sync()
    ours, theirs = pair.province.contacts.of(nation.id), pair.nation.contacts.of(province.id)
    assert before is not None and ours.spoke_at is not None and ours.spoke_at > before
    assert theirs.spoke_at is not None and ours.fault is theirs.fault is None


def test_why_the_last_call_failed_is_kept_until_one_goes_well(pair: Pair) -> None:
    nation = find_peer(pair.province, "ជាតិ")
    spoke_at = pair.province.contacts.of(nation.id).spoke_at
    pair.is_on = False
    with pytest.raises(Fault):
        pair.sync(tries=1)
    held = pair.province.contacts.of(nation.id)
    assert held.fault is not None and held.fault.code == "peer.unreachable"
    assert held.spoke_at == spoke_at and held.tried_at is not None, "when it last went well stays known"
    pair.is_on = True
    pair.sync()
    assert pair.province.contacts.of(nation.id).fault is None


def test_of_a_hub_never_called_nothing_is_said(pair: Pair) -> None:
    contact = pair.province.contacts.of("nobody")
    assert (contact.spoke_at, contact.tried_at, contact.fault) == (None, None, None)
