"""Folding a ledger again, comparing, and copying the database."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from server.store import state_tables
from server.store.database import Database, connect, migrate
from server.store.identity import renew_ledger
from server.store.ledger_sqlite import entries_after, head, mark_chain
from sync.ledger import Entry

PAGE = 1000
Fold = Callable[[sqlite3.Connection, Entry], None]


def refold(db: sqlite3.Connection, fold: Fold) -> int:
    """Empties the state tables and folds every entry in commit order; how many there were."""
    state_tables.empty(db)
    seq = count = 0
    while page := entries_after(db, seq, PAGE):
        for _, entry in page:
            fold(db, entry)
        seq, count = page[-1][0], count + len(page)
    return count


def compare(db: sqlite3.Connection, fold: Fold, catch_up: Callable[[sqlite3.Connection], None]) -> list[str]:
    """The state tables that a new fold would make otherwise. Nothing is changed: the fold is undone.

    `catch_up` reads the answers that still wait to be read, so that both sides have read them all.
    """
    db.execute("SAVEPOINT compare")
    catch_up(db)
    before = state_tables.digests(db)
    refold(db, fold)
    catch_up(db)
    after = state_tables.digests(db)
    db.execute("ROLLBACK TO compare")
    db.execute("RELEASE compare")
    return [table for table in before if before[table] != after[table]]


def copy_database(database: Database, path: Path) -> None:
    """A consistent copy of hub.db as one file, while it is written to."""
    with contextlib.closing(sqlite3.connect(path)) as target, database.reading() as reader:
        reader.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")


def rename_ledger(path: Path, ledger: str) -> bool:
    """Gives a copy a ledger id of its own, which begins as the old one did up to here; False when it is no
    hub's database."""
    try:
        with contextlib.closing(connect(path, cache_mb=4)) as db:
            migrate(db)  # the backup may be older than this program
            mark_chain(db, head(db))  # where those who followed the old ledger go on
            renew_ledger(db, ledger, head(db))
    except (sqlite3.DatabaseError, AssertionError):
        return False
    return True
