"""The workbook, read back by other programs than ours: openpyxl, pandas, LibreOffice."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.worksheet.worksheet import Worksheet

from server.extracts.imprint import Imprint
from server.extracts.sheets import Cell, Column, Kind, Role, Sheet
from server.formats import Work
from server.formats.xlsx import Limits, write
from tests.extracts import works
from tests.extracts.listed import A, ListedExtract, consultation
from tests.extracts.works import counted

STRINGS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SMALL = Limits(rows=4, columns=3, text=20)


def make_work(folder: Path, **options: str) -> Work:
    return works.make_work(folder, "xlsx", **options)


def written(extract: ListedExtract, work: Work, limits: Limits | None = None) -> bytes:
    (part,) = write(extract, work, limits)
    return b"".join(part.pieces)


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def rows_of(sheet: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def one_column(kind: Kind, *texts: Cell) -> ListedExtract:
    sheet = Sheet("", "wps", None, (Column("x", kind, "/x"), Column("KEY", Kind.TEXT, role=Role.KEY)))
    return ListedExtract((sheet,), {"": [[text, f"uuid:{n}"] for n, text in enumerate(texts)]})


def column_of(content: bytes, sheet: str = "wps") -> list[object]:
    return [row[0] for row in rows_of(opened(content)[sheet])[1:]]


def test_the_sheets_hold_what_the_extract_holds(tmp_path: Path) -> None:
    work = make_work(tmp_path)
    book = opened(written(consultation(), work))
    assert book.sheetnames == ["wps", "person", "Codebook", "Export"]
    first = rows_of(book["wps"])[1]
    assert first[0] == datetime(2026, 11, 23, 8, 15)  # noqa: DTZ001
    assert first[1:5] == ["yes", "07", 12, 'គាត់និយាយថា "ទឹក, ដី"\nបន្ទាត់ទីពីរ']
    assert [row[0] for row in rows_of(book["person"])[1:]] == [34, None, 51]
    assert work.losses.rows == {"wps": 2, "person": 3}
    assert not work.losses


def test_a_text_is_never_a_formula(tmp_path: Path) -> None:
    texts = ("=1+1", "+1", "-1.26 36.79", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "#REF!", "TRUE")
    content = written(one_column(Kind.TEXT, *texts), make_work(tmp_path))
    assert column_of(content) == list(texts)
    assert not any(b"<f" in _member(content, name) for name in _sheets(content))


def test_numbers_that_excel_would_change_stay_text_and_are_told(tmp_path: Path) -> None:
    work = make_work(tmp_path)
    texts = ("12", "១២", "-3", "007", "1e5", "1234567890123456", "123456789012345", "many", None)
    content = written(one_column(Kind.INTEGER, *texts), work)
    assert column_of(content) == [12, 12, -3, "007", "1e5", "1234567890123456", 123456789012345, "many", None]
    assert counted(work) == {("value.kept_as_text", "wps", "x"): 4}
    assert "007" in column_of(written(one_column(Kind.CHOICE, "007"), make_work(tmp_path)))


def test_dates_and_times_are_real_ones(tmp_path: Path) -> None:
    days = one_column(Kind.DATE, "2026-11-23", "1900-03-01", "1899-12-31", "2026-02-30")
    read = opened(written(days, make_work(tmp_path)))["wps"]
    assert column_of(written(days, make_work(tmp_path))) == [
        datetime(2026, 11, 23), datetime(1900, 3, 1), "1899-12-31", "2026-02-30",  # noqa: DTZ001
    ]  # fmt: skip
    assert read["A2"].number_format == "yyyy\\-mm\\-dd"
    assert column_of(written(one_column(Kind.TIME, "08:15:30.000+07:00"), make_work(tmp_path))) == [
        time(8, 15, 30)
    ]


def test_a_moment_shows_the_clock_in_cambodia_to_the_millisecond(tmp_path: Path) -> None:
    moments = one_column(Kind.DATETIME, "2026-11-23T23:59:59.250+07:00", "2026-11-23T16:59:59.250Z")
    work = make_work(tmp_path)
    shown, other = column_of(written(moments, work))
    assert shown == datetime(2026, 11, 23, 23, 59, 59, 250_000)  # noqa: DTZ001
    assert other == "2026-11-23T16:59:59.250Z"  # not shifted in silence
    assert counted(work) == {("value.kept_as_text", "wps", "x"): 1}


def test_times_as_recorded_are_texts(tmp_path: Path) -> None:
    work = make_work(tmp_path, times="recorded")
    said = "2026-11-23T08:15:00.000+07:00"
    assert column_of(written(one_column(Kind.DATETIME, said), work)) == [said]
    assert not work.losses


ANY = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["_x000D_", "_x005F_", "a\r\nb", "\x00\x1f\ufffe", " ស "]
)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(ANY, min_size=1, max_size=12))
def test_every_text_survives_exactly(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    work = make_work(tmp_path_factory.getbasetemp())
    for kind in (Kind.TEXT, Kind.CHOICE):
        content = written(one_column(kind, *texts), work)
        assert _texts(content) == [text or None for text in texts]


KHMER = st.text("កខគឃងចឆស្រីាិុំះេៈ០១៩ 12.-+eEz", max_size=12)
SHAPED = st.integers().map(str) | st.decimals(allow_nan=False, allow_infinity=False).map(str) | KHMER


@settings(max_examples=80, deadline=None)
@given(texts=st.lists(SHAPED, min_size=1, max_size=20))
def test_a_number_says_what_the_answer_said(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    work = make_work(tmp_path_factory.getbasetemp())
    read = column_of(written(one_column(Kind.DECIMAL, *texts), work))
    for text, value in zip(texts, [*read, *[None] * len(texts)], strict=False):
        if isinstance(value, int | float):
            assert float(value) == float(text.translate({0x17E0 + n: str(n) for n in range(10)}))
        else:
            assert (value or "") == text
    kept = sum(isinstance(value, str) for value in read)
    assert sum(counted(work).values()) == kept


def test_a_text_longer_than_a_cell_stands_whole_on_its_own_sheet(tmp_path: Path) -> None:
    story = "ទឹកស្អាត" * 5000 + " 😀"
    work = make_work(tmp_path, language="km")
    book = opened(written(one_column(Kind.TEXT, "ខ្លី", story), work))
    rows = rows_of(book["Long texts"])[1:]
    assert [row[:4] for row in rows] == [["uuid:1", "wps", "x", str(n)] for n in range(1, len(rows) + 1)]
    assert "".join(str(row[4]) for row in rows) == story
    assert all(len(str(row[4]).encode("utf-16-le")) // 2 <= 32_767 for row in rows)
    pointer = book["wps"]["A3"]
    assert "Long texts" in pointer.value and "40,002" in pointer.value
    assert pointer.hyperlink.location == "'Long texts'!A2"
    assert counted(work) == {("text.in_own_sheet", "wps", "x"): 1}
    export = rows_of(book["Export"])
    assert any("Long texts" in str(row[1]) for row in export)


def test_a_text_as_long_as_a_cell_stays_where_it_is(tmp_path: Path) -> None:
    work = make_work(tmp_path)
    content = written(one_column(Kind.TEXT, "ក" * 32_767), work)
    assert column_of(content) == ["ក" * 32_767]
    assert not work.losses


def test_rows_beyond_a_sheet_go_on_in_the_next(tmp_path: Path) -> None:
    work = make_work(tmp_path)
    content = written(one_column(Kind.INTEGER, *[str(n) for n in range(8)]), work, SMALL)
    book = opened(content)
    assert book.sheetnames == ["wps", "wps (2)", "wps (3)", "Codebook", "Export"]
    assert [column_of(content, name) for name in book.sheetnames[:3]] == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert {book[name]["A1"].value for name in book.sheetnames[:3]} == {"x"}
    assert counted(work) == {("sheet.continued", "wps", ""): 2}


def test_columns_beyond_a_sheet_go_on_beside_the_key(tmp_path: Path) -> None:
    work = make_work(tmp_path)
    book = opened(written(consultation(), work, Limits(columns=4)))
    assert book.sheetnames[:4] == ["wps", "wps, columns 2", "wps, columns 3", "person"]
    further = rows_of(book["wps, columns 2"])
    assert further[0] == ["KEY", "story", "photo", "KEY"] or further[0] == [
        "KEY",
        "story",
        "photo",
        "Province",
    ]
    assert further[1][0] == A
    headers = {cell for name in book.sheetnames[:3] for cell in rows_of(book[name])[0]}
    assert headers == {column.name for column in consultation().sheets[0].columns}
    assert counted(work) == {("sheet.widened", "wps", ""): 2}
    assert work.losses.rows == {"wps": 2, "person": 3}


def test_names_that_excel_refuses_are_changed_and_told(tmp_path: Path) -> None:
    names = ("a/b:c*?[d]\\", "Person", "person", "CODEBOOK", "ឈ្មោះវែង" * 6, "'quoted'", "history")
    sheets = tuple(
        Sheet(f"/{n}", name, None, (Column("KEY", Kind.TEXT, role=Role.KEY),)) for n, name in enumerate(names)
    )
    work = make_work(tmp_path)
    book = opened(written(ListedExtract(sheets, {sheet.path: [] for sheet in sheets}), work))
    assert len({name.casefold() for name in book.sheetnames}) == len(names) + 2
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in book.sheetnames)
    assert book.sheetnames[1:3] == ["Person", "person ~2"]
    assert {loss.sheet for loss in work.losses} == set(names) - {"Person"}


def test_an_empty_form_gives_headers(tmp_path: Path) -> None:
    extract = ListedExtract(consultation().sheets, {"": [], "/person": []})
    book = opened(written(extract, make_work(tmp_path)))
    assert [row[0] for row in rows_of(book["person"])] == ["age"]


def test_the_header_is_frozen_and_filters(tmp_path: Path) -> None:
    sheet = opened(written(consultation(), make_work(tmp_path)))["wps"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:I3"
    assert sheet["A1"].alignment.wrap_text


# The order in which ECMA-376 has them: Excel offers to repair a workbook in which it is another.
IN_SHEET = ("sheetViews", "sheetFormatPr", "cols", "sheetData", "autoFilter", "hyperlinks", "pageMargins", "pageSetup",
            "ignoredErrors")  # fmt: skip
IN_STYLES = (
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
)
IN_WORKBOOK = ("workbookPr", "bookViews", "sheets", "definedNames")


def test_elements_stand_in_the_order_of_the_standard(tmp_path: Path) -> None:
    content = written(one_column(Kind.TEXT, "ក" * 40_000), make_work(tmp_path))
    orders = dict.fromkeys(_sheets(content), IN_SHEET)
    orders |= {"xl/styles.xml": IN_STYLES, "xl/workbook.xml": IN_WORKBOOK}
    for name, order in orders.items():
        found = [element.tag.removeprefix(STRINGS) for element in etree.fromstring(_member(content, name))]
        assert [order.index(tag) for tag in found] == sorted({order.index(tag) for tag in found}), name


def test_every_style_that_a_cell_has_exists(tmp_path: Path) -> None:
    content = written(consultation(), make_work(tmp_path))
    styles = etree.fromstring(_member(content, "xl/styles.xml")).find(f"{STRINGS}cellXfs")
    used = {
        int(n)
        for name in _sheets(content)
        for n in re.findall(rb'<c [^>]*s="([0-9]+)"', _member(content, name))
    }
    assert used and max(used) < len(styles) == int(styles.get("count"))


def test_the_codebook_leads_to_each_column(tmp_path: Path) -> None:
    sheet = opened(written(consultation(), make_work(tmp_path, language="km")))["Codebook"]
    rows = rows_of(sheet)
    assert rows[0][:3] == ["សន្លឹក", "ជួរឈរ", "សំណួរជាភាសាខ្មែរ"]
    place = next(n for n, row in enumerate(rows) if row[1] == "place-province")
    assert rows[place][2:5] == ["ខេត្ត", "Province", "choice"] and rows[place][9] == "public"
    assert [row[5:8] for row in rows[place + 1 : place + 3]] == [
        ["07", "កំពត", "Kampot"],
        ["02", "បាត់ដំបង", "Battambang"],
    ]
    assert sheet.cell(place + 1, 2).hyperlink.location == "'wps'!C1"


def test_the_imprint_is_in_the_sheet_and_in_the_properties(tmp_path: Path) -> None:
    content = written(consultation(), make_work(tmp_path))
    book = opened(content)
    assert book.properties.title == consultation().title
    assert book.properties.creator == "សុខា"
    assert {p.name: p.value for p in book.custom_doc_props.props}["export"] == "00f1e2d3c4b5a697"
    assert ["Project", "WPS 2026"] in rows_of(book["Export"])


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = (written(consultation(), make_work(tmp_path)) for _ in range(2))
    assert one == other
    later = make_work(tmp_path)
    later.imprint = Imprint(
        "ffff000000000000", "ដារា", works.MADE_AT.replace(year=2027), "កំពត", "WPS", "wps", "working", "xlsx"
    )
    third = written(consultation(), later)
    changed = {name for name in _names(one) if _member(one, name) != _member(third, name)}
    assert changed == {"docProps/core.xml", "docProps/custom.xml", "xl/worksheets/sheet4.xml"}


def test_a_canceled_export_stops(tmp_path: Path) -> None:
    work = make_work(tmp_path)

    def cancel(rows: int) -> None:
        raise InterruptedError

    work.on_rows = cancel
    with pytest.raises(InterruptedError):
        written(consultation(), work)


def test_pandas_reads_the_same(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    content = written(consultation(), make_work(tmp_path))
    frames = pandas.read_excel(io.BytesIO(content), sheet_name=None, dtype={"place-province": str})
    assert frames["wps"]["place-province"].tolist() == ["07", "02"]
    assert str(frames["wps"]["SubmissionDate"].dtype).startswith("datetime64")
    assert frames["person"]["age"].sum() == 85


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_libreoffice_reads_the_same(tmp_path: Path) -> None:
    texts = ("=1+1", "រឿង\r\nរ៉ាវ", "_x000D_", " <ទឹក & ដី> ", "007")
    (tmp_path / "a.xlsx").write_bytes(written(one_column(Kind.TEXT, *texts), make_work(tmp_path)))
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", str(tmp_path), str(tmp_path / "a.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        read = [row[0] for row in csv.reader(file)][1:]
    assert [text.replace("\r\n", "\n") for text in read] == [text.replace("\r\n", "\n") for text in texts]


def _names(content: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def _member(content: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(content)).read(name)


def _sheets(content: bytes) -> list[str]:
    return [name for name in _names(content) if name.startswith("xl/worksheets/")]


def _texts(content: bytes) -> Sequence[str | None]:
    """The first column of the first sheet, read by the letter of ECMA-376: openpyxl leaves out what it says of signs
    that XML forbids."""
    shared = [_said(one) for one in etree.fromstring(_member(content, "xl/sharedStrings.xml"))]
    rows = etree.fromstring(_member(content, "xl/worksheets/sheet1.xml")).iter(f"{STRINGS}row")
    cells = [next((c for c in row if re.fullmatch("A[0-9]+", c.get("r"))), None) for row in rows][1:]
    return [
        None if c is None else shared[int(c[0].text)] if c.get("t") == "s" else _said(c[0]) for c in cells
    ]


def _said(element: etree._Element) -> str:
    text = "".join(t.text or "" for t in element.iter(f"{STRINGS}t"))
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)
