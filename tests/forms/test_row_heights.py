"""Promises of row heights: wrapped texts are seen whole, short rows stay as they are."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook, load_workbook

from forms.row_heights import LINE_PT, fit
from forms.starting import new_workbook


@pytest.mark.parametrize(
    ("text", "lines"), [("ក" * 40, None), ("ក" * 41, 2), ("ក\nខ\n\nគ", 4), ("", None), ("ក" * 41 + "\nខ", 3)]
)
def test_a_row_has_room_for_every_line(text: str, lines: int | None) -> None:
    sheet = Workbook().active
    fit(sheet, 3, [("short", 10), (text, 40)])
    assert sheet.row_dimensions[3].height == (lines and lines * LINE_PT)


def test_instructions_are_seen_whole() -> None:
    sheet = load_workbook(io.BytesIO(new_workbook("visit", "1")))["read_first"]
    long = [row for row in range(1, sheet.max_row + 1) if len(sheet.cell(row, 2).value) > 70]
    assert long and all(sheet.row_dimensions[row].height >= 2 * LINE_PT for row in long)
