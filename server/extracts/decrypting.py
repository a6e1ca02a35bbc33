<<<<<<< HEAD
"""The rows of an extract with what the given keys open of encrypted submissions. Nothing plain is written anywhere
but into the export. What stays shut keeps its row, without answers, and is counted.
"""
=======
"""An extract's rows with what the given keys open: submissions are decrypted as they are read, as for the exports
that ODK Central has (server/exports/decrypted.py). Nothing plain is written anywhere but into what leaves."""
>>>>>>> exp-extract

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

<<<<<<< HEAD
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
=======
from server.exports.decrypted import DAMAGED, DecryptedSource
from server.exports.rows import Media
from server.store.extract_source import DAMAGED_FILE, ExtractSource, RepeatRow, RootRow


class DecryptedRows:
    """What `Gathered` reads of an ExtractSource. Submissions of other keys stay rows without answers."""

    def __init__(self, source: ExtractSource, opened: DecryptedSource) -> None:
        """opened: over the same source."""
        self._source, self._opened = source, opened

    def root_rows(self, size: int) -> Iterator[list[RootRow]]:
        opened = self._opened.submissions()  # in the order of the rows; those of other keys are left out
        waiting = next(opened, None)
        for rows in self._source.root_rows(size):
            page = []
            for row in rows:
                if waiting is not None and waiting[0].instance_id == row[0]:
                    (head, record), waiting = waiting, next(opened, None)
                    row = _with(row, record, is_damaged=head.status == DAMAGED)
                page.append(row)
            yield page
>>>>>>> exp-extract

    def repeat_rows(self, path: str, size: int) -> Iterator[list[RepeatRow]]:
        rows = self._opened.repeats(path)
        while page := list(islice(rows, size)):
            yield page

    def media(self) -> Iterator[Media]:
        return self._opened.media()

<<<<<<< HEAD
    def _open(self, row: RootRow, sealed: Encrypted) -> RootRow:
        reading = self._opened.reading_of(sealed)
        if reading is not None:
            plain = (*row[:RECORD], orjson.dumps(reading.tables[0]), *row[RECORD + 1 : SEALED], None)
            return (*plain, *row[SEALED + 1 :])  # type: ignore[return-value]
        if row[0] not in self._shut:
            self._shut.add(row[0])
            self._losses.add("row.not_decrypted", self._sheet)
        return row
=======
    def count(self) -> int:
        return self._source.count()

    def actor_names(self) -> dict[int, str]:
        return self._source.actor_names()

    def hub_names(self) -> dict[str, str]:
        return self._source.hub_names()


def _with(row: RootRow, record: bytes | None, *, is_damaged: bool) -> RootRow:
    sealed = DAMAGED_FILE if is_damaged else row[9]
    return (*row[:2], record, *row[3:9], None if record else sealed, *row[10:])
>>>>>>> exp-extract
