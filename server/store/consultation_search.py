"""Which submissions hold words, asked of the index beside a form's tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from server.store.sheet_tables import quoted


def holding(
    db: sqlite3.Connection, search: str, keys: Sequence[str], *, begun: bool
) -> Iterator[tuple[int, str]]:
    """(number, root instanceID) of the submissions that hold all of the keys (i18n/khmer_search.py), those that came
    last first; read one by one, so that whoever has enough of a common word stops. begun: also where the last
    token of a key only begins so."""
    query = " AND ".join(f'"{key}"{" *" if begun else ""}' for key in keys)
    table = quoted(search)
    yield from db.execute(
        f"SELECT rowid, key FROM {table} WHERE {table} MATCH ? ORDER BY rowid DESC", (query,)
    )


def received(db: sqlite3.Connection, root: str, key: str) -> str:
    row = db.execute(f'SELECT "SubmissionDate" FROM {quoted(root)} WHERE "KEY" = ?', (key,)).fetchone()
    return str(row[0]) if row else ""
