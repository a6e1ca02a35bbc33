"""What entity lists hold, as far as somebody may see it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from server.store.datasets import Dataset

_CURRENT = "JOIN entity_version v ON v.entity_id = e.id AND v.version = e.version"


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a list somebody sees. owner: number of an actor who sees what they made alone; pairs:
    (property, value) of which one must be so. Both None: all of it."""

    owner: int | None = None
    pairs: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """How much a list holds, what was made last, and how many of them bear a conflict."""

    entities: int = 0
    last_entity: str | None = None
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    uuid: str
    label: str
    version: int
    values: dict[str, str]


def count_contents(db: sqlite3.Connection, project: str) -> dict[str, Contents]:
    """key of a list -> its contents; lists that hold nothing are left out."""
    rows = db.execute(
        "SELECT dataset, count(*), max(created_at), count(conflict) FROM entity "
        "WHERE project = ? AND deleted_at IS NULL GROUP BY dataset ORDER BY dataset",
        (project,),
    )
    return {row[0]: Contents(*row[1:]) for row in rows}


def state_of(
    db: sqlite3.Connection, dataset: Dataset, owner: int | None = None
) -> tuple[str | None, list[int]]:
    """(when something was last done to entities, numbers that differ after each change); of those that one
    actor made, when it is given."""
    where, values = _seen(Sight(owner))
    row = db.execute(
        "SELECT max(e.created_at), max(e.updated_at), max(e.deleted_at), count(*), "
        "coalesce(sum(e.version), 0), count(e.deleted_at), count(e.conflict) "
        f"FROM entity e WHERE e.project = ? AND e.dataset = ?{where}",
        (dataset.project, dataset.key, *values),
    ).fetchone()
    return max((said for said in row[:3] if said), default=None), list(row[3:])


def iterate_rows(db: sqlite3.Connection, dataset: Dataset, sight: Sight) -> Iterator[Row]:
    """Newest first, without the trash."""
    where, values = _seen(sight)
    rows = db.execute(
        f"SELECT e.uuid, v.label, v.version, v.data FROM entity e {_CURRENT} "
        f"WHERE e.project = ? AND e.dataset = ? AND e.deleted_at IS NULL{where} "
        "ORDER BY e.created_at DESC, e.uuid DESC",
        (dataset.project, dataset.key, *values),
    )
    for uuid, label, version, data in rows:
        yield Row(uuid, label, version, orjson.loads(data))


def list_states(
    db: sqlite3.Connection, dataset: Dataset, sight: Sight, uuids: Sequence[str] | None = None
) -> list[tuple[str, bool]]:
    """(uuid, whether it is gone or not to be seen); only of these uuids, when they are given."""
    where, values = _seen(sight)
    hidden = f"NOT (1{where})" if where else "0"
    wanted = None if uuids is None else orjson.dumps(list(uuids)).decode()
    only = "" if uuids is None else " AND {0}.uuid IN (SELECT value FROM json_each(?))"
    more = [] if wanted is None else [wanted]
    rows = db.execute(
        f"SELECT e.uuid, e.deleted_at IS NOT NULL OR {hidden}, e.created_at FROM entity e {_CURRENT} "
        f"WHERE e.project = ? AND e.dataset = ?{only.format('e')} UNION "
        f"SELECT p.uuid, 1, '' FROM entity_purged p WHERE p.project = ? AND p.dataset = ?{only.format('p')} "
        "ORDER BY 3, 1",
        (*values, dataset.project, dataset.key, *more, dataset.project, dataset.key, *more),
    )
    return [(row[0], bool(row[1])) for row in rows]


def find_with_value(
    db: sqlite3.Connection, dataset: Dataset, name: str, limit: int
) -> tuple[int, list[tuple[str, str]]]:
    """How many entities have something in a property; (uuid, label) of the first of them."""
    where = (
        f"FROM entity e {_CURRENT} WHERE e.project = ? AND e.dataset = ? AND e.deleted_at IS NULL "
        "AND trim(coalesce(json_extract(v.data, ?), '')) <> ''"
    )
    values = (dataset.project, dataset.key, _path(name))
    total = int(db.execute(f"SELECT count(*) {where}", values).fetchone()[0])
    rows = db.execute(
        f"SELECT e.uuid, v.label {where} ORDER BY e.created_at, e.uuid LIMIT ?", (*values, limit)
    )
    return total, rows.fetchall()


def _seen(sight: Sight) -> tuple[str, list[object]]:
    """SQL over `entity e` and `entity_version v` to go on with, and its values."""
    sql, values = "", list[object]()
    if sight.owner is not None:
        sql, values = " AND e.creator_id IS ?", [sight.owner]
    if sight.pairs is not None:
        sql += f" AND ({' OR '.join(['json_extract(v.data, ?) IS ?'] * len(sight.pairs)) or '0'})"
        values += [part for name, value in sight.pairs for part in (_path(name), value)]
    return sql, values


def _path(name: str) -> str:
    """A property in JSON; names hold no quotes."""
    return f'$."{name}"'
