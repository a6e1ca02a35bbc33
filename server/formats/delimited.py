"""Sheets as CSV: UTF-8, "\\n", quotes only where they are needed, a header always.

Worked column by column, so that a batch costs a few C-level calls a column and no call of ours a cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from server.exports.csv_lines import is_special, quoted
from server.extracts.sheets import Batch, Cell, Sheet
from server.formats import Work
from server.formats.guard import guarded

BOM = b"\xef\xbb\xbf"
NOTHING = '""'
REPEAT_MISSING = "sheet.not_in_one_csv"
GUARDED = "cell.guarded"
NOT_UNICODE = "character.not_unicode"


def table(sheet: Sheet, batches: Iterable[Batch], work: Work) -> Iterator[bytes]:
    """The whole file of a sheet: its header at once, then a piece a batch."""
    names = [column.name for column in sheet.columns]
    yield heading(",".join(_safe([name], name, sheet, work)[0] for name in names), work)
    for batch in batches:
        yield encoded(_text(batch, names, sheet, work), sheet.name, work)
        work.count(sheet.name, len(batch))


def heading(header: str, work: Work) -> bytes:
    """The beginning of every file: the BOM if one is wanted, and the header's line."""
    return (BOM if work.options.bom else b"") + f"{header}\n".encode("utf-8", "replace")


def encoded(text: str, sheet: str, work: Work) -> bytes:
    """The text as UTF-8. Half a surrogate pair, which no encoding can hold, becomes "?" and is counted."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        work.losses.add(NOT_UNICODE, sheet, count=sum("\ud800" <= sign <= "\udfff" for sign in text))
        return text.encode("utf-8", "replace")


def _text(batch: Batch, names: Sequence[str], sheet: Sheet, work: Work) -> str:
    columns = [_safe(cells, name, sheet, work) for cells, name in zip(batch.columns, names, strict=True)]
    if len(columns) == 1:
        # A line with nothing on it is passed over by readers, and the row with it.
        return "".join(f"{cell or NOTHING}\n" for cell in columns[0])
    return "\n".join([*map(",".join, zip(*columns, strict=True)), ""])


def _safe(cells: Sequence[Cell], name: str, sheet: Sheet, work: Work) -> Sequence[str]:
    """A column's cells as they stand in the file."""
    texts, joined = _texts(cells)
    if work.options.guard:
        texts, count = guarded(texts)
        work.losses.add(GUARDED, sheet.name, name, count)
    return quoted(texts) if is_special(joined) else texts


def _texts(cells: Sequence[Cell]) -> tuple[Sequence[str], str]:
    """The cells without None, and all of them in one, in which it is quick to look for something."""
    try:
        return cells, "".join(cells)  # type: ignore[return-value, arg-type]
    except TypeError:  # quicker than to look for None first: joining has to look at each anyway
        texts = ["" if cell is None else cell for cell in cells]
        return texts, "".join(texts)
