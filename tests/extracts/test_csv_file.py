"""CSV as other programs read it back: exact, with quotes only where they are needed."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.exports.csv_lines import line
from server.extracts.sheets import Batch, Cell, Column, Kind, Sheet
from server.formats.csv_file import write
from server.formats.guard import unguard
from tests.extracts.listed import ListedExtract, consultation
from tests.extracts.works import counted, make_work, write_one

SIGNS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
CELLS = st.none() | st.text(SIGNS, max_size=30) | st.sampled_from(
    ["", '"', '""', ",", "\n", "\r", "\r\n", "ទឹក, ដី", '=HYPERLINK("ក")', "'", "\x0b\x1f\x85\u2028", " ",
     "គាត់ថា៖ \"ទេ\"\n"]
)  # fmt: skip


def listed(columns: list[str], rows: list[list[Cell]], size: int = 2) -> ListedExtract:
    sheet = Sheet("", "wps", None, tuple(Column(name, Kind.TEXT, f"/{name}") for name in columns))
    return ListedExtract((sheet,), {"": rows}, size=size)


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[Cell]]]:
    names = draw(st.lists(st.text(SIGNS, min_size=1, max_size=8), min_size=1, max_size=5, unique=True))
    row = st.lists(CELLS, min_size=len(names), max_size=len(names))
    return names, draw(st.lists(row, max_size=7))


@given(tables(), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_table_comes_back_as_it_went(
    tmp_path_factory: pytest.TempPathFactory,
    table: tuple[list[str], list[list[Cell]]],
    bom: bool,
    guard: bool,
) -> None:
    names, rows = table
    work = make_work(tmp_path_factory.getbasetemp(), "csv", bom=bom, guard=guard)
    data = write_one(listed(names, rows), work)
    assert data.startswith(b"\xef\xbb\xbf") is bom or names[0].startswith("\ufeff")
    cells = read(data[3:] if bom else data)
    if guard:
        cells = [[unguard(cell) for cell in row] for row in cells]
    assert cells == [names, *([cell or "" for cell in row] for row in rows)]


@given(tables())
@settings(max_examples=100, deadline=None)
def test_lines_are_those_of_the_central_csv(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[list[str], list[list[Cell]]]
) -> None:
    names, rows = table
    if len(names) > 1:
        data = write_one(listed(names, rows), make_work(tmp_path_factory.getbasetemp(), "csv"))
        assert data.decode() == "".join(line([c or "" for c in row]) + "\n" for row in [names, *rows])


def test_khmer_quotes_and_breaks_byte_for_byte(tmp_path: Path) -> None:
    data = write_one(consultation(), make_work(tmp_path, "csv"))
    assert data.decode() == (
        "SubmissionDate,consent,place-province,women,story,photo,KEY,Province,Hub\n"
        '2026-11-23T08:15:00.000+07:00,yes,07,12,"គាត់និយាយថា ""ទឹក, ដី""\nបន្ទាត់ទីពីរ",ផ្ទះ.jpg,'
        "uuid:aaaaaaaa-0000-4000-8000-000000000001,07,កំពត\n"
        "2026-11-22T08:15:00.000+07:00,yes,02,,=1+1,,uuid:bbbbbbbb-0000-4000-8000-000000000002,02,បាត់ដំបង\n"
    )


def test_a_sheet_without_rows_still_has_its_header(tmp_path: Path) -> None:
    assert write_one(listed(["ក", "b"], []), make_work(tmp_path, "csv")).decode() == "ក,b\n"


def test_an_empty_answer_in_the_only_column_is_still_a_row(tmp_path: Path) -> None:
    data = write_one(listed(["a"], [[None], ["1"], [""]]), make_work(tmp_path, "csv"))
    assert data == b'a\n""\n1\n""\n'
    assert len(pandas.read_csv(io.BytesIO(data))) == 3


class Unread(ListedExtract):
    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        raise AssertionError("a row was asked for")
        yield


def test_the_first_bytes_do_not_wait_for_the_first_row(tmp_path: Path) -> None:
    part = next(write(Unread((consultation().sheets[0],), {}), make_work(tmp_path, "csv")))
    assert next(part.pieces).startswith(b"SubmissionDate,consent,")
    with pytest.raises(AssertionError, match="a row was asked for"):
        next(part.pieces)


def test_repeats_that_one_csv_cannot_hold_are_told(tmp_path: Path) -> None:
    work = make_work(tmp_path, "csv")
    write_one(consultation(), work)
    assert counted(work) == {("sheet.not_in_one_csv", "person", ""): 1}
    assert work.losses.rows == {"wps": 2}


def test_every_guarded_cell_is_counted(tmp_path: Path) -> None:
    work = make_work(tmp_path, "csv", guard=True)
    rows: list[list[Cell]] = [["=1", "'x"], ["-1.26", None], ["@a", "ក"]]
    data = write_one(listed(["=ផលបូក", "b"], rows), work)
    assert read(data) == [["'=ផលបូក", "b"], ["'=1", "''x"], ["-1.26", ""], ["'@a", "ក"]]
    assert counted(work) == {("cell.guarded", "wps", "=ផលបូក"): 3, ("cell.guarded", "wps", "b"): 1}


def test_half_a_character_is_counted_and_stops_nothing(tmp_path: Path) -> None:
    work = make_work(tmp_path, "csv")
    data = write_one(listed(["a", "b"], [["\ud83d", "ក"], ["ខ", ""]]), work)
    assert data.decode() == "a,b\n?,ក\nខ,\n"
    assert counted(work) == {("character.not_unicode", "wps", ""): 1}


def test_a_testimony_of_forty_thousand_letters_is_whole(tmp_path: Path) -> None:
    story = "គាត់និយាយថា «ទឹក, ដី»\n" * 2000
    assert len(story) > 40_000
    data = write_one(listed(["story", "KEY"], [[story, "uuid:1"]]), make_work(tmp_path, "csv"))
    assert pandas.read_csv(io.BytesIO(data), dtype=str)["story"][0] == story


def test_pandas_reads_codes_with_their_zeros_and_blanks_as_blanks(tmp_path: Path) -> None:
    data = write_one(consultation(), make_work(tmp_path, "csv", bom=True))
    read_back = pandas.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
    assert list(read_back.columns) == [column.name for column in consultation().sheets[0].columns]
    assert list(read_back["place-province"]) == ["07", "02"]
    assert list(read_back["women"]) == ["12", ""]
    assert read_back["story"][0] == 'គាត់និយាយថា "ទឹក, ដី"\nបន្ទាត់ទីពីរ'


def test_pandas_takes_the_guard_off_as_the_readme_says(tmp_path: Path) -> None:
    data = write_one(consultation(), make_work(tmp_path, "csv", guard=True))
    table = pandas.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
    assert table["story"][1] == "'=1+1"
    assert table.map(lambda cell: cell.removeprefix("'"))["story"][1] == "=1+1"


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice, which is not here")
def test_libreoffice_reads_khmer_and_works_out_nothing_that_is_guarded(tmp_path: Path) -> None:
    """As its import window is set for UTF-8, with formulas worked out: the worst that it can do."""
    for name, guard in (("bare", False), ("guarded", True)):
        data = write_one(consultation(), make_work(tmp_path, "csv", bom=True, guard=guard))
        (tmp_path / f"{name}.csv").write_bytes(data)
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
    ]
    reading = "CSV:44,34,UTF8,1,,0,false,true,false,false,false,-1,true"
    command += [f"--infilter={reading}", "bare.csv", "guarded.csv"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=180)
    bare, guarded = (openpyxl.load_workbook(tmp_path / f"{name}.xlsx").active for name in ("bare", "guarded"))
    assert (bare["E3"].data_type, bare["E3"].value) == ("f", "=1+1")
    assert (guarded["E3"].data_type, guarded["E3"].value) == ("s", "'=1+1")
    rows = list(guarded.iter_rows(values_only=True))
    assert rows[0] == tuple(column.name for column in consultation().sheets[0].columns)
    assert rows[1][4:6] == ('គាត់និយាយថា "ទឹក, ដី"\nបន្ទាត់ទីពីរ', "ផ្ទះ.jpg")
    assert [row[8] for row in rows[1:]] == ["កំពត", "បាត់ដំបង"]
