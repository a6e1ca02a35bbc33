"""An export as one file, sent or kept while it is made: as the format has it, or, where there are several parts or
the codebook is wanted too, all of them in one zip. No Flask, no SQL.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from server.exports.zip_stream import ZipStream
from server.extracting import Extraction, Order, codebook, manifest

ZIP = "application/zip"
PACKED = ("zip", "xlsx", "parquet")  # endings of what is packed already


@dataclass(frozen=True, slots=True)
class Shape:
    """What the one file is. zipped: whether it holds several."""

    name: str
    media_type: str
    zipped: bool


def shape_of(order: Order, *, with_codebook: bool) -> Shape:
    """with_codebook: for formats that do not hold theirs."""
    kind = order.file_format
    zipped = not kind.single or (with_codebook and not kind.has_codebook and not order.central)
    stem = order.stem_or_form
    if not zipped:
        return Shape(f"{stem}.{kind.ending}", kind.media_type, False)
    return Shape(f"{stem}-{kind.name}.zip", ZIP, True)


def one_file(running: Extraction, shape: Shape) -> Iterator[bytes]:
    running.main = shape.name
    if shape.zipped:
        yield from running.leaving(shape.name, _zipped(running))
        return
    for part in running.parts():
        yield from part.pieces


def _zipped(running: Extraction) -> Generator[bytes]:
    packing = ZipStream(running.work.imprint.made_at)
    level = {"level": 0} if running.order.file_format.ending in PACKED else {}
    for part in running.parts():
        yield from packing.file(running.order.file_name(part), part.pieces, **level)
    for part in codebook(running):
        yield from packing.file(f"{running.order.stem_or_form}-codebook.{part.inside}", part.pieces)
    yield from packing.file(f"{running.order.stem_or_form}-export.json", [manifest(running).encode()])
    yield from packing.finish()
