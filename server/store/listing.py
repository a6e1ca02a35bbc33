"""Pages of submissions for people who look: filtered, newest first, each as quick as the first."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

LOOKED_THROUGH = 20_000  # rows at most for one page: a rare mix of wishes must not keep a laptop busy


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which submissions of a form. `state`: "" any, "received" none decided; `submitter`: an actor's number;
    `since`, `until`: beginnings of created_at, until not included; `before`: (created_at, id) of the last one seen."""

    form_id: int
    state: str = ""
    submitter: int | None = None
    hub: str = ""
    since: str = ""
    until: str = ""
    lacking: bool = False
    apart: bool = False
    deleted: bool = False
    before: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    instance_id: str
    name: str | None
    created_at: str
    review_state: str | None
    submitter: str | None
    device_id: str | None
    hub: str
    edits: int
    rivals: int
    expected: int
    present: int
    deleted_at: str | None
    version: int


def list_page(db: sqlite3.Connection, wanted: Wanted, limit: int) -> list[Row]:
    """At most so many, newest first."""
    where, values = _where(wanted)
    # The rows are chosen first, by an index; only what is shown is looked up.
    chosen = f"SELECT id FROM submission s WHERE {where} ORDER BY s.created_at DESC, s.id DESC LIMIT ?"
    rows = db.execute(
        "SELECT s.id, s.instance_id, v.instance_name, s.created_at, s.review_state, a.display_name, s.device_id, "
        f"s.hub, s.edits, s.rivals, s.expected, s.present, s.deleted_at, s.version_id FROM ({chosen}) c "
        "JOIN submission s ON s.id = c.id JOIN submission_version v ON v.id = s.version_id "
        "LEFT JOIN actor a ON a.id = s.submitter_id ORDER BY s.created_at DESC, s.id DESC",
        [*values, limit],
    )
    return [Row(*row) for row in rows]


def list_ids(db: sqlite3.Connection, wanted: Wanted, limit: int) -> list[int]:
    """Numbers of those that are wanted, newest first."""
    where, values = _where(wanted)
    order = "ORDER BY s.created_at DESC, s.id DESC LIMIT ?"
    return [
        r[0] for r in db.execute(f"SELECT s.id FROM submission s WHERE {where} {order}", [*values, limit])
    ]


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    said: list[tuple[str, tuple[Any, ...]]] = [
        ("s.form_id = ?", (wanted.form_id,)),
        ("s.deleted_at IS NOT NULL" if wanted.deleted else "s.deleted_at IS NULL", ()),
    ]
    if wanted.state == "received":
        said.append(("s.review_state IS NULL", ()))
    elif wanted.state:
        said.append(("s.review_state = ?", (wanted.state,)))
    if wanted.submitter is not None:
        said.append(("s.submitter_id = ?", (wanted.submitter,)))
    if wanted.hub:
        said.append(("s.hub = ?", (wanted.hub,)))
    if wanted.since:
        said.append(("s.created_at >= ?", (wanted.since,)))
    if wanted.until:
        said.append(("s.created_at < ?", (wanted.until,)))
    if wanted.lacking:
        said.append(("s.present < s.expected", ()))
    if wanted.apart:
        said.append(("s.rivals > 0", ()))
    if wanted.before is not None:
        moment, number = wanted.before
        said.append(("(s.created_at < ? OR (s.created_at = ? AND s.id < ?))", (moment, moment, number)))
        said.append(("s.created_at <= ?", (moment,)))
    return " AND ".join(text for text, _ in said), [value for _, values in said for value in values]


def submitters_of(db: sqlite3.Connection, form_id: int) -> list[tuple[int, str]]:
    """(number, display name) of who handed something in: found by skipping from one to the next in the index."""
    rows = db.execute(
        "WITH RECURSIVE step (id) AS ("
        " SELECT min(submitter_id) FROM submission WHERE form_id = ?1 AND deleted_at IS NULL"
        " UNION ALL SELECT (SELECT min(submitter_id) FROM submission WHERE form_id = ?1 AND deleted_at IS NULL"
        "  AND submitter_id > step.id) FROM step WHERE step.id IS NOT NULL) "
        "SELECT a.id, a.display_name FROM step JOIN actor a ON a.id = step.id",
        (form_id,),
    )
    return rows.fetchall()
