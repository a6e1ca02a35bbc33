"""Submissions of one form as extracts read them: many rows at a time, chosen by what an analyst names."""

from __future__ import annotations

import json
import sqlite3
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from server.store.export_source import _STATUS, FormSource, Where

_ROOT = (
    f"s.instance_id, s.schema_id, r.record, s.created_at, s.updated_at, s.deleted_at, s.submitter_id, s.present, "
    f"s.expected, {_STATUS}, s.review_state, s.device_id, s.edits, s.form_version, s.hub"
)
_JOIN = (
    "LEFT JOIN answers r ON r.id = s.id * 1024 LEFT JOIN encrypted x ON x.submission_id = s.id "
    "LEFT JOIN attachment z ON z.submission_version_id = s.version_id AND z.name = x.answers_file"
)
RootRow = tuple[
    str, int | None, bytes | None, str, str | None, str | None, int | None, int, int, int | None, str | None,
    str | None, int, str, str,
]  # fmt: skip
"""In the order of _ROOT. The tenth: None when the answers are not encrypted, else whether their file came (0 or 1),
or DAMAGED_FILE once it was tried."""
DAMAGED_FILE = 2
RepeatRow = tuple[str, int, bytes]
"""(root instanceID, form version, record)"""


_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class ExtractSource(FormSource):
    """A FormSource that gives its rows as the database has them, some hundred at a time."""

    def root_rows(self, size: int) -> Iterator[list[RootRow]]:
        yield from _pages(self._rows(_ROOT, _JOIN), size)

    def repeat_rows(self, path: str, size: int) -> Iterator[list[RepeatRow]]:
        """Of the submissions that have rows in the repeat of this path."""
        cursor = self._repeats(path)
        if cursor is not None:
            yield from _pages(cursor, size)

    def count(self) -> int:
        where, values = self._where
        return int(self._db.execute(f"SELECT count(*) FROM submission s WHERE {where}", values).fetchone()[0])

    def actor_names(self) -> dict[int, str]:
        return dict(self._db.execute("SELECT id, display_name FROM actor ORDER BY id").fetchall())

    def hub_names(self) -> dict[str, str]:
        """id -> name, of those that said theirs."""
        return dict(self._db.execute("SELECT id, name FROM hub_name ORDER BY id").fetchall())


def _pages(cursor: sqlite3.Cursor, size: int) -> Iterator[list]:
    while rows := cursor.fetchmany(size):
        yield rows


@dataclass(frozen=True, slots=True)
class Wanted:
    """since, before: moments of the reception as the clock stamps them, the first included. provinces: the answers,
    folded by `folded`, to the question of `places`, "" for none. facilitators: names or numbers of actors.
    places: form version -> place of that question in the root's record. Empty = all. only: root instanceIDs."""

    since: str = ""
    before: str = ""
    review_states: frozenset[str] = frozenset()
    facilitators: frozenset[str] = frozenset()
    provinces: frozenset[str] = frozenset()
    deleted: bool = False
    places: Mapping[int, int] | None = None
    only: frozenset[str] | None = None

    def where(self, form_id: int) -> Where:
        clauses: list[Where] = [("s.form_id = ?", [form_id])]
        if not self.deleted:
            clauses.append(("s.deleted_at IS NULL", []))
        if self.since:
            clauses.append(("s.created_at >= ?", [self.since]))
        if self.before:
            clauses.append(("s.created_at < ?", [self.before]))
        if self.review_states:
            clauses.append(_among("coalesce(s.review_state, 'received')", self.review_states))
        if self.facilitators:
            clauses.append(_by(self.facilitators))
        if self.provinces:
            clauses.append(_among(_province(self.places or {}), self.provinces))
        if self.only is not None:
            clauses.append(_among("s.instance_id", self.only))
        return " AND ".join(sql for sql, _ in clauses), [value for _, values in clauses for value in values]


def _among(what: str, values: Iterable[str]) -> Where:
    """The values are bound as one: SQLite binds no more than some thousands."""
    return f"{what} IN (SELECT value FROM json_each(?))", [json.dumps(sorted(values))]


def _by(facilitators: Iterable[str]) -> Where:
    named, values = _among("a.display_name", facilitators)
    numbered, more = _among("CAST(a.id AS TEXT)", facilitators)
    return f"s.submitter_id IN (SELECT a.id FROM actor a WHERE {named} OR {numbered})", values + more


def folded(text: str) -> str:
    """A name as the condition compares it: without blanks and without Latin capitals (SQLite's lower)."""
    return text.replace(" ", "").translate(_LOWER)


def _province(places: Mapping[int, int]) -> str:
    cases = " ".join(f"WHEN {int(n)} THEN '$[0][{int(p)}]'" for n, p in places.items())
    path = f"CASE s.schema_id {cases} ELSE '$.none' END" if cases else "'$.none'"
    said = f"SELECT json_extract(CAST(p.record AS TEXT), {path}) FROM answers p WHERE p.id = s.id * 1024"
    return f"coalesce(lower(replace(({said}), ' ', '')), '')"
