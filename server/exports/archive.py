"""submissions.csv and submissions.csv.zip: which files, in which order."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from forms.fields import Schema, Table
from server.exports.audits import audit_lines
from server.exports.central_csv import Values, chosen_values, repeat_lines, root_lines
from server.exports.columns import CsvOptions, merged_tables
from server.exports.csv_lines import chunks, line
from server.exports.filenames import MediaNames, safe_name, table_names
from server.exports.rows import Media, Source
from server.exports.zip_stream import LEVEL, ZipStream

PIECE_BYTES = 64 * 1024
PACKED = frozenset(
    [
        "jpg",
        "jpeg",
        "png",
        "gif",
        "webp",
        "heic",
        "mp3",
        "m4a",
        "aac",
        "amr",
        "ogg",
        "opus",
        "mp4",
        "3gp",
        "3gpp",
        "webm",
        "zip",
        "xlsx",
        "docx",
        "enc",
    ]
)


def root_csv(source: Source, published: Sequence[Schema], options: CsvOptions) -> Iterator[bytes]:
    """The root table alone.

    published: every published version, oldest first; the last one is in force.
    """
    table = _tables(published, options)[0]
    return chunks(root_lines(source, table, options, _values(source, [table], options)))


def submissions_zip(
    source: Source,
    published: Sequence[Schema],
    options: CsvOptions,
    *,
    made_at: datetime,
    damaged: Collection[tuple[str, str]] = (),
) -> Iterator[bytes]:
    """The whole export as a zip: root table, repeats in form order, media, audit logs, and if anything could not
    be decrypted a list of that.

    published: as for `root_csv`. made_at: date of the files inside. damaged: filled while the source is read.
    """
    packing = ZipStream(made_at)
    tables = _tables(published, options)
    # Not before the first bytes are out: finding the values reads the whole form.
    values = functools.cache(lambda: _values(source, tables, options))
    form_id = published[-1].form_id
    for name, table in zip(table_names(form_id, tables), tables, strict=True):
        yield from packing.file(name, _table(source, table, options, values))
    if options.attachments:
        yield from _media(packing, source)
        yield from _audits(packing, source, form_id)
    if damaged:
        lines = itertools.chain([line(["instance ID", "file"])], (line(list(one)) for one in damaged))
        yield from packing.file(safe_name(f"{form_id} - damaged.csv"), chunks(lines))
    yield from packing.finish()


def _tables(published: Sequence[Schema], options: CsvOptions) -> tuple[Table, ...]:
    return merged_tables(published) if options.deleted_fields else published[-1].tables


def _values(source: Source, tables: Sequence[Table], options: CsvOptions) -> Values:
    return chosen_values(source, tables) if options.split_selects else {}


def _table(
    source: Source, table: Table, options: CsvOptions, values: Callable[[], Values]
) -> Iterator[bytes]:
    lines = repeat_lines if table.path else root_lines
    yield from chunks(lines(source, table, options, values()))


def _media(packing: ZipStream, source: Source) -> Iterator[bytes]:
    names = MediaNames()
    for media in source.media():
        level = 0 if media.name.rpartition(".")[2].lower() in PACKED else LEVEL
        place = names.place(media.instance_id, media.name)
        yield from packing.file(place, _pieces(media), level=level)


def _pieces(media: Media) -> Iterator[bytes]:
    with media.open() as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _audits(packing: ZipStream, source: Source, form_id: str) -> Iterator[bytes]:
    lines = audit_lines(source)
    first = next(lines, None)
    if first is not None:
        yield from packing.file(safe_name(f"{form_id} - audit.csv"), chunks(itertools.chain([first], lines)))
