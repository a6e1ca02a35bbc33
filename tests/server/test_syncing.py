"""Two hubs over a link: whatever breaks, nothing is lost, doubled, or sent again for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from flask import Flask

from server import review, upkeep
from server.app import create_app
from server.hub import Hub
from server.peers import add_peer, make_card
from server.projects import create_project
from server.store import peers, projects
from server.store.peers import proofs_of
from server.syncing import Meeting, sync_with
from sync.exchange import Wishes
from tests.loose_link import LooseLink, Weather, world
from tests.server.season import QUICK, answers, begin, csv, hand_in, rice, told

URL = "http://nation.example"


class Pair:
    """A province that calls the nation."""

    def __init__(self, folder: Path) -> None:
        for name in ("ជាតិ", "កំពត"):
            Hub.create(folder / name, name, **QUICK).close()
        self.folder = folder
        self.apps: dict[str, Flask] = {name: create_app(folder / name, **QUICK) for name in ("ជាតិ", "កំពត")}
        self.is_on = True
        add_peer(self.province, make_card(self.nation), url=URL)
        add_peer(self.nation, make_card(self.province))
        begin(self.nation)

    @property
    def nation(self) -> Hub:
        held: Hub = self.apps["ជាតិ"].extensions["samleng"].hub
        return held

    @property
    def province(self) -> Hub:
        held: Hub = self.apps["កំពត"].extensions["samleng"].hub
        return held

    def sync(
        self, weather: Weather | None = None, tries: int = 40, **more: object
    ) -> tuple[Meeting, Weather]:
        sky = weather or Weather(Random(0))
        surroundings = world(lambda: self.apps["ជាតិ"] if self.is_on else None, sky, tries)
        return sync_with(self.province, "ជាតិ", surroundings, **more), sky  # type: ignore[arg-type]

    def restart(self, name: str) -> None:
        self.apps[name].extensions["samleng"].close()
        self.apps[name] = create_app(self.folder / name, **QUICK)

    def same(self) -> bool:
        return told(self.nation) == told(self.province) and csv(self.nation) == csv(self.province)

    def close(self) -> None:
        for app in self.apps.values():
            app.extensions["samleng"].close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    made.sync()
    yield made
    made.close()


def test_forms_come_down_and_submissions_go_up(pair: Pair) -> None:
    assert rice(pair.province).xml_form_id == "rice"
    for number in range(30):
        hand_in(pair.province, answers(f"uuid:{number:04}", f"ភូមិ {number}"))
    meeting, _ = pair.sync()
    assert (meeting.progress.sent, meeting.progress.done) == (30, True)
    assert pair.same()


def test_nothing_new_costs_one_round_trip(pair: Pair) -> None:
    hand_in(pair.province, answers("uuid:1"))
    pair.sync()
    _, sky = pair.sync()
    assert sky.seen == ["POST /hub/hello"]
    heads = pair.nation.ledger.head(), pair.province.ledger.head()
    pair.sync()
    assert (pair.nation.ledger.head(), pair.province.ledger.head()) == heads, "not even a note"


def test_files_follow_the_submissions_that_they_belong_to(pair: Pair) -> None:
    photo, film = Random(1).randbytes(50_000), Random(2).randbytes(1_300_000)
    hand_in(pair.province, answers("uuid:1", photo="រូប.jpg", sound="ខ្សែ.m4a"),
            **{"រូប.jpg": photo, "ខ្សែ.m4a": film})  # fmt: skip
    meeting, _ = pair.sync(wishes=Wishes(largest=0))
    assert (meeting.progress.sent, meeting.progress.files_sent) == (1, 0)
    assert upkeep.verify(pair.nation).missing
    meeting, _ = pair.sync(wishes=Wishes(largest=100_000))
    assert meeting.progress.files_sent == 1, "the photo; the film is put off"
    meeting, _ = pair.sync()
    assert (meeting.progress.sent, meeting.progress.files_sent) == (0, 1)
    assert pair.same() and upkeep.verify(pair.nation).clean


def test_files_come_down_too(pair: Pair) -> None:
    photo = Random(1).randbytes(400_000)
    hand_in(pair.nation, answers("uuid:1", photo="រូប.jpg"), **{"រូប.jpg": photo})
    meeting, _ = pair.sync()
    assert (meeting.progress.received, meeting.progress.files_received) == (1, 1)
    assert pair.same() and upkeep.verify(pair.province).clean


def test_a_hub_whose_folder_is_named_from_here_hands_out_too(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`./data` is what a hub is served from when nothing else is said."""
    monkeypatch.chdir(tmp_path)
    pair.folder = Path()
    pair.restart("ជាតិ")
    hand_in(pair.nation, answers("uuid:1"))
    meeting, _ = pair.sync()
    assert meeting.progress.received == 1


@pytest.mark.parametrize("seed", range(6))
def test_a_link_that_breaks_all_the_time_brings_everything_once(pair: Pair, seed: int) -> None:
    rng = Random(seed)
    for number in range(40):
        files = {"រូប.jpg": rng.randbytes(rng.randrange(1000, 200_000))} if number % 5 == 0 else {}
        hand_in(pair.province, answers(f"uuid:{number:04}", photo="រូប.jpg" if files else ""), **files)
        hand_in(pair.nation, answers(f"uuid:n{number:04}"))
    sky = Weather(Random(seed), cut=0.4, lost=0.2)
    meeting, _ = pair.sync(sky)
    assert sky.broken > 5
    assert meeting.progress.done
    assert pair.same()
    assert upkeep.verify(pair.nation).clean and upkeep.verify(pair.province).clean
    assert pair.sync()[1].seen == ["POST /hub/hello"]


def test_what_was_sent_before_a_break_is_not_sent_again(pair: Pair) -> None:
    film = Random(2).randbytes(3_000_000)
    hand_in(pair.province, answers("uuid:1", sound="ខ្សែ.m4a"), **{"ខ្សែ.m4a": film})
    sky = Weather(Random(3), cut=0.6)
    pair.sync(sky)
    assert sky.broken > 3
    assert sky.bytes_out < len(film) * 1.05
    assert pair.same()


@pytest.mark.parametrize("restarted", ["ជាតិ", "កំពត"])
def test_it_goes_on_where_it_was_though_a_hub_restarts(pair: Pair, restarted: str) -> None:
    film = Random(2).randbytes(2_000_000)
    hand_in(pair.province, answers("uuid:1", sound="ខ្សែ.m4a"), **{"ខ្សែ.m4a": film})
    sky = Weather(Random(5), cut=0.6)
    surroundings = world(lambda: pair.apps["ជាតិ"], sky, tries=1)
    for _ in range(60):
        try:
            sync_with(pair.province, "ជាតិ", surroundings)
            break
        except Exception as fault:  # noqa: BLE001 – the code is what counts
            assert getattr(fault, "code", "") == "peer.unreachable"
            pair.restart(restarted)
            surroundings = world(lambda: pair.apps["ជាតិ"], sky, tries=1)
    pair.sync(sky)
    assert pair.same()
    assert sky.bytes_out < len(film) * 1.1


def test_changed_bytes_are_noticed_and_nothing_wrong_is_taken(pair: Pair) -> None:
    for number in range(10):
        hand_in(pair.province, answers(f"uuid:{number:04}"))
    for seed in range(60):
        sky = Weather(Random(seed), flip=0.5)
        try:
            pair.sync(sky)
        except Exception as fault:  # noqa: BLE001 – any refusal will do, and nothing wrong may have been taken
            assert getattr(fault, "code", ""), fault
        assert upkeep.verify(pair.nation).damaged == []
    pair.sync()
    assert pair.same()


@pytest.mark.parametrize("at", ["កំពត", "ជាតិ"])
def test_what_a_bad_link_spoilt_is_sent_again_by_the_next_call(pair: Pair, at: str) -> None:
    """Half of a bundle came with a wrong bit in it, and the link broke: the good half brings it to light."""
    rng = Random(5)
    for number in range(12):
        hub = pair.province if at == "កំពត" else pair.nation
        hand_in(hub, answers(f"uuid:{number:04}", photo="រូប.jpg"), **{"រូប.jpg": rng.randbytes(300_000)})
        with suppress(Exception):
            pair.sync(Weather(Random(number), cut=0.4, flip=0.3), tries=2)
        assert pair.sync()[0].progress.done
    assert pair.same() and not upkeep.verify(pair.nation).missing and not upkeep.verify(pair.province).missing


def test_each_submission_has_proof_of_who_holds_it(pair: Pair) -> None:
    hand_in(pair.province, answers("uuid:1"))
    subject = f"submission:{rice(pair.province).project_uid}/rice/uuid:1"
    (entry,) = pair.province.ledger.entries_of(subject)
    place = next(seq for seq, e in pair.province.ledger.entries_after(0, 10_000) if e == entry)
    assert proofs_of(pair.province.read(), pair.province.ledger_id, place) == []
    pair.sync()
    (proof,) = proofs_of(pair.province.read(), pair.province.ledger_id, place)
    assert proof.peer == pair.nation.id
    assert upkeep.compare(pair.province) == [] and upkeep.compare(pair.nation) == []


def test_a_restored_hub_gets_back_what_it_lost_and_little_else(pair: Pair, tmp_path: Path) -> None:
    for number in range(40):
        hand_in(pair.province, answers(f"uuid:{number:04}"))
    pair.sync()
    upkeep.backup(pair.province, tmp_path / "backup.tar")
    hand_in(pair.province, answers("uuid:lost"))
    pair.sync()
    pair.apps["កំពត"].extensions["samleng"].close()
    upkeep.restore(tmp_path / "backup.tar", tmp_path / "restored")
    pair.apps["កំពត"] = create_app(tmp_path / "restored", **QUICK)
    hand_in(pair.province, answers("uuid:new"))
    meeting, _ = pair.sync()
    assert meeting.progress.sent <= 2 and meeting.progress.received <= 2
    assert pair.same() and b"uuid:lost" in csv(pair.province)


def test_two_copies_of_one_disk_lose_nothing(pair: Pair, tmp_path: Path) -> None:
    hand_in(pair.province, answers("uuid:before"))
    pair.sync()
    pair.apps["កំពត"].extensions["samleng"].close()
    import shutil

    shutil.copytree(tmp_path / "កំពត", tmp_path / "copy")
    first, copy = create_app(tmp_path / "កំពត", **QUICK), create_app(tmp_path / "copy", **QUICK)
    for turn in range(3):
        for app, name in ((first, "x"), (copy, "y")):
            pair.apps["កំពត"] = app
            for number in range(2 if name == "x" else 3):
                hand_in(pair.province, answers(f"uuid:{name}{turn}{number}"))
            pair.sync()
    for app in (first, copy):
        pair.apps["កំពត"] = app
        pair.sync()
        assert pair.same()
    assert csv(pair.nation).count(b"uuid:x") == 2 * 6 and csv(pair.nation).count(b"uuid:y") == 2 * 9
    ledgers = {a.extensions["samleng"].hub.ledger_id for a in (first, copy)}
    assert len(ledgers) == 2
    first.extensions["samleng"].close()


def test_a_review_and_an_edit_travel_like_everything_else(pair: Pair) -> None:
    hand_in(pair.province, answers("uuid:1"))
    pair.sync()
    from server.store import submissions

    held = submissions.find_submission(pair.nation.read(), rice(pair.nation).id, "uuid:1")
    assert held is not None
    review.set_review_state(pair.nation, rice(pair.nation), held, "approved")
    hand_in(pair.province, answers("uuid:2", "កែ", edits="uuid:1"))
    pair.sync()
    assert pair.same()


def test_a_hub_that_was_removed_is_told_so(pair: Pair) -> None:
    peers_before = peers.list_peers(pair.nation.read())
    from server.peers import remove_peer

    remove_peer(pair.nation, "កំពត")
    hand_in(pair.province, answers("uuid:1"))
    with pytest.raises(Exception) as fault:
        pair.sync()
    assert getattr(fault.value, "code", "") == "peer.ended"
    assert peers_before and isinstance(LooseLink, type)


def test_what_was_passed_over_follows_once_the_pair_shares_it(pair: Pair) -> None:
    """A project that was not shared first: what lies before the cursor is looked at again."""
    add_peer(pair.province, make_card(pair.nation), url=URL, projects_named=["1"])
    other = create_project(pair.province, "គម្រោងទីពីរ")
    pair.sync()
    assert projects.find_by_uid(pair.nation.read(), other.uid) is None
    hand_in(pair.province, answers("uuid:1"))
    pair.sync()
    add_peer(pair.province, make_card(pair.nation), url=URL)
    pair.sync()
    assert projects.find_by_uid(pair.nation.read(), other.uid) is not None
    assert pair.same()


def test_a_data_folder_may_be_named_as_seen_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = Pair(Path())
    made.sync()
    assert made.same()
    made.close()
