"""A SQLite file of its own for the sheets of one extract."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from server.consultation.tables import TablePlan
from server.extracts.sheets import LANGUAGES, Batch
from server.store.sheet_tables import (
    create_fixed,
    create_table,
    create_view,
    insert_batch,
    insert_choices,
    insert_questions,
)


@contextmanager
def made(path: Path) -> Iterator[SheetDatabase]:
    """A new file, whole at the end. Nobody reads it before, so it has no journal."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -32768")
        db.execute("BEGIN")
        yield SheetDatabase(db)
        db.execute("COMMIT")
    finally:
        db.close()


class SheetDatabase:
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def begin(self, tables: Sequence[TablePlan], versions: Mapping[int, str], *, distinct: bool) -> None:
        """distinct: whether no key comes twice."""
        held = Database(self.db)
        create_fixed(self.db)
        held.table("versions").create({"number": int, "name": str}, pk="number")
        self.db.executemany("INSERT INTO versions (number, name) VALUES (?, ?)", list(versions.items()))
        keys = {plan.name: plan.key for plan in tables}
        for plan in tables:
            create_table(self.db, plan, keys.get(plan.parent or ""), distinct=distinct)

    def insert(self, plan: TablePlan, batch: Batch) -> None:
        insert_batch(self.db, plan, batch)

    def tell(self, tables: Sequence[TablePlan]) -> None:
        """What was asked and could be chosen, and the views that say it."""
        root = tables[0].name
        for plan in tables:
            said = {place.column.path: place.column.labels for place in plan.places if place.column.path}
            insert_questions(self.db, root, plan, {None: {plan.path: plan.labels, **said}})
            insert_choices(self.db, root, plan)
            for language in LANGUAGES:
                create_view(self.db, plan, language)

    def tell_about(self, lines: Mapping[str, str], losses: Iterable[Sequence[object]]) -> None:
        """losses: (code, sheet, column, how many, in words)."""
        held = Database(self.db)
        held.table("about").create({"name": str, "value": str}, pk="name")
        self.db.executemany("INSERT INTO about (name, value) VALUES (?, ?)", list(lines.items()))
        held.table("losses").create({"code": str, "sheet": str, "column": str, "count": int, "said": str})
        self.db.executemany("INSERT INTO losses VALUES (?, ?, ?, ?, ?)", [tuple(loss) for loss in losses])
