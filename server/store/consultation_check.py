"""What a consultation database says, table by table, for comparing two of them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from server.store.consultation import damage_told, read_only
from server.store.sheet_tables import quoted

# How far the file came, and what was said before: two files that say the same to people may differ in it.
_ASIDE = ("_state", "_form", "_name")
_SHADOW = ("_data", "_idx", "_config", "_docsize", "_content")


def digests(path: Path) -> dict[str, str]:
    """name of a table, view or index of words -> hash of what it says, and of its columns. Raises Damaged."""
    db = read_only(path)
    try:
        with damage_told():
            return {name: _digest(lines) for name, lines in _contents(db)}
    finally:
        db.close()


def _contents(db: sqlite3.Connection) -> Iterator[tuple[str, Iterator[object]]]:
    found = db.execute(
        "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
    )
    held = found.fetchall()
    words = [name for name, _, sql in held if sql.startswith("CREATE VIRTUAL")]
    shadows = {f"{name}{ending}" for name in words for ending in _SHADOW}
    for name, kind, sql in held:
        if name in words:
            yield name, _words(db, name)
        elif kind == "view":
            yield name, iter([sql])
        elif name not in shadows and name not in _ASIDE and not name.startswith("sqlite_"):
            yield name, _table(db, name)


def _table(db: sqlite3.Connection, name: str) -> Iterator[object]:
    table = quoted(name)
    columns = db.execute(f"PRAGMA table_info({table})").fetchall()
    yield columns
    yield sorted(row[2:5] for row in db.execute(f"PRAGMA foreign_key_list({table})"))
    order = ", ".join(str(n + 1) for n in range(len(columns)))
    yield from db.execute(f"SELECT * FROM {table} ORDER BY {order}")


def _words(db: sqlite3.Connection, name: str) -> Iterator[object]:
    """Every token with how often, and in how many submissions, it stands."""
    db.execute(f"CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', {quoted(name)}, 'row')")
    yield from db.execute("SELECT term, doc, cnt FROM temp.vocabulary ORDER BY term").fetchall()
    db.execute("DROP TABLE temp.vocabulary")


def _digest(lines: Iterator[object]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(repr(line).encode())
    return digest.hexdigest()
