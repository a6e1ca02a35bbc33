"""What stands depends on the set of entries alone: over random histories, and by example."""

from __future__ import annotations

import os
from itertools import permutations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.ledger import Entry, MemoryLedger, make_entry
from sync.merge import (
    ATTACH,
    COMMENT,
    CREATE,
    DELETE,
    EDIT,
    RESOLVE,
    RESTORE,
    REVIEW,
    Standing,
    Version,
    content_of,
    depths,
    heads,
    in_order,
    latest,
    merged_fields,
    standing,
)
from tests.sync.histories import History, Step, steps

# Each failing history is printed with what to pass to @reproduce_failure.
EXAMPLES = settings(
    max_examples=2000 if os.environ.get("CI") else 700, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],  # histories are long on purpose
)  # fmt: skip
chances = st.randoms(use_true_random=False)


def shown(held: Standing) -> tuple[Any, ...]:
    """A Standing as values that compare: versions by their entry, with all that hangs on them."""

    def version(v: Version) -> tuple[Any, ...]:
        parents = [p.entry.id for p in v.parents]
        return (
            v.instance_id,
            v.xml,
            v.deprecated_id,
            [t.id for t in v.twins],
            v.depth,
            parents,
            v.files,
            v.types,
        )

    return (
        [version(v) for v in held.versions], held.current and version(held.current),
        [version(v) for v in held.rivals], [(p.entry.id, p.reason) for p in held.parked], held.review_state,
        held.deleted and held.deleted.id, [c.id for c in held.comments], held.updated_at,
        [e.id for e in held.reviews], [e.id for e in held.apart],
    )  # fmt: skip


@given(steps, chances)
@EXAMPLES
def test_any_order_and_repetition_gives_the_same(history: list[Step], chance: Any) -> None:
    entries = History().play(history).entries
    expected = shown(standing(entries))
    other = entries + chance.choices(entries, k=len(entries)) if entries else []
    chance.shuffle(other)
    assert shown(standing(other)) == expected


@given(steps, chances)
@EXAMPLES
def test_ledgers_that_trade_in_any_split_agree(history: list[Step], chance: Any) -> None:
    entries = History().play(history).entries
    expected = shown(standing(entries))
    ledgers = [MemoryLedger() for _ in range(3)]
    for entry in entries:
        chance.choice(ledgers).append([entry])
    while any(ledger.head() < len({e.id for e in entries}) for ledger in ledgers):
        giver, taker = chance.choice(ledgers), chance.choice(ledgers)
        page = [e for _, e in giver.entries_after(chance.randrange(giver.head() + 1), 5)]
        taker.append(page)
    assert [shown(standing(ledger)) for ledger in ledgers] == [expected] * 3


@given(steps)
@EXAMPLES
def test_no_version_is_ever_lost(history: list[Step]) -> None:
    entries = History().play(history).entries
    held = standing(entries)
    free = {content_of(e) for e in entries if e.kind in (CREATE, EDIT) and not e.body.get("parked")}
    said = {
        e.id
        for e in entries
        if e.kind in (CREATE, EDIT) and not (e.body.get("parked") and content_of(e) in free)
    }
    taking_part = [t.id for v in held.versions for t in v.twins]
    parked = [p.entry.id for p in held.parked]
    assert sorted(taking_part + parked) == sorted(said), (
        "each takes part, is parked, or is a twin's parked copy"
    )
    assert (held.current is None) == (not held.versions), "whatever takes part, one of it stands"
    assert all(rival in held.versions and rival is not held.current for rival in held.rivals)


@given(steps, chances)
@EXAMPLES
def test_what_is_known_in_part_grows_into_the_whole(history: list[Step], chance: Any) -> None:
    """A hub that holds a part never has to unlearn: adding the rest gives what everybody has."""
    entries = History().play(history).entries
    part = [e for e in entries if chance.random() < 0.5]
    standing(part)  # ends, whatever is missing from it
    assert shown(standing(part + entries)) == shown(standing(entries))


@given(steps, chances)
@EXAMPLES
def test_order_depth_and_heads_depend_on_the_set(history: list[Step], chance: Any) -> None:
    entries = History().play(history).entries
    shuffled = entries * 2
    chance.shuffle(shuffled)
    assert depths(shuffled) == depths(entries)
    assert in_order(shuffled) == in_order(entries)
    assert heads(shuffled) == heads(entries)
    assert latest(shuffled) == latest(entries)
    place = {e.id: n for n, e in enumerate(in_order(entries))}
    assert all(place[s] < place[e.id] for e in entries for s in e.supersedes if s in place)


@given(steps, chances)
@EXAMPLES
def test_whoever_decides_knowing_everything_ends_the_conflict(history: list[Step], chance: Any) -> None:
    """Whatever was resolved before, and however wildly."""
    entries = History().play(history).entries
    held = standing(entries)
    if held.current is None:
        return
    sides = [held.current, *held.rivals]
    choice = chance.choice(sides)
    earlier = [e.id for e in entries if e.kind == RESOLVE]
    decision = said(
        RESOLVE,
        {"instance_id": choice.instance_id, "xml": choice.xml},
        supersedes=[*earlier, *(t.id for side in sides for t in side.twins)],
    )
    after = standing([*entries, decision])
    assert after.current is not None
    assert content_of(after.current.entry) == content_of(choice.entry)
    assert after.rivals == []


# By example


def said(kind: str, body: dict[str, Any], hub: str = "កំពត", made_at: str = "2026-11-23T01:00:00.000000Z",
         **more: Any) -> Entry:  # fmt: skip
    return make_entry(kind, "submission:p/rice/uuid:A", hub=hub, made_at=made_at, body=body, **more)


def version(instance_id: str, deprecated_id: str | None = None, content: str = "0", **more: Any) -> Entry:
    body: dict[str, Any] = {"instance_id": instance_id, "form_version": "1"}
    if deprecated_id:
        body["deprecated_id"] = deprecated_id
    if files := more.pop("files", None):
        body["files"] = files
    if parked := more.pop("parked", None):
        body["parked"] = parked
    return said(EDIT if deprecated_id else CREATE, body, blobs=[content * 64], **more)


A = version("uuid:A")
B = version("uuid:B", "uuid:A", "b")


def test_the_same_bytes_received_by_two_hubs_are_one_version() -> None:
    twin = version("uuid:A", hub="kep", made_at="2020-01-01T00:00:00.000000Z")
    held = standing([A, twin])
    assert len(held.versions) == 1
    assert held.rivals == []
    assert held.current is not None
    assert held.current.entry.id == min(A.id, twin.id), "by id, not by clock"


def test_an_edit_stands_over_what_it_replaces() -> None:
    held = standing([B, A])
    assert held.current is not None
    assert held.current.instance_id == "uuid:B"
    assert held.current.depth == 1
    assert held.review_state == "edited"


def test_an_edit_before_its_original_waits_and_then_joins() -> None:
    early = standing([B])
    assert early.current is None
    assert [(p.entry, p.reason) for p in early.parked] == [(B, "original.missing")]
    assert standing([B, A]).parked == []


def test_edits_made_apart_are_both_kept_and_one_stands() -> None:
    other = version("uuid:C", "uuid:A", "c", hub="kep")
    held = standing([A, B, other])
    assert held.current is not None
    assert held.current.entry.id == max(B.id, other.id)
    assert [v.entry.id for v in held.rivals] == [min(B.id, other.id)]


def test_the_longer_chain_of_edits_stands_whatever_the_clocks_say() -> None:
    later = version("uuid:C", "uuid:B", "c", made_at="1999-01-01T00:00:00.000000Z")
    other = version("uuid:D", "uuid:A", "d", made_at="2099-01-01T00:00:00.000000Z")
    held = standing([other, later, B, A])
    assert held.current is not None
    assert held.current.entry == later


def test_ids_that_name_each_other_in_a_circle_end_and_are_kept() -> None:
    circle = [version("uuid:X", "uuid:Y", "c"), version("uuid:Y", "uuid:X", "d")]
    held = standing([A, *circle])
    assert held.current is not None
    assert held.current.entry == A
    assert {p.reason for p in held.parked} == {"original.missing"}
    back = version("uuid:A", "uuid:B", "e")  # an edit that bears the id of the original
    assert standing([A, B, back]).current is not None


def test_entries_that_supersede_each_other_round_about_still_leave_one_standing() -> None:
    over = version("uuid:A", None, "f", supersedes=[B.id])  # the original replaces its own edit
    held = standing([over, B])
    assert held.current is not None


def test_a_parked_version_takes_no_part() -> None:
    other = version("uuid:A", None, "9", parked="content.differs")
    held = standing([A, other])
    assert held.current is not None
    assert held.current.entry == A
    assert [(p.entry, p.reason) for p in held.parked] == [(other, "content.differs")]


def test_a_review_counts_for_the_version_that_was_reviewed() -> None:
    review = said(REVIEW, {"instance_id": "uuid:A", "review_state": "approved"})
    assert standing([A, review]).review_state == "approved"
    assert standing([A, review, B]).review_state == "edited", "what came after was not reviewed"


def test_the_last_review_is_the_one_that_knew_the_others() -> None:
    first = said(
        REVIEW, {"instance_id": "uuid:A", "review_state": "rejected"}, made_at="2099-01-01T00:00:00.000000Z"
    )
    second = said(REVIEW, {"instance_id": "uuid:A", "review_state": None}, supersedes=[first.id])
    assert standing([second, first, A]).review_state is None


def test_deleted_until_somebody_who_knew_it_restores() -> None:
    gone = said(DELETE, {})
    back = said(RESTORE, {}, supersedes=[gone.id])
    assert standing([A, gone]).deleted == gone
    assert standing([A, back, gone]).deleted is None


def test_files_carry_over_to_an_edit_unless_it_brings_its_own() -> None:
    first = version("uuid:A", files={"រូប.jpg": "1" * 64, "b.jpg": "2" * 64})
    edit = version("uuid:B", "uuid:A", "b", files={"b.jpg": "3" * 64})
    held = standing([edit, first])
    assert held.current is not None
    assert held.current.files == {"រូប.jpg": "1" * 64, "b.jpg": "3" * 64}
    assert held.versions[0].files["b.jpg"] == "2" * 64


def test_a_file_that_came_with_other_answers_changes_nothing_that_stands() -> None:
    foreign = said(ATTACH, {"instance_id": "uuid:A", "xml": "9" * 64, "files": {"a.jpg": "1" * 64}})
    own = said(ATTACH, {"instance_id": "uuid:A", "xml": "0" * 64, "files": {"b.jpg": "2" * 64}})
    held = standing([A, foreign, own])
    assert held.current is not None
    assert held.current.files == {"b.jpg": "2" * 64}


def test_a_file_taken_away_is_known_to_be_gone() -> None:
    first = version("uuid:A", files={"a.jpg": "1" * 64})
    gone = said(
        ATTACH, {"instance_id": "uuid:A", "xml": "0" * 64, "files": {"a.jpg": None}}, supersedes=[first.id]
    )
    held = standing([gone, first])
    assert held.current is not None
    assert held.current.files == {"a.jpg": None}


def test_what_is_said_of_an_old_version_alone_does_not_pass_to_its_edits() -> None:
    first = version("uuid:A", files={"a.jpg": "1" * 64})
    body = {"instance_id": "uuid:A", "xml": "0" * 64, "files": {"a.jpg": None}, "alone": True}
    gone = said(ATTACH, body, supersedes=[first.id])
    for entries in permutations([first, B, gone]):
        held = standing(entries)
        assert [v.files for v in held.versions] == [{"a.jpg": None}, {"a.jpg": "1" * 64}]


def test_file_has_the_type_that_was_last_said_of_these_bytes() -> None:
    def gives(sha256: str, kind: str, before: list[Entry]) -> Entry:
        body = {"instance_id": "uuid:A", "xml": "0" * 64, "files": {"a": sha256}, "types": {"a": kind}}
        return said(ATTACH, body, supersedes=[e.id for e in before])

    one = gives("1" * 64, "audio/amr", [A])
    again = gives("1" * 64, "audio/mp4", [A, one])
    assert [standing([again, one, A]).versions[0].types] == [{"a": "audio/mp4"}]
    other = version(
        "uuid:A", hub="kep", files={"a": "2" * 64}
    )  # a twin's bytes, of which nobody said anything
    held = standing([A, other])
    assert held.versions[0].types == {}


def test_every_comment_is_kept_in_the_order_in_which_they_were_written() -> None:
    late = said(COMMENT, {"body": "ក្រោយ"}, made_at="2026-11-23T03:00:00.000000Z")
    early = said(COMMENT, {"body": "មុន"}, made_at="2026-11-23T02:00:00.000000Z")
    assert standing([late, A, early, late]).comments == [early, late]


def test_a_record_takes_each_field_from_the_last_who_set_it() -> None:
    made = make_entry(
        "project.create", "project:p", hub="a", made_at="x", body={"name": "ចាស់", "description": "d"}
    )
    named = make_entry(
        "project.update", "project:p", hub="b", made_at="w", body={"name": "ថ្មី"}, supersedes=[made.id]
    )
    assert merged_fields([named, made], ("name", "description", "archived")) == {
        "name": "ថ្មី",
        "description": "d",
    }


C = version("uuid:C", "uuid:A", "c", hub="kep")


def resolve(choice: Entry, known: list[Entry], hub: str = "nation") -> Entry:
    body = {"instance_id": choice.body["instance_id"], "xml": choice.blobs[0]}
    return said(RESOLVE, body, supersedes=[e.id for e in known], hub=hub)


def sides(entries: list[Entry]) -> set[str]:
    held = standing(entries)
    return {v.instance_id for v in [held.current, *held.rivals] if v is not None}


def test_a_decision_leaves_what_it_picked_whatever_its_rank() -> None:
    for choice in (B, C):
        assert sides([A, B, C, resolve(choice, [B, C])]) == {choice.body["instance_id"]}


def test_decisions_made_apart_are_a_conflict_again_and_one_more_ends_it() -> None:
    first, second = resolve(B, [B, C], "កំពត"), resolve(C, [B, C], "kep")
    assert sides([A, B, C, first, second]) == {"uuid:B", "uuid:C"}
    last = resolve(B, [B, C, first, second])
    assert sides([A, B, C, first, second, last]) == {"uuid:B"}


def test_decisions_made_apart_for_the_same_version_are_none() -> None:
    assert sides([A, B, C, resolve(B, [B, C], "កំពត"), resolve(B, [B, C], "kep")]) == {"uuid:B"}


def test_an_edit_of_what_was_decided_against_is_a_conflict_again() -> None:
    decision = resolve(B, [B, C])
    late = version("uuid:D", "uuid:C", "d", hub="kep")
    assert sides([A, B, C, decision, late]) == {"uuid:B", "uuid:D"}


def test_an_edit_of_what_was_picked_stands_alone() -> None:
    late = version("uuid:D", "uuid:B", "d")
    assert sides([A, B, C, resolve(B, [B, C]), late]) == {"uuid:D"}


def test_a_twin_of_what_was_decided_against_changes_nothing() -> None:
    twin = version("uuid:C", "uuid:A", "c", hub="កំពត", made_at="2020-01-01T00:00:00.000000Z")
    assert sides([A, B, C, resolve(B, [B, C]), twin]) == {"uuid:B"}


def test_a_decision_for_what_nobody_holds_dismisses_nothing_for_good() -> None:
    nobody = version("uuid:Z", "uuid:A", "e")
    assert sides([A, B, C, resolve(nobody, [B, C])]) == {"uuid:B", "uuid:C"}


def test_a_parked_version_that_is_accepted_takes_part_and_is_parked_no_longer() -> None:
    aside = version("uuid:D", "uuid:A", "d", parked="edit.outdated", files={"រូប.jpg": "1" * 64})
    accepted = version("uuid:D", "uuid:A", "d", supersedes=[aside.id], hub="nation")
    assert [p.entry for p in standing([A, B, aside]).parked] == [aside]
    held = standing([A, B, aside, accepted])
    assert held.parked == []
    assert sides([A, B, aside, accepted]) == {"uuid:B", "uuid:D"}
    assert next(v for v in held.versions if v.instance_id == "uuid:D").files == {"រូប.jpg": "1" * 64}


def review(state: str | None, hub: str, known: list[Entry] | None = None) -> Entry:
    body = {"instance_id": "uuid:A", "review_state": state}
    return said(REVIEW, body, hub=hub, supersedes=[e.id for e in known or []])


def test_reviews_made_apart_wait_for_a_person_when_they_differ() -> None:
    yes, no = review("approved", "កំពត"), review("rejected", "kep")
    assert standing([A, yes, no]).reviews == sorted((yes, no), key=lambda e: e.id)
    assert standing([A, yes, review("approved", "kep")]).reviews == []
    assert standing([A, yes, no, review("hasIssues", "nation", [yes, no])]).reviews == []
    assert standing([A, yes, no, B]).reviews == [], "they are about a version that was edited since"


def test_what_was_said_apart_from_a_delete_waits_for_a_person() -> None:
    note = said(COMMENT, {"body": "សូមពិនិត្យ"}, hub="kep")
    gone = said(DELETE, {}, supersedes=[A.id])
    assert standing([A, gone]).apart == []
    assert standing([A, gone, note]).apart == [note]
    assert standing([A, gone, B]).apart == [B]
    assert standing([A, gone, version("uuid:A", hub="kep")]).apart == [], "the same post at another hub"
    again = said(DELETE, {}, supersedes=[A.id, gone.id, note.id, B.id])
    back = said(RESTORE, {}, supersedes=[A.id, gone.id, note.id, B.id])
    assert standing([A, gone, note, B, again]).apart == []
    assert standing([A, gone, note, B, back]).apart == []
    assert standing([A, gone, note, B, again, back]).apart != [], "deleted and taken back apart"


def test_a_delete_of_an_older_hub_accuses_nobody() -> None:
    assert standing([A, said(DELETE, {}), said(COMMENT, {"body": "x"})]).apart == []
