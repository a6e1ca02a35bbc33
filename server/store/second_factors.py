"""Rows of second factors and their recovery codes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """drift, step: in periods of 30 seconds; see server/second_factor.py."""

    actor_id: int
    secret: str
    drift: int
    step: int


def find_second_factor(db: sqlite3.Connection, actor_id: int) -> SecondFactor | None:
    sql = "SELECT actor_id, secret, drift, step FROM second_factor WHERE actor_id = ?"
    row = db.execute(sql, (actor_id,)).fetchone()
    return SecondFactor(*row) if row else None


def write_second_factor(db: sqlite3.Connection, factor: SecondFactor, recovery: Iterable[bytes]) -> None:
    """With the hashes of its recovery codes; those of an earlier one end."""
    delete_second_factor(db, factor.actor_id)
    db.execute(
        "INSERT INTO second_factor (actor_id, secret, drift, step) VALUES (?, ?, ?, ?)",
        (factor.actor_id, factor.secret, factor.drift, factor.step),
    )
    db.executemany(
        "INSERT OR IGNORE INTO recovery_code (actor_id, code) VALUES (?, ?)",
        [(factor.actor_id, code) for code in recovery],
    )


def delete_second_factor(db: sqlite3.Connection, actor_id: int) -> None:
    db.execute("DELETE FROM second_factor WHERE actor_id = ?", (actor_id,))
    db.execute("DELETE FROM recovery_code WHERE actor_id = ?", (actor_id,))


def note_step(db: sqlite3.Connection, actor_id: int, step: int, drift: int) -> None:
    db.execute("UPDATE second_factor SET step = ?, drift = ? WHERE actor_id = ?", (step, drift, actor_id))


def has_recovery_code(db: sqlite3.Connection, actor_id: int, code: bytes) -> bool:
    sql = "SELECT 1 FROM recovery_code WHERE actor_id = ? AND code = ?"
    return db.execute(sql, (actor_id, code)).fetchone() is not None


def use_recovery_code(db: sqlite3.Connection, actor_id: int, code: bytes) -> None:
    db.execute("DELETE FROM recovery_code WHERE actor_id = ? AND code = ?", (actor_id, code))


def count_recovery_codes(db: sqlite3.Connection, actor_id: int) -> int:
    sql = "SELECT count(*) FROM recovery_code WHERE actor_id = ?"
    return int(db.execute(sql, (actor_id,)).fetchone()[0])
