"""entity.* entries -> what stands of an entity and the line of its versions; submission.backlog.* -> what waits.

All entries about an entity are weighed anew with each that comes, by sync.entities, so that every hub comes
to the same line.
"""

from __future__ import annotations

from typing import Any

import orjson

from server.store import actors, entities
from server.store.database import Connection
from server.store.entities import Entity, Held
from server.store.husks import husks_about
from server.store.ledger_sqlite import entries_of
from server.subjects import entity_subject, split_entity
from sync.entities import EntityStanding, EntityVersion, entity_standing, is_sound
from sync.errors import BadEntry
from sync.ledger import Entry

HOLD = "submission.backlog.hold"
REPROCESS = "submission.backlog.reprocess"
FORCE = "submission.backlog.force"
ERROR = "entity.error"
PURGE = "entity.purge"
BACKLOG = (HOLD, REPROCESS, FORCE)


def is_ours(entry: Entry) -> bool:
    """Whether an entry is folded here, whatever it is about."""
    return entry.kind.startswith("entity.") or entry.kind in BACKLOG


def fold(db: Connection, entry: Entry) -> None:
    if entry.kind in BACKLOG:
        _fold_backlog(db, entry)
    elif entry.kind == PURGE:
        _purge(db, entry)
    elif entry.subject.startswith("entity:"):
        if not is_sound(entry):
            raise BadEntry("entry.not_an_entry", id=entry.id)
        actors.meet(db, entry.body.get("creator"), entry.made_at)
        refold(db, split_entity(entry.subject))


def refold(db: Connection, uuid: str) -> None:
    """Decides an entity anew from everything said about it."""
    if entities.is_purged(db, uuid):
        return
    gone = {husk.id for husk in husks_about(db, entity_subject(uuid))}
    held = standing_of(db, uuid)
    if all(version.entry.id in gone for version in held.versions):
        if gone:
            entities.drop_entity(db, uuid)  # withdrawn as a whole
        return  # what is held waits for the version that it follows
    old = entities.find_entity(db, uuid)
    first, last = held.versions[0], held.versions[-1]
    row = Entity(
        id=old.id if old else 0, uuid=uuid, project=first.entry.body["project"],
        dataset=first.entry.body["dataset"], creator_id=_creator(first.entry),
        created_at=first.entry.made_at, updated_at=held.updated_at,
        deleted_at=held.deleted.made_at if held.deleted else None, conflict=held.conflict, version=last.number,
    )  # fmt: skip
    entities.write_entity(db, row, [_version_row(v) for v in held.versions])


def standing_of(db: Connection, uuid: str) -> EntityStanding:
    """What stands of an entity, with the entries that say so."""
    subject = entity_subject(uuid)
    return entity_standing([*entries_of(db, subject), *husks_about(db, subject)])


def _version_row(version: EntityVersion) -> dict[str, Any]:
    said = version.entry.body
    return {
        "version": version.number,
        "entry": bytes.fromhex(version.entry.id),
        "label": version.label,
        "data": _json(version.data),
        "received": _json(version.received),
        "creator_id": _creator(version.entry),
        "user_agent": said.get("user_agent"),
        "created_at": version.entry.made_at,
        "base": version.base,
        "trunk": said.get("trunk"),
        "branch": version.branch,
        "branch_base": version.branch_base,
        "conflict": version.conflict,
        "conflicting": None if version.conflicting is None else _json(version.conflicting),
        "resolved": int(version.resolved),
        "submission": said.get("source", {}).get("submission"),
        "forced": int(bool(said.get("forced"))),
    }


def _creator(entry: Entry) -> int | None:
    """Who sent it: of a submission that somebody else approved, its sender."""
    return actors.number_of(entry.body.get("creator") or entry.body.get("by"))


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _fold_backlog(db: Connection, entry: Entry) -> None:
    said = entry.body
    if entry.kind != HOLD:
        entities.drop_held(db, entry.subject)
        return
    entities.write_held(
        db,
        Held(
            entry.subject, said["uuid"], said.get("branch"), said["branch_base"], said["event"], entry.made_at
        ),
    )


def _purge(db: Connection, entry: Entry) -> None:
    said = entry.body
    for uuid in said["uuids"]:
        entities.drop_entity(db, uuid)
        entities.note_purged(db, uuid, said["project"], said["dataset"])
