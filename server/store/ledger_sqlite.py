"""The ledger in SQLite, held to the contract of sync.ledger.Ledger (tests/sync/ledger_contract.py).

An entry that a withdrawal wiped has an empty header: it counts as held, and is never read again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from server.store.database import Database
from sync.ledger import Entry, trusted_entry


def insert_entry(db: sqlite3.Connection, entry: Entry) -> bool:
    """Adds one entry; False when it is held already, which changes nothing."""
    done = db.execute(
        "INSERT OR IGNORE INTO entry (id, kind, subject, header) VALUES (?, ?, ?, ?)",
        (bytes.fromhex(entry.id), entry.kind, entry.subject, entry.header),
    )
    return done.rowcount == 1


def find_entry(db: sqlite3.Connection, entry_id: str) -> Entry | None:
    row = db.execute(
        "SELECT header FROM entry WHERE id = ? AND length(header) > 0", (bytes.fromhex(entry_id),)
    ).fetchone()
    return trusted_entry(row[0]) if row else None


def entries_of(db: sqlite3.Connection, subject: str) -> list[Entry]:
    rows = db.execute(
        "SELECT header FROM entry WHERE subject = ? AND length(header) > 0 ORDER BY seq", (subject,)
    )
    return [trusted_entry(row[0]) for row in rows]


def subjects_under(db: sqlite3.Connection, prefix: str) -> list[str]:
    """The different subjects that begin with this text, which must end in an ASCII separator."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    rows = db.execute(
        "SELECT DISTINCT subject FROM entry WHERE subject >= ? AND subject < ? AND length(header) > 0 "
        "ORDER BY subject",
        (prefix, end),
    )
    return [row[0] for row in rows]


def last_under(db: sqlite3.Connection, prefix: str, after: int) -> int:
    """seq of the newest entry, later than `after`, whose subject begins with this text (which must end
    in an ASCII separator); 0 when there is none."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    # From the beginning by the index of subjects; later only what is new is read, without that index.
    subject = "+subject" if after else "subject"
    row = db.execute(
        f"SELECT max(seq) FROM entry WHERE seq > ? AND {subject} >= ? AND {subject} < ?", (after, prefix, end)
    ).fetchone()
    return int(row[0] or 0)


def is_alone(db: sqlite3.Connection, subject: str) -> bool:
    """Whether at most one entry is about this subject."""
    return (
        len(
            db.execute(
                "SELECT 1 FROM entry WHERE subject = ? AND length(header) > 0 LIMIT 2", (subject,)
            ).fetchall()
        )
        < 2
    )


def entries_after(db: sqlite3.Connection, seq: int, limit: int) -> list[tuple[int, Entry]]:
    rows = db.execute(
        "SELECT seq, header FROM entry WHERE seq > ? AND length(header) > 0 ORDER BY seq LIMIT ?",
        (seq, limit),
    )
    return [(row[0], trusted_entry(row[1])) for row in rows]


def raw_entries_after(db: sqlite3.Connection, seq: int, limit: int) -> list[tuple[int, bytes, bytes]]:
    """(seq, id, header) as stored, wiped ones with an empty header, for checking the bytes themselves."""
    rows = db.execute("SELECT seq, id, header FROM entry WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    return rows.fetchall()


def head(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()[0])


class SqliteLedger:
    """sync.ledger.Ledger over a Database. `fold` is called for each new entry inside the same
    transaction, so that state is never ahead of or behind the ledger."""

    def __init__(
        self,
        database: Database,
        fold: Callable[[sqlite3.Connection, Entry], None] | None = None,
        appended: Callable[[], None] = lambda: None,
    ) -> None:
        """`appended` is called after entries were committed."""
        self._database = database
        self._fold = fold
        self._appended = appended

    def append(self, entries: Iterable[Entry]) -> list[Entry]:
        offered = list(entries)
        new = self._database.write(lambda db: self.append_within(db, offered))
        self._appended()
        return new

    def append_within(self, db: sqlite3.Connection, entries: Iterable[Entry]) -> list[Entry]:
        """The same inside a transaction that the caller already holds."""
        new = [e for e in entries if insert_entry(db, e)]
        if self._fold is not None:
            for entry in new:
                self._fold(db, entry)
        return new

    def head(self) -> int:
        return head(self._database.read())

    def entry(self, entry_id: str) -> Entry | None:
        return find_entry(self._database.read(), entry_id)

    def entries_after(self, seq: int, limit: int) -> list[tuple[int, Entry]]:
        return entries_after(self._database.read(), seq, limit)

    def entries_of(self, subject: str) -> list[Entry]:
        return entries_of(self._database.read(), subject)
