"""media.csv: where each file of each submission lies in the zip, whether it is whole, and which have not arrived.

Written aside while the files go by, so that a hundred thousand photos cost no memory.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO

from server.exports.archive import PACKED, PIECE_BYTES
from server.exports.csv_lines import line
from server.exports.filenames import MediaFolders
from server.exports.rows import Media
from server.extracts.sheets import Batch, Extract, Kind, Role, Sheet
from server.formats import Work
from server.formats.delimited import GUARDED, heading
from server.formats.guard import guarded
from server.formats.note import INDEX, Filed
from sync.errors import BlobMissing

log = logging.getLogger(__name__)
HEADER = ["KEY", "name", "path", "size_bytes", "sha256", "state"]
WHOLE, NOT_ARRIVED, DAMAGED = "whole", "not arrived", "damaged"
AUDIT = "/meta/audit"  # the device's log is no file of the person's


class MediaIndex:
    """Used in a `with`: its rows lie in the work's folder until they are in the zip.

    First every batch goes through `noting`, then the files are taken from `files`, then come `note_missing` and
    `pieces`. count: how many rows the index has.
    """

    def __init__(self, extract: Extract, work: Work) -> None:
        self._extract, self._work = extract, work
        self._named: dict[tuple[str, str], tuple[str, str]] = {}  # (KEY of the root, name) -> (sheet, column)
        self.count = 0
        self._path = work.folder / INDEX
        self._rows = self._path.open("w+b")
        self._rows.write(heading(line(HEADER), work))

    def __enter__(self) -> MediaIndex:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None) -> None:
        self._rows.close()
        self._path.unlink()

    def noting(self, sheet: Sheet, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The same batches; what files their rows name is kept in mind."""
        columns = [
            (n, c.name) for n, c in enumerate(sheet.columns) if c.kind is Kind.FILE and c.path != AUDIT
        ]
        keys = [n for n, column in enumerate(sheet.columns) if column.role is Role.KEY]
        if not columns or not keys or not self._work.options.media:
            return batches
        return self._noting(sheet, keys[0], columns, batches)

    def _noting(
        self, sheet: Sheet, key: int, columns: list[tuple[int, str]], batches: Iterator[Batch]
    ) -> Iterator[Batch]:
        # The KEY of a repeat's row is the submission's with the row's path behind it.
        depth = sheet.columns[key].table.count("/")
        places = {n: (sheet.name, name) for n, name in columns}
        for batch in batches:
            for n, place in places.items():
                for row_key, name in zip(batch.columns[key], batch.columns[n], strict=True):
                    if name and row_key:
                        self._named[row_key.rsplit("/", depth)[0] if depth else row_key, name.strip()] = place
            yield batch

    def files(self) -> Iterator[tuple[str, Iterator[bytes], bool]]:
        """(path in the zip, bytes, whether they are packed already) of each file that can be opened; its bytes are
        to be taken before the next."""
        folders = MediaFolders()
        for media in self._extract.media():
            self._named.pop((media.instance_id, media.name), None)
            try:
                file = media.open()
            except (OSError, BlobMissing) as fault:
                log.warning("media unreadable instance=%s fault=%s", media.instance_id, type(fault).__name__)
                self._note(media.instance_id, media.name, DAMAGED)
                continue
            filed = Filed(folders.place(media.instance_id, media.name))
            reading = _Reading(media, file)
            with file:
                yield filed.path, filed.measured(reading), _is_packed(media.name)
            whole = reading.whole and media.sha256 in ("", filed.sha256)
            self._note(media.instance_id, media.name, WHOLE if whole else DAMAGED, filed)

    def note_missing(self) -> None:
        """Once all files have gone by: those that are named and have not."""
        for (key, name), (sheet, column) in self._named.items():
            self._note(key, name, NOT_ARRIVED)
            self._work.losses.add("file.not_arrived", sheet, column)

    def pieces(self) -> Iterator[bytes]:
        self._rows.seek(0)
        while piece := self._rows.read(PIECE_BYTES):
            yield piece

    def _note(self, key: str, name: str, state: str, filed: Filed | None = None) -> None:
        found = [filed.path, str(filed.size_bytes), filed.sha256] if filed else ["", "", ""]
        cells = [key, name, *found, state]
        if self._work.options.guard:
            kept, count = guarded(cells)
            self._work.losses.add(GUARDED, INDEX, "", count)
            cells = list(kept)
        if state is DAMAGED:
            self._work.losses.add("file.damaged")
        self._rows.write(f"{line(cells)}\n".encode("utf-8", "replace"))
        self.count += 1


class _Reading:
    """What can be read of a file: a bad sector in one photo must not end the export."""

    def __init__(self, media: Media, file: BinaryIO) -> None:
        self._media, self._file = media, file
        self.whole = True

    def __iter__(self) -> Iterator[bytes]:
        try:
            while piece := self._file.read(PIECE_BYTES):
                yield piece
        except OSError as fault:
            log.warning("media broke off instance=%s fault=%s", self._media.instance_id, fault)
            self.whole = False


def _is_packed(name: str) -> bool:
    return name.rpartition(".")[2].lower() in PACKED
