"""The ledger in SQLite, held to the contract of sync.ledger.Ledger (tests/sync/ledger_contract.py).

An entry that a withdrawal wiped has an empty header: it counts as held, and is never read again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable

from server.store.blobs import note_offer
from server.store.database import Database
from sync.ledger import Entry, trusted_entry
from sync.receipt import BEGINNING, extend_chain


def insert_entry(db: sqlite3.Connection, entry: Entry, via: str | None = None) -> bool:
    """Adds one entry; False when it is held already, which changes nothing. `via`: the ledger over which
    it came, when it was not made here."""
    done = db.execute(
        "INSERT OR IGNORE INTO entry (id, kind, subject, header, via) VALUES (?, ?, ?, ?, ?)",
        (
            bytes.fromhex(entry.id),
            entry.kind,
            entry.subject,
            entry.header,
            bytes.fromhex(via) if via else None,
        ),
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


def entries_about(db: sqlite3.Connection, subject: str, kind: str) -> list[tuple[int, Entry]]:
    """(seq, entry) of one kind about a subject, in commit order."""
    rows = db.execute(
        "SELECT seq, header FROM entry WHERE subject = ? AND kind = ? AND length(header) > 0 ORDER BY seq",
        (subject, kind),
    )
    return [(row[0], trusted_entry(row[1])) for row in rows]


def kinds_held(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT DISTINCT kind FROM entry ORDER BY kind")}


def places_about(db: sqlite3.Connection, subject: str) -> list[tuple[int, Entry, str | None]]:
    """(seq, entry, ledger over which it came) about a subject, in commit order."""
    rows = db.execute(
        "SELECT seq, header, via FROM entry WHERE subject = ? AND length(header) > 0 ORDER BY seq", (subject,)
    )
    return [(row[0], trusted_entry(row[1]), row[2].hex() if row[2] else None) for row in rows]


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
    # Most often the index alone tells, without a look at headers.
    rows = db.execute("SELECT 1 FROM entry WHERE subject = ? LIMIT 2", (subject,)).fetchall()
    return len(rows) < 2 or (
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


def entries_with_origin(db: sqlite3.Connection, seq: int, limit: int) -> list[tuple[int, Entry, str | None]]:
    """As entries_after, each with the ledger over which it came; None for those made here."""
    rows = db.execute(
        "SELECT seq, header, via FROM entry WHERE seq > ? AND length(header) > 0 ORDER BY seq LIMIT ?",
        (seq, limit),
    )
    return [(row[0], trusted_entry(row[1]), row[2].hex() if row[2] else None) for row in rows]


def entries_to_follow(
    db: sqlite3.Connection,
    after: int,
    prefixes: Collection[str],
    kinds: Collection[str],
    merged: Collection[str],
    limit: int,
) -> list[tuple[int, Entry]]:
    """Up to so many (seq, entry) in commit order: of `kinds` about subjects that begin with one of the
    prefixes (each ends in an ASCII separator), and of the kinds `merged` those that came from elsewhere."""
    ranges = [(prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)) for prefix in prefixes]
    about = " OR ".join("(+subject >= ? AND +subject < ?)" for _ in ranges) or "0"
    marks, more = ", ".join("?" * len(kinds)), ", ".join("?" * len(merged))
    rows = db.execute(
        f"SELECT seq, header FROM entry WHERE seq > ? AND length(header) > 0 AND ((+kind IN ({marks}) "
        f"AND ({about})) OR (+kind IN ({more}) AND via IS NOT NULL)) ORDER BY seq LIMIT ?",
        (after, *kinds, *(end for each in ranges for end in each), *merged, limit),
    )
    return [(row[0], trusted_entry(row[1])) for row in rows]


def came_over(db: sqlite3.Connection, subject: str, ledgers: Collection[str]) -> bool:
    """Whether anything about this subject came over one of these ledgers."""
    marks = ", ".join("?" * len(ledgers))
    row = db.execute(
        f"SELECT 1 FROM entry WHERE subject = ? AND via IN ({marks}) LIMIT 1",
        (subject, *(bytes.fromhex(ledger) for ledger in ledgers)),
    ).fetchone()
    return row is not None


def find_by_prefix(db: sqlite3.Connection, prefix: bytes) -> Entry | None:
    """The entry whose id begins with these bytes."""
    row = db.execute(
        "SELECT header FROM entry WHERE id >= ? AND id < ? AND length(header) > 0 ORDER BY id LIMIT 1",
        (prefix, prefix + b"\xff" * (32 - len(prefix))),
    ).fetchone()
    return trusted_entry(row[0]) if row else None


def recent_entries(db: sqlite3.Connection, upto: int, kinds: Collection[str], look: int) -> list[Entry]:
    """Those of these kinds among the `look` last entries up to a seq, oldest first."""
    marks = ", ".join("?" * len(kinds))
    rows = db.execute(
        "SELECT header FROM entry WHERE seq > ? AND seq <= ? AND length(header) > 0 "
        f"AND kind IN ({marks}) ORDER BY seq",
        (upto - look, upto, *kinds),
    )
    return [trusted_entry(row[0]) for row in rows]


def count_after(db: sqlite3.Connection, after: int, ledger: str) -> int:
    """How many entries came later that did not come over this ledger: about what is left to send there."""
    row = db.execute(
        "SELECT count(*) FROM entry WHERE seq > ? AND length(header) > 0 AND (via IS NULL OR via <> ?)",
        (after, bytes.fromhex(ledger)),
    ).fetchone()
    return int(row[0])


def seq_of(db: sqlite3.Connection, entry_id: str) -> int | None:
    row = db.execute("SELECT seq FROM entry WHERE id = ?", (bytes.fromhex(entry_id),)).fetchone()
    return int(row[0]) if row else None


def chain_at(db: sqlite3.Connection, seq: int) -> str:
    """The chain (sync.receipt) of this hub's ledger up to this seq."""
    marked = "SELECT seq, chain FROM chain_mark WHERE seq <= ? ORDER BY seq DESC LIMIT 1"
    start, chain = db.execute(marked, (seq,)).fetchone() or (0, BEGINNING)
    ids = db.execute("SELECT id FROM entry WHERE seq > ? AND seq <= ? ORDER BY seq", (start, seq))
    return extend_chain(chain, (row[0] for row in ids))


def mark_chain(db: sqlite3.Connection, seq: int) -> None:
    """Remembers the chain at a place, so that it is not worked out from further back again."""
    db.execute("INSERT OR IGNORE INTO chain_mark (seq, chain) VALUES (?, ?)", (seq, chain_at(db, seq)))


def marks_between(db: sqlite3.Connection, after: int, upto: int, most: int) -> list[tuple[int, str]]:
    """The newest places remembered in between, in order, without either end."""
    rows = db.execute(
        "SELECT seq, chain FROM chain_mark WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        (after, upto, most),
    )
    return [(row[0], row[1]) for row in rows][::-1]


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

    def append_within(
        self, db: sqlite3.Connection, entries: Iterable[Entry], via: str | None = None
    ) -> list[Entry]:
        """The same inside a transaction that the caller already holds."""
        new = []
        for entry in entries:
            if insert_entry(db, entry, via):
                new.append(entry)
            if via is not None:
                note_offer(db, via, entry.blobs)
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
