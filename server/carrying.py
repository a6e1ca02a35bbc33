"""What goes to another hub, and taking in what comes from one; server/flow.py says what may.

The rule of scope: local kinds never leave, and are never taken from outside, whoever sends them: a
bundle must not be able to make an administrator here.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from server.flow import BELOW, Direction, Way, direction_from, direction_to, may_flow
from server.hub import Hub, Turn
from server.store import blobs as blob_rows
from server.store import state_tables
from server.store.blobs import SMALL_BYTES, Staged
from server.store.ledger_sqlite import entries_after, entries_of
from server.store.peers import Peer
from sync.errors import BadEntry, BlobMissing
from sync.ledger import Entry, read_entry
from sync.messages import FRAME_BYTES, BlobRecord, EntryRecord, PartRecord, Record

log = logging.getLogger(__name__)
PAGE = 500


@dataclass(slots=True)
class Taken:
    """What a batch brought: entries new here, held already, refused; blobs new here."""

    new: int = 0
    have: int = 0
    refused: int = 0
    blobs: int = 0


def way_to(hub: Hub, peer: Peer) -> Way:
    """What may go from this hub to the peer."""
    return _way(hub, peer, direction_to(peer.relation))


def way_from(hub: Hub, peer: Peer) -> Way:
    """What is taken here from the peer."""
    return _way(hub, peer, direction_from(peer.relation))


def _way(hub: Hub, peer: Peer, direction: Direction) -> Way:
    lower = peer.id if peer.relation == BELOW else hub.id
    return Way(direction, _shared_projects(peer), lower, partial(_has_said, hub, lower))


def _shared_projects(peer: Peer) -> frozenset[str] | None:
    return None if peer.projects is None else frozenset(json.loads(peer.projects))


def _has_said(hub: Hub, speaker: str, subject: str) -> bool:
    """Whether this hub has said something of the subject: then it holds it."""
    return any(entry.hub == speaker for entry in entries_of(hub.read(), subject))


def outgoing(hub: Hub, peer: Peer, after: int, upto: int) -> Iterator[Entry]:
    """Entries for this peer committed here in (after, upto], its own left out: it has
    those, unless it was restored from a backup."""
    way = way_to(hub, peer)
    while after < upto:
        page = entries_after(hub.read(), after, PAGE)
        if not page:
            return
        for seq, entry in page:
            after = seq
            lacking = entry.hub != peer.id or seq <= peer.restored_seq
            if seq <= upto and lacking and may_flow(entry, way):
                yield entry


def records(hub: Hub, entries: Iterable[Entry]) -> Iterator[Record]:
    """Each entry after the blobs that it names, so that whoever keeps it can understand it. Blobs
    named more than once in a batch go once."""
    sent: set[str] = set()
    for entry in entries:
        for sha256 in entry.blobs:
            if sha256 not in sent:
                sent.add(sha256)
                yield from blob_records(hub, sha256)
        yield EntryRecord(entry.header)


def blob_records(hub: Hub, sha256: str) -> Iterator[Record]:
    try:
        size = hub.blobs.size(sha256)
        with hub.blobs.open(sha256) as stream:
            if size <= SMALL_BYTES:
                yield BlobRecord(stream.read())
                return
            offset = 0
            while data := stream.read(FRAME_BYTES):
                yield PartRecord(sha256, offset, size, data)
                offset += len(data)
    except BlobMissing:
        # Named but not held here either: the entry still travels, the blob follows from elsewhere.
        log.warning("blob missing sha256=%s", sha256)


def take(hub: Hub, received: Iterable[Record], way: Way) -> Taken:
    """Takes one frame's records in one transaction: all of them or none. Idempotent."""
    staged, entries, taken = _examine(hub, received, way)
    if staged or entries:
        hub.write(lambda turn: _commit(turn, staged, entries, taken))
    return taken


def _examine(hub: Hub, received: Iterable[Record], way: Way) -> tuple[list[Staged], list[Entry], Taken]:
    staged: list[Staged] = []
    entries: list[Entry] = []
    taken = Taken()
    for record in received:
        match record:
            case BlobRecord(data):
                staged.append(hub.blobs.stage(io.BytesIO(data)))
            case PartRecord(sha256, offset, size, data):
                whole = hub.blobs.add_part(sha256, offset, size, data)
                staged += [whole] if whole else []
            case EntryRecord(header):
                entry = _checked(header, way)
                if entry is None:
                    taken.refused += 1
                else:
                    entries.append(entry)
    return staged, entries, taken


def _checked(header: bytes, way: Way) -> Entry | None:
    try:
        entry = read_entry(header)
    except BadEntry as fault:
        log.warning("entry refused reason=%s", fault.code)
        return None
    if not may_flow(entry, way):
        log.warning("entry refused reason=entry.not_shared id=%s kind=%s", entry.id, entry.kind)
        return None
    return entry


def _commit(turn: Turn, staged: list[Staged], entries: list[Entry], taken: Taken) -> None:
    arrived = {blob.sha256 for blob in staged if blob_rows.record(turn.db, blob)}
    new = turn.merge(entries)
    turn.hub.state.resume(turn.db, arrived)
    if not arrived <= {sha256 for entry in new for sha256 in entry.blobs}:
        # Files of submissions held before: whoever fetched those must not be told that nothing changed.
        state_tables.next_generation(turn.db)
    taken.blobs += len(arrived)
    taken.new += len(new)
    taken.have += len(entries) - len(new)
