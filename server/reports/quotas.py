"""How many people of whom were to be heard: a table `province, group, sex, target`, as CSV or in the first sheet of a
workbook. A blank means "any". Provinces by code or name, groups and sexes by the form's codes or labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from forms.errors import FormFault
from forms.gazetteer import province_named
from i18n.khmer import digits_to_ascii
from server.errors import Fault
from server.extracts.sheets import Labels

ROWS_LIMIT = 2000
BYTES_LIMIT = 4 * 1024 * 1024
COLUMNS = ("province", "group", "sex", "target")


@dataclass(frozen=True, slots=True)
class Quota:
    """ "" stands for any. row: in the file, from 1."""

    province: str
    group: str
    sex: str
    target: int
    row: int


def read_quotas(path: Path) -> list[Quota]:
    """Raises Fault quota.unreadable, quota.columns, quota.row."""
    try:
        if path.stat().st_size > BYTES_LIMIT:
            raise Fault("quota.unreadable", path=str(path))
        rows = _sheet_rows(path) if path.suffix.lower() == ".xlsx" else _csv_rows(path)
    except Fault:
        raise
    except Exception as fault:  # whatever a damaged workbook makes its reader raise
        raise Fault("quota.unreadable", path=str(path)) from fault
    return list(_quotas(path, rows))


def _csv_rows(path: Path) -> list[list[str]]:
    reader = csv.reader(io.StringIO(path.read_text("utf-8-sig")))
    return list(islice(reader, ROWS_LIMIT + 1))


def _sheet_rows(path: Path) -> list[list[str]]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        rows = book.worksheets[0].iter_rows(values_only=True, max_row=ROWS_LIMIT + 1, max_col=20)
        return [["" if cell is None else str(cell) for cell in row] for row in rows]
    finally:
        book.close()


def _quotas(path: Path, rows: Sequence[Sequence[str]]) -> Iterable[Quota]:
    heads = [cell.strip().lower() for cell in rows[0]] if rows else []
    if "target" not in heads or not set(heads) & set(COLUMNS[:3]):
        raise Fault("quota.columns", path=str(path), columns=", ".join(COLUMNS))
    for number, row in enumerate(rows[1:], start=2):
        said = {head: cell.strip() for head, cell in zip(heads, row, strict=False)}
        if any(said.values()):
            yield _quota(path, number, said)


def _quota(path: Path, number: int, said: Mapping[str, str]) -> Quota:
    target = digits_to_ascii(said.get("target", "")).removesuffix(".0")
    if not (target.isascii() and target.isdigit() and 0 < int(target[:9]) < 10_000_000):
        raise Fault("quota.row", path=str(path), row=number, value=said.get("target", ""))
    return Quota(_province(path, number, said.get("province", "")), said.get("group", ""), said.get("sex", ""),
                 int(target), number)  # fmt: skip


def _province(path: Path, number: int, name: str) -> str:
    try:
        # A spreadsheet makes 7 of 07.
        return province_named(name.zfill(2) if name.isdigit() else name).code if name else ""
    except FormFault:
        raise Fault("quota.row", path=str(path), row=number, value=name) from None


def code_of(name: str, values: Mapping[str, Labels]) -> str | None:
    """The form's code of what the file names; None when the form has none."""
    folded = name.strip().casefold()
    for code, labels in values.items():
        if folded in (code.casefold(), *(text.strip().casefold() for text in labels.values())):
            return code
    return None
