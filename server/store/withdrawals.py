"""Rows of withdrawals: which instances are gone, wiping entries and bytes, and bytes that nobody names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import orjson

from server.store.audits import forget_lines
from server.store.ledger_sqlite import find_entry
from server.subjects import SubmissionSubject
from sync.ledger import Entry, trusted_entry

AT_ONCE = 50  # things looked for in one walk through the ledger


def note_withdrawn(db: sqlite3.Connection, about: SubmissionSubject, purge: str) -> None:
    db.execute(
        "INSERT OR IGNORE INTO withdrawn (project, form_key, instance_id, entry) VALUES (?, ?, ?, ?)",
        (*about, bytes.fromhex(purge)),
    )


def purge_of(db: sqlite3.Connection, project: str, form_key: str, instances: Iterable[str]) -> str | None:
    """The id of a withdrawal that names one of these instances of a form, if there is any."""
    wanted = tuple(instances)
    slots = ", ".join("?" for _ in wanted)
    row = db.execute(
        "SELECT lower(hex(min(entry))) FROM withdrawn "
        f"WHERE project = ? AND form_key = ? AND instance_id IN ({slots})",
        (project, form_key, *wanted),
    ).fetchone()
    return row[0] or None


def find_purge(db: sqlite3.Connection, entry: str) -> Entry:
    """A withdrawal that purge_of named. Raises LookupError."""
    found = find_entry(db, entry)
    if found is None:
        raise LookupError(entry)
    return found


def mentioning(db: sqlite3.Connection, prefix: str, texts: Iterable[str]) -> list[Entry]:
    """Entries below a subject's prefix (which ends in an ASCII separator) that hold one of these texts.
    Walks through all of them: a withdrawal is rare, and an index would cost every submission."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    needles = [orjson.dumps(text)[1:-1] for text in texts]
    found: dict[str, Entry] = {}
    for start in range(0, len(needles), AT_ONCE):
        some = needles[start : start + AT_ONCE]
        rows = db.execute(
            "SELECT header FROM entry WHERE subject >= ? AND subject < ? AND length(header) > 0 "
            f"AND ({_any_in_header(some)}) ORDER BY seq",
            (prefix, end, *some),
        )
        found |= {e.id: e for e in (trusted_entry(row[0]) for row in rows)}
    return list(found.values())


def _any_in_header(needles: list[bytes]) -> str:
    return " OR ".join("instr(header, ?) > 0" for _ in needles) or "0"


def naming(db: sqlite3.Connection, blobs: Iterable[str]) -> set[str]:
    """Those of the blobs that an entry names, found in one walk through the ledger."""
    wanted = set(blobs)
    if not wanted:
        return set()
    # A few are looked for in the bytes, which is quicker than understanding every entry.
    some = [name.encode() for name in sorted(wanted)] if len(wanted) <= AT_ONCE else []
    where = _any_in_header(some) if some else "length(header) > 0"
    rows = db.execute(f"SELECT header FROM entry WHERE {where} ORDER BY seq", some)
    return {name for row in rows for name in trusted_entry(row[0]).blobs} & wanted


def naming_person(db: sqlite3.Connection, uid: str) -> list[Entry]:
    """Entries, of any kind, that hold the uid of a person or tablet."""
    rows = db.execute(
        "SELECT header FROM entry WHERE instr(header, ?) > 0 ORDER BY seq", (orjson.dumps(uid)[1:-1],)
    )
    return [trusted_entry(row[0]) for row in rows]


def wipe_entry(db: sqlite3.Connection, entry: str, purge: str) -> None:
    """Takes the content of an entry away; its place in the ledger stays."""
    name = bytes.fromhex(entry)
    forget_lines(db, entry)
    db.execute("UPDATE entry SET header = x'' WHERE id = ?", (name,))
    db.execute("INSERT OR IGNORE INTO wiped (entry, purge) VALUES (?, ?)", (name, bytes.fromhex(purge)))
    db.execute("DELETE FROM unfolded WHERE entry = ?", (name,))
    db.execute("INSERT INTO erasing (sha256) VALUES (NULL)")


def wiping(db: sqlite3.Connection, entry: str) -> str | None:
    """The id of the withdrawal that wiped an entry."""
    row = db.execute(
        "SELECT lower(hex(purge)) FROM wiped WHERE entry = ?", (bytes.fromhex(entry),)
    ).fetchone()
    return row[0] if row else None


def count_wiped(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM wiped").fetchone()[0])


def drop_blobs(db: sqlite3.Connection, blobs: Iterable[str]) -> None:
    """Forgets bytes that no entry names any more; files go after the commit."""
    for name in sorted(set(blobs)):
        key = bytes.fromhex(name)
        db.execute("DELETE FROM blob WHERE sha256 = ?", (key,))
        db.execute("DELETE FROM loose_blob WHERE sha256 = ?", (key,))
        db.execute("DELETE FROM blob_wanted WHERE sha256 = ?", (name,))
        db.execute("INSERT INTO erasing (sha256) VALUES (?)", (key,))


def forget_person(db: sqlite3.Connection, uid: str) -> bool:
    """Drops the row of somebody who is only known because entries name them; whether there was one."""
    done = db.execute("DELETE FROM actor WHERE uid = ? AND type = 'unknown'", (uid,))
    return done.rowcount == 1


def note_loose(db: sqlite3.Connection, blobs: Iterable[str], noted_at: str) -> None:
    db.executemany(
        "INSERT OR IGNORE INTO loose_blob (sha256, noted_at) VALUES (?, ?)",
        [(bytes.fromhex(name), noted_at) for name in blobs],
    )


def forget_loose(db: sqlite3.Connection, blobs: Iterable[str]) -> None:
    db.executemany("DELETE FROM loose_blob WHERE sha256 = ?", [(bytes.fromhex(name),) for name in blobs])


def loose_before(db: sqlite3.Connection, moment: str) -> set[str]:
    rows = db.execute(
        "SELECT lower(hex(sha256)) FROM loose_blob WHERE noted_at < ? ORDER BY sha256", (moment,)
    )
    return {row[0] for row in rows}
