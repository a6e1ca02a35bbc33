"""Submissions that wait: for a piece of an entity that may never come, or for somebody's approval. No Flask, no SQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from server.clock import stamp
from server.entity_changes import signed
from server.entity_making import catch_up, process
from server.hub import Hub, Turn
from server.projection.entities import ERROR, FORCE
from server.store import datasets, entities, forms, projects
from server.store.database import Connection
from server.store.datasets import Dataset
from server.store.ledger_sqlite import entries_of, find_entry
from sync.merge import CREATE, EDIT

HELD_DAYS = 5  # Central's


def force_held(hub: Hub, now: datetime | None = None) -> int:
    """Applies what waits for longer than HELD_DAYS, in the order of its branches; everything that waits
    when no moment is given. How many there were."""
    catch_up(hub)
    before = None
    if now is not None:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        before = stamp(midnight - timedelta(days=HELD_DAYS))
    waiting = entities.list_held(hub.read(), before)
    for held in waiting:
        hub.write(partial(_force, submission=held.submission, event_id=held.event))
    return len(waiting)


def _force(turn: Turn, submission: str, event_id: str) -> None:
    event = find_entry(turn.db, event_id)
    if event is None:
        return
    body = {"event": event_id, "instance_id": event.body["instance_id"]}
    turn.append(FORCE, submission, signed(body, event))
    process(turn, event, forced=True)


def convert_pending(hub: Hub, dataset: Dataset) -> None:
    """Makes the entities that waited for approval in a list that needs it no longer."""
    catch_up(hub)
    for subject in pending(hub, dataset):
        hub.write(partial(_process_last, subject=subject))
    catch_up(hub)


def _process_last(turn: Turn, subject: str) -> None:
    said = [e for e in entries_of(turn.db, subject) if e.kind in (CREATE, EDIT) and not e.body.get("parked")]
    if said:
        process(turn, said[-1])


def pending(hub: Hub, dataset: Dataset) -> list[str]:
    """Subjects of the submissions that made nothing in this list yet, and nobody approved or rejected."""
    db = hub.read()
    found = []
    project = projects.find_by_uid(db, dataset.project)
    for form in forms.list_forms(db, project.id) if project else []:
        versions = [
            v.version
            for v in forms.list_versions(db, form.id)
            if any(d.dataset == dataset.name for d in datasets.declarations_of(db, v.id))
        ]
        found += [s for s in entities.list_undecided(db, form, versions) if not _went_wrong(db, s)]
    return found


def _went_wrong(db: Connection, subject: str) -> bool:
    return any(e.kind == ERROR for e in entries_of(db, subject))
