"""Rows of the keys that devices encrypt for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_COLUMNS = "k.id, k.public, k.managed, k.hint, k.locked, k.created_at"


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """`managed`: the hub holds the private part, locked by a passphrase (JSON in `locked`)."""

    id: int
    public: str
    managed: bool
    hint: str | None
    locked: Mapping[str, str] | None
    created_at: str


def find_key(db: sqlite3.Connection, number: int) -> EncryptionKey | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM encryption_key k WHERE k.id = ?", (number,)).fetchone()
    return _key(row) if row else None


def managed_keys(db: sqlite3.Connection, project_uid: str, numbers: Iterable[int]) -> list[EncryptionKey]:
    """Those of these keys that belong to the project and that the hub can unlock."""
    wanted = json.dumps(list(numbers))
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM encryption_key k WHERE k.project = ? AND k.managed = 1 "
        "AND k.id IN (SELECT value FROM json_each(?)) ORDER BY k.id",
        (project_uid, wanted),
    )
    return [_key(row) for row in rows]


def keys_in_use(db: sqlite3.Connection, form_id: int) -> list[EncryptionKey]:
    """Those by whose form version an encrypted submission stands, newest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM encryption_key k WHERE k.id IN (SELECT v.key_id FROM form_version v "
        "WHERE v.form_id = abs(:form) AND EXISTS (SELECT 1 FROM submission s "  # a draft's are under -form
        "JOIN encrypted e ON e.submission_id = s.id "
        "WHERE s.form_id = :form AND s.schema_id = v.id AND s.deleted_at IS NULL)) ORDER BY k.id DESC",
        {"form": form_id},
    )
    return [_key(row) for row in rows]


def note_key(db: sqlite3.Connection, project_uid: str, public: str, created_at: str) -> int:
    """The number of a public key, given to it when it is first met."""
    db.execute(
        "INSERT OR IGNORE INTO encryption_key (project, public, managed, created_at) VALUES (?, ?, 0, ?)",
        (project_uid, public, created_at),
    )
    number = key_number(db, project_uid, public)
    assert number is not None
    return number


def key_number(db: sqlite3.Connection, project_uid: str, public: str) -> int | None:
    row = db.execute(
        "SELECT id FROM encryption_key WHERE project = ? AND public = ?", (project_uid, public)
    ).fetchone()
    return int(row[0]) if row else None


def write_managed(
    db: sqlite3.Connection,
    number: int,
    hint: str | None,
    locked: Mapping[str, str],
    created_at: str,
) -> None:
    said = json.dumps(dict(locked), sort_keys=True)
    db.execute(
        "UPDATE encryption_key SET managed = 1, hint = ?, locked = ?, created_at = ? WHERE id = ?",
        (hint, said, created_at, number),
    )


def _key(row: tuple) -> EncryptionKey:
    number, public, managed, hint, locked, created_at = row
    return EncryptionKey(
        number, public, bool(managed), hint, json.loads(locked) if locked else None, created_at
    )
