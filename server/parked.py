"""Letting a parked submission take part: what a coordinator decides about it.

The decision is an entry for the same bytes that is not parked. It travels, and on every hub the parked
one is gone from the list; what it now says against others shows as a conflict. No Flask, no SQL.
"""

from __future__ import annotations

from server import entity_making
from server.errors import Fault
from server.hub import Hub, Turn
from server.review import By
from server.store import forms, submissions
from server.store.ledger_sqlite import find_entry
from server.store.projects import Project
from server.subjects import split_submission
from sync.ledger import Entry, is_hash

# The others clear up by themselves once the form, its version or the original arrives.
DECIDABLE = ("content.differs", "edit.outdated", "submission.deleted", "form.closed", "access.missing")


def accept(hub: Hub, project: Project, name: str, *, by: By = None) -> Entry:
    """name: the parked entry's id. Raises Fault parked.unknown, parked.waits."""
    accepted = hub.write(lambda turn: _accept(turn, project, name, by))
    about = split_submission(accepted.subject)
    entity_making.follow(hub, forms.find_by_key(hub.read(), about.project, about.form_key))
    return accepted


def _accept(turn: Turn, project: Project, name: str, by: By) -> Entry:
    row = submissions.find_parked(turn.db, project.id, name) if is_hash(name) else None
    parked = find_entry(turn.db, name) if row is not None else None
    if row is None or parked is None:
        raise Fault("parked.unknown", id=name)
    if row.reason not in DECIDABLE:
        raise Fault("parked.waits", id=name)
    body = {k: v for k, v in parked.body.items() if k != "parked"}
    if by:
        body["accepted_by"] = dict(by)
    return turn.append(parked.kind, parked.subject, body, supersedes=[parked.id], named_before=parked.blobs)
