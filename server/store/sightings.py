"""Rows of what was last heard from tablets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


def write_seen(db: sqlite3.Connection, rows: Iterable[tuple[int, str, str]]) -> None:
    """rows: (actor, seen_at, agent)"""
    db.executemany(
        "INSERT INTO tablet_sighting VALUES (?, ?, ?) ON CONFLICT (actor_id) DO UPDATE SET "
        "seen_at = excluded.seen_at, agent = excluded.agent",
        rows,
    )


def write_fetched(db: sqlite3.Connection, rows: Iterable[tuple[int, int, str, str, str]]) -> None:
    """rows: (actor, project, xmlFormId, version, fetched_at)"""
    db.executemany(
        "INSERT INTO tablet_form VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "version = excluded.version, fetched_at = excluded.fetched_at",
        rows,
    )


def list_seen(db: sqlite3.Connection, project_uid: str) -> dict[int, tuple[str, str]]:
    """actor -> (seen_at, agent), of the tablets of a project"""
    rows = db.execute(
        "SELECT t.actor_id, t.seen_at, t.agent FROM actor a JOIN tablet_sighting t ON t.actor_id = a.id "
        "WHERE a.project = ? ORDER BY t.actor_id",
        (project_uid,),
    )
    return {r[0]: (r[1], r[2]) for r in rows}


def list_fetched(db: sqlite3.Connection, project_id: int) -> list[tuple[int, str, str, str]]:
    """(actor, xmlFormId, version, fetched_at)"""
    rows = db.execute(
        "SELECT actor_id, xml_form_id, version, fetched_at FROM tablet_form WHERE project_id = ? "
        "ORDER BY actor_id, xml_form_id",
        (project_id,),
    )
    return rows.fetchall()
