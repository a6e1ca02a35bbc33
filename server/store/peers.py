"""Rows of the hubs that this one knows, and of their ledgers that it follows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.receipt import Followed, Span

_COLUMNS = "id, name, card, url, projects, relation"
_LEDGER = (
    "ledger, peer, seen_seq, seen_chain, beyond, holds_ledger, holds_seq, lacking, wants, replaced_by, met_at"
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


@dataclass(frozen=True, slots=True)
class PeerLedger:
    """A ledger of another hub. `seen`: how far we follow it; `holds_ledger`, `holds_seq`: how far its hub
    says to follow which ledger of ours; `lacking`: files that it says to lack; `wants`: the beginnings of their names,
    base64; `replaced_by`: the ledger
    with which its hub went on when it was restored."""

    ledger: str
    peer: str
    seen: Followed
    holds_ledger: str | None
    holds_seq: int
    lacking: int
    wants: str
    replaced_by: str | None
    met_at: str


def write_peer(db: sqlite3.Connection, peer: PeerCard) -> None:
    """Adds a hub, or renews what is known of it. How far it is followed stays, unless other things flow from
    now on: what was refused before must be looked at again."""
    held = find_peer(db, peer.id)
    if held is not None and (held.projects, held.relation) != (peer.projects, peer.relation):
        db.execute("DELETE FROM peer_ledger WHERE peer = ?", (peer.id,))
    db.execute(
        "INSERT INTO peer (id, name, card, url, projects, relation) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, card = excluded.card, url = excluded.url, "
        "projects = excluded.projects, relation = excluded.relation",
        (peer.id, peer.name, peer.card, peer.url, peer.projects, peer.relation),
    )


def drop_peer(db: sqlite3.Connection, peer_id: str) -> None:
    """Its ledgers stay known: added again, it goes on from where it was."""
    db.execute("DELETE FROM peer WHERE id = ?", (peer_id,))


def find_peer(db: sqlite3.Connection, peer_id: str) -> Peer | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM peer WHERE id = ?", (peer_id,)).fetchone()
    return Peer(*row) if row else None


def find_by_name(db: sqlite3.Connection, name: str) -> Peer | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM peer WHERE name = ?", (name,)).fetchone()
    return Peer(*row) if row else None


def list_peers(db: sqlite3.Connection) -> list[Peer]:
    return [Peer(*r) for r in db.execute(f"SELECT {_COLUMNS} FROM peer ORDER BY name")]


# Their ledgers


def list_ledgers(db: sqlite3.Connection, peer_id: str) -> list[PeerLedger]:
    """The one heard of last comes first."""
    rows = db.execute(
        f"SELECT {_LEDGER} FROM peer_ledger WHERE peer = ? ORDER BY replaced_by IS NOT NULL, met_at DESC, ledger",
        (peer_id,),
    )
    return [_ledger(row) for row in rows]


def find_ledger(db: sqlite3.Connection, ledger: str) -> PeerLedger | None:
    row = db.execute(f"SELECT {_LEDGER} FROM peer_ledger WHERE ledger = ?", (ledger,)).fetchone()
    return _ledger(row) if row else None


def _ledger(row: tuple[Any, ...]) -> PeerLedger:
    seen = Followed(row[2], row[3], spans_in(json.loads(row[4])))
    return PeerLedger(row[0], row[1], seen, *row[5:])


def spans_in(said: Iterable[Any]) -> tuple[Span, ...]:
    """Spans as they are kept: [after, upto, chain, [[seq, chain], ...]]."""
    return tuple(
        Span(after, upto, chain, tuple((seq, at) for seq, at in passed))
        for after, upto, chain, passed in said
    )


def plain_spans(spans: Iterable[Span]) -> list[Any]:
    return [[s.after, s.upto, s.chain, [list(mark) for mark in s.passed]] for s in spans]


def meet_ledger(db: sqlite3.Connection, peer_id: str, ledger: str, at: str) -> None:
    """Knows a ledger from now on, followed from its beginning; or heard of it again."""
    nothing = Followed()
    db.execute(
        "INSERT INTO peer_ledger (ledger, peer, seen_seq, seen_chain, beyond, holds_seq, lacking, wants, met_at) "
        "VALUES (?, ?, ?, ?, '[]', 0, 0, '', ?) ON CONFLICT (ledger) DO UPDATE SET met_at = excluded.met_at",
        (ledger, peer_id, nothing.seq, nothing.chain, at),
    )


def follow(db: sqlite3.Connection, ledger: str, seen: Followed) -> None:
    db.execute(
        "UPDATE peer_ledger SET seen_seq = ?, seen_chain = ?, beyond = ? WHERE ledger = ?",
        (seen.seq, seen.chain, json.dumps(plain_spans(seen.beyond)), ledger),
    )


def last_heard(db: sqlite3.Connection) -> str | None:
    """When the hub that was silent longest was last heard of: in the year 1 one that never was. None when no
    hub is known."""
    row = db.execute(
        "SELECT coalesce(max(l.met_at), '0001-02-01T00:00:00.000000Z') FROM peer p "
        "LEFT JOIN peer_ledger l ON l.peer = p.id GROUP BY p.id ORDER BY 1"
    ).fetchone()
    return row[0] if row else None


def replace_ledger(db: sqlite3.Connection, old: str, new: str | None) -> None:
    """None: it is at work after all."""
    db.execute("UPDATE peer_ledger SET replaced_by = ? WHERE ledger = ?", (new, old))


def believe(db: sqlite3.Connection, ledger: str, holds: tuple[str, int], lacking: int) -> None:
    """What the hub of this ledger says to hold: [our ledger, seq]."""
    db.execute(
        "UPDATE peer_ledger SET holds_ledger = ?, holds_seq = ?, lacking = ? WHERE ledger = ?",
        (*holds, lacking, ledger),
    )


_RECEIPT = ("ledger", "after", "upto", "refused", "said_at", "came_at")


def want(db: sqlite3.Connection, ledger: str, names: str) -> None:
    """Which files the hub of this ledger lacks: the beginnings of their names, base64."""
    db.execute("UPDATE peer_ledger SET wants = ? WHERE ledger = ?", (names, ledger))


def write_receipt(db: sqlite3.Connection, entry: str, peer_id: str, row: Mapping[str, Any]) -> None:
    """One batch that a hub proved to hold."""
    db.execute(
        f"INSERT OR IGNORE INTO peer_receipt (entry, peer, {', '.join(_RECEIPT)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (bytes.fromhex(entry), peer_id, *(row[name] for name in _RECEIPT)),
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """That a hub holds an entry: by its receipt, since this moment by its clock and by ours."""

    peer: str
    entry: str
    said_at: str
    came_at: str


def proofs_of(db: sqlite3.Connection, ledger: str, seq: int) -> list[Proof]:
    """The first receipt of each hub that covers this place of a ledger of ours."""
    rows = db.execute(
        "SELECT peer, lower(hex(entry)), said_at, min(came_at) FROM peer_receipt "
        "WHERE ledger = ? AND after < ? AND upto >= ? AND refused = 0 GROUP BY peer ORDER BY peer",
        (ledger, seq, seq),
    )
    return [Proof(*row) for row in rows]


def count_refused(db: sqlite3.Connection, peer_id: str) -> int:
    """How many entries of ours a hub refused, by its receipts."""
    row = db.execute(
        "SELECT coalesce(sum(refused), 0) FROM peer_receipt WHERE peer = ?", (peer_id,)
    ).fetchone()
    return int(row[0])


# Names


def write_name(db: sqlite3.Connection, hub_id: str, name: str) -> None:
    """What a hub, this one or another, calls itself."""
    db.execute(
        "INSERT INTO hub_name (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        (hub_id, name),
    )


def hub_names(db: sqlite3.Connection) -> dict[str, str]:
    """hub id -> name, of every hub whose entries came here."""
    return dict(db.execute("SELECT id, name FROM hub_name ORDER BY id").fetchall())
