"""What a loss is in words: by the code that a profile or a format counts (`losses.Losses`)."""

from __future__ import annotations

from i18n import LANGUAGES, mark, translate
from server.extracts.losses import Loss

# Each is said with {sheet}, {column} and {count}.
LOSSES = {
    "value.not_typed": mark("{sheet} · {column}: {count} answers are not of the column's type and are left empty here. They stand as they were given in the CSV."),
    "column.left_out": mark("{sheet} · {column}: SQLite takes no more columns in one table, so this one is left out. It stands in the CSV."),
    "row.not_decrypted": mark("{sheet}: {count} submissions are encrypted and could not be opened. They have a row without answers."),
    "consent.refused": mark("{sheet}: {count} submissions are left out, because those asked did not agree to take part."),
    "consent.rows_refused": mark("{sheet}: {count} people are left out, because they did not agree to take part."),
    "public.left_out": mark("{sheet}: up to {count} rows are left out or empty, because people did not agree to take part or answers are encrypted."),
    "private.named_in_text": mark("{sheet} · {column}: {count} texts named a person of their submission. The pseudonym stands there."),
    "private.file_left_out": mark("{count} files that identify people were left out."),
    "public.column_dropped": mark("{sheet} · {column}: not published: free text, a file, an exact place, or restricted."),
    "public.cells_hidden": mark("{sheet} · {column}: {count} answers are hidden, because too few people share them."),
    "public.rows_held_back": mark("{sheet}: {count} rows wait for the next public export, because too few have come since the last."),
    "label.shortened": mark("{sheet} · {column}: the question is longer than the format takes and is shortened here. The codebook has it whole."),
    "value_label.shortened": mark("{sheet} · {column}: {count} labels of choices are longer than the format takes and are shortened here. The codebook has them whole."),
    "text.continued": mark("{sheet} · {column}: texts are longer than a variable takes and go on in {count} variables: put them one behind the other."),
    "public.cells_hidden": mark("{sheet} · {column}: up to {count} answers are hidden, because too few people share them."),
    "public.rows_held_back": mark("{sheet}: up to {count} rows wait for the next public export, because too few have come since the last."),
    "option.decided": mark("{column}: this format decides it, and it was not as you chose."),
    "value.kept_as_text": mark("{sheet} · {column}: {count} answers are not of the column's type or would change as a number, date or time of Excel. They stand as text, as they were given."),
    "text.in_own_sheet": mark("{sheet} · {column}: {count} texts are longer than a cell of Excel takes. They stand whole in the sheet “Long texts”."),
    "sheet.continued": mark("{sheet}: there are more rows than a sheet of Excel takes. They go on in {count} further sheets."),
    "sheet.widened": mark("{sheet}: there are more columns than a sheet of Excel takes. They go on in {count} further sheets, beside KEY."),
    "sheet.renamed": mark("Excel does not take the name {sheet}. The sheet is called {column}."),
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
# Said like a loss, but nothing is lost.
REMARKS = frozenset({
    "cell.guarded", "ring.closed",
    "value.kept_as_text", "text.in_own_sheet", "sheet.continued", "sheet.widened", "sheet.renamed",
})  # fmt: skip


def said(loss: Loss, lang: str) -> str:
    """For people."""
    return translate(LOSSES[loss.code], lang, sheet=loss.sheet, column=loss.column, count=loss.count)


def told(loss: Loss) -> dict[str, object]:
    """For programs, with its words in both languages."""
    known = {"code": loss.code, "sheet": loss.sheet, "column": loss.column, "count": loss.count}
    return known | {"text": {lang: said(loss, lang) for lang in LANGUAGES}}
