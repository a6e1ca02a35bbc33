"""dataset.* entries -> entity lists and their properties; actor_property.* and *.property.set -> who sees what.

Everything is decided by the set of entries: hubs that made the same list by themselves hold one.
"""

from __future__ import annotations

from typing import Any

import orjson

from forms.entities import is_dataset_name, is_property_name
from server.store import datasets
from server.store.database import Connection
from server.store.datasets import Property
from server.store.ledger_sqlite import entries_of
from server.subjects import actor_number, dataset_name, split_dataset
from sync.ledger import Entry
from sync.merge import heads, in_order

CREATE = "dataset.create"
UPDATE = "dataset.update"
DELETE = "dataset.delete"
DROP_PROPERTY = "dataset.update.property.delete"
ACTOR_PROPERTY = "actor_property.create"
VALUES = ("field_key.property.set", "public_link.property.set")


def fold(db: Connection, subject: str) -> None:
    """Folds a list anew. One that nobody made yet waits for the entry that does."""
    project, key = split_dataset(subject)
    entries = in_order(entries_of(db, subject))
    made = min((e for e in entries if e.kind == CREATE), key=lambda e: e.id, default=None)
    if made is None or not is_dataset_name(dataset_name(key)):
        return
    number = datasets.write_dataset(db, project, key, _row(entries, made, dataset_name(key)))
    datasets.write_properties(db, number, _properties(entries))


def _row(entries: list[Entry], made: Entry, name: str) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for entry in entries:
        if entry.kind in (CREATE, UPDATE):
            said |= _chosen(entry)
    return {
        "name": name,
        "approval": int(bool(said.get("approvalRequired"))),
        "owner_only": int(bool(said.get("ownerOnly"))),
        "rules": _rules(said.get("accessFilter")),
        "created_at": made.made_at,
        "changed_at": max(e.made_at for e in entries),
        "deleted_at": _deleted_at(entries),
    }


def _chosen(entry: Entry) -> dict[str, Any]:
    """What an entry says of the list's settings. Seeing one's own alone and rules exclude each other."""
    data: dict[str, Any] = entry.body.get("data") or _details(entry).get("data") or {}
    return {**data, "accessFilter": None} if data.get("ownerOnly") else data


def _details(entry: Entry) -> dict[str, Any]:
    said: dict[str, Any] = entry.body.get("details", {})
    return said


def _rules(access: Any) -> str | None:
    if not isinstance(access, dict) or access.get("type") != "property":
        return None
    rules = sorted(access["rules"], key=lambda rule: (rule["datasetProperty"], rule["actorProperty"]))
    return orjson.dumps(rules).decode() if rules else None


def _deleted_at(entries: list[Entry]) -> str | None:
    """Deleted when nobody said anything since, or apart without knowing: a form published elsewhere
    still counts on the list."""
    ends = heads(entries)
    return max(e.made_at for e in ends) if all(e.kind == DELETE for e in ends) else None


def _properties(entries: list[Entry]) -> list[Property]:
    """In the order in which they were said; without those whose every mention was taken back."""
    dropped = {
        (name, replaced)
        for e in entries
        if e.kind == DROP_PROPERTY
        for name in _details(e)["properties"]
        for replaced in e.supersedes
    }
    found: dict[str, Property] = {}
    for entry in entries:
        for name in _added(entry):
            if is_property_name(name) and (name, entry.id) not in dropped:
                found.setdefault(name, Property(name, entry.made_at))
    return list(found.values())


def _added(entry: Entry) -> list[str]:
    if entry.kind not in (CREATE, UPDATE):
        return []
    added: list[str] = entry.body.get("added", _details(entry).get("properties", []))
    return added


def fold_actor_property(db: Connection, entry: Entry) -> None:
    name = _details(entry).get("name")
    if isinstance(name, str) and is_property_name(name):
        datasets.write_actor_property(db, entry.subject.removeprefix("project:"), name)


def fold_values(db: Connection, entry: Entry) -> None:
    """What all entries about the actor say of its properties: of each the last value, None for none."""
    held: dict[tuple[str, str], str | None] = {}
    for said in in_order(entries_of(db, entry.subject)):
        if said.kind in VALUES:
            held |= {
                (said.body["project"], name): value for name, value in _details(said)["properties"].items()
            }
    number = actor_number(entry.subject.removeprefix("actor:"))
    datasets.write_actor_values(db, number, [(*place, v) for place, v in held.items() if v is not None])
