"""Sheets as tables of a SQLite file: tables, keys, views with labels, what was asked, and rows by columns.

Tables are made explicitly, never from data: SQLite would take an id with a leading zero for a number. Numbers are
asked for by the columns' affinity, so that what is no number stands as it was given.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlite_utils import Database

from server.consultation.tables import KEY, VERSION, Place, TablePlan, cells_of
from server.extracts.sheets import LANGUAGES, Batch, Kind, Labels

QUESTIONS, CHOICES = "questions", "choices"
_TYPES = {"TEXT": str, "INTEGER": int, "REAL": float}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def create_fixed(db: sqlite3.Connection) -> None:
    """The tables of what was asked and what could be chosen, the same for every form."""
    held = Database(db)
    held.table(QUESTIONS).create(
        {"form": str, "version": int, "place": int, "path": str, "table": str, "column": str, "kind": str,
         "km": str, "en": str, "sensitivity": str},
    )  # fmt: skip
    held.table(QUESTIONS).create_index(["form", "path", "version"])
    held.table(CHOICES).create(
        {
            "form": str,
            "table": str,
            "column": str,
            "version": int,
            "place": int,
            "name": str,
            "km": str,
            "en": str,
        }
    )
    held.table(CHOICES).create_index(["table", "column", "version", "name"])


def create_table(
    db: sqlite3.Connection, plan: TablePlan, parent_key: str | None = KEY, *, distinct: bool = True
) -> None:
    """parent_key: name of the column of keys in the parent. distinct: whether no key comes twice."""
    table = Database(db).table(plan.name)
    types = {name: _TYPES[type] for name, type in plan.types.items()}
    keys: list[tuple[str, str, str]] = []
    if plan.parent and plan.parent_key and parent_key and distinct:
        keys.append((plan.parent_key, plan.parent, parent_key))
    named = [name for name in (plan.key, plan.parent_key) if name]
    table.create(types, pk=plan.key if distinct else None, foreign_keys=keys, not_null=named)
    for name in (plan.parent_key, None if distinct else plan.key):
        if name:
            table.create_index([name])


def add_columns(db: sqlite3.Connection, plan: TablePlan, known: Iterable[str]) -> None:
    table = Database(db).table(plan.name)
    held = set(known)
    for name, type in plan.types.items():
        if name not in held:
            table.add_column(name, _TYPES[type])


def drop_table(db: sqlite3.Connection, name: str) -> None:
    db.execute(f"DROP TABLE IF EXISTS {quoted(name)}")


def drop_view(db: sqlite3.Connection, name: str) -> None:
    db.execute(f"DROP VIEW IF EXISTS {quoted(name)}")


# Rows


def insert_batch(db: sqlite3.Connection, plan: TablePlan, batch: Batch) -> None:
    cells: list[Sequence[object]] = [cells_of(place, batch.columns) for place in plan.places]
    cells.insert(plan.keys, batch.versions)
    slots = ", ".join("?" * len(cells))
    db.executemany(f"INSERT INTO {quoted(plan.name)} VALUES ({slots})", zip(*cells, strict=True))


def insert_questions(
    db: sqlite3.Connection, form: str, plan: TablePlan, labels: Mapping[int | None, Mapping[str, Labels]]
) -> None:
    """labels: version -> path -> what it says there; None as the version: what holds for all. A version that does
    not ask is left out. The repeat itself has a row without a column."""
    rows = [row for version, said in labels.items() for row in _question_rows(form, plan, version, said)]
    slots = ", ".join("?" * 10)
    db.executemany(f"INSERT INTO {QUESTIONS} VALUES ({slots})", rows)


def _question_rows(
    form: str, plan: TablePlan, version: int | None, said: Mapping[str, Labels]
) -> Iterator[tuple[object, ...]]:
    if plan.path in said and not plan.is_root:
        yield form, version, 0, plan.path, plan.name, None, "repeat", *_both(said[plan.path]), None
    for number, place in enumerate(plan.places, start=1):
        column = place.column
        if column.path in said and place.part is None and column.path:
            yield (form, version, number, column.path, plan.name, place.name, column.kind.value,
                   *_both(said[column.path]), column.sensitivity)  # fmt: skip


def _both(labels: Labels) -> tuple[str | None, str | None]:
    return labels.get("km"), labels.get("en")


def insert_choices(db: sqlite3.Connection, form: str, plan: TablePlan) -> None:
    """Of each column with choices those of all versions, the newest's words; and below its number what a version
    said otherwise."""
    slots = ", ".join("?" * 8)
    db.executemany(f"INSERT INTO {CHOICES} VALUES ({slots})", list(_choice_rows(form, plan)))


def _choice_rows(form: str, plan: TablePlan) -> Iterator[tuple[object, ...]]:
    for place in plan.places:
        column = place.column
        for version, values in ((None, column.values), *sorted(column.values_by_version.items())):
            for number, (name, labels) in enumerate(values.items(), start=1):
                yield form, plan.name, place.name, version, number, name, *_both(labels)


# Views


def create_view(db: sqlite3.Connection, plan: TablePlan, language: str) -> None:
    """The table as it is read: what was asked as headers, and words for codes, as they were when the answer was
    given. A code without words stays."""
    shown = [
        f"{_shown(plan, place, language)} AS {quoted(title)}"
        for place, title in zip(plan.places, plan.titles(language), strict=True)
    ]
    db.execute(
        f"CREATE VIEW {quoted(plan.view(language))} AS SELECT {', '.join(shown)} FROM {quoted(plan.name)} AS t"
    )


def _shown(plan: TablePlan, place: Place, language: str) -> str:
    cell = f"t.{quoted(place.name)}"
    if not place.is_labelled:
        return cell
    if place.column.kind is Kind.CHOICE:
        return _label(plan, place, language, cell)
    # As JSON, whatever stands in a code: the parts between blanks.
    parts = f"json_each('[' || replace(json_quote({cell}), ' ', '\",\"') || ']')"
    one = _label(plan, place, language, "p.value")
    return f"(SELECT group_concat({one}, ', ') FROM {parts} AS p WHERE p.value <> '')"


def _label(plan: TablePlan, place: Place, language: str, code: str) -> str:
    other = next(lang for lang in LANGUAGES if lang != language)
    where = f'c."table" = {_text(plan.name)} AND c."column" = {_text(place.name)} AND c.name = {code}'
    said = f"SELECT coalesce(c.{language}, c.{other}) FROM {CHOICES} AS c WHERE {where} AND c.version"
    then = [f"({said} = t.{quoted(VERSION)})"] if place.column.values_by_version else []
    return f"coalesce({', '.join([*then, f'({said} IS NULL)', code])})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
