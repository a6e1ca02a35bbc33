"""Pages far into a form's submissions, newest first."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class Start(NamedTuple):
    """Where a page begins: among the submissions that came `before` this text (in the order of their
    created_at), after passing over `skip` more."""

    before: str
    skip: int


EVERYTHING = "~"  # later than any moment


def find_start(db: sqlite3.Connection, form_id: int, skip: int) -> Start:
    """Passes over whole hours of submissions by their counts. Those in the trash do not count."""
    before = EVERYTHING
    hours = db.execute(
        "SELECT hour, live FROM submission_hour WHERE form_id = ? AND live > 0 ORDER BY hour DESC", (form_id,)
    )
    for hour, live in hours:
        if skip < live:
            break
        skip, before = skip - live, hour
    hours.close()
    return Start(before, skip)


def count_live(db: sqlite3.Connection, form_id: int) -> int:
    """How many submissions of the form there are, without the trash."""
    row = db.execute(
        "SELECT coalesce(sum(live), 0) FROM submission_hour WHERE form_id = ?", (form_id,)
    ).fetchone()
    return int(row[0])
