"""Entities made, changed, resolved, deleted and restored by programs and people, one or many at once.

No Flask, no SQL. Rules and problems: ODK Central's API, "Entities". What is done to many at once is one
line of the audit log: the entries of each name it as their `bulk`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from itertools import groupby, pairwise
from typing import Any

from server.clock import stamp
from server.entity_changes import check_free
from server.entity_values import KEYS, Received, plain_uuid, read_body, read_source
from server.errors import Problem
from server.hub import Hub, Turn
from server.projection.entities import PURGE, standing_of
from server.store import entities
from server.store.datasets import Dataset
from server.store.entities import Entity
from server.store.ledger_sqlite import entries_of
from server.subjects import entity_subject, list_subject
from sync.entities import CREATE, DELETE, RESOLVE, RESTORE, TRASH, UPDATE
from sync.ledger import Entry

By = Mapping[str, str] | None
BULK_CREATE, BULK_DELETE, BULK_RESTORE = "entity.bulk.create", "entity.bulk.delete", "entity.bulk.restore"
PURGE_DAYS = 30  # Central's
NAMED_AT_ONCE = 10_000  # uuids an entry: well below the limit of its size


def create_entity(
    hub: Hub,
    dataset: Dataset,
    body: Mapping[str, Any],
    properties: Collection[str],
    *,
    by: By,
    agent: str | None,
) -> str:
    """Returns its uuid. Raises Problem 400.x as read_body, 409.3, 409.19."""
    received = read_body(body, properties)

    def work(turn: Turn) -> None:
        check_free(turn, [received.uuid])
        _make(turn, dataset, received, by, agent)

    hub.write(work)
    return received.uuid


def create_many(
    hub: Hub,
    dataset: Dataset,
    body: Mapping[str, Any],
    properties: Collection[str],
    *,
    by: By,
    agent: str | None,
) -> None:
    """All or none. Raises Problem 400.31 (no list, or an empty one) and as create_entity."""
    said = body.get("entities")
    if not isinstance(said, list):
        raise Problem("400.31", expected=["entities: [...]"], actual=["not an array"])
    if not said:
        raise Problem("400.31", expected=["entities: [...]"], actual=["empty array"])
    received = [read_body(_object(one), properties) for one in said]
    source = read_source(body.get("source"), len(received), agent)

    def work(turn: Turn) -> None:
        _check_each_free(turn, [one.uuid for one in received])
        bulk = turn.append(
            BULK_CREATE, list_subject(dataset.project, dataset.key), _said(dataset, {"source": source}, by)
        )
        for one in received:
            _make(turn, dataset, one, by, agent, {"source": source, "bulk": bulk.id})

    hub.write(work)


def _object(said: object) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise Problem("400.31", expected=KEYS, actual=["not an object"])
    return said


def _check_each_free(turn: Turn, uuids: Sequence[str]) -> None:
    check_free(turn, uuids)
    if len(set(uuids)) < len(uuids):
        twice = next(u for n, u in enumerate(uuids) if u in uuids[:n])
        raise Problem("409.3", fields=["uuid"], values=[twice])


def _make(
    turn: Turn, dataset: Dataset, received: Received, by: By, agent: str | None, more: Mapping[str, Any] = {}
) -> None:
    body = _version(dataset, received, by, agent)
    turn.append(CREATE, entity_subject(received.uuid), {**body, **more})


def _version(dataset: Dataset, received: Received, by: By, agent: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {"data": [[name, value] for name, value in received.data.items()]}
    if received.label is not None:
        said["label"] = received.label
    if agent:
        said["user_agent"] = agent
    return _said(dataset, said, by)


def _said(dataset: Dataset, said: Mapping[str, Any], by: By) -> dict[str, Any]:
    about = {"project": dataset.project, "dataset": dataset.key, **said}
    return {**about, "by": dict(by)} if by else about


def update_entity(
    hub: Hub,
    dataset: Dataset,
    held: Entity,
    body: Mapping[str, Any],
    properties: Collection[str],
    *,
    base: str | None,
    force: bool,
    resolve: bool,
    by: By,
    agent: str | None,
) -> None:
    """A new version, the end of a conflict, or both.

    base: number of the version that the caller saw, as text. Raises Problem 400.32 (no conflict to
    resolve), 409.15 (base is not what stands; `force` passes over that), and as read_body.
    """

    def work(turn: Turn) -> None:
        now = entities.find_entity(turn.db, held.uuid)
        if now is None or now.deleted_at is not None:
            raise Problem("404.1")
        if resolve and now.conflict is None:
            raise Problem("400.32")
        if base != str(now.version) and not force:
            raise Problem("409.15", current=str(now.version), provided=base)
        if body or not resolve:
            received = read_body(body, properties, known=now.uuid)
            _change(turn, dataset, received, by, agent)
        if resolve:
            _supersede(turn, RESOLVE, dataset, now.uuid, by)

    hub.write(work)


def _change(turn: Turn, dataset: Dataset, received: Received, by: By, agent: str | None) -> None:
    stands = standing_of(turn.db, received.uuid)
    body = _version(dataset, received, by, agent)
    body["base"] = stands.versions[-1].entry.id
    turn.append(UPDATE, entity_subject(received.uuid), body, supersedes=stands.heads)


def _supersede(
    turn: Turn, kind: str, dataset: Dataset, uuid: str, by: By, more: Mapping[str, Any] = {}
) -> Entry:
    """Says something of all that is known: of its last versions and, for the trash, what was said before."""
    known = standing_of(turn.db, uuid).heads
    if kind in TRASH:
        known += [e.id for e in entries_of(turn.db, entity_subject(uuid)) if e.kind in TRASH]
    return turn.append(kind, entity_subject(uuid), _said(dataset, more, by), supersedes=known)


# The trash


def delete_entity(hub: Hub, dataset: Dataset, held: Entity, *, by: By) -> None:
    hub.write(lambda turn: _supersede(turn, DELETE, dataset, held.uuid, by))


def restore_entity(hub: Hub, dataset: Dataset, held: Entity, *, by: By) -> None:
    hub.write(lambda turn: _supersede(turn, RESTORE, dataset, held.uuid, by))


def delete_many(hub: Hub, dataset: Dataset, uuids: Sequence[str], *, by: By) -> int:
    """How many of them were there to be deleted."""
    return hub.write(lambda turn: _turn_many(turn, DELETE, BULK_DELETE, dataset, uuids, by))


def restore_many(hub: Hub, dataset: Dataset, uuids: Sequence[str], *, by: By) -> int:
    return hub.write(lambda turn: _turn_many(turn, RESTORE, BULK_RESTORE, dataset, uuids, by))


def _turn_many(turn: Turn, kind: str, bulk_kind: str, dataset: Dataset, uuids: Sequence[str], by: By) -> int:
    found = []
    for uuid in dict.fromkeys(map(plain_uuid, uuids)):
        held = entities.find_entity(turn.db, uuid, dataset.project, dataset.key)
        if held is not None and (held.deleted_at is None) == (kind == DELETE):
            found.append(held.uuid)
    more: dict[str, Any] = {}
    if len(found) > 1:
        said = _said(dataset, {"uuids": found[:NAMED_AT_ONCE]}, by)
        more["bulk"] = turn.append(bulk_kind, list_subject(dataset.project, dataset.key), said).id
    for uuid in found:
        _supersede(turn, kind, dataset, uuid, by, more)
    return len(found)


def purge_entities(hub: Hub, *, older: bool = True) -> int:
    """Takes entities out of the trash for good: those deleted more than PURGE_DAYS ago, or all. How many."""
    now = hub.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    moment = stamp(midnight - timedelta(days=PURGE_DAYS) if older else now)
    return hub.write(lambda turn: _purge_before(turn, moment))


def _purge_before(turn: Turn, moment: str) -> int:
    gone = entities.list_deleted_before(turn.db, moment)
    for (project, dataset), some in groupby(gone, key=lambda e: (e.project, e.dataset)):
        uuids = [e.uuid for e in some]
        for start in range(0, len(uuids), NAMED_AT_ONCE):
            said = {"project": project, "dataset": dataset, "uuids": uuids[start : start + NAMED_AT_ONCE]}
            turn.append(PURGE, list_subject(project, dataset), said)
    return len(gone)


# Reading


def diffs(versions: Sequence[entities.EntityRow]) -> list[list[dict[str, str | None]]]:
    """What each version changed of the one before: [{propertyName, old, new}, …]; `old` is left out of
    what is new."""
    told = [{"label": v.label, **in_storage_order(v.values)} for v in versions]
    return [_diff(old, new) for old, new in pairwise(told)]


def _diff(old: Mapping[str, str], new: Mapping[str, str]) -> list[dict[str, str | None]]:
    changed = [name for name in new if new[name] != old.get(name)]
    return [
        {**({"old": old[name]} if name in old else {}), "new": new[name], "propertyName": name}
        for name in changed
    ]


def in_storage_order(data: Mapping[str, str]) -> dict[str, str]:
    """As Central's database gives the keys of an object back: the shorter first."""
    return {name: data[name] for name in sorted(data, key=lambda n: (len(n.encode()), n.encode()))}


def conflicting(row: entities.EntityRow) -> list[str] | None:
    found: list[str] | None = json.loads(row.conflicting) if row.conflicting else None
    return found
