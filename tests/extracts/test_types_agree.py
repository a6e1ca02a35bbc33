"""Over random columns of every type, in Khmer and spoilt: a workbook and a Parquet file say what the extract says,
and what they cannot say as a value is told."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i18n.khmer import digits_to_ascii, digits_to_khmer
from server.extracts.sheets import Cell, Column, Kind, Role, Sheet
from server.extracts.typed import typed
from server.formats import format_named
from tests.extracts.listed import ListedExtract
from tests.extracts.works import counted, make_work

CAMBODIA = timezone(timedelta(hours=7))
JUNK = st.text("កខសុខាភិបាល្១២៣ 0123-+:.TZ/e\n", min_size=1, max_size=16)
MOMENTS = st.datetimes(datetime(1890, 1, 1), datetime(2200, 1, 1), timezones=st.just(CAMBODIA))  # noqa: DTZ001
SOUND = {
    Kind.TEXT: JUNK,
    Kind.INTEGER: st.integers(-(10**19), 10**19).map(str),
    Kind.DECIMAL: st.floats(allow_nan=False, allow_infinity=False).map(str)
    | st.decimals(-999, 999, places=3).map(str),
    Kind.DATE: st.dates(date(1890, 1, 1)).map(str),
    Kind.DATETIME: MOMENTS.map(lambda moment: moment.isoformat(timespec="milliseconds")),
    Kind.TIME: st.times().map(lambda one: f"{one.isoformat(timespec='milliseconds')}+07:00"),
    Kind.CHOICE: st.sampled_from(["07", "yes", "ភូមិ"]),
    Kind.CHOICES: st.sampled_from(["water", "water land", "07 02"]),
    Kind.FLAG: st.sampled_from("01"),
}


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[Kind], list[list[Cell]]]:
    """Kinds, and as many rows of cells for them."""
    kinds = draw(st.lists(st.sampled_from(list(SOUND)), min_size=1, max_size=6))
    cells = [st.none() | SOUND[kind] | SOUND[kind].map(digits_to_khmer) | JUNK for kind in kinds]
    return kinds, draw(st.lists(st.tuples(*cells).map(list), min_size=1, max_size=8))


def extract_of(kinds: Sequence[Kind], rows: Sequence[Sequence[Cell]]) -> ListedExtract:
    key = Column("KEY", Kind.TEXT, role=Role.KEY)
    asked = (Column(f"q{n}", kind, f"/q{n}") for n, kind in enumerate(kinds))
    keyed = [[*row, f"uuid:{n}"] for n, row in enumerate(rows)]
    return ListedExtract((Sheet("", "wps", None, (*asked, key)),), {"": keyed}, size=3)


def written(
    extract: ListedExtract, folder: Path, file_format: str
) -> tuple[io.BytesIO, dict[tuple[str, str, str], int]]:
    work = make_work(folder, file_format)
    parts = format_named(file_format).writer()(extract, work)
    (content,) = [b"".join(part.pieces) for part in parts]
    return io.BytesIO(content), counted(work)


def as_said(value: object, text: Cell) -> bool:
    """Whether a cell of a workbook says what was answered."""
    said = digits_to_ascii(text or "").strip()
    if isinstance(value, datetime) and "T" in said:
        return value.isoformat(timespec="milliseconds") + "+07:00" == said
    if isinstance(value, datetime):
        return str(value.date()) == said
    if isinstance(value, time):
        return abs(_milliseconds(value) - _milliseconds(time.fromisoformat(said))) <= 1
    return value == text if isinstance(value, str | None) else float(value) == float(said)  # type: ignore[arg-type]


def _milliseconds(one: time) -> float:
    return (one.hour * 3600 + one.minute * 60 + one.second) * 1000 + one.microsecond / 1000


@settings(max_examples=60, deadline=None)
@given(held=columns())
def test_a_workbook_says_what_was_answered(
    held: tuple[list[Kind], list[list[Cell]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    kinds, rows = held
    content, told = written(extract_of(kinds, rows), tmp_path_factory.getbasetemp(), "xlsx")
    read = list(openpyxl.load_workbook(content)["wps"].iter_rows(min_row=2, values_only=True))
    assert len(read) == len(rows)
    for values, row in zip(read, rows, strict=True):
        assert all(as_said(value, text) for value, text in zip(values, row, strict=False)), (values, row)
    for place, kind in enumerate(kinds):
        texts = sum(isinstance(values[place], str) for values in read)
        plain = kind in (Kind.TEXT, Kind.CHOICE, Kind.CHOICES)
        assert told.get(("value.kept_as_text", "wps", f"q{place}"), 0) == (0 if plain else texts)


@settings(max_examples=60, deadline=None)
@given(held=columns())
def test_parquet_says_what_was_answered(
    held: tuple[list[Kind], list[list[Cell]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    kinds, rows = held
    content, told = written(extract_of(kinds, rows), tmp_path_factory.getbasetemp(), "parquet")
    table = pq.read_table(content)
    for place, kind in enumerate(kinds):
        cells = [row[place] for row in rows]
        values, bad = typed(kind, cells)
        assert table[f"q{place}"].to_pylist() == [_of(kind, value) for value in values]
        assert told.get(("value.not_typed", "wps", f"q{place}"), 0) == bad


def _of(kind: Kind, value: object) -> object:
    if isinstance(value, time):
        return value.replace(tzinfo=None, microsecond=value.microsecond // 1000 * 1000)
    if isinstance(value, str) and kind is Kind.CHOICES:
        return value.split()
    return value
