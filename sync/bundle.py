"""A bundle: the frames of a batch in one file, sealed to the hub it is for and signed by the one it
is from. A lost stick tells nothing but the two hubs' names and counts; a changed byte is found.

    magic        "samleng bundle 1\\n"
    header       4-byte length, then JSON (BundleHeader), then its Ed25519 signature (64 bytes)
    frames       each: 4-byte length, 1 byte (1 = the last), 24-byte nonce, XChaCha20-Poly1305 text

The file key is made for this bundle and sealed to the receiver (libsodium sealed box). Each frame is
bound to this header, its place and whether it is the last, so that frames cannot be dropped, moved
or mixed. All numbers are big-endian. Described in docs/sync-protocol.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import BinaryIO

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from sync.errors import BadBundle
from sync.keys import HubKey, hub_id, is_signed, seal
from sync.messages import FRAME_LIMIT, PROTOCOL, FindBasis, Record, no_basis, unpack
from sync.plain import number, read_object, text
from sync.receipt import Mark, Position, read_position

MAGIC = b"samleng bundle "
HEADER_LIMIT = 64 * 1024
_NUMBERS = {"protocol", "after", "upto", "entries", "blobs", "number", "files"}
_TAG = 16  # what the cipher adds to a frame
_LENGTH = struct.Struct(">I")
_FRAME = struct.Struct(">IB24s")  # the second is bound as it stands: a changed byte is found


@dataclass(frozen=True)
class BundleHeader:
    """What a bundle says of itself without a key.

    `ledger`, `after`, `upto`: it holds what the sender committed after `after` up to `upto` in its
    ledger, as far as it is for this receiver; the same number twice when it brings no entries.
    `chain`: the sender's chain at `upto`; `passed`: earlier places, see sync.receipt.Span. `known`: a place
    in the receiver's ledger; what came over that ledger is left out, so a receiver that is not past this place
    has a hole. `lineage`: places in older ledgers up to which this one begins with the same entries: its hub
    was restored, or is a copy.
    `digest`: of the ids of its entries. `set`, `number`, `files`: which of how many files written together,
    counted from 1. `key`: the file key, sealed to the receiver (base64).
    """

    protocol: int
    sender: str
    sender_name: str
    sender_key: str
    receiver: str
    receiver_name: str
    made_at: str
    ledger: str
    lineage: tuple[Position, ...]
    known: Position | None
    after: int
    upto: int
    chain: str
    passed: tuple[Mark, ...]
    digest: str
    entries: int
    blobs: int
    set: str
    number: int
    files: int
    key: str


def make_header(key: HubKey, receiver_key: bytes, **said: object) -> tuple[BundleHeader, bytes]:
    """(header, file key). `said`: the fields of BundleHeader that are not keys."""
    file_key = secrets.token_bytes(32)
    header = BundleHeader(
        protocol=PROTOCOL,
        sender=key.id,
        sender_key=_text(key.public),
        receiver=hub_id(receiver_key),
        key=_text(seal(file_key, receiver_key)),
        **said,  # type: ignore[arg-type]
    )
    return header, file_key


def write_bundle(
    file: BinaryIO, header: BundleHeader, file_key: bytes, key: HubKey, frames: Iterable[bytes]
) -> None:
    """Writes a whole bundle of packed frames. Without any it still has a last frame, so that a cut is
    noticed."""
    said = json.dumps(asdict(header), ensure_ascii=False, sort_keys=True).encode()
    file.write(MAGIC + b"%d\n" % PROTOCOL + _LENGTH.pack(len(said)) + said + key.sign(said))
    bound = hashlib.sha256(said).digest()
    frames = iter(frames)
    packed, place = next(frames, b""), 0
    while True:
        following = next(frames, None)
        file.write(_seal_frame(packed, file_key, bound, place, following is None))
        if following is None:
            return
        packed, place = following, place + 1


def _seal_frame(packed: bytes, file_key: bytes, bound: bytes, place: int, last: bool) -> bytes:
    nonce = secrets.token_bytes(24)
    text = crypto_aead_xchacha20poly1305_ietf_encrypt(packed, _bind(bound, place, last), nonce, file_key)
    return _FRAME.pack(len(text), last, nonce) + text


def _bind(bound: bytes, place: int, last: int) -> bytes:
    return bound + struct.pack(">QB", place, last)


def read_header(file: BinaryIO) -> tuple[BundleHeader, bytes]:
    """(header, its hash), leaving the file at the first frame.

    Raises BadBundle: bundle.not_a_bundle, bundle.newer, bundle.damaged. The signature proves that the
    header belongs to the key that it names; whether that key is known is for the caller.
    """
    line = file.read(len(MAGIC) + 2)
    if not line.startswith(MAGIC):
        raise BadBundle("bundle.not_a_bundle")
    if line != MAGIC + b"%d\n" % PROTOCOL:
        raise BadBundle("bundle.newer")
    said = _exactly(file, _bounded(_LENGTH.unpack(_exactly(file, 4))[0]))
    signature = _exactly(file, 64)
    header = _parse(said)
    public = _bytes(header.sender_key)
    if hub_id(public) != header.sender or not is_signed(said, signature, public):
        raise BadBundle("bundle.damaged")
    return header, hashlib.sha256(said).digest()


def _parse(said: bytes) -> BundleHeader:
    try:
        fields = read_object(said)
        fields["lineage"] = tuple(read_position(place) for place in fields["lineage"])
        fields["known"] = None if fields["known"] is None else read_position(fields["known"])
        fields["passed"] = tuple((number(seq), text(chain)) for seq, chain in fields["passed"])
        header = BundleHeader(**fields)
        for name in fields.keys() - {"lineage", "known", "passed"}:
            (number if name in _NUMBERS else text)(fields[name])
        for name in ("ledger", "chain", "digest"):  # hex, and kept as bytes
            bytes.fromhex(fields[name])
    except (ValueError, TypeError, KeyError) as fault:
        raise BadBundle("bundle.damaged") from fault
    return header


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as fault:
        raise BadBundle("bundle.damaged") from fault


def open_key(header: BundleHeader, key: HubKey) -> bytes:
    """The file key. Raises BadBundle bundle.not_for_us."""
    file_key = key.unseal(_bytes(header.key))
    if file_key is None:
        raise BadBundle("bundle.not_for_us", hub=header.receiver_name)
    return file_key


def read_frames(
    file: BinaryIO, bound: bytes, file_key: bytes, find_basis: FindBasis = no_basis
) -> Iterator[list[Record] | None]:
    """Frame by frame the records, None for a frame that is damaged. Raises BadBundle bundle.cut when
    the file ends before its last frame: everything given until then is whole and may be kept;
    bundle.basis_missing when a frame leans on entries that are not held."""
    place = 0
    while True:
        head = file.read(_FRAME.size)
        if len(head) < _FRAME.size:
            raise BadBundle("bundle.cut", frame=place)
        size, last, nonce = _FRAME.unpack(head)
        text = file.read(size) if size <= FRAME_LIMIT + 1024 else b""
        if len(text) < size:
            raise BadBundle("bundle.cut", frame=place)
        records = _open_frame(text, file_key, _bind(bound, place, last), nonce, find_basis)
        yield records
        if last and records is not None:  # only a frame that proves itself may end the file
            return
        place += 1


def _open_frame(
    text: bytes, file_key: bytes, bound: bytes, nonce: bytes, find_basis: FindBasis
) -> list[Record] | None:
    try:
        packed = crypto_aead_xchacha20poly1305_ietf_decrypt(text, bound, nonce, file_key)
        return list(unpack(packed, find_basis)) if packed else []
    except CryptoError:
        return None
    except BadBundle as fault:
        if fault.code == "bundle.basis_missing":
            raise
        return None


def sealed_size(packed: bytes) -> int:
    """Bytes that a packed frame takes in a bundle."""
    return _FRAME.size + len(packed) + _TAG


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise BadBundle("bundle.damaged")
    return data


def _bounded(size: int) -> int:
    if size > HEADER_LIMIT:
        raise BadBundle("bundle.damaged")
    return size


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
