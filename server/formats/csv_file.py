"""The form's own sheet as one CSV. It has no place for a note of itself that would not be read as a row: whoever
opens the door lays that beside it."""

from __future__ import annotations

from collections.abc import Iterator

from server.extracts.sheets import Extract
from server.formats import Part, Work
from server.formats.delimited import REPEAT_MISSING, table


def write(extract: Extract, work: Work) -> Iterator[Part]:
    root, *repeats = extract.sheets
    yield Part("", table(root, extract.batches(root), work))
    for sheet in repeats:
        work.losses.add(REPEAT_MISSING, sheet.name)
