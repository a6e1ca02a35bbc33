"""Answers of submissions as stored rows, and the list of those still to be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

TABLES_LIMIT = 1024  # tables a form may have: its root and its repeats


def write_answers(db: sqlite3.Connection, submission_id: int, records: Sequence[bytes]) -> None:
    """One record a table; tables without rows are left out but for the root."""
    base = submission_id * TABLES_LIMIT
    db.executemany(
        "INSERT OR REPLACE INTO answers (id, record) VALUES (?, ?)",
        [(base + n, r) for n, r in enumerate(records) if n == 0 or r != b"[]"],
    )


def clear_answers(db: sqlite3.Connection, submission_id: int) -> None:
    base = submission_id * TABLES_LIMIT
    db.execute("DELETE FROM answers WHERE id >= ? AND id < ?", (base, base + TABLES_LIMIT))
    db.execute("DELETE FROM encrypted WHERE submission_id = ?", (submission_id,))


def note_encrypted(db: sqlite3.Connection, submission_id: int, answers_file: str) -> None:
    """That the answers are in this file of the submission, encrypted; "" when its manifest names none."""
    db.execute(
        "INSERT OR REPLACE INTO encrypted (submission_id, answers_file) VALUES (?, ?)",
        (submission_id, answers_file),
    )


def stale_submissions(db: sqlite3.Connection, form_id: int, limit: int) -> list[int]:
    rows = db.execute(
        "SELECT id FROM submission WHERE form_id = ? AND stale = 1 ORDER BY id LIMIT ?", (form_id, limit)
    )
    return [r[0] for r in rows]


def stale_anywhere(db: sqlite3.Connection) -> list[int]:
    """The submissions of every form whose answers are still to be read."""
    return [r[0] for r in db.execute("SELECT id FROM submission WHERE stale = 1 ORDER BY id")]


def mark_read(
    db: sqlite3.Connection, submission_id: int, *, schema_id: int | None, expected: int, present: int
) -> None:
    db.execute(
        "UPDATE submission SET stale = 0, schema_id = ?, expected = ?, present = ? WHERE id = ?",
        (schema_id, expected, present, submission_id),
    )


def mark_rivals(db: sqlite3.Connection, form_id: int) -> None:
    """Has the answers read anew where two hubs published other forms under one version name: the one
    with the smallest hash is read by, and it may have come last."""
    db.execute(
        "UPDATE submission SET stale = 1 WHERE form_id = :form AND id IN (SELECT submission_id "
        "FROM submission_version WHERE form_id = :form AND form_version IN (SELECT version FROM form_version "
        "WHERE form_id = :form AND published_at IS NOT NULL GROUP BY version HAVING count(*) > 1))",
        {"form": form_id},
    )
