"""The one row that says which hub this is."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HubRow:
    id: str
    name: str
    seed: bytes
    secret: bytes
    ledger: str
    created_at: str
    lineage: str = "[]"


def find_hub(db: sqlite3.Connection) -> HubRow | None:
    row = db.execute("SELECT id, name, seed, secret, ledger, created_at, lineage FROM hub").fetchone()
    return HubRow(*row) if row else None


def insert_hub(db: sqlite3.Connection, hub: HubRow) -> None:
    db.execute(
        "INSERT INTO hub (only_row, id, name, seed, secret, ledger, created_at) VALUES (1, ?, ?, ?, ?, ?, ?)",
        (hub.id, hub.name, hub.seed, hub.secret, hub.ledger, hub.created_at),
    )


def renew_ledger(db: sqlite3.Connection, ledger: str, common: int) -> None:
    """Goes on under another ledger id. `common`: who follows the old ledger holds what is for it up to here.

    Kept for each older ledger: [id, common, seq up to which it named the entries that are held here].
    """
    row = find_hub(db)
    assert row is not None
    upto = db.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()[0]
    older = [[old, min(seq, common), last] for old, seq, last in json.loads(row.lineage)]
    lineage = [[row.ledger, common, upto], *older]
    db.execute("UPDATE hub SET ledger = ?, lineage = ?", (ledger, json.dumps(lineage)))
