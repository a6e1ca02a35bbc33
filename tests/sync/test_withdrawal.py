"""What a withdrawal wipes depends on the set of entries alone, and nothing beats it."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from sync.ledger import Entry, make_entry
from sync.merge import COMMENT, CREATE, EDIT, RESOLVE, RESTORE, standing
from sync.withdrawal import PURGE, survivors
from tests.sync.histories import History, Step, steps
from tests.sync.test_merge import EXAMPLES, chances, shown


@given(steps, chances)
@EXAMPLES
def test_any_order_and_repetition_leaves_the_same(history: list[Step], chance: Any) -> None:
    entries = History().play(history).entries
    left = survivors(entries)
    other = entries * 2
    chance.shuffle(other)
    assert {e.id for e in survivors(other)} == {e.id for e in left}
    assert shown(standing(survivors(other))) == shown(standing(left))


@given(steps)
@EXAMPLES
def test_nothing_about_a_withdrawn_instance_is_left(history: list[Step]) -> None:
    entries = History().play(history).entries
    named = {
        n for e in entries if e.kind == PURGE for n in (*e.body["instances"], e.subject.split("/", 2)[2])
    }
    for entry in survivors(entries):
        if entry.kind != PURGE:
            assert entry.body.get("instance_id") not in named
            assert entry.body.get("deprecated_id") not in named
            assert entry.subject.split("/", 2)[2] not in named
    assert [e for e in survivors(entries) if e.kind == PURGE] == [
        e for e in {e.id: e for e in entries}.values() if e.kind == PURGE
    ]


@given(steps)
@EXAMPLES
def test_what_has_nothing_to_do_with_it_stays(history: list[Step]) -> None:
    entries = [e for e in History().play(history).entries if e.kind != PURGE]
    far = make_entry(
        PURGE, "submission:p/other/uuid:x", hub="kep", made_at="x", body={"instances": ["uuid:ក"]}
    )
    assert len(survivors([*entries, far])) == len({e.id for e in entries}) + 1


def said(kind: str, root: str, body: dict[str, Any], **more: Any) -> Entry:
    return make_entry(kind, f"submission:p/rice/{root}", hub="kep", made_at="x", body=body, **more)


def version(instance_id: str, edits: str | None = None, root: str | None = None) -> Entry:
    body = {"instance_id": instance_id, "form_version": "1", **({"deprecated_id": edits} if edits else {})}
    return said(EDIT if edits else CREATE, root or edits or instance_id, body, blobs=["0" * 64])


GONE = said(PURGE, "uuid:a", {"instances": ["uuid:a"]})


def test_a_late_edit_takes_with_it_what_was_edited_from_it() -> None:
    chain = [
        version("uuid:a"),
        version("uuid:b", "uuid:a"),
        version("uuid:c", "uuid:b"),
        version("uuid:d", "uuid:c"),
    ]
    assert survivors([*chain, GONE]) == [GONE]
    assert survivors([chain[3], GONE]) == [chain[3], GONE], "nobody can know yet that it belongs to it"


def test_neither_restoring_nor_deciding_nor_editing_beats_it() -> None:
    after = [
        said(RESTORE, "uuid:a", {}, supersedes=[GONE.id]),
        said(COMMENT, "uuid:a", {"body": "សូម"}),
        said(RESOLVE, "uuid:z", {"instance_id": "uuid:a", "xml": "0" * 64}, supersedes=[GONE.id]),
        version("uuid:a"),
    ]
    assert survivors([GONE, *after]) == [GONE]


def test_a_withdrawal_that_names_no_instances_properly_wipes_nothing() -> None:
    for body in ({}, {"instances": "uuid:a"}, {"instances": [1]}):
        assert version("uuid:a") in survivors([version("uuid:a"), said(PURGE, "uuid:a", body)])
