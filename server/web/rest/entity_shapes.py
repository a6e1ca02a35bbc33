"""How entities and their versions look in answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from server.clock import shown
from server.entities import conflicting, in_storage_order
from server.hub import Hub
from server.store import entities
from server.store.datasets import Dataset
from server.store.entities import Entity, EntityRow
from server.web.rest.lists import json_list
from server.web.rest.submission_shapes import People


def entity_json(
    held: Entity, current: EntityRow, people: People | None = None, properties: Collection[str] | None = None
) -> dict[str, Any]:
    """An entity with the version that stands. properties: of the list, when its values are to be shown."""
    shown_version = version_json(current, is_current=True, people=people)
    if properties is not None:
        values = current.values
        shown_version["data"] = {name: values[name] for name in properties if name in values}
        shown_version["dataReceived"] = in_storage_order(current.brought)
    said = {
        "uuid": held.uuid,
        "creatorId": held.creator_id,
        "conflict": held.conflict,
        "createdAt": shown(held.created_at),
        "updatedAt": shown(held.updated_at),
        "deletedAt": shown(held.deleted_at),
        "currentVersion": shown_version,
    }
    return said | {"creator": people(held.creator_id)} if people else said


def version_json(row: EntityRow, *, is_current: bool, people: People | None = None) -> dict[str, Any]:
    said = {
        "current": is_current,
        "label": row.label,
        "creatorId": row.creator_id,
        "userAgent": row.user_agent,
        "version": row.version,
        "baseVersion": row.base,
        "conflictingProperties": conflicting(row),
        "createdAt": shown(row.created_at),
        "branchId": row.branch,
        "trunkVersion": row.trunk,
        "branchBaseVersion": row.branch_base,
    }
    return said | {"creator": people(row.creator_id)} if people else said


def full_version_json(
    row: EntityRow, told: Mapping[str, Any], *, is_current: bool, people: People | None
) -> dict[str, Any]:
    """With its values and what the history says of it."""
    said = version_json(row, is_current=is_current, people=people)
    said["data"] = in_storage_order(row.values)
    said["dataReceived"] = in_storage_order(row.brought)
    return {**said, **told}


def stream_entities(hub: Hub, dataset: Dataset, *, deleted: bool, extended: bool) -> Iterator[bytes]:
    """The JSON list, newest first, piece by piece. It outlives the request, so it reads by itself."""
    db = hub.database.separate_reader()
    try:
        people = People(db) if extended else None
        found = entities.iterate_entities(db, dataset.project, dataset.key, deleted=deleted)
        yield from json_list(entity_json(held, current, people) for held, current in found)
    finally:
        db.close()
