"""Rows of the hubs that this one knows."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COLUMNS = (
    "id, name, card, url, projects, relation, holds_ledger, holds_seq, seen_ledger, seen_seq, restored_seq"
)


@dataclass(frozen=True, slots=True)
class PeerCard:
    id: str
    name: str
    card: str
    url: str | None
    projects: str | None
    relation: str


@dataclass(frozen=True, slots=True)
class Peer:
    id: str
    name: str
    card: str
    url: str | None
    projects: str | None
    relation: str
    holds_ledger: str | None
    holds_seq: int
    seen_ledger: str | None
    seen_seq: int
    restored_seq: int


def write_peer(db: sqlite3.Connection, peer: PeerCard) -> None:
    """Adds a hub, or renews what is known of it. Cursors stay, unless other things flow from now on: what
    was passed over before must be looked at again."""
    held = find_peer(db, peer.id)
    if held is not None and (held.projects, held.relation) != (peer.projects, peer.relation):
        drop_peer(db, peer.id)
    db.execute(
        "INSERT INTO peer (id, name, card, url, projects, relation, holds_seq, seen_seq) "
        "VALUES (?, ?, ?, ?, ?, ?, 0, 0) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, card = excluded.card, url = excluded.url",
        (peer.id, peer.name, peer.card, peer.url, peer.projects, peer.relation),
    )


def drop_peer(db: sqlite3.Connection, peer_id: str) -> None:
    db.execute("DELETE FROM peer WHERE id = ?", (peer_id,))


def advance(db: sqlite3.Connection, peer_id: str, said: Mapping[str, Any]) -> None:
    """`holds`: [our ledger, seq] that the peer confirmed; `seen`: [its ledger, seq] that we followed.

    A cursor of the same ledger only grows: bundles are read in any order. `restored`: seq of ours at
    which the peer was found to be restored from a backup; then `holds` is what it says, though less.
    """
    if "restored" in said:
        db.execute(
            "UPDATE peer SET restored_seq = ?, holds_seq = 0, holds_ledger = NULL WHERE id = ?",
            (said["restored"], peer_id),
        )
    for column in ("holds", "seen"):
        if column in said:
            ledger, seq = said[column]
            db.execute(
                f"UPDATE peer SET {column}_seq = CASE WHEN {column}_ledger IS ? "
                f"THEN max({column}_seq, ?) ELSE ? END, {column}_ledger = ? WHERE id = ?",
                (ledger, seq, seq, ledger, peer_id),
            )


def find_peer(db: sqlite3.Connection, peer_id: str) -> Peer | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM peer WHERE id = ?", (peer_id,)).fetchone()
    return Peer(*row) if row else None


def find_by_name(db: sqlite3.Connection, name: str) -> Peer | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM peer WHERE name = ?", (name,)).fetchone()
    return Peer(*row) if row else None


def list_peers(db: sqlite3.Connection) -> list[Peer]:
    return [Peer(*r) for r in db.execute(f"SELECT {_COLUMNS} FROM peer ORDER BY name")]


def write_name(db: sqlite3.Connection, hub_id: str, name: str) -> None:
    """What a hub, this one or another, calls itself."""
    db.execute(
        "INSERT INTO hub_name (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        (hub_id, name),
    )


def hub_names(db: sqlite3.Connection) -> dict[str, str]:
    """hub id -> name, of every hub whose entries came here."""
    return dict(db.execute("SELECT id, name FROM hub_name ORDER BY id").fetchall())
