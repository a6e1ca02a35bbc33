"""Rows of entities: what stands, the line of versions, what is held back, and purged uuids."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from server.store.forms import Form
from server.subjects import submission_subject

ENTITY = (
    "e.id, e.uuid, e.project, e.dataset, e.creator_id, e.created_at, e.updated_at, e.deleted_at, e.conflict, "
    "e.version"
)
VERSION = (
    "v.entity_id, v.version, lower(hex(v.entry)), v.label, v.data, v.received, v.creator_id, v.user_agent, "
    "v.created_at, v.base, v.trunk, v.branch, v.branch_base, v.conflict, v.conflicting, v.resolved, "
    "v.submission, v.forced"
)
CURRENT = "JOIN entity_version v ON v.entity_id = e.id AND v.version = e.version"
ENTITY_WIDTH = 10


@dataclass(frozen=True, slots=True)
class Entity:
    id: int
    uuid: str
    project: str
    dataset: str
    creator_id: int | None
    created_at: str
    updated_at: str | None
    deleted_at: str | None
    conflict: str | None
    version: int


@dataclass(frozen=True, slots=True)
class EntityRow:
    """A version. data, received, conflicting: JSON as it is stored; `values` reads the first."""

    entity_id: int
    version: int
    entry: str
    label: str
    data: str
    received: str
    creator_id: int | None
    user_agent: str | None
    created_at: str
    base: int | None
    trunk: int | None
    branch: str | None
    branch_base: int | None
    conflict: str | None
    conflicting: str | None
    resolved: int
    submission: str | None
    forced: int

    @property
    def values(self) -> dict[str, str]:
        found: dict[str, str] = orjson.loads(self.data)
        return found

    @property
    def brought(self) -> dict[str, str]:
        found: dict[str, str] = orjson.loads(self.received)
        return found


@dataclass(frozen=True, slots=True)
class Held:
    submission: str
    uuid: str
    branch: str | None
    branch_base: int
    event: str
    held_at: str


# What stands


def find_entity(
    db: sqlite3.Connection, uuid: str, project: str | None = None, dataset: str | None = None
) -> Entity | None:
    """By uuid, deleted ones too; only in a list, when it is named."""
    row = db.execute(
        f"SELECT {ENTITY} FROM entity e WHERE e.uuid = ? AND (? IS NULL OR (e.project = ? AND e.dataset = ?))",
        (uuid, project, project, dataset),
    ).fetchone()
    return Entity(*row) if row else None


def find_version(db: sqlite3.Connection, entity_id: int, version: int) -> EntityRow | None:
    row = db.execute(
        f"SELECT {VERSION} FROM entity_version v WHERE v.entity_id = ? AND v.version = ?",
        (entity_id, version),
    ).fetchone()
    return EntityRow(*row) if row else None


def find_in_branch(db: sqlite3.Connection, entity_id: int, branch: str, branch_base: int) -> EntityRow | None:
    """The version that an update of an offline branch made; the first, should there be two."""
    row = db.execute(
        f"SELECT {VERSION} FROM entity_version v WHERE v.entity_id = ? AND v.branch = ? AND v.branch_base = ? "
        "ORDER BY v.version LIMIT 1",
        (entity_id, branch, branch_base),
    ).fetchone()
    return EntityRow(*row) if row else None


def list_versions(db: sqlite3.Connection, entity_id: int) -> list[EntityRow]:
    """Oldest first."""
    rows = db.execute(
        f"SELECT {VERSION} FROM entity_version v WHERE v.entity_id = ? ORDER BY v.version", (entity_id,)
    )
    return [EntityRow(*row) for row in rows]


def iterate_entities(
    db: sqlite3.Connection, project: str, dataset: str, *, deleted: bool = False
) -> Iterator[tuple[Entity, EntityRow]]:
    """Newest first, each with the version that stands."""
    rows = db.execute(
        f"SELECT {ENTITY}, {VERSION} FROM entity e {CURRENT} WHERE e.project = ? AND e.dataset = ? "
        f"AND e.deleted_at IS {'NOT ' if deleted else ''}NULL ORDER BY e.created_at DESC, e.uuid DESC",
        (project, dataset),
    )
    for row in rows:
        yield Entity(*row[:ENTITY_WIDTH]), EntityRow(*row[ENTITY_WIDTH:])


def list_creators(db: sqlite3.Connection, project: str, dataset: str) -> list[int]:
    """Numbers of the actors that made what the list holds, by display name."""
    rows = db.execute(
        "SELECT a.id FROM actor a WHERE a.id IN (SELECT creator_id FROM entity "
        "WHERE project = ? AND dataset = ? AND deleted_at IS NULL) ORDER BY a.display_name, a.id",
        (project, dataset),
    )
    return [row[0] for row in rows]


def taken_uuids(db: sqlite3.Connection, uuids: Iterable[str]) -> tuple[list[str], list[str]]:
    """Those of the uuids that are in use, and those that belong to what was deleted or purged."""
    wanted = orjson.dumps(list(uuids)).decode()
    rows = db.execute(
        "SELECT e.uuid, e.deleted_at IS NOT NULL FROM json_each(?) w JOIN entity e ON e.uuid = w.value "
        "UNION SELECT p.uuid, 1 FROM json_each(?) w JOIN entity_purged p ON p.uuid = w.value",
        (wanted, wanted),
    ).fetchall()
    return [u for u, gone in rows if not gone], [u for u, gone in rows if gone]


def is_made_by(db: sqlite3.Connection, submission: str) -> bool:
    """Whether any version of any entity came from this submission."""
    row = db.execute("SELECT 1 FROM entity_version WHERE submission = ? LIMIT 1", (submission,)).fetchone()
    return row is not None


def entries_made_by(db: sqlite3.Connection, submission: str) -> list[str]:
    """Ids of the entries that this submission's processing made of entities."""
    rows = db.execute(
        "SELECT lower(hex(entry)) FROM entity_version WHERE submission = ? ORDER BY entity_id, version",
        (submission,),
    )
    return [row[0] for row in rows]


def list_undecided(db: sqlite3.Connection, form: Form, versions: Sequence[str]) -> list[str]:
    """Subjects of the form's submissions that made no entity, that follow one of these versions of the form,
    and that nobody approved or rejected; oldest first."""
    slots = ", ".join("?" * len(versions))
    prefix = submission_subject(form.project_uid, form.key, "")
    rows = db.execute(
        "SELECT ? || s.instance_id FROM submission s JOIN submission_version v ON v.id = s.version_id "
        f"WHERE s.form_id = ? AND s.deleted_at IS NULL AND v.form_version IN ({slots}) "
        "AND coalesce(s.review_state, 'edited') IN ('edited', 'hasIssues') "
        "AND NOT EXISTS (SELECT 1 FROM entity_version m WHERE m.submission = ? || s.instance_id) "
        "ORDER BY s.created_at, s.instance_id",
        (prefix, form.id, *versions, prefix),
    )
    return [row[0] for row in rows]


def list_deleted_before(
    db: sqlite3.Connection, moment: str, project: str | None = None, dataset: str | None = None
) -> list[Entity]:
    rows = db.execute(
        f"SELECT {ENTITY} FROM entity e WHERE e.deleted_at < ? "
        "AND (? IS NULL OR e.project = ?) AND (? IS NULL OR e.dataset = ?) ORDER BY e.project, e.dataset, e.uuid",
        (moment, project, project, dataset, dataset),
    )
    return [Entity(*row) for row in rows]


# Writing: only the projection does


def write_entity(db: sqlite3.Connection, row: Entity, versions: Sequence[dict[str, Any]]) -> None:
    """Replaces what stands of an entity; `id` 0 for a new one. versions: columns of entity_version."""
    number = row.id
    values = (
        row.uuid, row.project, row.dataset, row.creator_id, row.created_at, row.updated_at, row.deleted_at,
        row.conflict, row.version,
    )  # fmt: skip
    if number:
        db.execute("DELETE FROM entity_version WHERE entity_id = ?", (number,))
        db.execute(
            "UPDATE entity SET uuid = ?, project = ?, dataset = ?, creator_id = ?, created_at = ?, "
            "updated_at = ?, deleted_at = ?, conflict = ?, version = ? WHERE id = ?",
            (*values, number),
        )
    else:
        done = db.execute(
            "INSERT INTO entity (uuid, project, dataset, creator_id, created_at, updated_at, deleted_at, "
            "conflict, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        number = int(done.lastrowid or 0)
    db.executemany(
        "INSERT INTO entity_version VALUES (:entity_id, :version, :entry, :label, :data, :received, "
        ":creator_id, :user_agent, :created_at, :base, :trunk, :branch, :branch_base, :conflict, "
        ":conflicting, :resolved, :submission, :forced)",
        [{**version, "entity_id": number} for version in versions],
    )


def drop_entity(db: sqlite3.Connection, uuid: str) -> None:
    db.execute(
        "DELETE FROM entity_version WHERE entity_id IN (SELECT id FROM entity WHERE uuid = ?)", (uuid,)
    )
    db.execute("DELETE FROM entity WHERE uuid = ?", (uuid,))
    db.execute("DELETE FROM entity_held WHERE uuid = ?", (uuid,))


def note_purged(db: sqlite3.Connection, uuid: str, project: str, dataset: str) -> None:
    db.execute(
        "INSERT OR IGNORE INTO entity_purged (uuid, project, dataset) VALUES (?, ?, ?)",
        (uuid, project, dataset),
    )


def is_purged(db: sqlite3.Connection, uuid: str) -> bool:
    return db.execute("SELECT 1 FROM entity_purged WHERE uuid = ?", (uuid,)).fetchone() is not None


# What is held back


def write_held(db: sqlite3.Connection, held: Held) -> None:
    db.execute(
        "INSERT OR REPLACE INTO entity_held (submission, uuid, branch, branch_base, event, held_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (held.submission, held.uuid, held.branch, held.branch_base, bytes.fromhex(held.event), held.held_at),
    )


def drop_held(db: sqlite3.Connection, submission: str) -> None:
    db.execute("DELETE FROM entity_held WHERE submission = ?", (submission,))


_HELD = "submission, uuid, branch, branch_base, lower(hex(event)), held_at"


def is_held(db: sqlite3.Connection, submission: str) -> bool:
    row = db.execute("SELECT 1 FROM entity_held WHERE submission = ? LIMIT 1", (submission,)).fetchone()
    return row is not None


def next_held(db: sqlite3.Connection, uuid: str, branch: str | None, branch_base: int) -> Held | None:
    """What waits for a piece just applied: the next of its branch or, after a create, the first update of
    any branch of that entity."""
    where, values = (
        ("uuid = ? AND branch_base = 1", (uuid,))
        if branch is None
        else ("branch = ? AND branch_base = ?", (branch, branch_base))
    )
    row = db.execute(
        f"SELECT {_HELD} FROM entity_held WHERE {where} ORDER BY held_at, submission LIMIT 1", values
    ).fetchone()
    return Held(*row) if row else None


def list_held(db: sqlite3.Connection, before: str | None = None) -> list[Held]:
    """In the order in which they are forced; only those held before a moment, when it is given."""
    rows = db.execute(
        f"SELECT {_HELD} FROM entity_held WHERE ? IS NULL OR held_at < ? "
        "ORDER BY branch, branch_base, submission, uuid",
        (before, before),
    )
    return [Held(*row) for row in rows]


# How far the ledger was looked through


def place(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT seq FROM entity_place").fetchone()[0])


def move_place(db: sqlite3.Connection, seq: int) -> None:
    db.execute("UPDATE entity_place SET seq = ?", (seq,))
