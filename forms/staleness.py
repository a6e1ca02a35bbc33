"""Whether a translation was made from the text that stands in the form now.

A workbook says nothing about it by itself. So it carries a hidden sheet with one row a translated cell:
a stamp of the English that it was translated from, and one of the translation itself. pyxform passes
over the sheet. A cell without a row is taken to be right: nobody has said otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass

STAMPS_SHEET = "translation_stamps"
COLUMNS = ("sheet", "name", "column", "language", "stamp", "text")


@dataclass(frozen=True, slots=True, order=True)
class Stamped:
    """One row of the sheet. name: the row's key as `forms.texts` makes it ("consent", "yes_no/yes");
    column: "label", "hint" …; language: its code; text: stamp of the translation, "" when unknown."""

    sheet: str
    name: str
    column: str
    language: str
    stamp: str
    text: str = ""

    @property
    def cell(self) -> tuple[str, str, str, str]:
        return self.sheet, self.name, self.column, self.language

    def is_stale(self, english: str, translation: str) -> bool:
        """Whether the English has changed since, and nobody has rewritten the translation either."""
        rewritten = self.text not in ("", stamp(translation))
        return self.stamp != stamp(english) and not rewritten


def stamp(text: str) -> str:
    """First 8 hex digits of the SHA-256 of the text, white space folded: retyping a line break is no change."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:8]


def read_stamps(texts: Mapping[tuple[int, int], str]) -> dict[tuple[str, str, str, str], Stamped]:
    """From the texts of the sheet, {(row, column): text}; rows that are not whole are passed over."""
    header = {text.strip().lower(): column for (row, column), text in texts.items() if row == 1}
    if not set(COLUMNS[:5]) <= set(header):
        return {}
    found = {}
    for row in sorted({row for row, _ in texts if row > 1}):
        values = [texts.get((row, header.get(name, 0)), "") for name in COLUMNS]
        if all(values[:5]):
            one = Stamped(*values)
            found[one.cell] = one
    return found


def stamp_rows(stamps: Iterable[Stamped]) -> list[list[str]]:
    """The sheet's rows, header first, in an order of their own."""
    return [list(COLUMNS), *([*astuple(one)] for one in sorted(stamps))]
