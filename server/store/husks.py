"""Rows of what withdrawals leave of entities' versions."""

from __future__ import annotations

import sqlite3

import orjson

from sync.entities import husk_of, read_husk
from sync.ledger import Entry


def note_husk(db: sqlite3.Connection, husk: Entry) -> None:
    db.execute(
        "INSERT OR IGNORE INTO husk (entry, subject, said) VALUES (?, ?, ?)",
        (
            bytes.fromhex(husk.id),
            husk.subject,
            orjson.dumps(husk_of(husk), option=orjson.OPT_SORT_KEYS).decode(),
        ),
    )


def has_husk(db: sqlite3.Connection, entry: str) -> bool:
    return db.execute("SELECT 1 FROM husk WHERE entry = ?", (bytes.fromhex(entry),)).fetchone() is not None


def husks_about(db: sqlite3.Connection, subject: str) -> list[Entry]:
    rows = db.execute("SELECT said FROM husk WHERE subject = ? ORDER BY entry", (subject,))
    found = (read_husk(orjson.loads(row[0])) for row in rows)
    return [husk for husk in found if husk is not None]
