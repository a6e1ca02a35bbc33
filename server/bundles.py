"""Bundles as a coordinator uses them: write one for a hub, read one, look at one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from server.carrying import Taken, drop_unnamed, outgoing, records, shared_projects, take
from server.errors import Fault
from server.hub import Hub, Turn
from server.peers import card_of, find_peer
from server.store import peers
from server.store.ledger_sqlite import head
from server.store.peers import Peer
from sync.bundle import BundleHeader, make_header, open_key, read_frames, read_header, write_bundle
from sync.errors import BadBundle
from sync.ledger import Entry

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """What reading a bundle came to. `damaged`: numbers of the frames that are bad; `cut`: the file
    ends before its end. What is whole was taken all the same."""

    header: BundleHeader
    taken: Taken = field(default_factory=Taken)
    frames: int = 0
    damaged: list[int] = field(default_factory=list)
    cut: bool = False

    @property
    def whole(self) -> bool:
        return not self.damaged and not self.cut


def write_for(hub: Hub, name: str, path: Path) -> BundleHeader:
    """Writes everything that the hub NAME is not known to hold.

    Raises Fault hub.unknown, bundle.nothing, file.unwritable. The file appears whole or not at all.
    """
    peer = find_peer(hub, name)
    after = peer.holds_seq if peer.holds_ledger == hub.ledger_id else 0
    upto = head(hub.read())
    entries, blobs = _count(outgoing(hub, peer, after, upto))
    if not entries and not _owes_receipt(peer):
        raise Fault("bundle.nothing", name=peer.name)
    header, file_key = make_header(
        hub.key, card_of(peer).key, sender_name=hub.name, receiver_name=peer.name, made_at=hub.clock.stamp(),
        ledger=hub.ledger_id, after=after, upto=upto, entries=entries, blobs=blobs,
        holds=(peer.seen_ledger, peer.seen_seq) if peer.seen_ledger else None,
    )  # fmt: skip
    with _written(path) as file:
        write_bundle(file, header, file_key, hub.key, records(hub, outgoing(hub, peer, after, upto)))
    log.info("bundle written peer=%s after=%d upto=%d entries=%d", peer.id, after, upto, entries)
    return header


def _count(entries: Iterator[Entry]) -> tuple[int, int]:
    count, blobs = 0, set[str]()
    for entry in entries:
        count += 1
        blobs.update(entry.blobs)
    return count, len(blobs)


def _owes_receipt(peer: Peer) -> bool:
    """A bundle without entries still tells the peer what arrived, so that it need not send it again."""
    return peer.seen_seq > 0


@contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    growing = path.with_name(path.name + ".part")
    try:
        with growing.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        growing.replace(path)
    except OSError as fault:
        growing.unlink(missing_ok=True)
        raise Fault("file.unwritable", path=str(path), reason=fault.strerror or "") from fault
    except BaseException:
        growing.unlink(missing_ok=True)
        raise


def read(hub: Hub, path: Path) -> Report:
    """Takes what is in a bundle. Reading twice, or in any order, changes nothing more.

    Raises Fault bundle.not_a_bundle, bundle.newer, bundle.damaged (its header), bundle.not_for_us,
    bundle.sender_unknown, file.unreadable.
    """
    with _opened(path) as file:
        header, bound = _header(file, path)
        peer = _sender(hub, header, path)
        try:
            file_key = open_key(header, hub.key)
        except BadBundle as fault:
            raise Fault("bundle.not_for_us", path=str(path), hub=header.receiver_name) from fault
        report = Report(header)
        with hub.erase_at_end():
            _take_frames(hub, file, bound, file_key, peer, report)
            if report.whole:  # else what names them may come with another copy
                drop_unnamed(hub, report.taken.loose)
    hub.write(lambda turn: _acknowledge(turn, peer, report))
    log.info(
        "bundle read peer=%s new=%d have=%d refused=%d damaged=%d cut=%s",
        peer.id, report.taken.new, report.taken.have, report.taken.refused, len(report.damaged), report.cut,
    )  # fmt: skip
    return report


def _sender(hub: Hub, header: BundleHeader, path: Path) -> Peer:
    if header.receiver != hub.id:
        raise Fault("bundle.not_for_us", path=str(path), hub=header.receiver_name)
    peer = peers.find_peer(hub.read(), header.sender)
    if peer is None:
        raise Fault("bundle.sender_unknown", path=str(path), hub=header.sender_name)
    return peer


def _take_frames(hub: Hub, file: BinaryIO, bound: bytes, file_key: bytes, peer: Peer, report: Report) -> None:
    projects = shared_projects(peer)
    try:
        for number, received in enumerate(read_frames(file, bound, file_key)):
            report.frames = number + 1
            if received is None:
                report.damaged.append(number)
            else:
                _add(report.taken, take(hub, received, projects))
    except BadBundle:
        report.cut = True


def _add(total: Taken, part: Taken) -> None:
    total.new += part.new
    total.have += part.have
    total.refused += part.refused
    total.blobs += part.blobs
    total.loose |= part.loose


def _acknowledge(turn: Turn, peer: Peer, report: Report) -> None:
    """Notes how far we follow the sender's ledger, and how far it confirms to follow ours.

    A bundle that starts after what we follow leaves a hole: then nothing is confirmed, and the
    sender's next bundle brings the hole again.
    """
    header, ledger = report.header, turn.hub.ledger_id
    now = peers.find_peer(turn.db, peer.id)
    assert now is not None
    body: dict[str, object] = {}
    reached = now.seen_seq if now.seen_ledger == header.ledger else 0
    if report.whole and header.after <= reached < header.upto:
        body["seen"] = [header.ledger, header.upto]
    held = now.holds_seq if now.holds_ledger == ledger else 0
    said = header.holds[1] if header.holds is not None and header.holds[0] == ledger else 0
    if now.seen_ledger not in (None, header.ledger):
        # Another ledger of the same hub: restored from a backup, it may lack what it had confirmed.
        body |= {"restored": head(turn.db), "holds": [ledger, min(held, said)]}
    elif said > held:
        body["holds"] = [ledger, said]
    if body:
        turn.append("hub.receipt", f"hub:{peer.id}", body)


def show(path: Path) -> BundleHeader:
    """What a bundle says without a key. Raises as `read` does for its header."""
    with _opened(path) as file:
        return _header(file, path)[0]


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as fault:
        raise Fault("file.unreadable", path=str(path), reason=fault.strerror or "") from fault


def _header(file: BinaryIO, path: Path) -> tuple[BundleHeader, bytes]:
    try:
        return read_header(file)
    except BadBundle as fault:
        raise Fault(fault.code, path=str(path)) from fault
