"""Rows of Submissions and of repeats as OData's JSON objects.

Reading and making are apart: making a row costs ten times what passing over it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from forms.fields import Field, Schema, Table
from server.exports.central_csv import parent_suffix
from server.exports.columns import Alignment, Cell
from server.exports.geodata import geojson, number, whole, wkt
from server.exports.odata_names import identifier, navigation_link, parent_key, row_id
from server.exports.odata_select import Selection
from server.exports.rows import Head, Source

Convert = Callable[[str], object]
# Rows of the tables below a row: path -> key suffix of the row above -> its rows there.
Inside = dict[str, dict[str, list[tuple[str, list[Cell]]]]]
NONE: Mapping[str, list[tuple[str, list[Cell]]]] = {}


@dataclass(slots=True)
class Row:
    """A row as it was read. suffix: its key suffix, "" for a submission. cells: None when the
    answers cannot be read (encrypted). head: of a submission."""

    instance_id: str
    suffix: str
    cells: list[Cell] | None
    head: Head | None
    inside: Inside

    @property
    def id(self) -> str:
        return row_id(self.instance_id, self.suffix)


class RowReader:
    """Reads a table together with what lies below it, each table once, side by side."""

    def __init__(self, source: Source, schema: Schema, table: Table, *, expand: bool) -> None:
        self._source = source
        self._table = table
        self._expand = expand
        below = table.path + "/"
        self._below = [
            (t, RecordQueue(source.repeats(t.path)))
            for t in schema.tables[1:]
            if (t.path.startswith(below) if expand else t.parent == table.number)
        ]
        schemas = source.schemas()
        self._align = {t.path: Alignment(t, schemas).align for t in schema.tables}

    def rows(self) -> Iterator[Row]:
        align = self._align[self._table.path]
        if not self._table.path:
            for head, record in self._source.submissions():
                cells = align(head.schema, orjson.loads(record)[0]) if record else None
                yield Row(head.instance_id, "", cells, head, self._inside(head.instance_id))
            return
        for instance_id, schema, record in self._source.repeats(self._table.path):
            inside = self._inside(instance_id)
            for suffix, *row in orjson.loads(record):
                yield Row(instance_id, suffix, align(schema, row), None, inside)

    def _inside(self, instance_id: str) -> Inside:
        inside: Inside = {}
        for table, queue in self._below:
            if (taken := queue.take(instance_id)) is not None:
                inside[table.path] = self._grouped(table, *taken)
        return inside

    def _grouped(self, table: Table, schema: int, record: bytes) -> dict[str, list[tuple[str, list[Cell]]]]:
        if not self._expand and not self._table.path:
            return {"": []}  # that there are any is all that a link needs
        align = self._align[table.path]
        grouped: dict[str, list[tuple[str, list[Cell]]]] = {}
        for suffix, *row in orjson.loads(record):
            grouped.setdefault(parent_suffix(suffix), []).append((suffix, align(schema, row)))
        return grouped


class RecordQueue:
    """A repeat's records, handed out to the submissions as these pass by in the same order."""

    def __init__(self, rows: Iterator[tuple[str, int, bytes]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def take(self, instance_id: str) -> tuple[int, bytes] | None:
        if self._next is None or self._next[0] != instance_id:
            return None
        _, schema, record = self._next
        self._next = next(self._rows, None)
        return schema, record


# What to put where: (bag, key, place, how to convert, table below). A leaf has a place, a repeat has a
# table, a group has neither. A plain tuple: this is looked at for every cell.
_Step = tuple[int, str, int, Convert | None, Table | None]
NOWHERE = -1


class RowMaker:
    """Makes the JSON objects of one table's rows, with `expand` those below it too."""

    def __init__(
        self, schema: Schema, table: Table, selection: Selection, *, expand: bool, as_wkt: bool
    ) -> None:
        self._schema = schema
        self._table = table
        self._selection = selection
        self._expand = expand
        self._as_wkt = as_wkt
        self._parent_key = parent_key(schema, table)
        self._steps = {t.number: self._plan(t) for t in schema.tables}

    def make(self, row: Row) -> dict[str, Any]:
        made: dict[str, Any] = {}
        wants = self._selection.wants
        if row.head is not None:
            if wants("__id"):
                made["__id"] = row.instance_id
            if (system := self._selection.system(row.head)) is not None:
                made["__system"] = system
        if row.cells is not None:
            self._fill(made, self._table, row.instance_id, row.suffix, row.cells, row.inside)
        if row.suffix:
            if wants("__id"):
                made["__id"] = row.id
            if wants(self._parent_key):
                made[self._parent_key] = row_id(row.instance_id, parent_suffix(row.suffix))
        return made

    def _fill(
        self,
        made: dict[str, Any],
        table: Table,
        instance_id: str,
        suffix: str,
        cells: list[Cell],
        inside: Inside,
    ) -> None:
        bags = [made]
        for at, key, place, convert, below in self._steps[table.number]:
            if place != NOWHERE:
                text = cells[place] or None
                bags[at][key] = convert(text) if text and convert else text
            elif below is None:
                bags.append({})
                bags[at][key] = bags[-1]
            elif (rows := inside.get(below.path, NONE).get(suffix)) is not None:
                link = navigation_link(instance_id, suffix, below.path)
                bags[at][f"{key}@odata.navigationLink"] = link
                if self._expand:
                    bags[at][key] = [self._nested(below, instance_id, *row, inside) for row in rows]

    def _nested(
        self, table: Table, instance_id: str, suffix: str, cells: list[Cell], inside: Inside
    ) -> dict[str, Any]:
        made: dict[str, Any] = {}
        self._fill(made, table, instance_id, suffix, cells, inside)
        made["__id"] = row_id(instance_id, suffix)
        return made

    def _plan(self, table: Table) -> list[_Step]:
        tables = {t.path: t for t in self._schema.tables}
        places = {f.path: n for n, f in enumerate(table.columns)}
        bags: dict[str, int] = {table.path: 0}
        steps: list[_Step] = []
        for field in self._schema.fields:
            if field.table != table.number or (table is self._table and not self._selection.takes(field)):
                continue
            bag, key = bags[field.path.rpartition("/")[0]], identifier(field.name)
            if field.type == "structure":
                bags[field.path] = len(bags)
                steps.append((bag, key, NOWHERE, None, None))
            elif field.type == "repeat":
                steps.append((bag, key, NOWHERE, None, tables[field.path]))
            else:
                steps.append((bag, key, places[field.path], self._conversion(field), None))
        return steps

    def _conversion(self, field: Field) -> Convert | None:
        if field.type in ("geopoint", "geotrace", "geoshape"):
            shape = wkt if self._as_wkt else geojson
            return lambda text: shape(field.type, text)
        return CONVERSIONS.get(field.type)


def _date_time(text: str) -> str | None:
    """Some devices write the offset +07 where +07:00 is due."""
    text = text.strip()
    if text[-3:-2] in ("+", "-") and "T" in text:
        return text + ":00"
    return text or None


CONVERSIONS: dict[str, Convert] = {"int": whole, "decimal": number, "dateTime": _date_time}
