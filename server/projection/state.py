"""Folds entries into the state tables, each in the transaction that appends it.

An entry that will not fold is noted in `unfolded` and passed over: accepting data never depends on
understanding it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from server.errors import places
from server.projection import (
    actors,
    configs,
    datasets,
    entities,
    forms,
    husks,
    offers,
    peers,
    projects,
    submissions,
    withdrawals,
)
from server.projection.context import Context, Offered
from server.store import actors as people
from server.store import answers, blobs, state_tables
from server.store.database import Connection
from server.store.forms import find_by_key
from server.store.ledger_sqlite import entries_of, find_entry, subjects_under
from server.subjects import split_form
from sync.errors import BlobMissing
from sync.ledger import Entry
from sync.withdrawal import PURGE

log = logging.getLogger(__name__)
# Said for the audit log alone: nothing that stands changes, so nothing is read anew for it.
ONLY_TOLD = frozenset({"form.submission.export", "form.submission.export.end"})


class State:
    """The projection of one hub."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.erased = False  # whether a withdrawal left something to take off the disk after the commit

    def fold(self, db: Connection, entry: Entry, offered: Offered | None = None) -> None:
        """Brings the state up to an entry that was just appended."""
        self._try(db, entry, lambda: self._fold(db, entry, offered))

    @contextmanager
    def merging(self) -> Iterator[None]:
        """Within one transaction: what many entries ask for is looked up once."""
        self.context.memo.is_on = True
        try:
            yield
        finally:
            self.context.memo.is_on = False
            self.context.memo.forget()

    def _meet(self, db: Connection, entry: Entry) -> None:
        by, memo = entry.body.get("by"), self.context.memo
        if not memo.is_on or not isinstance(by, dict):
            people.meet(db, by, entry.made_at)
            return
        who = by.get("id"), by.get("name")
        if who not in memo.met or entry.made_at < memo.met[who]:
            people.meet(db, by, entry.made_at)
            memo.met[who] = entry.made_at

    def resume(self, db: Connection, arrived: Iterable[str]) -> None:
        """Folds again what could not be folded, or read, for want of bytes that have come now."""
        new = set(arrived)
        for name in state_tables.list_waiting(db, BlobMissing.__name__) if new else ():
            entry = find_entry(db, name)
            if entry is not None and (new & set(entry.blobs) or not entry.subject.startswith("submission:")):
                state_tables.forget_unfolded(db, name)
                self.fold(db, entry)

    def _try(self, db: Connection, entry: Entry, work: Callable[[], None]) -> None:
        db.execute("SAVEPOINT fold")
        try:
            work()
        except Exception as fault:  # noqa: BLE001 – whatever it is, it must not keep data from being held
            db.execute("ROLLBACK TO fold")
            self.context.memo.forget()
            if isinstance(fault, BlobMissing):
                log.info("entry waits for its bytes id=%s kind=%s", entry.id, entry.kind)
            else:
                log.error("entry not folded id=%s kind=%s fault=%s", entry.id, entry.kind, places(fault))
            state_tables.note_unfolded(db, entry.id, type(fault).__name__)
        db.execute("RELEASE fold")

    def _fold(self, db: Connection, entry: Entry, offered: Offered | None) -> None:
        room = entry.subject.partition(":")[0]
        if room != "submission" or entry.kind == PURGE:
            self.context.memo.forget()
        if room == "submission" and withdrawals.swallow(self.context, db, entry):
            self.erased = True
            self.context.memo.forget()
            return
        if room == "entity" and husks.swallow(self.context, db, entry):
            self.erased = True
            return
        # Whoever is named is met, so that what is known of people depends on the set of entries alone.
        self._meet(db, entry)
        if entry.blobs:
            blobs.want_missing(db, entry.id, entry.blobs)
        if entities.is_ours(entry):
            entities.fold(db, entry)
            return
        if entry.kind == PURGE:
            withdrawals.fold(self.context, db, entry)
            self.erased = True
            return
        if entry.kind in ONLY_TOLD:
            return
        if room == "submission":
            submissions.fold(self.context, db, entry, offered)
            return
        state_tables.next_generation(db)
        if room == "form":
            self._fold_form(db, entry.subject)
        elif room == "project":
            if entry.kind == datasets.ACTOR_PROPERTY:
                datasets.fold_actor_property(db, entry)
            elif projects.fold(db, entry):
                self._follow_project(db, entry.subject.removeprefix("project:"))
        elif room == "dataset":
            datasets.fold(db, entry.subject)
        elif entry.kind in datasets.VALUES:
            datasets.fold_values(db, entry)
        elif room == "actor":
            actors.fold(db, entry)
        elif room == "hub":
            peers.fold(db, entry)
        elif room == "offer":
            offers.fold(db, entry)
        elif room == "config":
            configs.fold(db, entry)

    def _follow_project(self, db: Connection, uid: str) -> None:
        """What arrived before its project; one form that will not fold keeps no other from it."""
        for subject in subjects_under(db, f"form:{uid}/"):
            self._try(db, entries_of(db, subject)[-1], partial(self._fold_form, db, subject))
        for subject in subjects_under(db, f"submission:{uid}/"):
            last = entries_of(db, subject)[-1]
            self._try(db, last, partial(submissions.refold, self.context, db, subject))

    def _fold_form(self, db: Connection, subject: str) -> None:
        """The form, and what was parked because it or one of its versions was not known."""
        if not forms.fold(self.context, db, subject):
            return
        form = find_by_key(db, *split_form(subject))
        if form is not None:
            answers.mark_rivals(db, form.id)
        for waiting in submissions.waiting_for_form(db, subject):
            submissions.refold(self.context, db, waiting)
