"""Rows of what a web user set for the site and for single projects."""

from __future__ import annotations

import sqlite3


def write_preference(db: sqlite3.Connection, actor_id: int, project: str, name: str, value: str) -> None:
    """project: uid, or "" for the site. value: JSON."""
    db.execute(
        "INSERT OR REPLACE INTO preference (actor_id, project, name, value) VALUES (?, ?, ?, ?)",
        (actor_id, project, name, value),
    )


def delete_preference(db: sqlite3.Connection, actor_id: int, project: str, name: str) -> None:
    db.execute(
        "DELETE FROM preference WHERE actor_id = ? AND project = ? AND name = ?", (actor_id, project, name)
    )


def has_preference(db: sqlite3.Connection, actor_id: int, project: str, name: str) -> bool:
    where = "WHERE actor_id = ? AND project = ? AND name = ?"
    return db.execute(f"SELECT 1 FROM preference {where}", (actor_id, project, name)).fetchone() is not None


def site_preferences(db: sqlite3.Connection, actor_id: int) -> list[tuple[str, str]]:
    """(name, JSON)"""
    where = "WHERE actor_id = ? AND project = '' ORDER BY name"
    return db.execute(f"SELECT name, value FROM preference {where}", (actor_id,)).fetchall()


def project_preferences(db: sqlite3.Connection, actor_id: int) -> list[tuple[int, str, str]]:
    """(project's number, name, JSON), of projects that are not deleted."""
    return db.execute(
        "SELECT p.id, r.name, r.value FROM preference r JOIN project p ON p.uid = r.project "
        "WHERE r.actor_id = ? AND p.deleted_at IS NULL ORDER BY p.id, r.name",
        (actor_id,),
    ).fetchall()
