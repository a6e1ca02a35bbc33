"""Submissions of one form as exports read them: server.exports.rows.Source over the state tables."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from forms.fields import Schema
from server.clock import shown
from server.exports.odata_filter import mentions_deleted
from server.exports.rows import Agreement, Encrypted, Head, Media, Page
from server.store.blobs import BlobStore
from server.store.odata_sql import COLUMNS, condition
from server.store.paging import count_live, find_start

_HEAD = (
    "s.instance_id, s.created_at, s.updated_at, s.deleted_at, s.submitter_id, a.display_name, s.device_id, "
    "s.review_state, s.edits, s.form_version, s.present, s.expected, coalesce(h.name, s.hub), s.schema_id"
)
_STATUS = "CASE WHEN x.submission_id IS NULL THEN NULL WHEN z.sha256 IS NULL THEN 0 ELSE 1 END"
Where = tuple[str, list[object]]
"""A condition over `s` and the values bound in it."""
Narrowing = Callable[[int, Mapping[int, Schema]], Where]
AUDIT = "/meta/audit"  # the question under which a device's audit log is attached (ODK XForms)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which submissions, as SQL: `sql` begins at FROM and gives `s`."""

    sql: str
    values: tuple[object, ...]


class FormSource:
    """One snapshot of a form's submissions. Holds a read transaction until `close`; the connection
    stays the caller's."""

    def __init__(
        self,
        db: sqlite3.Connection,
        blobs: BlobStore,
        form_id: int,
        schemas: Callable[[sqlite3.Connection], Mapping[int, Schema]],
        page: Page = Page(),  # noqa: B008 frozen
        *,
        now: datetime,
        one: str | None = None,
        only: Narrowing | None = None,
        agreed: Where | None = None,
    ) -> None:
        """schemas: looks the form versions up inside the snapshot, so that none is missing which a
        submission of it follows. one: root instanceID, for that submission alone. only: says as SQL over `s` which
        submissions are wanted, deleted ones among them or not; instead of the page's filter. agreed: a condition beside
        the page's filter."""
        self._db, self._blobs = db, blobs
        self._cursors: list[sqlite3.Cursor] = []
        self._form_id, self._page = form_id, page
        self._db.execute("BEGIN")
        self._db.execute("SELECT count(*) FROM hub").fetchone()  # the snapshot begins with the first read
        self._schemas = schemas(db)
        self._where = only(form_id, self._schemas) if only else _both(_where(form_id, page, now), agreed)
        self._is_all = page.filter is None and agreed is None
        self._chosen = _choose(db, form_id, page, self._where, one, is_all=self._is_all)

    def close(self) -> None:
        """Ends the snapshot, also while rows of it are still being gone over."""
        for cursor in self._cursors:
            cursor.close()
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def count(self) -> int:
        """How many submissions match the page's filter, paging left out."""
        if self._is_all:
            return count_live(self._db, self._form_id)
        where, values = self._where
        return int(self._db.execute(f"SELECT count(*) FROM submission s WHERE {where}", values).fetchone()[0])

    def submissions(self) -> Iterator[tuple[Head, bytes | None]]:
        for row in self._rows(f"{_HEAD}, r.record, {_STATUS}", _WITH_ANSWERS):
            yield _head(row), row[14]

    def repeats(self, path: str) -> Iterator[tuple[str, int, bytes]]:
        yield from self._repeats(path) or ()

    def _repeats(self, path: str) -> sqlite3.Cursor | None:
        numbers = {
            n: t.number for n, schema in self._schemas.items() for t in schema.tables if t.path == path
        }
        if not numbers:
            return None
        cases = " ".join(f"WHEN {int(n)} THEN {int(t)}" for n, t in numbers.items())
        join = f"JOIN answers r ON r.id = s.id * 1024 + CASE s.schema_id {cases} END"
        return self._rows("s.instance_id, s.schema_id, r.record", join)

    def schemas(self) -> Mapping[int, Schema]:
        return self._schemas

    def media(self) -> Iterator[Media]:
        audit, join = self._audit_name()
        what = f"s.instance_id, t.name, lower(hex(t.sha256)), {audit} IS t.name"
        for instance_id, name, sha256, is_audit in self._rows(what, join + _WITH_FILES, "t.place"):
            if not is_audit:
                yield self._media(instance_id, name, sha256)

    def audits(self) -> Iterator[Media]:
        audit, join = self._audit_name()
        if not join:
            return
        what = "s.instance_id, t.name, lower(hex(t.sha256))"
        version = f"JOIN submission_version v ON v.id = s.version_id AND {audit} IS t.name"
        for row in self._by_age(what, f"{join} {_WITH_FILES} {version}"):
            yield self._media(*row)

    def _media(self, instance_id: str, name: str, sha256: str) -> Media:
        return Media(instance_id, name, functools.partial(self._blobs.open, sha256, self._db), sha256)

    def _audit_name(self) -> tuple[str, str]:
        """SQL for the name of a submission's audit log (the answer to /meta/audit), and what it joins."""
        places = {
            number: place
            for number, schema in self._schemas.items()
            for place, field in enumerate(schema.tables[0].columns)
            if field.path == AUDIT
        }
        if not places:
            return "NULL", ""
        cases = " ".join(f"WHEN {int(n)} THEN '$[0][{int(p)}]'" for n, p in places.items())
        found = f"trim(json_extract(CAST(r.record AS TEXT), CASE s.schema_id {cases} ELSE '$.none' END))"
        return found, "LEFT JOIN answers r ON r.id = s.id * 1024 "

    def encrypted(self, *, oldest_first: bool = False) -> Iterator[Encrypted]:
        what = "s.instance_id, f.key_id, s.schema_id, x.answers_file, lower(hex(v.xml)), v.id"
        rows = self._by_age(what, _ENCRYPTED) if oldest_first else self._rows(what, _ENCRYPTED)
        for instance_id, key, schema, answers_file, xml, version in rows:
            yield Encrypted(
                instance_id, key, schema, answers_file,
                functools.partial(self._blobs.read, xml, self._db),
                functools.partial(self._open_file, version),
            )  # fmt: skip

    def _open_file(self, version: int, name: str) -> BinaryIO | None:
        row = self._db.execute(_FILE, (version, name)).fetchone()
        return self._blobs.open(row[0], self._db) if row else None

    def _by_age(self, what: str, join: str) -> sqlite3.Cursor:
        """As _rows, but the oldest version first. join: gives `v`, the version that stands."""
        where, values = self._where
        sql = f"SELECT {what} FROM submission s {join} WHERE {where} ORDER BY v.created_at, v.id"
        cursor = self._db.execute(sql, values)
        self._cursors.append(cursor)
        return cursor

    def _rows(self, what: str, join: str, order: str = "") -> sqlite3.Cursor:
        sql = f"SELECT {what} {self._chosen.sql.format(join=join)}{', ' + order if order else ''}"
        cursor = self._db.execute(sql, self._chosen.values)
        self._cursors.append(cursor)
        return cursor


_WITH_ANSWERS = (
    "LEFT JOIN answers r ON r.id = s.id * 1024 LEFT JOIN actor a ON a.id = s.submitter_id "
    "LEFT JOIN hub_name h ON h.id = s.hub LEFT JOIN encrypted x ON x.submission_id = s.id "
    "LEFT JOIN attachment z ON z.submission_version_id = s.version_id AND z.name = x.answers_file"
)
_ENCRYPTED = (
    "JOIN encrypted x ON x.submission_id = s.id JOIN submission_version v ON v.id = s.version_id "
    "JOIN form_version f ON f.id = s.schema_id"
)
_FILE = (
    "SELECT lower(hex(t.sha256)) FROM attachment t JOIN blob b ON b.sha256 = t.sha256 "
    "WHERE t.submission_version_id = ? AND t.name = ?"
)
# A file may be named before its bytes have come from their hub: it is left out until then.
_WITH_FILES = (
    "JOIN attachment t ON t.submission_version_id = s.version_id AND t.expected = 1 "
    "AND NOT EXISTS (SELECT 1 FROM encrypted x WHERE x.submission_id = s.id) JOIN blob b ON b.sha256 = t.sha256"
)


def _where(form_id: int, page: Page, now: datetime) -> Where:
    conditions, values = ["s.form_id = ?"], [form_id]
    if page.filter is None or not mentions_deleted(page.filter):
        conditions.append("s.deleted_at IS NULL")
    bound: list[object] = list(values)
    if page.filter is not None:
        sql, more = condition(page.filter, now)
        conditions.append(sql)
        bound += more
    return " AND ".join(conditions), bound


def agreed(asked: Mapping[int, Agreement]) -> Where | None:
    """Without the submissions that follow one of these form versions and do not say yes; what holds no answers that
    can be read stays."""
    if not asked:
        return None
    cases, values = [], list[object]()
    for version, agreement in asked.items():
        answer = f"json_extract(CAST(c.record AS TEXT), '$[0][{int(agreement.place)}]')"
        slots = ", ".join("?" for _ in agreement.yes)
        cases.append(f"WHEN {int(version)} THEN coalesce(lower(trim({answer})), '') NOT IN ({slots})")
        values += agreement.yes
    refused = (
        f"SELECT 1 FROM answers c WHERE c.id = s.id * 1024 AND CASE s.schema_id {' '.join(cases)} ELSE 0 END"
    )
    return f"NOT EXISTS ({refused})", values


def _both(one: Where, other: Where | None) -> Where:
    return one if other is None else (f"{one[0]} AND {other[0]}", [*one[1], *other[1]])


def _choose(
    db: sqlite3.Connection, form_id: int, page: Page, wanted: Where, one: str | None, *, is_all: bool
) -> _Chosen:
    """is_all: whether the form's submissions are wanted, but for deleted ones, so that counts by hours hold."""
    where, values = wanted
    skip = page.skip
    if skip and is_all and not page.order and page.after is None and one is None:
        before, skip = find_start(db, form_id, skip)
        where, values = f"{where} AND s.created_at < ?", [*values, before]
    if one is not None:
        where, values = f"{where} AND s.instance_id = ?", [*values, one]
    if page.after is not None:
        # A row deleted since still says where to go on.
        where += (
            " AND (s.created_at, s.instance_id) < "
            "(SELECT created_at, instance_id FROM submission WHERE form_id = ? AND instance_id = ?)"
        )
        values += [form_id, page.after]
    order = _order(page)
    if page.limit is None and not page.skip:
        return _Chosen(f"FROM submission s {{join}} WHERE {where} ORDER BY {order}", tuple(values))
    limit = -1 if page.limit is None else page.limit
    inner = f"SELECT * FROM submission s WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
    return _Chosen(f"FROM ({inner}) s {{join}} ORDER BY {order}", (*values, limit, skip))


def _order(page: Page) -> str:
    clauses = [
        f"{COLUMNS[o.field]} {'DESC NULLS LAST' if o.descending else 'ASC NULLS FIRST'}" for o in page.order
    ]
    rest = "DESC" if not page.order or page.order[0].descending else "ASC"
    return ", ".join([*clauses, f"s.created_at {rest}", f"s.instance_id {rest}"])


def _status(record: bytes | None, has_answers: int | None) -> str | None:
    """has_answers: whether the file with the encrypted answers came; None: they are not encrypted."""
    if record is not None:
        return None
    return "missingEncryptedFormData" if has_answers == 0 else "notDecrypted"


def _head(row: tuple) -> Head:
    return Head(
        instance_id=row[0], submitted_at=f"{row[1][:23]}Z", updated_at=shown(row[2]),
        deleted_at=shown(row[3]), submitter_id=row[4], submitter_name=row[5], device_id=row[6],
        review_state=row[7], edits=row[8], form_version=row[9], attachments_present=row[10],
        attachments_expected=row[11], status=_status(*row[14:16]), hub=row[12],
        schema=row[13],
    )  # fmt: skip
