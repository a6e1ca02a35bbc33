"""The columns of a sheet as types of Arrow, and texts as their values.

    INTEGER int64, FLAG int8 · DECIMAL double · DATE date32 · DATETIME timestamp[ms, Asia/Phnom_Penh] ·
    TIME time32[ms] · CHOICES, RANK list<string> · POINT struct of four doubles · all else string

A flag is a number, so that it can be summed and averaged in every program. Codes are plain strings: as categories
they would differ between files, since each has its own. The time zone has a name because R and polars know no
offsets; Cambodia's has been +07:00 ever since 1911. Where times are to stay as recorded they are strings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pyarrow as pa

from server.extracts import typed
from server.extracts.sheets import Cell, Column, Extract, Kind, Sheet
from server.formats import Work

ZONE = "Asia/Phnom_Penh"
POINT = pa.struct([(name, pa.float64()) for name in ("latitude", "longitude", "altitude", "accuracy")])
TOLD = 1000  # choices of a column that are told in each file; longer lists are in the codebook
MOMENTS = (Kind.DATETIME, Kind.TIME)
Read = Callable[[Sequence[Cell]], typed.Typed[Any]]


def _flags(cells: Sequence[Cell]) -> typed.Typed[int]:
    values, bad = typed.flags(cells)
    return [None if value is None else int(value) for value in values], bad


def _codes(cells: Sequence[Cell]) -> typed.Typed[list[str]]:
    return [None if cell is None else cell.split() for cell in cells], 0


def _points(cells: Sequence[Cell]) -> typed.Typed[dict[str, float | None]]:
    values = [None if cell is None else _point(cell) for cell in cells]
    return values, values.count(None) - list(cells).count(None)


def _point(text: str) -> dict[str, float | None] | None:
    """ODK's "latitude longitude altitude accuracy", of which the last two may be missing."""
    parts, bad = typed.decimals(text.split())
    if bad or not 2 <= len(parts) <= 4:
        return None
    return dict(zip(POINT.names, [*parts, None, None], strict=False))


TYPES: dict[Kind, tuple[pa.DataType, Read]] = {
    Kind.INTEGER: (pa.int64(), typed.integers),
    Kind.FLAG: (pa.int8(), _flags),
    Kind.DECIMAL: (pa.float64(), typed.decimals),
    Kind.DATE: (pa.date32(), typed.dates),
    Kind.DATETIME: (pa.timestamp("ms", ZONE), typed.datetimes),
    Kind.TIME: (pa.time32("ms"), typed.times),
    Kind.CHOICES: (pa.list_(pa.string()), _codes),
    Kind.RANK: (pa.list_(pa.string()), _codes),
    Kind.POINT: (POINT, _points),
}


class Typed:
    """A column as Arrow has it. bad: how many answers were not of its type and are null."""

    def __init__(self, kind: pa.DataType, read: Read | None = None) -> None:
        self.type, self._read = kind, read
        self.bad = 0

    def array(self, cells: Sequence[Cell]) -> pa.Array:
        if self._read is None:
            return pa.array(cells, self.type)
        values, bad = self._read(cells)
        self.bad += bad
        return pa.array(values, self.type)


def typed_as(column: Column, work: Work) -> Typed:
    recorded = work.options.times == "recorded" and column.kind in MOMENTS
    return Typed(pa.string()) if recorded or column.kind not in TYPES else Typed(*TYPES[column.kind])


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
