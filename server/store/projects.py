"""Rows of projects."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COLUMNS = "id, uid, name, description, archived, hub, created_at, updated_at, deleted_at, key_id"


@dataclass(frozen=True, slots=True)
class Project:
    id: int
    uid: str
    name: str
    description: str | None
    archived: int | None
    hub: str
    created_at: str
    updated_at: str | None
    deleted_at: str | None
    key_id: int | None = None  # encryption_key that forms of the project get


@dataclass(frozen=True, slots=True)
class ProjectCounts:
    forms: int
    app_users: int
    last_submission: str | None


def find_project(db: sqlite3.Connection, number: int) -> Project | None:
    row = db.execute(
        f"SELECT {_COLUMNS} FROM project WHERE id = ? AND deleted_at IS NULL", (number,)
    ).fetchone()
    return Project(*row) if row else None


def find_by_uid(db: sqlite3.Connection, uid: str) -> Project | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM project WHERE uid = ?", (uid,)).fetchone()
    return Project(*row) if row else None


def find_by_name(db: sqlite3.Connection, name: str) -> Project | None:
    where = "name = ? AND deleted_at IS NULL ORDER BY id"
    row = db.execute(f"SELECT {_COLUMNS} FROM project WHERE {where}", (name,)).fetchone()
    return Project(*row) if row else None


def list_projects(db: sqlite3.Connection) -> list[Project]:
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM project WHERE deleted_at IS NULL ORDER BY coalesce(archived, 0), name, id"
    )
    return [Project(*r) for r in rows]


def write_project(db: sqlite3.Connection, uid: str, values: Mapping[str, Any]) -> int:
    names = ", ".join(["uid", *values])
    slots = ", ".join("?" for _ in range(len(values) + 1))
    filled = ", ".join(f"{c} = excluded.{c}" for c in values)
    db.execute(
        f"INSERT INTO project ({names}) VALUES ({slots}) ON CONFLICT (uid) DO UPDATE SET {filled}",
        (uid, *values.values()),
    )
    return int(db.execute("SELECT id FROM project WHERE uid = ?", (uid,)).fetchone()[0])


def count_contents(db: sqlite3.Connection, number: int) -> ProjectCounts:
    """What X-Extended-Metadata adds to a project. App users count also when their token is revoked."""
    row = db.execute(
        "SELECT (SELECT count(*) FROM form WHERE project_id = :p AND deleted_at IS NULL), "
        "(SELECT count(*) FROM actor a JOIN project p ON p.uid = a.project "
        " WHERE p.id = :p AND a.type = 'field_key' AND a.deleted_at IS NULL), "
        # The newest of each form by the index: counting through all would grow with the hub.
        "(SELECT max((SELECT s.created_at FROM submission s WHERE s.form_id = f.id AND s.deleted_at IS NULL "
        " ORDER BY s.created_at DESC LIMIT 1)) FROM form f WHERE f.project_id = :p AND f.deleted_at IS NULL)",
        {"p": number},
    ).fetchone()
    return ProjectCounts(*row)
