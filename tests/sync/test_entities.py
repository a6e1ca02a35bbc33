"""The line of an entity's versions: the same on every hub, numbers that never fall, conflicts as in Central."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.entities import CREATE, DELETE, HARD, RESOLVE, RESTORE, SOFT, UPDATE, entity_standing, is_sound
from sync.ledger import Entry, make_entry

UUID = "12345678-1234-4123-8234-123456789abc"
BRANCH, OTHER = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


class Hand:
    """One hub writing about one entity, by what it knows."""

    def __init__(self, hub: str = "កំពត", known: list[Entry] | None = None) -> None:
        self.hub, self.known, self.second = hub, list(known or []), 0

    def say(self, kind: str, *, supersedes: list[str] | None = None, **body: Any) -> Entry:
        self.second += 1
        replaced = entity_standing(self.known).heads if supersedes is None else supersedes
        entry = make_entry(
            kind,
            f"entity:{UUID}",
            hub=self.hub,
            made_at=f"2026-11-23T02:00:{self.second:02}.000000Z",
            body={"project": "p", "dataset": "ស្រែ", **body},
            supersedes=replaced,
        )
        self.known.append(entry)
        return entry

    def create(self, label: str = "ស្រែ ១", **data: str) -> Entry:
        return self.say(CREATE, supersedes=[], label=label, data=pairs(data))

    def update(self, base: Entry, *, label: str | None = None, more: Any = None, **data: str) -> Entry:
        return self.say(UPDATE, base=base.id, label=label, data=pairs(data), **(more or {}))


def pairs(data: dict[str, str]) -> list[list[str]]:
    return [[name, value] for name, value in data.items()]


def numbered(entries: list[Entry]) -> list[tuple[int, str]]:
    return [(v.number, v.entry.id) for v in entity_standing(entries).versions]


def test_versions_follow_each_other_and_keep_what_they_do_not_touch() -> None:
    hand = Hand()
    first = hand.create(stage="សំណាប", area="2")
    hand.update(first, stage="បែកគុម្ព")
    held = entity_standing(hand.known)
    assert [v.number for v in held.versions] == [1, 2]
    assert held.versions[1].data == {"stage": "បែកគុម្ព", "area": "2"}
    assert held.versions[1].received == {"stage": "បែកគុម្ព"}
    assert held.versions[1].label == "ស្រែ ១"
    assert held.conflict is None


def test_an_update_of_an_old_version_conflicts_softly_when_nobody_touched_the_same() -> None:
    hand = Hand()
    first = hand.create(stage="a", area="1")
    hand.update(first, area="2")
    hand.update(first, stage="b")
    held = entity_standing(hand.known)
    assert held.conflict == SOFT
    assert held.versions[2].conflicting == []


def test_an_update_that_others_contradicted_conflicts_hard_and_wins() -> None:
    hand = Hand()
    first = hand.create(stage="a", area="1")
    hand.update(first, stage="office", label="ការិយាល័យ")
    late = hand.update(first, stage="tablet", label="ថេប្លេត", area="1")
    held = entity_standing(hand.known)
    assert held.conflict == HARD
    assert held.versions[-1].entry == late
    assert held.versions[-1].conflicting == ["stage", "label"]
    assert held.versions[-1].data == {"stage": "tablet", "area": "1"}


def test_hard_is_not_softened_by_what_follows_and_ends_when_somebody_resolves() -> None:
    hand = Hand()
    first = hand.create(stage="a")
    second = hand.update(first, stage="b")
    third = hand.update(first, stage="c")
    hand.update(second, area="9")
    assert entity_standing(hand.known).conflict == HARD
    hand.say(RESOLVE)
    held = entity_standing(hand.known)
    assert held.conflict is None
    assert all(v.resolved for v in held.versions)
    hand.update(third, stage="d")
    assert entity_standing(hand.known).conflict == SOFT


def test_a_resolution_settles_only_what_was_known() -> None:
    kampot = Hand("កំពត")
    first = kampot.create(stage="a")
    kampot.update(first, stage="b")
    takeo = Hand("តាកែវ", kampot.known)
    kampot.update(first, stage="c")
    kampot.say(RESOLVE)
    takeo.update(first, stage="d")
    assert entity_standing(kampot.known).conflict is None
    assert entity_standing(kampot.known + takeo.known).conflict == HARD


def test_a_branch_that_others_interrupted_conflicts_softly() -> None:
    hand = Hand()
    first = hand.create(stage="a")
    office = hand.update(first, area="2")
    one = hand.update(office, stage="b", more={"branch": BRANCH, "trunk": 1, "branch_base": 1})
    held = entity_standing(hand.known)
    assert held.versions[-1].entry == one
    assert (held.conflict, held.versions[-1].conflicting) == (SOFT, None)


def test_a_branch_by_itself_conflicts_with_nothing() -> None:
    hand = Hand()
    first = hand.create(stage="a")
    one = hand.update(first, stage="b", more={"branch": BRANCH, "trunk": 1, "branch_base": 1})
    hand.update(one, stage="c", more={"branch": BRANCH, "trunk": 1, "branch_base": 2})
    assert entity_standing(hand.known).conflict is None


def test_a_create_that_came_late_is_weighed_against_what_stands() -> None:
    hand = Hand()
    first = hand.create("auto generated", stage="b")
    hand.update(first, label="ស្រែ ១", stage="a", more={"as_update": True})
    held = entity_standing(hand.known)
    assert held.conflict == HARD
    assert held.versions[1].conflicting == ["stage", "label"]


def test_one_submission_processed_by_two_hubs_makes_one_version() -> None:
    kampot = Hand("កំពត")
    first = kampot.create(stage="a")
    takeo = Hand("តាកែវ", kampot.known)
    source = {"source": {"submission": "submission:p/f/uuid:1", "place": 0}}
    kampot.update(first, stage="b", more=source)
    takeo.update(first, stage="b", more=source)
    held = entity_standing(kampot.known + takeo.known)
    assert [v.number for v in held.versions] == [1, 2]
    assert held.conflict is None


def test_deleted_and_restored_by_the_last_who_knew() -> None:
    hand = Hand()
    hand.create()
    gone = hand.say(DELETE)
    assert entity_standing(hand.known).deleted == gone
    hand.say(RESTORE, supersedes=[gone.id])
    assert entity_standing(hand.known).deleted is None


def test_a_version_waits_for_the_one_that_it_follows() -> None:
    hand = Hand()
    first = hand.create()
    second = hand.update(first, stage="b")
    third = hand.update(second, stage="c")
    assert numbered([first, third]) == [(1, first.id)]
    assert numbered([third, second, first]) == [(1, first.id), (2, second.id), (3, third.id)]


def test_an_entry_that_says_nonsense_is_passed_over() -> None:
    hand = Hand()
    first = hand.create()
    for body in ({"data": {"a": "b"}}, {"data": [["a", 1]]}, {"label": 3}, {"base": "x"}, {"trunk": -1}):
        bad = hand.say(UPDATE, **body)
        assert not is_sound(bad)
    assert numbered(hand.known) == [(1, first.id)]


@st.composite
def stories(draw: Any) -> list[list[Entry]]:
    """What two or three hubs know of one entity after writing apart and meeting now and then."""
    hands = [Hand(f"hub{n}") for n in range(draw(st.integers(2, 3)))]
    hands[0].create(stage="0")
    for hand in hands[1:]:
        hand.known = list(hands[0].known)
    for step in range(draw(st.integers(1, 12))):
        hand = draw(st.sampled_from(hands))
        match draw(
            st.sampled_from(["update", "update", "old", "twin", "meet", "resolve", "delete", "restore"])
        ):
            case "update" | "old" as way:
                held = entity_standing(hand.known).versions
                base = held[-1] if way == "update" else draw(st.sampled_from(held))
                hand.update(base.entry, stage=str(step), area=draw(st.sampled_from("12")))
            case "twin":
                place = draw(st.integers(0, 2))
                source = {"submission": f"submission:p/f/{place}", "place": 0}
                known = entity_standing(hand.known).versions
                if all(v.entry.body.get("source") != source for v in known):
                    hand.update(known[-1].entry, stage=f"s{place}", more={"source": source})
            case "meet":
                other = draw(st.sampled_from(hands))
                hand.known = list(dict.fromkeys([*hand.known, *other.known]))
            case "resolve":
                hand.say(RESOLVE)
            case "delete":
                hand.say(DELETE)
            case "restore":
                hand.say(RESTORE)
    return [hand.known for hand in hands]


@given(stories(), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_hubs_show_the_same_line_after_merging_in_any_order(
    known: list[list[Entry]], chance: random.Random
) -> None:
    everything = [entry for each in known for entry in each]
    expected = entity_standing(everything)
    for _ in range(3):
        chance.shuffle(everything)
        held = entity_standing(everything)
        assert numbered(everything) == [(v.number, v.entry.id) for v in expected.versions]
        assert [(v.conflict, v.resolved, v.data) for v in held.versions] == [
            (v.conflict, v.resolved, v.data) for v in expected.versions
        ]
        assert (held.conflict, held.deleted, held.heads) == (
            expected.conflict,
            expected.deleted,
            expected.heads,
        )


@given(stories(), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_the_number_of_the_last_version_never_falls(known: list[list[Entry]], chance: random.Random) -> None:
    everything = list(dict.fromkeys(entry for each in known for entry in each))
    chance.shuffle(everything)
    last = 0
    for count in range(1, len(everything) + 1):
        now = len(entity_standing(everything[:count]).versions)
        assert now >= last
        last = now


@given(stories())
@settings(max_examples=200, deadline=None)
def test_a_version_always_comes_after_those_that_it_follows(known: list[list[Entry]]) -> None:
    held = entity_standing([entry for each in known for entry in each])
    places = {t.id: v.number for v in held.versions for t in v.twins}
    for version in held.versions:
        assert all(places[s] < version.number for s in version.entry.supersedes if s in places)
