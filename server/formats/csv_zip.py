"""The whole consultation as one zip: a CSV a sheet, files in a folder a submission, codebook, and a note of itself.

    wps.csv, wps-person.csv     the form's own rows, then a file a repeat
    media/uuidaaaa…/ផ្ទះ.jpg       each submission's files: its KEY without the colon, so nothing overwrites anything
    media.csv                   which file of which submission lies where, and which have not arrived
    wps-codebook.html, .csv     what every column asks and holds
    README.txt, export.json     who took it, the files with their sums, what could not be carried over

A zip's directory stands at its end: one that was cut off, by a fault or by the link, opens nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta, timezone

from server.exports.filenames import Given, kept_name, table_stems
from server.exports.zip_stream import LEVEL, ZipStream
from server.extracts.sheets import Batch, Extract
from server.formats import Part, Work, codebook, note
from server.formats.delimited import table
from server.formats.media_index import MediaIndex
from server.formats.note import Filed

TABLES = 2  # measured on 100,000 consultations: two thirds of the time of 3 for an eighth more bytes
CAMBODIA = timezone(timedelta(hours=7))  # a zip's dates have no zone; people here read them as theirs


def write(extract: Extract, work: Work) -> Iterator[Part]:
    yield Part("", _Zip(extract, work).pieces())


class _Zip:
    def __init__(self, extract: Extract, work: Work) -> None:
        self._extract, self._work = extract, work
        self._packing = ZipStream(work.imprint.made_at.astimezone(CAMBODIA))
        self._files: list[Filed] = []
        self._names = Given()
        for name in (note.INDEX, note.README, note.MANIFEST, "media"):
            self._names.take(name)

    def pieces(self) -> Iterator[bytes]:
        with MediaIndex(self._extract, self._work) as index:
            yield from self._tables(index)
            if self._work.options.media:
                yield from self._media(index)
        for part in codebook.write(self._extract, self._work):
            name = kept_name(f"{self._extract.form_id}-codebook.{part.inside}", "form")
            yield from self._file(Filed(self._names.free(name)), part.pieces)
        # The list of files is made before these two are on it: a file cannot hold its own sum.
        listed = tuple(self._files)
        yield from self._file(Filed(note.README), [note.readme(self._extract, self._work, listed)])
        yield from self._file(Filed(note.MANIFEST), [note.manifest(self._extract, self._work, listed)])
        yield from self._packing.finish()

    def _tables(self, index: MediaIndex) -> Iterator[bytes]:
        sheets = self._extract.sheets
        for stem, sheet in zip(table_stems(self._extract.form_id, sheets), sheets, strict=True):
            filed = Filed(self._names.free(kept_name(f"{stem}.csv", "form")), sheet.name, 0)
            batches = _counted(filed, index.noting(sheet, self._extract.batches(sheet)))
            yield from self._file(filed, table(sheet, batches, self._work))

    def _media(self, index: MediaIndex) -> Iterator[bytes]:
        for path, pieces, packed in index.files():
            yield from self._packing.file(path, pieces, level=0 if packed else LEVEL)
        index.note_missing()
        if index.count:
            yield from self._file(Filed(note.INDEX), index.pieces())

    def _file(self, filed: Filed, pieces: Iterable[bytes]) -> Iterator[bytes]:
        self._files.append(filed)
        yield from self._packing.file(filed.path, filed.measured(pieces), level=TABLES)


def _counted(filed: Filed, batches: Iterable[Batch]) -> Iterator[Batch]:
    for batch in batches:
        filed.rows = (filed.rows or 0) + len(batch)
        yield batch
