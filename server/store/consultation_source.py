"""What the consultation database is made from: which submissions of the state tables are new or changed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from server.store.ledger_sqlite import head

MANY = 5000  # changes looked at in one go


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the state has come: as long as it is the same, nothing changed. seq, entry: of the ledger's head. n:
    of the last change of a submission. last: highest number of a submission. generation: of projects and forms."""

    ledger: str
    seq: int
    entry: str
    n: int
    last: int
    generation: int


def mark(db: sqlite3.Connection) -> Mark:
    (ledger,) = db.execute("SELECT ledger FROM hub").fetchone()
    seq = head(db)
    n, last, generation = db.execute(
        "SELECT (SELECT coalesce(max(n), 0) FROM submission_change), (SELECT coalesce(max(id), 0) FROM submission), "
        "(SELECT number FROM generation)"
    ).fetchone()
    return Mark(ledger, seq, entry_name(db, seq), n, last, generation)


def entry_name(db: sqlite3.Connection, seq: int) -> str:
    """The id of the entry at this place; "" when there is none."""
    row = db.execute("SELECT lower(hex(id)) FROM entry WHERE seq = ?", (seq,)).fetchone()
    return str(row[0]) if row else ""


def changes_after(db: sqlite3.Connection, n: int, limit: int) -> list[tuple[int, int]]:
    """(n, number of the submission), the oldest first."""
    rows = db.execute(
        "SELECT n, submission_id FROM submission_change WHERE n > ? ORDER BY n LIMIT ?", (n, limit)
    )
    return rows.fetchall()


def was_folded_anew(db: sqlite3.Connection, n: int) -> bool:
    row = db.execute("SELECT 1 FROM submission_change WHERE submission_id = 0 AND n > ?", (n,)).fetchone()
    return row is not None


def numbers_after(db: sqlite3.Connection, number: int, limit: int) -> list[tuple[int, int]]:
    """(number, number of its form) of the submissions that came later, in the order in which they came."""
    rows = db.execute("SELECT id, form_id FROM submission WHERE id > ? ORDER BY id LIMIT ?", (number, limit))
    return rows.fetchall()


def keys_of(db: sqlite3.Connection, numbers: Collection[int]) -> dict[int, tuple[int, str]]:
    """number -> (number of its form, root instanceID), of those submissions that there are."""
    rows = db.execute(
        "SELECT id, form_id, instance_id FROM submission WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(list(numbers)),),
    )
    return {number: (form, key) for number, form, key in rows}


def standing(db: sqlite3.Connection, form_id: int, numbers: Collection[int]) -> dict[str, int]:
    """root instanceID -> number, of those that are in no trash and whose answers were read."""
    where, values = among(form_id, numbers)
    rows = db.execute(f"SELECT s.instance_id, s.id FROM submission s WHERE {where} ORDER BY s.id", values)
    return dict(rows.fetchall())


def among(form_id: int, numbers: Collection[int]) -> tuple[str, list[object]]:
    """The same as a condition over `s`. The plus keeps SQLite from walking through the whole form by its index."""
    return (
        "+s.form_id = ? AND s.deleted_at IS NULL AND s.stale = 0 AND s.id IN (SELECT value FROM json_each(?))",
        [form_id, json.dumps(list(numbers))],
    )


def stale_forms(db: sqlite3.Connection) -> list[int]:
    """Forms with submissions whose answers are still to be read; test submissions to drafts left out."""
    rows = db.execute(
        "SELECT DISTINCT form_id FROM submission WHERE stale = 1 AND form_id > 0 ORDER BY form_id"
    )
    return [row[0] for row in rows]


def fingerprint(db: sqlite3.Connection) -> str:
    """A hash of all that the layout of the consultation database depends on."""
    digest = hashlib.sha256()
    for row in db.execute(_LAYOUT):
        digest.update(repr(row).encode())
    return digest.hexdigest()


_LAYOUT = (
    "SELECT p.id, p.uid, p.name, f.id, f.xml_form_id, f.state, f.current_id, v.id, v.version, v.xform, "
    "v.published_at, i.name, i.sha256, b.n FROM form f JOIN project p ON p.id = f.project_id "
    "JOIN form_version v ON v.form_id = f.id AND v.published_at IS NOT NULL "
    "LEFT JOIN form_file i ON i.form_version_id = v.id LEFT JOIN blob b ON b.sha256 = i.sha256 "
    "WHERE f.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY f.id, v.published_at, v.id, i.name"
)


def first_names(db: sqlite3.Connection) -> dict[str, str]:
    """uid of a project -> the name that it was made with. A uid is made of that name, so every hub says the same."""
    rows = db.execute(
        "SELECT p.uid, p.name, (SELECT json_extract(CAST(e.header AS TEXT), '$.body.name') FROM entry e "
        "WHERE e.subject = 'project:' || p.uid AND e.kind = 'project.create' AND length(e.header) > 0 "
        "ORDER BY e.id LIMIT 1) FROM project p ORDER BY p.uid"
    )
    return {uid: first or name for uid, name, first in rows}


def names_held(db: sqlite3.Connection) -> tuple[dict[str, str], dict[str, str]]:
    """What people (by number) and hubs (by id) are called."""
    actors = db.execute("SELECT CAST(id AS TEXT), display_name FROM actor ORDER BY id").fetchall()
    return dict(actors), dict(db.execute("SELECT id, name FROM hub_name ORDER BY id").fetchall())
