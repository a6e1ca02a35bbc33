"""Rows of this hub's offers to pair."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COLUMNS = "id, key, salt, relation, projects, addresses, expires_at, tries, ended, taken_by"


@dataclass(frozen=True, slots=True)
class Offer:
    """`salt`: None for an offer by file. `ended`: why, or None. `expires_at`: UTC ISO 8601."""

    id: str
    key: bytes
    salt: bytes | None
    relation: str
    projects: list[str] | None
    addresses: list[str]
    expires_at: str
    tries: int
    ended: str | None
    taken_by: str | None


def write_offer(db: sqlite3.Connection, offer_id: str, said: Mapping[str, Any]) -> None:
    salt, projects = said["salt"], said["projects"]
    db.execute(
        "INSERT INTO offer (id, key, salt, relation, projects, addresses, expires_at, tries) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
        (offer_id, bytes.fromhex(said["key"]), None if salt is None else bytes.fromhex(salt), said["relation"],
         None if projects is None else json.dumps(projects), json.dumps(said["addresses"]), said["expires_at"]),
    )  # fmt: skip


def count_try(db: sqlite3.Connection, offer_id: str) -> None:
    db.execute("UPDATE offer SET tries = tries + 1 WHERE id = ?", (offer_id,))


def end_offer(db: sqlite3.Connection, offer_id: str, reason: str, taken_by: str | None) -> None:
    db.execute("UPDATE offer SET ended = ?, taken_by = ? WHERE id = ?", (reason, taken_by, offer_id))


def find_offer(db: sqlite3.Connection, offer_id: str) -> Offer | None:
    return _offer(db.execute(f"SELECT {_COLUMNS} FROM offer WHERE id = ?", (offer_id,)).fetchone())


def newest_by_code(db: sqlite3.Connection) -> Offer | None:
    sql = f"SELECT {_COLUMNS} FROM offer WHERE salt IS NOT NULL ORDER BY number DESC LIMIT 1"
    return _offer(db.execute(sql).fetchone())


def _offer(row: tuple[Any, ...] | None) -> Offer | None:
    if row is None:
        return None
    offer_id, key, salt, relation, projects, addresses, *rest = row
    shared = None if projects is None else json.loads(projects)
    return Offer(offer_id, key, salt, relation, shared, json.loads(addresses), *rest)
