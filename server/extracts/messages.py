"""What a loss is in words: by the code that a profile or a format counts (`losses.Losses`)."""

from __future__ import annotations

from i18n import mark

# Each is said with {sheet}, {column} and {count}.
LOSSES = {
    "value.not_typed": mark("{sheet} · {column}: {count} answers are not of the column's type and are left empty here. They stand as they were given in the CSV."),
    "column.left_out": mark("{sheet} · {column}: SQLite takes no more columns in one table, so this one is left out. It stands in the CSV."),
}  # fmt: skip
