"""What a workbook says of its columns ("Codebook") and of itself ("Export")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from i18n import mark, translate
from server.extracts.messages import REMARKS, said
from server.extracts.sheets import Cell, Column, Extract, Labels, Sheet
from server.formats import Work
from server.formats.note import IMPRINT
from server.formats.xlsx_sheet import Link, Written, beginning, ending, wrapped_row

CODEBOOK, EXPORT = "Codebook", "Export"
Homes = dict[tuple[str, str], Link]
"""(path of the sheet, name of the column) -> the cell of its header."""
HEADERS = (
    mark("Sheet"), mark("Column"), mark("Question in Khmer"), mark("Question in English"), mark("Type"), mark("Code"),
    mark("Label in Khmer"), mark("Label in English"), mark("Form version"), mark("Sensitivity"), mark("Note"),
)  # fmt: skip
WIDTHS = (18.0, 28.0, 40.0, 40.0, 12.0, 16.0, 30.0, 30.0, 14.0, 14.0, 20.0)
ABOUT_WIDTHS = (34.0, 90.0)
ROWS = mark("{count} rows")
LOST = mark("What could not be carried over")
NOTHING_LOST = mark("Nothing was left out or cut.")
REMARKED = mark("What else to know")


class Codebook:
    """A row for each column and one for each of its choices."""

    def __init__(self, extract: Extract, language: str, homes: Homes) -> None:
        self.written = Written(CODEBOOK, len(HEADERS), 1)
        self._extract, self._language, self._homes = extract, language, homes

    def xml(self) -> Iterator[str]:
        yield beginning(WIDTHS)
        yield wrapped_row(1, [translate(header, self._language) for header in HEADERS], WIDTHS, "header")
        for sheet in self._extract.sheets:
            for column in sheet.columns:
                yield from self._column(sheet, column)
        yield ending(self.written)

    def _column(self, sheet: Sheet, column: Column) -> Iterator[str]:
        name, asked = column.name, column.labels
        yield self._row(
            (sheet.name, name, asked.get("km"), asked.get("en"), column.kind.value, None, None, None, None,
             column.sensitivity, ", ".join(column.note)),
            self._homes.get((sheet.path, name)),
        )  # fmt: skip
        for version, code, labels in _choices(column, self._extract.versions):
            km, en = labels.get("km"), labels.get("en")
            yield self._row((sheet.name, name, None, None, None, code, km, en, version, None, None))

    def _row(self, cells: tuple[Cell, ...], home: Link | None = None) -> str:
        self.written.row += 1
        styles = ["wrapped"] * len(HEADERS)
        if home:
            styles[1] = "link"
            self.written.lead(replace(home, place=f"B{self.written.row}"))
        return wrapped_row(self.written.row, cells, WIDTHS, styles)


def _choices(column: Column, versions: Mapping[int, str]) -> Iterator[tuple[str | None, str, Labels]]:
    """(form version or None for the words that hold, code, labels): as now, then as older versions put it."""
    for code, labels in column.values.items():
        yield None, code, labels
    for number, values in column.values_by_version.items():
        for code, labels in values.items():
            if labels != column.values.get(code):
                yield versions.get(number, str(number)), code, labels


def about(work: Work, extract: Extract) -> Iterator[str]:
    """The imprint, how many rows each sheet has, and what was counted as lost or kept elsewhere."""
    yield beginning(ABOUT_WIDTHS, frozen=False)
    yield wrapped_row(1, [extract.title], (124.0,), "title")
    lines = [*_imprint(work), *_rows(work), *_losses(work)]
    for number, cells in enumerate(lines, 2):
        yield wrapped_row(number, cells, ABOUT_WIDTHS, "wrapped")
    yield ending(Written(EXPORT))


def _imprint(work: Work) -> Iterator[tuple[str, str]]:
    for name, value in work.imprint.lines().items():
        yield translate(IMPRINT[name], work.options.language), value


def _rows(work: Work) -> Iterator[tuple[str, str]]:
    for sheet, count in work.losses.rows.items():
        yield sheet, translate(ROWS, work.options.language, count=f"{count:,}")


def _losses(work: Work) -> Iterator[tuple[str, str]]:
    language = work.options.language
    lost = [said(loss, language) for loss in work.losses if loss.code not in REMARKS]
    remarks = [said(loss, language) for loss in work.losses if loss.code in REMARKS]
    yield from _titled(translate(LOST, language), lost or [translate(NOTHING_LOST, language)])
    yield from _titled(translate(REMARKED, language), remarks)


def _titled(title: str, texts: list[str]) -> Iterator[tuple[str, str]]:
    yield from zip([title, *[""] * len(texts)], texts, strict=False)
