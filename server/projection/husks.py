"""Withdrawals -> entities without what the withdrawn submission said of them.

The entries that it made are wiped like its own. What others said of the same entity later leans on them, so
that their place in the line stays, as a husk without answers: it travels in a withdrawal, since a wiped entry can be
told to nobody. Rules: docs/ledger.md §6, §8.
"""

from __future__ import annotations

from collections.abc import Set

from server.projection import entities
from server.projection.context import Context
from server.store import husks, withdrawals
from server.store.database import Connection
from server.subjects import SubmissionSubject, split_entity, split_submission
from sync.entities import VERSIONS, husk_of, read_husk
from sync.ledger import Entry
from sync.withdrawal import PURGE


def fold(context: Context, db: Connection, purge: Entry, named: Set[str]) -> list[Entry]:
    """What went. named: the instances of its form that a withdrawal names."""
    about = split_submission(purge.subject)
    said = purge.body.get("husks")
    known = [husk for husk in map(read_husk, said if isinstance(said, list) else ()) if husk is not None]
    for husk in known:
        husks.note_husk(db, husk)
    gone = [e for e in withdrawals.mentioning(db, "entity:", named) if _is_made_of(e, about, named)]
    _wipe(context, db, purge, gone)
    for subject in sorted({husk.subject for husk in known}):
        entities.refold(db, split_entity(subject))
    return gone


def swallow(context: Context, db: Connection, entry: Entry) -> bool:
    """Wipes what a withdrawn submission made of an entity, when it comes late; whether it did."""
    source = _source(entry)
    if source is None:
        return False
    where, instances = source
    name = withdrawals.purge_of(db, where.project, where.form_key, instances)
    if name is None:
        return False
    _wipe(context, db, withdrawals.find_purge(db, name), [entry])
    return True


def _is_made_of(entry: Entry, about: SubmissionSubject, named: Set[str]) -> bool:
    source = _source(entry)
    return source is not None and source[0][:2] == about[:2] and bool(source[1] & named)


def _source(entry: Entry) -> tuple[SubmissionSubject, set[str]] | None:
    """(submission, its instances) that a version of an entity was made of."""
    said = entry.body.get("source") if entry.kind in VERSIONS else None
    subject = said.get("submission") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(subject, str):
        return None
    if subject.count("/") < 2 or not subject.startswith("submission:"):
        return None
    where, instance = split_submission(subject), said.get("instance_id")
    return where, {where.instance_id, *([instance] if isinstance(instance, str) else [])}


def _wipe(context: Context, db: Connection, purge: Entry, gone: list[Entry]) -> None:
    new = [entry for entry in gone if not husks.has_husk(db, entry.id)]
    for entry in gone:
        withdrawals.wipe_entry(db, entry.id, purge.id)
    for entry in new:
        husks.note_husk(db, entry)
    for subject in sorted({entry.subject for entry in gone}):
        entities.refold(db, split_entity(subject))
    if new:
        root = split_submission(purge.subject).instance_id
        said = {"instances": [root], "husks": [husk_of(entry) for entry in new]}
        context.say(db, PURGE, purge.subject, said, [purge.id])
