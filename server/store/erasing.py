"""Taking withdrawn bytes off the disk, once the transaction that wiped them is committed."""

from __future__ import annotations

import sqlite3

from server.store.blobs import BlobStore
from server.store.database import Database


def is_due(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM erasing LIMIT 1").fetchone() is not None


def finish(database: Database, blobs: BlobStore) -> bool:
    """Removes the files that nothing records any more, and scrubs the database. False when a reader
    still holds on to old pages: then it stays due. Cut off at any point, it is done again."""
    last = database.write(lambda db: _remove_files(db, blobs))
    if not database.scrub():
        return False
    database.write(lambda db: db.execute("DELETE FROM erasing WHERE n <= ?", (last,)))
    return True


def _remove_files(db: sqlite3.Connection, blobs: BlobStore) -> int:
    """Inside a transaction, so that nobody records a file while it is removed (blobs.record looks)."""
    rows = db.execute(
        "SELECT e.n, lower(hex(e.sha256)) FROM erasing e WHERE e.sha256 IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.sha256 = e.sha256) ORDER BY e.n"
    ).fetchall()
    for _, name in rows:
        blobs.remove(name)
    return int(db.execute("SELECT coalesce(max(n), 0) FROM erasing").fetchone()[0])
