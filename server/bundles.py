"""Bundles as a coordinator uses them: write for a hub, read, look at one.

A bundle may be split over several files. Each is whole by itself: they are read in any order, twice, and
whatever is damaged in one keeps nothing of the others out.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from server.carrying import find_basis
from server.errors import Fault
from server.following import (
    Source,
    followed,
    is_past,
    lineage_for,
    make_receipt,
    note_taken,
    note_wants,
    take_receipts,
)
from server.hub import Hub, Turn
from server.loading import Load, load_receipts, plan
from server.peers import card_of, find_peer
from server.spool import opened, written
from server.store import peers
from server.store.database import Connection
from server.store.ledger_sqlite import chain_at, mark_chain, marks_between
from server.store.peers import Peer
from server.taking import Taken, admits_from, drop_unnamed, take
from sync.bundle import BundleHeader, make_header, open_key, read_frames, read_header, write_bundle
from sync.errors import BadBundle, LedgerError
from sync.ledger import read_entry
from sync.messages import EntryRecord, Record, weigh
from sync.receipt import Batch, Followed, Mark, Span, digest_ids

log = logging.getLogger(__name__)
MARKS_MOST = 200  # places that a header names; with more a bundle is read as if it went on from nowhere
TOGETHER = 20_000_000  # bytes before compression, of what is taken in one transaction


@dataclass(slots=True)
class Report:
    """What reading a bundle came to. `damaged`: numbers of the frames that are bad; `cut`: the file
    ends before its end. What is whole was taken all the same. `wrong`: what the frames held is not what
    the header says; `has_hole`: it leaves out what this hub has lost since, being restored or a copy, so
    its end is not confirmed; `followed`: how far the sender's ledger is followed now; `receipts`: how many of the
    sender's receipts were kept; `receipt`: the file that travels back."""

    header: BundleHeader
    taken: Taken = field(default_factory=Taken)
    frames: int = 0
    damaged: list[int] = field(default_factory=list)
    cut: bool = False
    wrong: bool = False
    has_hole: bool = False
    followed: Followed = field(default_factory=Followed)
    receipts: int = 0
    receipt: Path | None = None

    @property
    def whole(self) -> bool:
        return not self.damaged and not self.cut and not self.wrong


# Writing


def write_for(hub: Hub, name: str, path: Path, *, split_bytes: int | None = None) -> list[BundleHeader]:
    """Writes everything that the hub NAME is not known to hold; one header a file.

    split_bytes: the most that one file may hold; the second is then called FILE-2 and so on. Raises Fault
    hub.unknown, bundle.nothing, bundle.split_too_small, file.unwritable. A file appears whole or not at all.
    """
    peer = find_peer(hub, name)
    loads = plan(hub, peer, split_bytes)
    if not loads:
        raise Fault("bundle.nothing", name=peer.name)
    token, headers = secrets.token_hex(8), []
    for number, load in enumerate(loads, start=1):
        header, file_key = header_of(hub, peer, load, token, number, len(loads))
        with written(numbered(path, number)) as file:
            write_bundle(file, header, file_key, hub.key, load.frames)
        headers.append(header)
    log.info(
        "bundle written peer=%s files=%d entries=%d", peer.id, len(loads), sum(h.entries for h in headers)
    )
    return headers


def mark_places(db: Connection, seqs: Iterable[int]) -> None:
    """Remembers places that a bundle names, so that later ones can say that we passed them."""
    for seq in seqs:
        if seq:
            mark_chain(db, seq)


def passed(db: Connection, after: int, upto: int) -> tuple[Mark, ...]:
    """Places that we named to anybody from `after` on, before `upto`; the first is `after` itself."""
    return ((after, chain_at(db, after)), *marks_between(db, after, upto, MARKS_MOST))


def numbered(path: Path, number: int) -> Path:
    """kampot.bundle, kampot-2.bundle, kampot-3.bundle …"""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def header_of(
    hub: Hub, peer: Peer, load: Load, token: str, number: int = 1, files: int = 1
) -> tuple[BundleHeader, bytes]:
    """(header, file key) for what a load holds. `token`: names the files that are written together,
    of which this is the number-th."""
    hub.write(lambda turn: mark_places(turn.db, (load.after, load.upto)))
    db = hub.read()
    return make_header(
        hub.key, card_of(peer).key, sender_name=hub.name, receiver_name=peer.name, made_at=hub.clock.stamp(),
        ledger=load.ledger, lineage=lineage_for(db, peer), known=load.known, after=load.after, upto=load.upto,
        chain=chain_at(db, load.upto), passed=passed(db, load.after, load.upto),
        digest=load.digest, entries=load.entries, blobs=load.blobs,
        set=token, number=number, files=files,
    )  # fmt: skip


def write_receipt(
    hub: Hub, peer: Peer, ledger: str, seen: Followed, batches: list[Batch], path: Path
) -> None:
    """The file that travels back: a bundle without entries, with our signed receipt and what we lack."""
    load = load_receipts(hub, peer, [make_receipt(hub, peer, ledger, seen, batches)])
    header, file_key = header_of(hub, peer, load, secrets.token_hex(8))
    with written(path) as file:
        write_bundle(file, header, file_key, hub.key, load.frames)


# Reading


def read(hub: Hub, path: Path, receipt: Path | None = None) -> Report:
    """Takes what is in a bundle, and writes the receipt that travels back. Reading twice, or in any
    order, changes nothing more.

    receipt: the file to write; None for none. Raises Fault bundle.not_a_bundle, bundle.newer,
    bundle.damaged (its header), bundle.not_for_us, bundle.sender_unknown, file.unreadable.
    """
    with opened(path) as file:
        header, bound = header_in(file, path)
        peer = sender_of(hub, header, path)
        file_key = key_of(hub, header, path)
        report = Report(header)
        with hub.database.large_cache(), hub.erase_at_end():
            _take_frames(hub, file, bound, file_key, peer, report)
            _acknowledge(hub, peer, report)
            if report.whole and header.files == 1:  # else what names them may come with another copy, or file
                drop_unnamed(hub, report.taken.loose)
    if receipt is not None and header.entries:
        batches = [batch_of(report)] if report.whole and not report.has_hole else []
        write_receipt(hub, peer, header.ledger, report.followed, batches, receipt)
        report.receipt = receipt
    log.info(
        "bundle read peer=%s new=%d have=%d refused=%d damaged=%d cut=%s",
        peer.id, report.taken.new, report.taken.have, report.taken.refused, len(report.damaged), report.cut,
    )  # fmt: skip
    return report


@dataclass(frozen=True, slots=True)
class Gained:
    """What a bundle over a link brought. `receipt`: for its sender; None when it brought files alone."""

    entries: int
    files: int
    receipt: bytes | None


def take_whole(hub: Hub, peer: Peer, path: Path) -> Gained:
    """Takes a bundle that came over a link: everything is checked first, then its entries and the cursor go
    in together, or nothing does.

    Raises Fault as `read` does, bundle.damaged, bundle.basis_missing.
    """
    with opened(path) as file:
        header, bound = header_in(file, path)
        if sender_of(hub, header, path).id != peer.id:
            raise Fault("bundle.sender_unknown", path=str(path), hub=header.sender_name)
        file_key, start = key_of(hub, header, path), file.tell()
        for _ in _whole_frames(hub, file, bound, file_key, path):
            pass
        file.seek(start)
        frames = _whole_frames(hub, file, bound, file_key, path)
        if header.upto > header.after:
            return _take_entries(hub, peer, header, path, [record for frame in frames for record in frame])
        return _take_files(hub, peer, header, frames)


def _whole_frames(
    hub: Hub, file: BinaryIO, bound: bytes, file_key: bytes, path: Path
) -> Iterator[list[Record]]:
    try:
        for received in read_frames(file, bound, file_key, partial(find_basis, hub)):
            if received is None:
                raise BadBundle("bundle.damaged")
            yield received
    except BadBundle as fault:
        code = fault.code if fault.code == "bundle.basis_missing" else "bundle.damaged"
        raise Fault(code, path=str(path)) from fault


def _take_entries(hub: Hub, peer: Peer, header: BundleHeader, path: Path, records: list[Record]) -> Gained:
    ids = [hashlib.sha256(r.header).hexdigest() for r in records if isinstance(r, EntryRecord)]
    if len(ids) != header.entries or digest_ids(ids) != header.digest:
        raise Fault("bundle.damaged", path=str(path))
    if _has_hole(hub, peer, header):
        raise Fault("bundle.basis_missing", path=str(path))  # asked for again, it leans on nothing

    def move_on(turn: Turn, _so_far: Taken) -> None:
        note_taken(turn, peer, source_of(header), span_of(header))

    taken = take(hub, records, admits_from(hub, peer), header.ledger, move_on)
    drop_unnamed(hub, taken.loose)
    log.info("batch taken peer=%s new=%d have=%d refused=%d", peer.id, taken.new, taken.have, taken.refused)
    batch = Batch(header.after, header.upto, header.entries, taken.refused, header.digest)
    seen = followed(hub.read(), source_of(header))
    return Gained(len(ids), taken.blobs, make_receipt(hub, peer, header.ledger, seen, [batch]))


def _take_files(hub: Hub, peer: Peer, header: BundleHeader, frames: Iterable[list[Record]]) -> Gained:
    taken = Taken()
    for records in frames:
        taken.add(take(hub, records, admits_from(hub, peer), header.ledger))
    drop_unnamed(hub, taken.loose)
    log.info("files taken peer=%s new=%d", peer.id, taken.blobs)
    return Gained(0, taken.blobs, None)


def sender_of(hub: Hub, header: BundleHeader, path: Path) -> Peer:
    if header.receiver != hub.id:
        raise Fault("bundle.not_for_us", path=str(path), hub=header.receiver_name)
    peer = peers.find_peer(hub.read(), header.sender)
    if peer is None:
        raise Fault("bundle.sender_unknown", path=str(path), hub=header.sender_name)
    return peer


def key_of(hub: Hub, header: BundleHeader, path: Path) -> bytes:
    try:
        return open_key(header, hub.key)
    except BadBundle as fault:
        raise Fault("bundle.not_for_us", path=str(path), hub=header.receiver_name) from fault


def _take_frames(hub: Hub, file: BinaryIO, bound: bytes, file_key: bytes, peer: Peer, report: Report) -> None:
    """A few frames share a transaction: on a disk that takes its time, flushing each would cost more than all the
    rest. What is whole before a cut is taken."""
    admits, held, weight = admits_from(hub, peer), list[Record](), 0
    try:
        for number, received in enumerate(read_frames(file, bound, file_key)):
            report.frames = number + 1
            if received is None:
                report.damaged.append(number)
                continue
            held += received
            weight += sum(map(weigh, received))
            if weight >= TOGETHER:
                report.taken.add(take(hub, held, admits, report.header.ledger))
                held, weight = [], 0
    except BadBundle:
        report.cut = True
    if held:
        report.taken.add(take(hub, held, admits, report.header.ledger))
    report.wrong = not report.damaged and not report.cut and not is_as_said(report.header, report.taken)


def is_as_said(header: BundleHeader, taken: Taken) -> bool:
    """Whether the entries are those that the header counts and names."""
    return len(taken.ids) == header.entries and digest_ids(taken.ids) == header.digest


def batch_of(report: Report) -> Batch:
    header = report.header
    return Batch(header.after, header.upto, header.entries, report.taken.refused, header.digest)


def span_of(header: BundleHeader) -> Span:
    return Span(header.after, header.upto, header.chain, header.passed)


def source_of(header: BundleHeader) -> Source:
    return Source(header.ledger, header.lineage)


def _acknowledge(hub: Hub, peer: Peer, report: Report) -> None:
    """Notes how far we follow the sender's ledger, and how far it confirms to follow ours.

    A damaged file is not confirmed, nor one with a hole: the sender's next bundle brings it again.
    """
    header = report.header
    report.has_hole = _has_hole(hub, peer, header)
    if report.whole and not report.has_hole:
        report.followed = hub.write(lambda turn: note_taken(turn, peer, source_of(header), span_of(header)))
    else:
        known = peers.find_ledger(hub.read(), header.ledger)
        report.followed = known.seen if known is not None else Followed()
    report.receipts = take_receipts(hub, peer, report.taken.receipts)
    if report.receipts:
        hub.write(lambda turn: note_wants(turn, peer, header.ledger, report.taken.wants))


def _has_hole(hub: Hub, peer: Peer, header: BundleHeader) -> bool:
    known = header.known
    return known is not None and not hub.write(lambda turn: is_past(turn, peer, header.ledger, known))


def show(path: Path) -> BundleHeader:
    """What a bundle says without a key. Raises as `read` does for its header."""
    with opened(path) as file:
        return header_in(file, path)[0]


def header_in(file: BinaryIO, path: Path) -> tuple[BundleHeader, bytes]:
    try:
        return read_header(file)
    except BadBundle as fault:
        raise Fault(fault.code, path=str(path)) from fault


def receipt_beside(path: Path) -> Path:
    """kampot.bundle -> kampot.receipt, on the same stick."""
    return path.with_suffix(".receipt")


def look_inside(hub: Hub, path: Path) -> dict[str, int] | None:
    """How many entries of which kind a bundle for this hub holds, nothing being taken; None when it is for
    another. Raises as `read` does, and Fault bundle.damaged."""
    with opened(path) as file:
        header, bound = header_in(file, path)
        if header.receiver != hub.id:
            return None
        kinds: Counter[str] = Counter()
        try:
            for received in read_frames(file, bound, key_of(hub, header, path)):
                kinds.update(read_entry(r.header).kind for r in received or () if isinstance(r, EntryRecord))
        except LedgerError as fault:
            raise Fault("bundle.damaged", path=str(path)) from fault
    return dict(kinds)
