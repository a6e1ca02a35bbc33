"""Whether a translation is older than its English: a stamp of the English, kept when it is translated.

The stamps stand in the hidden sheet `_translated` of the workbook, one row for each translated text, with
the columns of COLUMNS. Whoever writes translations into a workbook writes the stamps; the check reads them.
docs/xlsform.md, "Stale translations".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from forms.workbook import Sheet, Workbook

SHEET = "_translated"  # pyxform passes over sheets whose name begins with _
COLUMNS = ("sheet", "name", "column", "language", "stamp")
Key = tuple[str, str, str, str]


def stamp(text: str) -> str:
    """Twelve letters that stand for a source text. Spaces around and between words do not count:
    pyxform drops them, so nobody ever saw them."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def read_stamps(workbook: Workbook) -> dict[Key, str]:
    """(sheet, name, column, language code) -> stamp of the English that was translated.

    sheet: survey or choices. name: of the question; of a choice `list/name`. column: as in
    forms/columns.py. What stands there twice, or not whole, is left out.
    """
    found: dict[Key, str] = {}
    twice: set[Key] = set()
    sheet = workbook.sheet(SHEET)
    for key, said in _rows(sheet) if sheet else ():
        if key in found:
            twice.add(key)
        found[key] = said
    return {key: said for key, said in found.items() if key not in twice}


def _rows(sheet: Sheet) -> Iterator[tuple[Key, str]]:
    for row in sheet.rows:
        said = [sheet.text(row, column) for column in COLUMNS]
        if all(said):
            yield (said[0], said[1], said[2], said[3]), said[4]
