"""consultation.db as a file: opened, proved to be ours, written in one transaction a batch, wiped, thrown away.

What it holds beside the tables for people: `_state` (how far the hub's state has come in it), `_form` (the plan of
each form's tables, and up to which submission they are filled), `_row` (which submissions have rows), `_name` (what
people and hubs were called when their rows were written).
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from i18n.khmer_search import joint_key
from server.consultation.tables import KEY, PARENT, TablePlan
from server.extracts.sheets import LANGUAGES
from server.store.sheet_tables import (
    add_columns,
    create_fixed,
    create_table,
    create_view,
    drop_table,
    drop_view,
    quoted,
)

log = logging.getLogger(__name__)
NAME = "consultation.db"
LAYOUT = "1"  # another one: the file is made anew
BUSY_MS, PATIENCE_MS, CACHE_MB = 30_000, 200, 32
# Codes of SQLite that say that the moment is bad, not the file.
_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM}  # fmt: skip
# Keeps no texts: what stands in `key` is the key of a submission, what it is found by are the words that were told.
_WORDS = (
    "fts5(key, content='_row', content_rowid='number', columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\")"
)


class Damaged(Exception):
    """The file is not what this program made: thrown away, it comes back."""


@contextmanager
def damage_told() -> Iterator[None]:
    """Raises Damaged for what SQLite says of a broken file, or one in which somebody dropped a table."""
    try:
        yield
    except sqlite3.DatabaseError as fault:
        if is_passing(fault):
            raise
        raise Damaged(str(fault)) from fault


def is_passing(fault: Exception) -> bool:
    """Whether SQLite says only that somebody else is at work, or that there is no room."""
    code = getattr(fault, "sqlite_errorcode", None)
    return isinstance(fault, sqlite3.OperationalError) and code is not None and code & 0xFF in _PASSING


def remove(path: Path) -> None:
    """The file with its log. Raises OSError when the system keeps it open (Windows)."""
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).unlink()


@contextmanager
def opened(path: Path) -> Iterator[ConsultationFile]:
    """For writing; made when there is none. Raises Damaged."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # testimony is nobody else's to read
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        with damage_told():
            _set_up(db)
            yield ConsultationFile(db)
    finally:
        db.close()


def _set_up(db: sqlite3.Connection) -> None:
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")  # a projection: after a power cut an older state is as good
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute(
        "PRAGMA wal_autocheckpoint = 8000"
    )  # pages of indexes are touched again and again, and written once
    db.execute("PRAGMA journal_size_limit = 33554432")
    db.execute(f"PRAGMA cache_size = -{CACHE_MB * 1024}")
    db.execute("CREATE TEMP TABLE gone (key TEXT PRIMARY KEY) WITHOUT ROWID")


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing. Raises Damaged when there is no file."""
    with damage_told():
        try:
            db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        except sqlite3.OperationalError as fault:
            raise Damaged(str(fault)) from fault
        return db


class ConsultationFile:
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nobody else writes meanwhile."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # How far it has come

    def state(self) -> dict[str, Any]:
        """{} of a new file."""
        if self.db.execute("SELECT 1 FROM sqlite_master WHERE name = '_state'").fetchone() is None:
            if self.db.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
                raise Damaged("not ours")
            return {}
        return {name: json.loads(value) for name, value in self.db.execute("SELECT name, value FROM _state")}

    def set_state(self, **said: Any) -> None:
        rows = [(name, json.dumps(value)) for name, value in said.items()]
        self.db.executemany("INSERT OR REPLACE INTO _state (name, value) VALUES (?, ?)", rows)

    def begin(self) -> None:
        """The tables that are there whatever forms there are."""
        held = Database(self.db)
        held.table("_state").create({"name": str, "value": str}, pk="name")
        held.table("_form").create({"id": int, "plan": str, "upto": int}, pk="id")
        held.table("_row").create({"number": int, "form": int, "key": str}, pk="number")
        held.table("_name").create({"kind": str, "id": str, "name": str}, pk=("kind", "id"))
        held.table("about").create({"name": str, "value": str}, pk="name")
        held.table("forms").create(
            {"table": str, "project": str, "project_id": int, "form_id": str, "title": str, "version": str,
             "state": str, "columns_left_out": int}, pk="table")  # fmt: skip
        held.table("versions").create(
            {"form": str, "number": int, "name": str, "published_at": str},
            pk=("form", "number"), foreign_keys=[("form", "forms", "table")])  # fmt: skip
        create_fixed(self.db)
        self.set_state(layout=LAYOUT)

    # Forms

    def held_forms(self) -> dict[int, tuple[Any, int]]:
        """number of the form -> (its plan as kept, up to which submission it is filled)"""
        rows = self.db.execute("SELECT id, plan, upto FROM _form ORDER BY id")
        return {number: (json.loads(plan), upto) for number, plan, upto in rows}

    def keep_form(self, number: int, plan: Any, upto: int) -> None:
        self.db.execute(
            "INSERT OR REPLACE INTO _form (id, plan, upto) VALUES (?, ?, ?)",
            (number, json.dumps(plan, ensure_ascii=False), upto),
        )

    def set_upto(self, upto: int) -> None:
        self.db.execute("UPDATE _form SET upto = ? WHERE upto < ?", (upto, upto))

    def create_form(self, tables: Sequence[TablePlan]) -> None:
        for plan in tables:
            create_table(self.db, plan)
        self.db.execute(f"CREATE VIRTUAL TABLE {quoted(tables[0].search)} USING {_WORDS}")

    def extend_form(self, tables: Sequence[TablePlan], known: Mapping[str, Collection[str]]) -> None:
        """known: name of a table -> the columns that it has."""
        for plan in tables:
            if plan.name in known:
                add_columns(self.db, plan, known[plan.name])
            else:
                create_table(self.db, plan)

    def drop_form(self, number: int, tables: Sequence[str]) -> None:
        """tables: names, the root's first."""
        for name in reversed(tables):
            for language in LANGUAGES:
                drop_view(self.db, f"{name}_{language}")
            drop_table(self.db, name)
        drop_table(self.db, f"{tables[0]}_search")
        self.db.execute("DELETE FROM _row WHERE form = ?", (number,))
        self.db.execute("DELETE FROM _form WHERE id = ?", (number,))

    def clear_words(self) -> None:
        """What is said of all forms: it is written anew."""
        views = self.db.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
        for (name,) in views:
            drop_view(self.db, name)
        for table in ("questions", "choices", "versions", "forms"):
            self.db.execute(f"DELETE FROM {quoted(table)}")

    def tell_form(self, row: Sequence[object], versions: Sequence[Sequence[object]]) -> None:
        """row: as the columns of `forms`; versions: of `versions`, without the form's table."""
        self.db.execute(f"INSERT INTO forms VALUES ({', '.join('?' * len(row))})", tuple(row))
        self.db.executemany("INSERT INTO versions VALUES (?, ?, ?, ?)", [(row[0], *v) for v in versions])

    def create_views(self, tables: Sequence[TablePlan]) -> None:
        for plan in tables:
            for language in LANGUAGES:
                create_view(self.db, plan, language)

    def tell_about(self, said: Mapping[str, str]) -> None:
        self.db.execute("DELETE FROM about")
        self.db.executemany("INSERT INTO about (name, value) VALUES (?, ?)", list(said.items()))

    # Rows

    def add_rows(self, form: int, numbers: Mapping[str, int]) -> None:
        """numbers: root instanceID -> number of the submission."""
        rows = [(number, form, key) for key, number in numbers.items()]
        self.db.executemany("INSERT INTO _row (number, form, key) VALUES (?, ?, ?)", rows)

    def add_words(self, root: TablePlan, texts: Mapping[int, Sequence[str]]) -> None:
        rows = [(number, joint_key(said)) for number, said in texts.items()]
        sql = f"INSERT INTO {quoted(root.search)} (rowid, key) VALUES (?, ?)"
        self.db.executemany(sql, [row for row in rows if row[1]])

    def rows_of(self, numbers: Collection[int]) -> dict[int, dict[str, int]]:
        """form -> root instanceID -> number, of those of the submissions that have rows here."""
        sql = "SELECT form, key, number FROM _row WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number"
        found: dict[int, dict[str, int]] = {}
        for form, key, number in self.db.execute(sql, (json.dumps(list(numbers)),)):
            found.setdefault(form, {})[key] = number
        return found

    def take_out(self, tables: Sequence[TablePlan], numbers: Mapping[str, int]) -> None:
        """Submissions of one form with all that hangs on them. numbers: as rows_of gives them."""
        self._forget_words(tables, numbers)
        self.db.execute("DELETE FROM temp.gone")
        self.db.executemany("INSERT INTO temp.gone (key) VALUES (?)", [(key,) for key in numbers])
        below = f"{quoted(PARENT)} IN (SELECT key FROM temp.gone)"
        for _ in range(_depth(tables)):
            for plan in tables[1:]:
                self.db.execute(
                    f"INSERT OR IGNORE INTO temp.gone SELECT {quoted(KEY)} FROM {quoted(plan.name)} WHERE {below}"
                )
        for plan in reversed(tables):
            self.db.execute(
                f"DELETE FROM {quoted(plan.name)} WHERE {quoted(KEY)} IN (SELECT key FROM temp.gone)"
            )
        self.db.executemany("DELETE FROM _row WHERE number = ?", [(number,) for number in numbers.values()])

    def _forget_words(self, tables: Sequence[TablePlan], numbers: Mapping[str, int]) -> None:
        """The index keeps no texts: it is told what it forgets. The tables still say it."""
        search = quoted(tables[0].search)
        for key, number in numbers.items():
            words = joint_key(text for *_, text in open_answers(self.db, tables, key))
            if words:
                self.db.execute(
                    f"INSERT INTO {search} ({search}, rowid, key) VALUES ('delete', ?, ?)", (number, words)
                )

    # Names

    def names(self, kind: str) -> dict[str, str | None]:
        rows = self.db.execute("SELECT id, name FROM _name WHERE kind = ? ORDER BY id", (kind,))
        return dict(rows.fetchall())

    def keep_names(self, kind: str, names: Mapping[str, str | None], *, again: bool = False) -> None:
        """again: also in place of what they were called before."""
        self.db.executemany(
            f"INSERT OR {'REPLACE' if again else 'IGNORE'} INTO _name (kind, id, name) VALUES (?, ?, ?)",
            [(kind, one, name) for one, name in names.items()],
        )

    def forget_name(self, kind: str, one: str) -> None:
        self.db.execute("DELETE FROM _name WHERE kind = ? AND id = ?", (kind, one))

    def rename(self, root: TablePlan, column: str, name: str | None, by: str, value: str | None) -> None:
        """In the rows in which column `by` has this value."""
        sql = f"UPDATE {quoted(root.name)} SET {quoted(column)} = ? WHERE {quoted(by)} = ?"
        self.db.execute(sql, (name, value))

    # Off the disk

    def scrub(self, searches: Sequence[str]) -> bool:
        """Takes what was deleted out of every page: False when a reader still needs the log."""
        for name in searches:
            self.db.execute(f"INSERT INTO {quoted(name)} ({quoted(name)}) VALUES ('optimize')")
        self.db.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")  # who withdraws is waiting
        self.db.execute("VACUUM")
        busy = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy


def _depth(tables: Sequence[TablePlan]) -> int:
    """How often the keys below are gathered: once where parents stand before what hangs on them."""
    return 1 if len(tables) < 3 else 2


def open_answers(
    db: sqlite3.Connection, tables: Sequence[TablePlan], key: str
) -> Iterator[tuple[TablePlan, int, str, str]]:
    """(table, place in it, key of the row, text) of each answer of one submission in which words are looked for."""
    keys = [key]
    for plan in tables:
        where = f"{quoted(KEY if plan.is_root else PARENT)} IN (SELECT value FROM json_each(?))"
        numbers = [n for n, place in enumerate(plan.places) if place.open]
        columns = ", ".join(quoted(name) for name in (KEY, *(plan.places[n].name for n in numbers)))
        sql = f"SELECT {columns} FROM {quoted(plan.name)} WHERE {where} ORDER BY rowid"
        rows = db.execute(sql, (json.dumps(keys),)).fetchall()
        if not plan.is_root:
            keys += [row[0] for row in rows]
        for row in rows:
            yield from ((plan, n, row[0], text) for n, text in zip(numbers, row[1:], strict=True) if text)


def count_rows(db: sqlite3.Connection) -> list[tuple[tuple[int, str, str, str], dict[str, int]]]:
    """((number of the project, its name, id of the form, its table), {table: rows}) of each form. Raises Damaged."""
    with damage_told():
        told = db.execute(
            'SELECT project_id, project, form_id, "table" FROM forms ORDER BY 1, 3, 4'
        ).fetchall()
        plans = [json.loads(row[0])["tables"] for row in db.execute("SELECT plan FROM _form ORDER BY id")]
        names = {tables[0][0]: [table[0] for table in tables] for tables in plans}
        return [(row, {name: _count(db, name) for name in names[row[3]]}) for row in told]


def _count(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0])
