"""What travels between hubs: records, packed into frames that stand each on its own.

A record is one entry, one whole blob, a part of a large blob, a receipt, or what the sender lacks. A
frame is a run of records, compressed by itself, so that a damaged frame spoils no other. A frame may
lean on a basis: entries that both hubs hold, whose bytes the compressor knows beforehand; the tags of a
form then cost nothing. No Flask, no SQL. Described in docs/sync-protocol.md.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import zstandard

from sync.errors import BadBundle
from sync.ledger import HEADER_LIMIT

PROTOCOL = 1
FRAME_BYTES = 512 * 1024  # uncompressed; also the largest part of a blob
FRAME_LIMIT = 4 * 1024 * 1024  # a frame that would unpack to more is refused before it fills memory
QUICK, THOROUGH = 9, 19  # levels: for a stick; for a link where each byte costs more than the work
PREFIX = 8  # bytes of a hash that stand for it where the other side can tell which is meant
RECENT = 255  # hashes of a frame that later records of it may point back to
_HEAD = struct.Struct(">cI")
_PART = struct.Struct(">32sQQ")
_BASIS = struct.Struct(">H")
_HASH = re.compile(rb'(?<=")[0-9a-f]{64}(?=")')
_POINTER = re.compile(rb"\x00(.)", re.DOTALL)


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


@dataclass(frozen=True, slots=True)
class ReceiptRecord:
    """A signed receipt, as sync.receipt reads it."""

    signed: bytes


@dataclass(frozen=True, slots=True)
class WantRecord:
    """The first PREFIX bytes of the name of each blob that the sender lacks."""

    prefixes: tuple[bytes, ...]


Record = EntryRecord | BlobRecord | PartRecord | ReceiptRecord | WantRecord


@dataclass(frozen=True, slots=True)
class Basis:
    """Entries that both sides hold: the first bytes of their ids, and the bytes that these stand for."""

    ids: tuple[bytes, ...] = ()
    content: bytes = b""


NO_BASIS = Basis()
FindBasis = Callable[[Sequence[bytes]], bytes]


def no_basis(ids: Sequence[bytes]) -> bytes:
    """For bundles in files, which lean on nothing: nobody can ask for them again."""
    raise BadBundle("bundle.basis_missing")


class _Recent:
    """The hashes that a frame has named so far. An entry's header names its XML, or what it replaces, by
    64 hex digits that no compressor can shorten; in a frame they are a pointer back."""

    def __init__(self) -> None:
        self._hashes: list[bytes] = []
        self._places: dict[bytes, int] = {}

    def met(self, data: bytes) -> None:
        name = hashlib.sha256(data).hexdigest().encode()
        self._places[name] = len(self._hashes)
        self._hashes.append(name)

    def shorten(self, header: bytes) -> bytes:
        """Canonical JSON never holds a zero byte, so what is put in cannot be mistaken."""
        return _HASH.sub(self._point, header)

    def _point(self, found: re.Match[bytes]) -> bytes:
        place = self._places.get(found[0])
        back = RECENT if place is None else len(self._hashes) - 1 - place
        return b"\x00" + bytes([back]) if back < RECENT else found[0]

    def lengthen(self, said: bytes) -> bytes:
        """Raises BadBundle: a pointer to nothing, or more of them than an entry can hold."""
        if len(said) + 62 * said.count(0) > HEADER_LIMIT:
            raise BadBundle("bundle.damaged")
        return _POINTER.sub(self._look_up, said)

    def _look_up(self, found: re.Match[bytes]) -> bytes:
        place = len(self._hashes) - 1 - found[1][0]
        if place < 0:
            raise BadBundle("bundle.damaged")
        return self._hashes[place]


def _encode(record: Record, recent: _Recent) -> bytes:
    match record:
        case EntryRecord(header):
            payload = recent.shorten(header)
            recent.met(header)
            return _HEAD.pack(b"E", len(payload)) + payload
        case BlobRecord(data):
            recent.met(data)
            return _HEAD.pack(b"B", len(data)) + data
        case PartRecord(sha256, offset, size, data):
            payload = _PART.pack(bytes.fromhex(sha256), offset, size) + data
            return _HEAD.pack(b"P", len(payload)) + payload
        case ReceiptRecord(signed):
            return _HEAD.pack(b"R", len(signed)) + signed
        case WantRecord(prefixes):
            payload = b"".join(prefixes)
            return _HEAD.pack(b"W", len(payload)) + payload


def decode(frame: bytes) -> Iterator[Record]:
    """The records of an unpacked frame. Raises BadBundle when it is cut or holds something unknown."""
    place, recent = 0, _Recent()
    while place < len(frame):
        if len(frame) - place < _HEAD.size:
            raise BadBundle("bundle.damaged")
        kind, size = _HEAD.unpack_from(frame, place)
        place += _HEAD.size
        payload = frame[place : place + size]
        if len(payload) != size:
            raise BadBundle("bundle.damaged")
        place += size
        yield _record(kind, payload, recent)


def _record(kind: bytes, payload: bytes, recent: _Recent) -> Record:
    if kind == b"E":
        header = recent.lengthen(payload)
        recent.met(header)
        return EntryRecord(header)
    if kind == b"B":
        recent.met(payload)
        return BlobRecord(payload)
    if kind == b"P" and len(payload) >= _PART.size:
        sha256, offset, size = _PART.unpack_from(payload)
        return PartRecord(sha256.hex(), offset, size, payload[_PART.size :])
    if kind == b"R":
        return ReceiptRecord(payload)
    if kind == b"W" and len(payload) % PREFIX == 0:
        return WantRecord(tuple(payload[n : n + PREFIX] for n in range(0, len(payload), PREFIX)))
    raise BadBundle("bundle.damaged")


def grouped(records: Iterable[Record], limit: int = FRAME_BYTES) -> Iterator[list[Record]]:
    """The records of one frame each: about `limit` bytes before compression, at least one record."""
    held, size = list[Record](), 0
    for record in records:
        weight = weigh(record)
        if held and size + weight > limit:
            yield held
            held, size = [], 0
        held.append(record)
        size += weight
    if held:
        yield held


def weigh(record: Record) -> int:
    """Bytes before compression."""
    match record:
        case EntryRecord(header):
            return len(header)
        case BlobRecord(data) | PartRecord(data=data):
            return len(data)
        case ReceiptRecord(signed):
            return len(signed)
        case WantRecord(prefixes):
            return PREFIX * len(prefixes)


class Packer:
    """Makes frames. The same records give the same bytes."""

    def __init__(self, level: int = QUICK, basis: Basis = NO_BASIS) -> None:
        known = (
            zstandard.ZstdCompressionDict(basis.content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
            if basis.content
            else None
        )
        self._head = _BASIS.pack(len(basis.ids)) + b"".join(basis.ids)
        self._compressor = zstandard.ZstdCompressor(level=level, dict_data=known)

    def frame(self, records: Iterable[Record]) -> bytes:
        recent = _Recent()
        return self._head + self._compressor.compress(b"".join(_encode(r, recent) for r in records))


def pack(records: Iterable[Record], *, level: int = QUICK, basis: Basis = NO_BASIS) -> Iterator[bytes]:
    """Frames of about FRAME_BYTES each before compression."""
    packer = Packer(level, basis)
    return (packer.frame(group) for group in grouped(records))


def unpack(packed: bytes, find_basis: FindBasis = no_basis) -> Iterator[Record]:
    """The records of a compressed frame.

    find_basis: the bytes that these ids stand for. Raises BadBundle: bundle.damaged, and what
    find_basis raises when it does not hold them all.
    """
    if len(packed) < _BASIS.size:
        raise BadBundle("bundle.damaged")
    count = _BASIS.unpack_from(packed)[0]
    start = _BASIS.size + count * PREFIX
    if len(packed) < start:
        raise BadBundle("bundle.damaged")
    ids = [packed[n : n + PREFIX] for n in range(_BASIS.size, start, PREFIX)]
    yield from decode(_decompress(packed[start:], find_basis(ids) if ids else b""))


def _decompress(packed: bytes, known: bytes) -> bytes:
    """A frame must state its size: one that would fill memory is refused before it is unpacked."""
    try:
        if not 0 < zstandard.get_frame_parameters(packed).content_size <= FRAME_LIMIT:
            raise BadBundle("bundle.damaged")
        dictionary = (
            zstandard.ZstdCompressionDict(known, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if known else None
        )
        decompressor = zstandard.ZstdDecompressor(dict_data=dictionary)
        return decompressor.decompress(packed, max_output_size=FRAME_LIMIT, allow_extra_data=False)
    except zstandard.ZstdError as fault:
        raise BadBundle("bundle.damaged") from fault
