"""What a loss is in words: by the code that a profile or a format counts (`losses.Losses`)."""

from __future__ import annotations

from i18n import LANGUAGES, mark, translate
from server.extracts.losses import Loss

# Each is said with {sheet}, {column} and {count}.
LOSSES = {
    "value.not_typed": mark("{sheet} · {column}: {count} answers are not of the column's type and are left empty here. They stand as they were given in the CSV."),
    "sheet.not_in_one_csv": mark("{sheet}: the rows of this repeat have no place in a single CSV. Take csv.zip for them."),
    "character.not_unicode": mark("{sheet}: {count} characters are halves of a damaged character and are shown as a question mark."),
    "character.not_xml": mark("{sheet} · {column}: {count} control characters were left out, because the file cannot hold them. They stand in the CSV."),
    "file.not_arrived": mark("{sheet} · {column}: {count} files are named and have not arrived on this hub. media.csv says which."),
    "file.damaged": mark("{count} files cannot be read whole from this hub's disk. media.csv says which. Run samleng verify."),
    "sheet.no_place": mark("{sheet}: no column of this export holds a place, so its rows are not on this map."),
    "row.no_place": mark("{sheet}: {count} rows name no place that can be drawn and are not on this map."),
    "place.unsound": mark("{sheet} · {column}: {count} places cannot be drawn: off the globe, or with too few points. They stand as they were given in the CSV."),
    "cell.guarded": mark("{sheet} · {column}: {count} cells would be taken for a formula by a spreadsheet and begin with an apostrophe, which is not part of the answer."),
    "ring.closed": mark("{sheet} · {column}: {count} areas did not end where they began and were closed."),
}  # fmt: skip
REMARKS = frozenset({"cell.guarded", "ring.closed"})  # said like a loss, but nothing is lost


def said(loss: Loss, lang: str) -> str:
    """For people."""
    return translate(LOSSES[loss.code], lang, sheet=loss.sheet, column=loss.column, count=loss.count)


def told(loss: Loss) -> dict[str, object]:
    """For programs, with its words in both languages."""
    known = {"code": loss.code, "sheet": loss.sheet, "column": loss.column, "count": loss.count}
    return known | {"text": {lang: said(loss, lang) for lang in LANGUAGES}}
