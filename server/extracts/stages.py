"""What every stage of an extract is: an extract over another, which it passes on but for what the stage changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from server.exports.rows import Media
from server.extracts.sheets import Batch, Extract, Sheet


class Stage:
    """An Extract. inner: the one that it is made from. By itself it has other words on the sheets, and the same rows
    and files. sheets: by default those of `inner`."""

    sheets: tuple[Sheet, ...]

    def __init__(self, inner: Extract, sheets: Sequence[Sheet] | None = None) -> None:
        self.inner = inner
        self.form_id, self.title = inner.form_id, inner.title
        self.versions: Mapping[int, str] = inner.versions
        self.sheets = inner.sheets if sheets is None else tuple(sheets)
        self._held = {sheet.path: sheet for sheet in inner.sheets}

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        return self.inner.batches(self._held[sheet.path])

    def media(self) -> Iterator[Media]:
        return self.inner.media()
