"""The columns of a sheet as types of Arrow, and texts as their values.

    INTEGER int64, FLAG int8 · DECIMAL double · DATE date32 · DATETIME timestamp[ms, Asia/Phnom_Penh] ·
    TIME time32[ms] · CHOICES, RANK list<string> · POINT struct of four doubles · all else string

A flag is a number, so that it can be summed and averaged in every program. Codes are plain strings: as categories
they would differ between files, since each has its own. The time zone has a name because R and polars know no
offsets; Cambodia's has been +07:00 ever since 1911. Where times are to stay as recorded they are strings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time
from typing import Any

import orjson
import pyarrow as pa

from server.extracts.sheets import Cell, Column, Extract, Kind, Sheet
from server.formats import Work
from server.formats.readings import day, decimal, integer, milliseconds, point, time_of_day

ZONE = "Asia/Phnom_Penh"
POINT = pa.struct([(name, pa.float64()) for name in ("latitude", "longitude", "altitude", "accuracy")])
TOLD = 1000  # choices of a column that are told in each file; longer lists are in the codebook
KEPT = 5000  # texts a column whose values are remembered
Reading = Callable[[str], Any]


def _milliseconds_of_day(text: str) -> int | None:
    read = time_of_day(text)
    return None if read is None else _since_midnight(read)


def _since_midnight(read: time) -> int:
    return (read.hour * 3600 + read.minute * 60 + read.second) * 1000 + read.microsecond // 1000


def _flag(text: str) -> int | None:
    return {"0": 0, "1": 1}.get(text)


TYPES: dict[Kind, tuple[pa.DataType, Reading]] = {
    Kind.INTEGER: (pa.int64(), integer),
    Kind.FLAG: (pa.int8(), _flag),
    Kind.DECIMAL: (pa.float64(), decimal),
    Kind.DATE: (pa.date32(), day),
    Kind.DATETIME: (pa.timestamp("ms", ZONE), milliseconds),
    Kind.TIME: (pa.time32("ms"), _milliseconds_of_day),
    Kind.CHOICES: (pa.list_(pa.string()), str.split),
    Kind.RANK: (pa.list_(pa.string()), str.split),
    Kind.POINT: (POINT, point),
}
MOMENTS = (Kind.DATETIME, Kind.TIME)


class _Values(dict[str | None, Any]):
    """text -> value of one column; most texts come again and again."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.forget()

    def __missing__(self, text: str) -> Any:
        value = self[text] = self._reading(text)
        return value

    def forget(self) -> None:
        self.clear()
        self[None] = None


class Texts:
    """A column that stays as it was answered."""

    type = pa.string()
    bad = 0

    def array(self, cells: Sequence[Cell]) -> pa.Array:
        return pa.array(cells, self.type)


class Values:
    """A column with a type. bad: how many answers were not of it and are null."""

    def __init__(self, kind: Kind) -> None:
        self.type, reading = TYPES[kind]
        self._values = _Values(reading)
        self.bad = 0

    def array(self, cells: Sequence[Cell]) -> pa.Array:
        if len(self._values) > KEPT:
            self._values.forget()
        made = pa.array([self._values[text] for text in cells], self.type)
        self.bad += made.null_count - cells.count(None)
        return made


def typed(column: Column, work: Work) -> Texts | Values:
    recorded = work.options.times == "recorded" and column.kind in MOMENTS
    return Values(column.kind) if column.kind in TYPES and not recorded else Texts()


def schema_of(sheet: Sheet, types: Sequence[pa.DataType], extract: Extract, work: Work) -> pa.Schema:
    """With what the codebook says in the metadata of each field, and the imprint in that of the file."""
    fields = [
        pa.field(column.name, kind, metadata=_told(column))
        for column, kind in zip(sheet.columns, types, strict=True)
    ]
    said = {
        "imprint": work.imprint.lines(), "title": extract.title, "sheet": sheet.name, "labels": dict(sheet.labels),
        "versions": {str(number): name for number, name in extract.versions.items()},
    }  # fmt: skip
    return pa.schema(fields, metadata={"samleng": orjson.dumps(said)})


def _told(column: Column) -> dict[str, bytes]:
    said: dict[str, object] = {
        "path": column.path, "type": column.kind.value, "role": column.role.value,
        "sensitivity": column.sensitivity, "note": " ".join(column.note),
        **{f"label_{language}": text for language, text in column.labels.items()},
    }  # fmt: skip
    told = {name: str(value).encode() for name, value in said.items() if value}
    if 0 < len(column.values) <= TOLD:
        told["values"] = orjson.dumps({code: dict(labels) for code, labels in column.values.items()})
    return told
