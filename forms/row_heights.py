"""How high a row of a workbook must be for its wrapped texts. Programs that open a workbook do not all work
it out, and show the first line alone."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import Any

LINE_PT = 22  # of a Khmer font of 11 points: signs stand above and below the letters


def fit(sheet: Any, row: int, texts: Iterable[tuple[str, float]]) -> None:
    """Sets the height of a row from (text, width of its column in characters); one line is left alone."""
    lines = max((_lines(text, width) for text, width in texts), default=1)
    if lines > 1:
        sheet.row_dimensions[row].height = lines * LINE_PT


def _lines(text: str, width: float) -> int:
    return sum(max(1, ceil(len(line) / width)) for line in text.split("\n"))
