"""submission.purge entries -> nothing left: whatever is about a withdrawn instance is wiped, whenever it comes.

Unlike every other fold this one changes the ledger: the header of an entry that goes becomes empty. What
was wiped here cannot be told to others, so a hub that learns of one more instance says so itself.
"""

from __future__ import annotations

from typing import Any

from server.projection import husks
from server.projection.context import Context
from server.projection.submissions import refold
from server.store import actors, answers, entities, forms, submissions, withdrawals
from server.store.database import Connection
from server.subjects import split_submission, submission_subject
from sync.errors import BadEntry
from sync.ledger import Entry
from sync.merge import is_sound
from sync.withdrawal import PURGE, instances_of, is_wiped, made_by, named_by


def fold(context: Context, db: Connection, purge: Entry) -> None:
    """Notes the instances that a withdrawal names, and wipes what is held about them."""
    if not is_sound(purge):
        raise BadEntry("entry.not_an_entry", id=purge.id)
    about, named = split_submission(purge.subject), named_by(purge)
    for instance_id in sorted(named):
        withdrawals.note_withdrawn(db, about._replace(instance_id=instance_id), purge.id)
    _forget_people(db, husks.fold(context, db, purge, named))
    prefix = submission_subject(about.project, about.form_key, "")
    _wipe(context, db, purge, [e for e in withdrawals.mentioning(db, prefix, named) if is_wiped(e, named)])


def swallow(context: Context, db: Connection, entry: Entry) -> bool:
    """Wipes an entry at once when it came late, about what was withdrawn; whether it did."""
    if entry.kind == PURGE:
        return False
    about = split_submission(entry.subject)
    name = withdrawals.purge_of(db, about.project, about.form_key, instances_of(entry))
    if name is None:
        return False
    _wipe(context, db, withdrawals.find_purge(db, name), [entry])
    return True


def _wipe(context: Context, db: Connection, purge: Entry, gone: list[Entry]) -> None:
    for entry in gone:
        withdrawals.wipe_entry(db, entry.id, purge.id)
    blobs = {sha256 for entry in gone for sha256 in entry.blobs}
    withdrawals.drop_blobs(db, blobs - withdrawals.naming(db, blobs))
    for subject in sorted({e.subject for e in gone}):
        _clear(db, subject)
    for subject in sorted({e.subject for e in gone}):
        refold(context, db, subject)
    _forget_people(db, gone)
    _pass_on(context, db, purge, gone)


def _clear(db: Connection, subject: str) -> None:
    """Drops what stood of a submission; what is left of it is folded anew."""
    about = split_submission(subject)
    submissions.clear_parked(db, subject)
    entities.drop_held(db, subject)
    form = forms.find_by_key(db, about.project, about.form_key)
    held = submissions.find_submission(db, form.id, about.instance_id) if form is not None else None
    if held is not None:
        submissions.clear_submission(db, held.id)
        answers.clear_answers(db, held.id)
        submissions.drop_submission(db, held.id)


def _forget_people(db: Connection, gone: list[Entry]) -> None:
    """Somebody whom only these entries named is known no longer; else as far as the others say."""
    for uid in sorted({uid for entry in gone for uid in _people(entry)}):
        if withdrawals.forget_person(db, uid):
            for entry in withdrawals.naming_person(db, uid):
                if (named := _people(entry).get(uid)) is not None:
                    actors.meet(db, named, entry.made_at)


def _people(entry: Entry) -> dict[str, dict[str, Any]]:
    """uid -> who said it, and of an entity who sent the submission that made it."""
    said = [entry.body.get("by"), entry.body.get("creator")]
    return {by["id"]: by for by in said if isinstance(by, dict) and isinstance(by.get("id"), str)}


def _pass_on(context: Context, db: Connection, purge: Entry, gone: list[Entry]) -> None:
    """Withdraws the instances that late edits would have made: hubs that hold the next edit, but not the
    one that was wiped here, could not know that it belongs to them."""
    about = split_submission(purge.subject)
    made = sorted({name for name in map(made_by, gone) if name is not None})
    new = [n for n in made if withdrawals.purge_of(db, about.project, about.form_key, [n]) is None]
    if new:
        context.say(db, PURGE, purge.subject, {"instances": new}, [purge.id])
