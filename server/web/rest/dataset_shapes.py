"""How entity lists look in answers."""

from __future__ import annotations

from typing import Any

import orjson

from server.clock import shown
from server.datasets import form_said, forms_of
from server.exports.odata_names import identifier
from server.seeing import last_update
from server.store import datasets
from server.store.actors import Connection
from server.store.dataset_rows import Contents
from server.store.datasets import Dataset


def dataset_json(dataset: Dataset, project_id: int) -> dict[str, Any]:
    """The number goes with the trash alone."""
    said: dict[str, Any] = {
        "name": dataset.name,
        "createdAt": shown(dataset.created_at),
        "projectId": project_id,
        "approvalRequired": bool(dataset.approval),
        "ownerOnly": bool(dataset.owner_only),
        "deletedAt": shown(dataset.deleted_at),
    }
    return {**said, "id": dataset.id} if dataset.deleted_at is not None else said


def extended_json(held: Contents | None) -> dict[str, Any]:
    held = held or Contents()
    return {
        "entities": held.entities,
        "lastEntity": shown(held.last_entity),
        "conflicts": held.conflicts,
    }


def detailed_json(db: Connection, dataset: Dataset, project_id: int) -> dict[str, Any]:
    """With its properties, the forms that have to do with it, and who sees what."""
    sources, linked = datasets.list_source_forms(db, dataset), datasets.list_linked_forms(db, dataset)
    said = {
        **dataset_json(dataset, project_id),
        "lastUpdate": shown(last_update(db, dataset)),
        **forms_of(sources, linked),
        "properties": _properties(db, dataset),
    }
    access = _access(dataset)
    return {**said, "accessFilter": access} if access else said


def _properties(db: Connection, dataset: Dataset) -> list[dict[str, Any]]:
    writers = datasets.list_writers(db, dataset)
    return [
        {
            "name": each.name,
            "publishedAt": shown(each.published_at),
            "odataName": identifier(each.name),
            "forms": [form_said(form) for form in writers.get(each.name, [])],
        }
        for each in datasets.list_properties(db, dataset.id)
    ]


def _access(dataset: Dataset) -> dict[str, Any] | None:
    if dataset.owner_only:
        return {"type": "ownerOnly"}
    return {"type": "property", "rules": orjson.loads(dataset.rules)} if dataset.rules else None
