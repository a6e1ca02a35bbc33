"""What goes into a bundle, worked out before it is written: its header counts and names it.

A load is read twice: once to count, once to write. Nothing of it is kept in memory but a frame. No Flask, no SQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from server.carrying import Course, blob_records, course_to, outgoing, records
from server.errors import Fault
from server.following import active_ledgers, our_ledger, receipts_for, starts_after, wanted_by
from server.hub import Hub
from server.store.blobs import find_by_prefixes, list_wanted
from server.store.ledger_sqlite import head, seq_of
from server.store.peers import Peer, list_ledgers
from sync.bundle import sealed_size
from sync.ledger import Entry, trusted_entry
from sync.messages import (
    FRAME_BYTES,
    PREFIX,
    QUICK,
    THOROUGH,
    Basis,
    EntryRecord,
    Packer,
    ReceiptRecord,
    Record,
    WantRecord,
    grouped,
    weigh,
)
from sync.receipt import Position

SPLIT_LEAST = 256 * 1024  # bytes; the smallest file that holds a small blob and its frame
HEADER_ROOM = 16 * 1024
WANTS_MOST = 50_000  # names of files that one bundle asks for


@dataclass(slots=True)
class Load:
    """One bundle's content. `frames`: packed, to be drawn once; a load's frames come after those of the
    load before it. `blobs`: how many different ones its entries name. `known`: as in a bundle's header."""

    ledger: str
    after: int
    upto: int
    entries: int
    digest: str
    blobs: int
    frames: Iterable[bytes]
    known: Position | None = None


@dataclass(slots=True)
class _Count:
    """Counts entries as they pass. `upto`: the seq of the last one."""

    upto: int
    entries: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)
    _named: set[str] = field(default_factory=set)

    def met(self, seq: int, entry: Entry) -> None:
        self.upto = seq
        self.entries += 1
        self._digest.update(bytes.fromhex(entry.id))
        self._named.update(entry.blobs)

    @property
    def blobs(self) -> int:
        return len(self._named)

    @property
    def digest(self) -> str:
        digest: str = self._digest.hexdigest()
        return digest


def load_receipts(hub: Hub, peer: Peer, receipts: Sequence[bytes]) -> Load:
    """A bundle without entries: what we hold, and what we lack."""
    seq = head(hub.read())
    notes = [*map(ReceiptRecord, receipts), *_wants(hub, peer)]
    return _load(hub, seq, _Count(seq), _packed(grouped(notes)))


def load_batch(
    hub: Hub, course: Course, after: int, weight: int, basis: Basis, *, thorough: bool = True
) -> Load:
    """Entries for a link: about `weight` bytes before compression, at least one entry if there is one, each
    with the bytes that it is understood by. Files of submissions follow later."""
    upto = head(hub.read())
    count, held, size = _Count(upto), list[Record](), 0
    for seq, entry in outgoing(hub, course, after, upto):
        new = list(records(hub, [entry], all_blobs=False))
        if held and size + sum(map(weigh, new)) > weight:
            break
        count.met(seq, entry)
        held += new
        size += sum(map(weigh, new))
    else:
        count.upto = upto
    packer = Packer(THOROUGH if thorough else QUICK, basis)
    frames = (packer.frame(group) for group in grouped(held, weight))
    return _load(hub, after, count, frames, course.known)


def load_files(
    hub: Hub, prefixes: Iterable[bytes], weight: int, largest: int | None
) -> tuple[Load | None, tuple[bytes, ...]]:
    """Files that the other side lacks: the smallest first, about `weight` bytes together, at least one.

    largest: bytes; larger ones are put off. Returns with the beginnings of their names; None when nothing
    is left.
    """
    chosen, size = list[str](), 0
    for sha256, bytes_held in find_by_prefixes(hub.read(), prefixes):
        if (largest is not None and bytes_held > largest) or (chosen and size + bytes_held > weight):
            break
        chosen.append(sha256)
        size += bytes_held
    if not chosen:
        return None, ()
    seq = head(hub.read())
    content = (record for sha256 in chosen for record in blob_records(hub, sha256))
    count = _Count(seq, _named=set(chosen))
    load = _load(hub, seq, count, _packed(grouped(content)))
    return load, tuple(bytes.fromhex(sha256)[:PREFIX] for sha256 in chosen)


def _load(
    hub: Hub, after: int, count: _Count, frames: Iterable[bytes], known: Position | None = None
) -> Load:
    ledger = our_ledger(hub.read())
    return Load(ledger, after, count.upto, count.entries, count.digest, count.blobs, frames, known)


def _packed(groups: Iterable[list[Record]]) -> Iterator[bytes]:
    packer = Packer()
    return (packer.frame(group) for group in groups)


def _wants(hub: Hub, peer: Peer) -> list[Record]:
    ledgers = [known.ledger for known in list_ledgers(hub.read(), peer.id)]
    names = list_wanted(hub.read(), ledgers, WANTS_MOST)
    return [WantRecord(tuple(bytes.fromhex(name)[:PREFIX] for name in names))] if names else []


@dataclass(slots=True)
class _Content:
    """Everything that the files of one writing hold, in order; the same each time that it is drawn."""

    hub: Hub
    course: Course
    after: int
    upto: int
    notes: list[Record]

    def entries(self) -> Iterator[tuple[int, Entry]]:
        return outgoing(self.hub, self.course, self.after, self.upto)

    def wanted(self) -> list[str]:
        known = active_ledgers(self.hub.read(), self.course.peer)
        prefixes = dict.fromkeys(prefix for ledger in known for prefix in wanted_by(ledger))
        return [sha256 for sha256, _ in find_by_prefixes(self.hub.read(), prefixes)]

    def records(self) -> Iterator[Record]:
        yield from self.notes
        for sha256 in self.wanted():
            yield from blob_records(self.hub, sha256)
        yield from records(self.hub, (entry for _, entry in self.entries()))


def plan(hub: Hub, peer: Peer, split_bytes: int | None = None) -> list[Load]:
    """The bundles for a hub, one a file; none when there is nothing to bring and nothing to confirm.

    split_bytes: the most that one file may hold. Raises Fault bundle.split_too_small.
    """
    if split_bytes is not None and split_bytes < SPLIT_LEAST:
        raise Fault("bundle.split_too_small", least_bytes=SPLIT_LEAST)
    db = hub.read()
    receipts = map(ReceiptRecord, receipts_for(hub, peer))
    content = _Content(
        hub, course_to(hub, peer), starts_after(db, peer), head(db), [*receipts, *_wants(hub, peer)]
    )
    if not content.notes and not content.wanted() and next(content.entries(), None) is None:
        return []
    return _split(content, split_bytes) if split_bytes is not None else [_whole(content)]


def _whole(content: _Content) -> Load:
    count = _Count(content.after)
    for seq, entry in content.entries():
        count.met(seq, entry)
    count.upto = content.upto
    frames = _packed(grouped(content.records()))
    return _load(content.hub, content.after, count, frames, content.course.known)


def _split(content: _Content, split_bytes: int) -> list[Load]:
    """Cuts between frames. How many frames fill a file is found by packing them once; they are packed again
    when they are written, so that nothing waits on disk meanwhile."""
    limit = min(FRAME_BYTES, split_bytes // 4)
    writing = _packed(grouped(content.records(), limit))
    loads, after = list[Load](), content.after
    for groups, count in _files(content, limit, split_bytes - HEADER_ROOM):
        frames = islice(writing, groups)
        loads.append(_load(content.hub, after, count, frames, content.course.known))
        after = count.upto
    return loads


def _files(content: _Content, limit: int, room: int) -> Iterator[tuple[int, _Count]]:
    """(number of frames, what they count) of each file. The last one reaches to the end of the ledger."""
    packer = Packer()
    groups, size, count = 0, 0, _Count(content.after)
    for group in grouped(content.records(), limit):
        weight = sealed_size(packer.frame(group))
        if groups and size + weight > room:
            yield groups, count
            groups, size, count = 0, 0, _Count(count.upto)
        groups, size = groups + 1, size + weight
        for record in group:
            if isinstance(record, EntryRecord):
                entry = trusted_entry(record.header)
                count.met(seq_of(content.hub.read(), entry.id) or count.upto, entry)
    count.upto = content.upto
    yield groups, count
