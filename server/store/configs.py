"""Rows of what an administrator set for this hub."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """Either `value`, JSON, or a file: `blob` is the SHA-256 of its bytes."""

    key: str
    value: Any
    blob: str | None
    content_type: str | None
    set_at: str


_COLUMNS = "key, value, lower(hex(blob)), content_type, set_at"


def write_setting(db: sqlite3.Connection, row: Setting) -> None:
    said = None if row.value is None else json.dumps(row.value, ensure_ascii=False)
    blob = bytes.fromhex(row.blob) if row.blob else None
    db.execute(
        "INSERT OR REPLACE INTO config (key, value, blob, content_type, set_at) VALUES (?, ?, ?, ?, ?)",
        (row.key, said, blob, row.content_type, row.set_at),
    )


def drop_setting(db: sqlite3.Connection, key: str) -> None:
    db.execute("DELETE FROM config WHERE key = ?", (key,))


def find_setting(db: sqlite3.Connection, key: str) -> Setting | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM config WHERE key = ?", (key,)).fetchone()
    return _read(row) if row else None


def list_settings(db: sqlite3.Connection) -> list[Setting]:
    return [_read(row) for row in db.execute(f"SELECT {_COLUMNS} FROM config ORDER BY key")]


def _read(row: tuple[str, str | None, str | None, str | None, str]) -> Setting:
    key, value, blob, content_type, set_at = row
    return Setting(key, json.loads(value) if value is not None else None, blob or None, content_type, set_at)
