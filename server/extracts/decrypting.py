"""The rows of an extract with what the given keys open of encrypted submissions. Nothing plain is written anywhere
but into the export. What stays shut keeps its row, without answers, and is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import orjson

from server.exports.decrypted import DecryptedSource
from server.exports.rows import Encrypted, Media
from server.extracts.losses import Losses
from server.store.extract_source import ExtractSource, RepeatRow, RootRow

RECORD, SEALED = 2, 9  # places in a RootRow


class DecryptedRows:
    """In place of the ExtractSource whose rows it opens. Encrypted submissions have no answers that a filter by
    province could ask; those are left out by it."""

    def __init__(self, source: ExtractSource, opened: DecryptedSource, losses: Losses, sheet: str) -> None:
        self._source, self._opened, self._losses, self._sheet = source, opened, losses, sheet
        self._shut: set[str] = set()  # passes go over the same rows again
        self.actor_names, self.hub_names, self.count = source.actor_names, source.hub_names, source.count

    def root_rows(self, size: int) -> Iterator[list[RootRow]]:
        sealed = self._source.encrypted()
        for rows in self._source.root_rows(size):
            yield [row if row[SEALED] is None else self._open(row, next(sealed)) for row in rows]

    def repeat_rows(self, path: str, size: int) -> Iterator[list[RepeatRow]]:
        rows = self._opened.repeats(path)
        while page := list(islice(rows, size)):
            yield page

    def media(self) -> Iterator[Media]:
        return self._opened.media()

    def _open(self, row: RootRow, sealed: Encrypted) -> RootRow:
        reading = self._opened.reading_of(sealed)
        if reading is not None:
            plain = (*row[:RECORD], orjson.dumps(reading.tables[0]), *row[RECORD + 1 : SEALED], None)
            return (*plain, *row[SEALED + 1 :])  # type: ignore[return-value]
        if row[0] not in self._shut:
            self._shut.add(row[0])
            self._losses.add("row.not_decrypted", self._sheet)
        return row
