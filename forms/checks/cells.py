"""The workbook itself: sheets, columns, and cells that are not what they look like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from forms.checks.findings import Finding, find
from forms.columns import EXPRESSIONS, KNOWN, TRANSLATED, Header
from forms.design import Design
from forms.workbook import Row, Sheet
from i18n.khmer import has_khmer

FORM_SHEETS = ("survey", "choices", "settings", "entities", "external_choices", "osm")
ERRORS = ("#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!")
CURVED = re.compile("[\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb]")
STRAIGHT = re.compile(r"'[^']*'|\"[^\"]*\"")
CELL_LIMIT = 32767  # characters that Excel keeps in a cell; it cuts the rest off without a word
# Columns that designers add for themselves or that other programs read; none is a slip of the pen.
FREE = re.compile(
    r"[_#]|note|comment|bind|body|control|instance|attribute|sms_|x-|id\b|module", re.IGNORECASE
)


def check_cells(design: Design) -> Iterator[Finding]:
    if design.workbook.sheet("survey") is None:
        yield Finding("workbook.no_survey")
    for sheet in design.workbook.sheets:
        if sheet.kind in FORM_SHEETS:
            yield from _check_sheet(sheet)
            yield from _check_headers(sheet)
            for row, header, text in sheet.cells():
                yield from _check_cell(sheet, row, header, text)


def _check_sheet(sheet: Sheet) -> Iterator[Finding]:
    if sheet.hidden:
        yield find("workbook.hidden_sheet", sheet, sheet=sheet.name)
    for area in sheet.merged:
        row = int(re.sub(r"\D", "", area.partition(":")[0]))
        yield Finding("workbook.merged", sheet.name, row, re.sub(r"\d.*", "", area), "", {"area": area})
    by_number = {header.number: header for header in sheet.headers}
    for (row, column), formula in sheet.formulas.items():
        if column in by_number:
            text = next((r.cells.get(column, "") for r in sheet.rows if r.number == row), "")
            code = "cell.formula" if text or row == 1 else "cell.formula_empty"
            yield find(code, sheet, row, by_number[column], formula=formula, text=text)


def _check_headers(sheet: Sheet) -> Iterator[Finding]:
    seen: dict[tuple[str, str], Header] = {}
    for header in sheet.headers:
        earlier = seen.setdefault((header.name, header.language), header)
        if earlier is not header:
            yield find("column.duplicate", sheet, 1, header, header=header.text, other=earlier.letter)
        known = KNOWN.get(sheet.kind, ())
        if known and header.name not in known:
            yield from _check_unknown(sheet, header, known)
    named = {header.number for header in sheet.headers}
    nameless = sorted({column for row in sheet.rows for column in row.cells} - named)
    for column in nameless if sheet.headers else ():
        yield find("column.no_header", sheet, 1, Header(column, "", "", ""))


def _check_unknown(sheet: Sheet, header: Header, known: tuple[str, ...]) -> Iterator[Finding]:
    base = header.text.partition("::")[0].strip()
    if has_khmer(base) and not FREE.match(base):
        yield find("column.khmer_name", sheet, 1, header, header=header.text.strip())
    elif not FREE.match(base) and sheet.kind != "external_choices":
        # Any column may stand on the choices sheet for filters: there only a slip with a language counts.
        if sheet.kind == "choices" and "::" not in header.text:
            return
        meant = get_close_matches(base.lower(), known, n=1, cutoff=0.8)
        if meant:
            yield find("column.misspelt", sheet, 1, header, header=header.text.strip(), meant=meant[0])


def _check_cell(sheet: Sheet, row: Row, header: Header, text: str) -> Iterator[Finding]:
    if text.strip() in ERRORS:
        yield find("cell.error", sheet, row, header, text=text.strip())
    elif (row.number, header.number) in sheet.formulas:
        return
    if text != text.strip(" \t\r\n\u00a0") and text.strip():
        yield find("cell.spaces", sheet, row, header, text=_short(text.strip()))
    if len(text) >= CELL_LIMIT:
        yield find("cell.too_long", sheet, row, header, length=len(text), limit=CELL_LIMIT)
    if header.name in EXPRESSIONS and header.name not in TRANSLATED:
        curved = sorted(set(CURVED.findall(STRAIGHT.sub("", text))))
        if curved:
            yield find("cell.smart_quotes", sheet, row, header, marks=" ".join(curved))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
