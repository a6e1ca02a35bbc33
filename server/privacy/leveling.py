"""The extract with the level of each column, and nothing else changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.exports.rows import Media
from server.extracts.sheets import Batch, Extract, Sheet
from server.privacy.levels import levelled


class Levelled:
    """For the codebook of the full profile, and for the public one to choose by."""

    def __init__(self, extract: Extract, defaults: Mapping[str, str]) -> None:
        self._extract = extract
        self._plain = {sheet.path: sheet for sheet in extract.sheets}
        self.sheets = levelled(extract.sheets, defaults)

    @property
    def form_id(self) -> str:
        return self._extract.form_id

    @property
    def title(self) -> str:
        return self._extract.title

    @property
    def versions(self) -> Mapping[int, str]:
        return self._extract.versions

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        return self._extract.batches(self._plain[sheet.path])

    def media(self) -> Iterator[Media]:
        return self._extract.media()
