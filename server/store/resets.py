"""Rows of password resets: who asked for one, and tokens that set one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from server.store.actors import Actor, find_actor


@dataclass(frozen=True, slots=True)
class ResetRequest:
    user: Actor
    asked_at: str


def write_request(db: sqlite3.Connection, actor_id: int, asked_at: str) -> None:
    db.execute("INSERT OR IGNORE INTO reset_request (actor_id, asked_at) VALUES (?, ?)", (actor_id, asked_at))


def has_request(db: sqlite3.Connection, actor_id: int) -> bool:
    return db.execute("SELECT 1 FROM reset_request WHERE actor_id = ?", (actor_id,)).fetchone() is not None


def list_requests(db: sqlite3.Connection) -> list[ResetRequest]:
    """Oldest first."""
    rows = db.execute("SELECT actor_id, asked_at FROM reset_request ORDER BY asked_at, actor_id").fetchall()
    found = ((find_actor(db, number), asked_at) for number, asked_at in rows)
    return [ResetRequest(user, asked_at) for user, asked_at in found if user is not None]


def write_token(db: sqlite3.Connection, token_hash: bytes, actor_id: int, expires_at: str) -> None:
    """Answers the request, if there was one. Of several tokens of a user the last alone holds."""
    end_resets(db, actor_id)
    db.execute(
        "INSERT INTO reset_token (token, actor_id, expires_at) VALUES (?, ?, ?)",
        (token_hash, actor_id, expires_at),
    )


def end_resets(db: sqlite3.Connection, actor_id: int) -> None:
    db.execute("DELETE FROM reset_token WHERE actor_id = ?", (actor_id,))
    db.execute("DELETE FROM reset_request WHERE actor_id = ?", (actor_id,))


def find_holder(db: sqlite3.Connection, token_hash: bytes, now: str) -> Actor | None:
    """Whose password this token sets; None when it is none, was used or has run out."""
    row = db.execute(
        "SELECT actor_id FROM reset_token WHERE token = ? AND expires_at > ?", (token_hash, now)
    ).fetchone()
    user = find_actor(db, row[0]) if row else None
    return user if user is not None and user.deleted_at is None else None
