"""The state tables as a whole: emptying, comparing, and what would not fold."""

from __future__ import annotations

import hashlib
import sqlite3

from server.store.database import STATE_TABLES


def note_unfolded(db: sqlite3.Connection, entry_id: str, reason: str) -> None:
    db.execute(
        "INSERT OR REPLACE INTO unfolded (entry, reason) VALUES (?, ?)", (bytes.fromhex(entry_id), reason)
    )


def list_unfolded(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """(entry id, reason)"""
    return db.execute("SELECT lower(hex(entry)), reason FROM unfolded ORDER BY entry").fetchall()


def empty(db: sqlite3.Connection) -> None:
    for table in STATE_TABLES:
        db.execute(f"DELETE FROM {table}")


def digests(db: sqlite3.Connection) -> dict[str, str]:
    """table -> hash of all its rows in key order, for comparing two folds of one ledger."""
    return {table: _digest(db, table) for table in STATE_TABLES}


def _digest(db: sqlite3.Connection, table: str) -> str:
    digest = hashlib.sha256()
    width = len(db.execute(f"PRAGMA table_info({table})").fetchall())
    order = ", ".join(str(n + 1) for n in range(width))
    for row in db.execute(f"SELECT * FROM {table} ORDER BY {order}"):
        digest.update(repr(row).encode())
    return digest.hexdigest()


def generation(db: sqlite3.Connection) -> int:
    """Changes with every change of a project, form or actor."""
    return int(db.execute("SELECT number FROM generation").fetchone()[0])


def next_generation(db: sqlite3.Connection) -> None:
    db.execute("UPDATE generation SET number = number + 1")
