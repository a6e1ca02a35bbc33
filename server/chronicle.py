"""What happened to a submission, event by event, and what changed between two of its versions. No Flask, no SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.answered import Answer, Part, Told, read_answers
from server.hub import Hub
from server.overview import local_time
from server.store import peers
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from server.store.submissions import Submission
from server.subjects import submission_subject
from sync.ledger import Entry
from sync.merge import ATTACH, COMMENT, CREATE, DELETE, EDIT, RESOLVE, RESTORE, REVIEW

KINDS = (CREATE, EDIT, REVIEW, ATTACH, DELETE, RESTORE, RESOLVE, COMMENT)
DECIDING = (REVIEW, EDIT, DELETE, RESTORE, RESOLVE)


@dataclass(frozen=True, slots=True)
class Event:
    """`kind`: of its entry; `state`: that a review set; `text`: of a comment; `at`: in Cambodia's time."""

    kind: str
    at: str
    who: str
    hub: str
    state: str = ""
    text: str = ""


def history_of(hub: Hub, form: Form, held: Submission) -> list[Event]:
    """The newest first."""
    names = peers.hub_names(hub.read())
    entries = entries_of(hub.read(), submission_subject(form.project_uid, form.key, held.instance_id))
    return [
        _event(entry, names.get(entry.hub, entry.hub)) for entry in reversed(entries) if entry.kind in KINDS
    ]


def last_decision(hub: Hub, form: Form, held: Submission) -> Event | None:
    """Who changed last what it is now."""
    return next((one for one in history_of(hub, form, held) if one.kind in DECIDING), None)


def _event(entry: Entry, hub: str) -> Event:
    by = entry.body.get("by")
    who = str(by.get("name") or "") if isinstance(by, dict) else ""
    state = str(entry.body.get("review_state") or "received") if entry.kind == REVIEW else ""
    text = str(entry.body.get("body", "")) if entry.kind == COMMENT else ""
    return Event(entry.kind, local_time(entry.made_at) or "", who, hub, state, text)


@dataclass(frozen=True, slots=True)
class Change:
    """`label`: the question, with what it stands in; "" for what was or is not there."""

    label: str
    old: str
    new: str


def changes_between(hub: Hub, form: Form, old: Told, new: Told, lang: str) -> list[Change] | None:
    """In the form's order; None when one of the two cannot be read."""
    before, after = (read_answers(hub, form, one, lang) for one in (old, new))
    if before.unread or after.unread:
        return None
    was = {place: (label, text) for place, label, text in _flat(before.items)}
    now = {place: (label, text) for place, label, text in _flat(after.items)}
    places = dict.fromkeys([*was, *now])
    found = [
        Change((now.get(p) or was[p])[0], was.get(p, ("", ""))[1], now.get(p, ("", ""))[1]) for p in places
    ]
    return [one for one in found if one.old != one.new]


def _flat(items: Sequence[Answer | Part], above: str = "", label: str = "") -> Iterator[tuple[str, str, str]]:
    """(place that tells it apart, label, text) of every answer."""
    for one in items:
        if isinstance(one, Part):
            turn = f" {one.turn}" if one.turn else ""
            here = f"{label}{one.label}{turn} – " if one.label or turn else label
            yield from _flat(one.items, f"{above}{one.path}[{one.turn}]", here)
        else:
            yield f"{above}{one.path}", f"{label}{one.label}", ", ".join(one.texts)
