"""The audit log's index, and the ledger as it is looked up for one line of the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sync.ledger import Entry, trusted_entry

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER = "ORDER BY at DESC, seq DESC, part DESC"
ALL_TIMES = (-(2**62), 2**62)


@dataclass(frozen=True, slots=True)
class Indexed:
    """One line: the part-th thing that the entry at `seq` tells of."""

    seq: int
    part: int


def microseconds(stamped: str) -> int:
    """A stamp of an entry as a number; 0 when a hub wrote something else there."""
    try:
        moment = datetime.fromisoformat(stamped)
    except ValueError:
        return 0
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (known - _EPOCH) // timedelta(microseconds=1)


def place(db: sqlite3.Connection) -> int:
    """seq up to which the index follows the ledger."""
    row = db.execute("SELECT seq FROM audit_place").fetchone()
    return int(row[0]) if row else 0


def note_lines(db: sqlite3.Connection, lines: Iterable[tuple[str, int, int, str]]) -> None:
    """lines: (made_at, seq, part, action)"""
    known = {name: number for number, name in db.execute("SELECT id, name FROM audit_action ORDER BY id")}
    rows = []
    for made_at, seq, part, action in lines:
        if action not in known:
            done = db.execute("INSERT INTO audit_action (name) VALUES (?)", (action,))
            known[action] = int(done.lastrowid or 0)
        rows.append((microseconds(made_at), seq, part, known[action]))
    db.executemany("INSERT OR IGNORE INTO audit (at, seq, part, action) VALUES (?, ?, ?, ?)", rows)


def move_place(db: sqlite3.Connection, seq: int) -> None:
    db.execute("INSERT OR REPLACE INTO audit_place (only_row, seq) VALUES (1, ?)", (seq,))


def forget_lines(db: sqlite3.Connection, entry_id: str) -> None:
    """Of an entry that is about to be wiped."""
    row = db.execute("SELECT seq, header FROM entry WHERE id = ?", (bytes.fromhex(entry_id),)).fetchone()
    if row is not None and row[1]:
        at = microseconds(trusted_entry(row[1]).made_at)
        db.execute("DELETE FROM audit WHERE at = ? AND seq = ?", (at, row[0]))


def actions_held(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT name FROM audit_action ORDER BY name")]


def find_lines(
    db: sqlite3.Connection,
    actions: Collection[str] | None,
    span: tuple[int, int],
    limit: int,
    offset: int,
) -> Iterator[Indexed]:
    """Newest first. actions: None for all; span: from (inclusive) and to (exclusive), microseconds;
    limit: -1 for all."""
    if actions is None:
        source, values = "SELECT at, seq, part FROM audit WHERE at >= ? AND at < ?", [*span]
    else:
        source, values = _of_actions(db, actions, span, limit + offset if limit >= 0 else -1)
    rows = db.execute(f"{source} {_ORDER} LIMIT ? OFFSET ?", (*values, limit, offset))
    return (Indexed(seq, part) for _, seq, part in rows)


def _of_actions(
    db: sqlite3.Connection, actions: Collection[str], span: tuple[int, int], most: int
) -> tuple[str, list[int]]:
    """The newest of each action by its own index: a rare one is found among a million others at once,
    and of a frequent one no more is read than is shown."""
    slots = ", ".join("?" for _ in actions)
    named = f"SELECT id FROM audit_action WHERE name IN ({slots}) ORDER BY id"
    numbers = [row[0] for row in db.execute(named, tuple(sorted(actions)))]
    one = (
        "SELECT * FROM (SELECT at, seq, part FROM audit INDEXED BY audit_by_action "
        f"WHERE action = ? AND at >= ? AND at < ? {_ORDER} LIMIT ?)"
    )
    nothing = "SELECT at, seq, part FROM audit WHERE 0"
    united = " UNION ALL ".join([one] * len(numbers)) or nothing
    return f"SELECT at, seq, part FROM ({united})", [v for n in numbers for v in (n, *span, most)]


# Looking things up for one line


def entry_at(db: sqlite3.Connection, seq: int) -> Entry | None:
    """None when it was wiped."""
    row = db.execute("SELECT header FROM entry WHERE seq = ?", (seq,)).fetchone()
    return trusted_entry(row[0]) if row and row[0] else None


def first_about(db: sqlite3.Connection, subject: str) -> int | None:
    """seq of the first entry about a subject."""
    row = db.execute("SELECT min(seq) FROM entry WHERE subject = ?", (subject,)).fetchone()
    return int(row[0]) if row[0] is not None else None


def blob_number(db: sqlite3.Connection, sha256: str | None) -> int | None:
    """The number of stored bytes, which is theirs for ever; None when they are not here."""
    if sha256 is None:
        return None
    row = db.execute("SELECT n FROM blob WHERE sha256 = ?", (bytes.fromhex(sha256),)).fetchone()
    return int(row[0]) if row else None
