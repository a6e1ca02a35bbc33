"""Rows of conflicts: submissions about which hubs said things apart, and what kind of things."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """`kinds`: "versions", "review" or "deleted" -> how many things are set against each other."""

    form_id: int
    submission_id: int
    instance_id: str
    created_at: str
    deleted_at: str | None
    kinds: dict[str, int]


def write_conflict(db: sqlite3.Connection, submission_id: int, kind: str, sides: int) -> None:
    db.execute(
        "INSERT OR REPLACE INTO conflict (submission_id, kind, sides) VALUES (?, ?, ?)",
        (submission_id, kind, sides),
    )


def list_conflicts(
    db: sqlite3.Connection, project_id: int, form_id: int | None = None, submission_id: int | None = None
) -> list[ConflictRow]:
    """Of a project, one of its forms or one submission; oldest submission first."""
    rows = db.execute(
        "SELECT s.form_id, s.id, s.instance_id, s.created_at, s.deleted_at, c.kind, c.sides FROM conflict c "
        "CROSS JOIN submission s ON s.id = c.submission_id JOIN form f ON f.id = s.form_id "
        "WHERE f.project_id = ? AND (? IS NULL OR f.id = ?) AND (? IS NULL OR s.id = ?) "
        "ORDER BY s.created_at, s.id, c.kind DESC",
        (project_id, form_id, form_id, submission_id, submission_id),
    )
    found: dict[int, ConflictRow] = {}
    for form, number, instance_id, created_at, deleted_at, kind, sides in rows:
        row = ConflictRow(form, number, instance_id, created_at, deleted_at, {})
        found.setdefault(number, row).kinds[kind] = sides
    return list(found.values())
