"""Entities of one list for exports: a snapshot, filtered, searched, ordered and paged by the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from server.exports.odata_filter import mentions_deleted
from server.exports.rows import Page
from server.store.entities import CURRENT, ENTITY, ENTITY_WIDTH, VERSION, Entity, EntityRow
from server.store.odata_sql import ENTITY_COLUMNS, condition


@dataclass(frozen=True, slots=True)
class Told:
    """An entity, the version that stands, and the name of who made it."""

    entity: Entity
    version: EntityRow
    creator_name: str | None


class EntitySource:
    """One snapshot of a list. Holds a read transaction until `close`; the connection stays the caller's.

    search: whether a label with its values, as one JSON text, is wanted.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        project: str,
        dataset: str,
        page: Page = Page(),  # noqa: B008 frozen
        *,
        now: datetime,
        search: Callable[[str], bool] | None = None,
    ) -> None:
        self._db, self._page = db, page
        self._where, self._values = _where(project, dataset, page, now, searched=search is not None)
        if search is not None:
            db.create_function("is_wanted", 1, lambda text: int(search(text)), deterministic=True)
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM hub").fetchone()  # the snapshot begins with the first read

    def close(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def count(self) -> int:
        """How many match the filter and search, paging left out."""
        sql = f"SELECT count(*) FROM entity e {CURRENT} WHERE {self._where}"
        return int(self._db.execute(sql, self._values).fetchone()[0])

    def rows(self) -> Iterator[Told]:
        where, values = self._where, list(self._values)
        if self._page.after is not None:
            # A row deleted since still says where to go on.
            where += " AND (e.created_at, e.uuid) < (SELECT created_at, uuid FROM entity WHERE uuid = ?)"
            values.append(self._page.after)
        limit = -1 if self._page.limit is None else self._page.limit
        sql = (
            f"SELECT {ENTITY}, {VERSION}, a.display_name FROM entity e {CURRENT} "
            f"LEFT JOIN actor a ON a.id = e.creator_id WHERE {where} ORDER BY {_order(self._page)} LIMIT ? OFFSET ?"
        )
        cursor = self._db.execute(sql, (*values, limit, self._page.skip))
        try:
            for row in cursor:
                yield Told(Entity(*row[:ENTITY_WIDTH]), EntityRow(*row[ENTITY_WIDTH:-1]), row[-1])
        finally:
            cursor.close()


def _where(
    project: str, dataset: str, page: Page, now: datetime, *, searched: bool
) -> tuple[str, list[object]]:
    conditions, values = ["e.project = ? AND e.dataset = ?"], [project, dataset]
    bound: list[object] = list(values)
    if page.filter is None or not mentions_deleted(page.filter):
        conditions.append("e.deleted_at IS NULL")
    if page.filter is not None:
        sql, more = condition(page.filter, now, ENTITY_COLUMNS)
        conditions.append(sql)
        bound += more
    if searched:
        conditions.append("is_wanted(json_array(v.label, json(v.data)))")
    return " AND ".join(conditions), bound


def _order(page: Page) -> str:
    clauses = [
        f"{ENTITY_COLUMNS[o.field]} {'DESC NULLS LAST' if o.descending else 'ASC NULLS FIRST'}"
        for o in page.order
    ]
    rest = "DESC" if not page.order or page.order[0].descending else "ASC"
    return ", ".join([*clauses, f"e.created_at {rest}", f"e.uuid {rest}"])
