"""How far one hub follows another's ledger, said so that it can be checked and kept as proof.

A place in a ledger is named by its seq and by the chain: a hash over the ids of all entries up to there.
Two copies of one disk give the same seq to different entries; the chain tells them apart. No Flask, no SQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sync.errors import BadBundle
from sync.keys import HubKey, is_signed
from sync.plain import number, read_object, text

BEGINNING = "0" * 32  # the chain of an empty ledger
SIGNATURE = 64
RECEIPT_LIMIT = 64 * 1024
_PURPOSE = b"samleng receipt\n"


def extend_chain(chain: str, ids: Iterable[bytes]) -> str:
    """The chain (32 hex digits) after these further entries (their 32-byte ids, in commit order)."""
    held = bytes.fromhex(chain)
    for entry_id in ids:
        held = hashlib.sha256(held + entry_id).digest()[:16]
    return held.hex()


def digest_ids(ids: Iterable[str]) -> str:
    """One name for a batch: SHA-256 over the ids (hex) of its entries in the order in which they came."""
    digest = hashlib.sha256()
    for entry_id in ids:
        digest.update(bytes.fromhex(entry_id))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a ledger: everything that it committed up to `seq`."""

    ledger: str
    seq: int
    chain: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What was taken at once: the sender's seqs, how many entries, how many of them were refused, and
    the digest of those that were offered."""

    after: int
    upto: int
    entries: int
    refused: int
    digest: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What `hub` says to hold of the ledger `of.ledger`.

    `own`: the ledger of the hub that says it, since a hub may run twice by mistake. `of`: held without a
    hole up to here. `beyond`: [after, upto] held past a hole. `batches`: what was taken since the last
    receipt. `lacking`: files that entries name and that have not come. `at`: when, by its clock.
    """

    hub: str
    own: str
    of: Position
    beyond: tuple[tuple[int, int], ...]
    batches: tuple[Batch, ...]
    lacking: int
    at: str


def sign_receipt(receipt: Receipt, key: HubKey) -> bytes:
    """The receipt as it travels and is kept: JSON, then the signature of the hub that holds."""
    said = json.dumps(asdict(receipt), sort_keys=True, separators=(",", ":")).encode()
    return said + key.sign(_PURPOSE + said)


def read_receipt(signed: bytes, public_key: bytes) -> Receipt:
    """Raises BadBundle receipt.invalid when it is not what the hub of this key signed."""
    said, signature = signed[:-SIGNATURE], signed[-SIGNATURE:]
    if len(signed) > RECEIPT_LIMIT or not is_signed(_PURPOSE + said, signature, public_key):
        raise BadBundle("receipt.invalid")
    return parse_receipt(signed)


def parse_receipt(signed: bytes) -> Receipt:
    """What a receipt says, without asking who signed it: for those that were checked and kept."""
    try:
        return _receipt(read_object(signed[:-SIGNATURE]))
    except (ValueError, TypeError, KeyError) as fault:
        raise BadBundle("receipt.invalid") from fault


def _receipt(said: dict[str, Any]) -> Receipt:
    return Receipt(
        hub=text(said["hub"]),
        own=text(said["own"]),
        of=read_position(said["of"]),
        beyond=tuple((number(after), number(upto)) for after, upto in said["beyond"]),
        batches=tuple(_batch(batch) for batch in said["batches"]),
        lacking=number(said["lacking"]),
        at=text(said["at"]),
    )


def _batch(said: dict[str, Any]) -> Batch:
    after, upto, entries, refused = (number(said[n]) for n in ("after", "upto", "entries", "refused"))
    return Batch(after, upto, entries, refused, text(said["digest"]))


def read_position(said: dict[str, Any]) -> Position:
    """Raises KeyError, TypeError or ValueError when it is none."""
    position = Position(text(said["ledger"]), number(said["seq"]), text(said["chain"]))
    if len(bytes.fromhex(position.chain)) != 16 or len(bytes.fromhex(position.ledger)) != 8:
        raise ValueError(said)
    return position


Mark = tuple[int, str]  # a seq and the chain there


@dataclass(frozen=True, slots=True)
class Span:
    """A batch that was taken whole. `passed`: places of the sender's ledger from `after` on, before `upto`,
    that it named to somebody; the first is that at `after`. `chain`: the one at `upto`."""

    after: int
    upto: int
    chain: str
    passed: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """How far a ledger is followed: up to `seq` without a hole, and what is held past a hole, in order."""

    seq: int = 0
    chain: str = BEGINNING
    beyond: tuple[Span, ...] = ()

    def with_batch(self, span: Span) -> Followed:
        """After a further batch was taken whole. Batches come in any order, twice, and overlap.

        One that reaches further counts only if its sender once was where we are: of two copies of one disk
        the other one has different entries at the same seqs, and would seem to go on from there.
        """
        here, rest = (self.seq, self.chain), list[Span]()
        for each in sorted({*self.beyond, span}, key=lambda s: (s.after, s.upto, s.chain)):
            if each.after > here[0]:
                rest.append(each)
            elif each.upto > here[0] and here in each.passed:
                here = (each.upto, each.chain)
        return Followed(*here, tuple(rest))
