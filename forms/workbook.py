"""A workbook cell by cell, as its designer sees it: where each text stands, and exactly how it was typed.

Independent of what the cells mean: the checks and the translations both read this. Nothing is trimmed,
normalised or calculated, and nothing is written. Bytes are a stranger's, so their size is capped first.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from forms.columns import Header, letter, read_header
from forms.errors import FormFault

SOURCE_LIMIT = 10 * 1024 * 1024  # bytes of a workbook's file
SHEET_LIMIT = 16 * 1024 * 1024  # bytes of it once unzipped: 600,000 rows fit 3 MB of zip
OLE = b"\xd0\xcf\x11\xe0"  # what .xls files begin with, and password-protected .xlsx files too
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
OTHER_SPREADSHEETS = (".csv", ".tsv", ".ods", ".fods", ".numbers", ".xlsb", ".gsheet")
MACROS = (".xlsm", ".xltm", ".xlam")


@dataclass(frozen=True, slots=True)
class Row:
    """number: as the spreadsheet shows it. cells: column number -> text, blank cells left out."""

    number: int
    cells: Mapping[int, str]


@dataclass(frozen=True)
class Sheet:
    """name: as written; `kind`: in small letters, as XLSForm means it. headers: of the first row.
    merged: ranges such as "B2:C3". formulas: (row, column) -> the formula; the cell's text is then
    what it last came to, "" when no program has worked it out."""

    name: str
    hidden: bool
    headers: tuple[Header, ...]
    rows: tuple[Row, ...]
    merged: tuple[str, ...] = ()
    formulas: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.name.strip().lower()

    def columns(self, *names: str) -> list[Header]:
        """The columns of these names in all their languages, from left to right."""
        return [header for header in self.headers if header.name in names]

    def column(self, name: str, language: str = "") -> Header | None:
        return next((h for h in self.headers if h.name == name and h.language == language), None)

    def text(self, row: Row, name: str) -> str:
        """What a row says in the first column of this name, without the spaces around it."""
        found = self.columns(name)
        return row.cells.get(found[0].number, "").strip() if found else ""

    def cells(self) -> Iterator[tuple[Row, Header, str]]:
        """Every cell below a header that is not blank, row by row."""
        for row in self.rows:
            for header in self.headers:
                if header.number in row.cells:
                    yield row, header, row.cells[header.number]


@dataclass(frozen=True)
class Workbook:
    sheets: tuple[Sheet, ...]

    def sheet(self, kind: str) -> Sheet | None:
        return next((sheet for sheet in self.sheets if sheet.kind == kind), None)


def read_workbook(source: bytes | Path, file_type: str = ".xlsx") -> Workbook:
    """The sheets of an .xlsx or .xls workbook. source: its bytes, or a file, whose suffix then counts.

    Raises FormFault: xlsform.too_large, .unknown_type, .other_spreadsheet, .macros, .encrypted, .unreadable.
    """
    if isinstance(source, Path):
        file_type = source.suffix.lower()
        check_size(source.stat().st_size)
        source = source.read_bytes()
    check_size(len(source))
    _check_kind(source, file_type)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's, of parts of a workbook that no form uses
            return Workbook(tuple(_read_xls(source) if source.startswith(OLE) else _read_xlsx(source)))
    except Exception as fault:  # noqa: BLE001 - readers of broken files raise nearly anything
        if "encrypted" in str(fault).lower():
            raise FormFault("xlsform.encrypted") from None
        raise FormFault("xlsform.unreadable", error=type(fault).__name__) from None


def check_size(size_bytes: int, limit_bytes: int = SOURCE_LIMIT) -> None:
    if size_bytes > limit_bytes:
        raise FormFault("xlsform.too_large", size_bytes=size_bytes, limit_bytes=limit_bytes)


def _check_kind(source: bytes, file_type: str) -> None:
    if file_type in MACROS:
        raise FormFault("xlsform.macros")
    if file_type in OTHER_SPREADSHEETS:
        raise FormFault("xlsform.other_spreadsheet", file_type=file_type)
    if file_type not in (".xlsx", ".xls"):
        raise FormFault("xlsform.unknown_type", file_type=file_type)
    if source.startswith(OLE) and ENCRYPTED in source:
        raise FormFault("xlsform.encrypted")
    if source.startswith(b"PK"):
        _check_zip(source)


def _check_zip(source: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(source)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            kind = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except Exception as fault:  # noqa: BLE001 - see read_workbook
        raise FormFault("xlsform.unreadable", error=type(fault).__name__) from None
    if b"opendocument" in kind:
        raise FormFault("xlsform.other_spreadsheet", file_type=".ods")
    if "xl/vbaProject.bin" in names:
        raise FormFault("xlsform.macros")
    check_size(sum(part.file_size for part in parts), SHEET_LIMIT)


def _read_xlsx(source: bytes) -> Iterator[Sheet]:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(source), keep_links=False)
    formulas = any(cell.data_type == "f" for page in book.worksheets for cell in page._cells.values())
    # Read once more only when asked for: what a formula came to is in the file beside the formula.
    values = load_workbook(BytesIO(source), keep_links=False, data_only=True) if formulas else book
    for page in book.worksheets:
        known = values[page.title]._cells
        # Not iter_rows: one far cell would make it walk through sixteen thousand million.
        rows: dict[int, dict[int, str]] = {}
        said: dict[tuple[int, int], str] = {}
        for (row, column), cell in sorted(page._cells.items()):
            if cell.data_type == "f":
                said[row, column] = _formula(cell.value)
            value = known[row, column].value if (row, column) in known else None
            if value is not None and (text := _text(value)):
                rows.setdefault(row, {})[column] = text
        merged = tuple(str(area) for area in page.merged_cells.ranges)
        yield _sheet(page.title, page.sheet_state != "visible", rows, merged, said)


def _read_xls(source: bytes) -> Iterator[Sheet]:
    import xlrd

    book = xlrd.open_workbook(file_contents=source, formatting_info=True)
    for page in book.sheets():
        rows: dict[int, dict[int, str]] = {}
        for number in range(page.nrows):
            for column, cell in enumerate(page.row(number), 1):
                value = bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value
                if cell.ctype == xlrd.XL_CELL_DATE:
                    value = xlrd.xldate_as_datetime(cell.value, book.datemode)
                if text := _text(value):
                    rows.setdefault(number + 1, {})[column] = text
        merged = tuple(
            f"{letter(left + 1)}{top + 1}:{letter(right)}{bottom}"
            for top, bottom, left, right in page.merged_cells
        )
        yield _sheet(page.name, page.visibility != 0, rows, merged, {})


def _sheet(
    name: str,
    hidden: bool,
    rows: dict[int, dict[int, str]],
    merged: tuple[str, ...],
    formulas: dict[tuple[int, int], str],
) -> Sheet:
    first = rows.pop(1, {})
    double = any("::" in text for text in first.values())
    kind = name.strip().lower()
    headers = tuple(read_header(kind, n, text, double=double) for n, text in sorted(first.items()))
    below = tuple(Row(number, cells) for number, cells in sorted(rows.items()))
    return Sheet(name, hidden, headers, below, merged, formulas)


def _formula(value: Any) -> str:
    return str(getattr(value, "text", value))  # an array formula is an object


def _text(value: Any) -> str:
    """As pyxform writes a cell's value, but untrimmed."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
