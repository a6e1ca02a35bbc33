"""What a loss is in words: by the code that a profile or a format counts (`losses.Losses`)."""

from __future__ import annotations

from i18n import mark

# Each is said with {sheet}, {column} and {count}.
LOSSES = {
    "value.not_typed": mark("{sheet} · {column}: {count} answers are not of the column's type and are left empty here. They stand as they were given in the CSV."),
    "value.kept_as_text": mark("{sheet} · {column}: {count} answers are not of the column's type or would change as a number, date or time of Excel. They stand as text, as they were given."),
    "text.in_own_sheet": mark("{sheet} · {column}: {count} texts are longer than a cell of Excel takes. They stand whole in the sheet “Long texts”."),
    "sheet.continued": mark("{sheet}: there are more rows than a sheet of Excel takes. They go on in {count} further sheets."),
    "sheet.widened": mark("{sheet}: there are more columns than a sheet of Excel takes. They go on in {count} further sheets, beside KEY."),
    "sheet.renamed": mark("Excel does not take the name {sheet}. The sheet is called {column}."),
}  # fmt: skip
