"""What travels between hubs: records, packed into frames that stand each on its own.

A record is one entry, one whole blob, or a part of a large blob. A frame is a run of records,
compressed by itself, so that a damaged frame spoils no other. No Flask, no SQL.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import zstandard

from sync.errors import BadBundle

PROTOCOL = 1
FRAME_BYTES = 512 * 1024  # uncompressed; also the largest part of a blob
FRAME_LIMIT = 4 * 1024 * 1024  # a frame that would unpack to more is refused before it fills memory
LEVEL = 9
_HEAD = struct.Struct(">cI")
_PART = struct.Struct(">32sQQ")


@dataclass(frozen=True, slots=True)
class EntryRecord:
    header: bytes


@dataclass(frozen=True, slots=True)
class BlobRecord:
    """A whole blob. Its name is not sent: the receiver hashes what it got."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartRecord:
    """Bytes of a large blob from `offset`; `size` is that of the whole."""

    sha256: str
    offset: int
    size: int
    data: bytes


Record = EntryRecord | BlobRecord | PartRecord


def encode(record: Record) -> bytes:
    match record:
        case EntryRecord(header):
            return _HEAD.pack(b"E", len(header)) + header
        case BlobRecord(data):
            return _HEAD.pack(b"B", len(data)) + data
        case PartRecord(sha256, offset, size, data):
            payload = _PART.pack(bytes.fromhex(sha256), offset, size) + data
            return _HEAD.pack(b"P", len(payload)) + payload


def decode(frame: bytes) -> Iterator[Record]:
    """The records of an unpacked frame. Raises BadBundle when it is cut or holds something unknown."""
    place = 0
    while place < len(frame):
        if len(frame) - place < _HEAD.size:
            raise BadBundle("bundle.damaged")
        kind, size = _HEAD.unpack_from(frame, place)
        place += _HEAD.size
        payload = frame[place : place + size]
        if len(payload) != size:
            raise BadBundle("bundle.damaged")
        place += size
        yield _record(kind, payload)


def _record(kind: bytes, payload: bytes) -> Record:
    if kind == b"E":
        return EntryRecord(payload)
    if kind == b"B":
        return BlobRecord(payload)
    if kind == b"P" and len(payload) >= _PART.size:
        sha256, offset, size = _PART.unpack_from(payload)
        return PartRecord(sha256.hex(), offset, size, payload[_PART.size :])
    raise BadBundle("bundle.damaged")


def pack(records: Iterable[Record]) -> Iterator[bytes]:
    """Compressed frames of about FRAME_BYTES each before compression."""
    compressor = zstandard.ZstdCompressor(level=LEVEL)
    held: list[bytes] = []
    size = 0
    for record in records:
        encoded = encode(record)
        if held and size + len(encoded) > FRAME_BYTES:
            yield compressor.compress(b"".join(held))
            held, size = [], 0
        held.append(encoded)
        size += len(encoded)
    if held:
        yield compressor.compress(b"".join(held))


def unpack(packed: bytes) -> Iterator[Record]:
    """The records of a compressed frame. Raises BadBundle."""
    try:
        parameters = zstandard.get_frame_parameters(packed)
        if not 0 < parameters.content_size <= FRAME_LIMIT:
            raise BadBundle("bundle.damaged")
        frame = zstandard.ZstdDecompressor().decompress(packed, max_output_size=FRAME_LIMIT)
    except zstandard.ZstdError as fault:
        raise BadBundle("bundle.damaged") from fault
    yield from decode(frame)
