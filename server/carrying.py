"""Which entries go to another hub, with which bytes.

The rule of scope: local kinds never leave, and are never taken from outside, whoever sends them: a
bundle must not be able to make an administrator here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from server.flow import BELOW, Direction, Way, direction_from, direction_to, may_flow
from server.following import Source, active_ledgers, followed, taken_by_then
from server.hub import Hub
from server.store.blobs import SMALL_BYTES
from server.store.ledger_sqlite import (
    came_over,
    entries_of,
    entries_with_origin,
    find_by_prefix,
    places_about,
    recent_entries,
)
from server.store.peers import Peer, list_ledgers
from sync.errors import BadBundle, BlobMissing
from sync.ledger import Entry
from sync.merge import CREATE, EDIT
from sync.messages import (
    FRAME_BYTES,
    NO_BASIS,
    PREFIX,
    Basis,
    BlobRecord,
    EntryRecord,
    PartRecord,
    Record,
)
from sync.receipt import Position

log = logging.getLogger(__name__)
PAGE = 500
BASIS_ENTRIES, BASIS_LOOK = 16, 200  # how many to lean on; how far back to look for them


def way_to(hub: Hub, peer: Peer) -> Way:
    """What may go from this hub to the peer."""
    return _way(hub, peer, direction_to(peer.relation))


def way_from(hub: Hub, peer: Peer) -> Way:
    """What is taken here from the peer."""
    return _way(hub, peer, direction_from(peer.relation))


def _way(hub: Hub, peer: Peer, direction: Direction) -> Way:
    lower = peer.id if peer.relation == BELOW else hub.id
    holds = partial(_peer_holds, hub, peer) if lower == peer.id else partial(_held_here, hub)
    return Way(direction, _shared_projects(peer), lower, holds)


def _peer_holds(hub: Hub, peer: Peer, subject: str) -> bool:
    """What came from a hub, it holds: its own, and that of hubs below it."""
    ledgers = [known.ledger for known in list_ledgers(hub.read(), peer.id)]
    return came_over(hub.read(), subject, ledgers)


def _held_here(hub: Hub, subject: str) -> bool:
    return bool(entries_of(hub.read(), subject))


def _shared_projects(peer: Peer) -> frozenset[str] | None:
    return None if peer.projects is None else frozenset(json.loads(peer.projects))


@dataclass(frozen=True, slots=True)
class Course:
    """Where entries go: to a hub, by the rules of the pair, without those that came over the ledger under
    which it is at work, which we follow up to `known`. `before`: older ledgers that this one begins like, each
    with the seq of ours up to which what came over it was in it by then."""

    peer: Peer
    way: Way
    known: Position | None
    before: Mapping[str, int] = field(default_factory=dict)

    def knows(self, seq: int, via: str | None) -> bool:
        """Whether the hub has an entry because it gave it to us."""
        is_known = self.known is not None and via == self.known.ledger
        return via is not None and (is_known or seq <= self.before.get(via, 0))

    def bare(self) -> Course:
        """Nothing is left out."""
        return replace(self, known=None, before={})


def course_to(hub: Hub, peer: Peer, ledger: str | None = None, lineage: Iterable[Position] = ()) -> Course:
    """`ledger`: the one under which the hub is at work, when it said so itself. A hub of which two copies
    run lacks, in each, what came from the other: then nothing is left out."""
    if ledger is None:
        active = active_ledgers(hub.read(), peer)
        ledger = active[0].ledger if len(active) == 1 else None
    places = tuple(lineage)
    before: dict[str, int] = {}
    for place in places:
        before[place.ledger] = max(taken_by_then(hub.read(), peer, place), before.get(place.ledger, 0))
    seen = followed(hub.read(), Source(ledger, places)) if ledger is not None else None
    known = Position(ledger, seen.seq, seen.chain) if ledger is not None and seen is not None else None
    return Course(peer, way_to(hub, peer), known, before)


def outgoing(hub: Hub, course: Course, after: int, upto: int) -> Iterator[tuple[int, Entry]]:
    """(seq, entry) of what is for this hub among what was committed here in (after, upto]."""
    while after < upto:
        page = entries_with_origin(hub.read(), after, PAGE)
        if not page:
            return
        for seq, entry, via in page:
            after = seq
            if seq > upto:
                return
            if course.knows(seq, via):
                yield from _met_late(hub, course, seq, entry)
            elif may_flow(entry, course.way):
                yield seq, entry


def _met_late(hub: Hub, course: Course, seq: int, entry: Entry) -> Iterator[tuple[int, Entry]]:
    """What was said of a submission before a hub below turned out to hold it: it was passed over then."""
    if course.way.direction is not Direction.DOWN or not entry.subject.startswith("submission:"):
        return
    said = places_about(hub.read(), entry.subject)
    if any(place < seq and course.knows(place, via) for place, _, via in said):
        return
    for place, earlier, _via in said:
        if place < seq and may_flow(earlier, course.way):
            yield seq, earlier


def records(hub: Hub, entries: Iterable[Entry], *, all_blobs: bool = True) -> Iterator[Record]:
    """Each entry after the blobs that it names, so that whoever keeps it can understand it. Blobs
    named more than once in a batch go once. Without all_blobs, the files of submissions follow later."""
    sent: set[str] = set()
    for entry in entries:
        for sha256 in entry.blobs if all_blobs else needed_blobs(entry):
            if sha256 not in sent:
                sent.add(sha256)
                yield from blob_records(hub, sha256)
        yield EntryRecord(entry.header)


def needed_blobs(entry: Entry) -> tuple[str, ...]:
    """The blobs without which an entry is not understood: of a submission, its XML."""
    if not entry.subject.startswith("submission:"):
        return entry.blobs
    return entry.blobs[:1] if entry.kind in (CREATE, EDIT) else ()


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


def basis_for(hub: Hub, peer: Peer, after: int) -> Basis:
    """The last submissions that a hub is known to hold: the tags of its forms are in them, and much of what
    people say."""
    chosen, way = list[Entry](), way_to(hub, peer)
    for entry in recent_entries(hub.read(), after, (CREATE, EDIT), BASIS_LOOK):
        if len(chosen) < BASIS_ENTRIES and may_flow(entry, way):
            chosen.append(entry)
    ids = tuple(bytes.fromhex(entry.id)[:PREFIX] for entry in chosen)
    content = basis_content(hub, ids)
    return Basis(ids, content) if content is not None else NO_BASIS


def basis_content(hub: Hub, ids: Sequence[bytes]) -> bytes | None:
    """The bytes that these entries stand for, the same on both sides; None when one is not held whole."""
    parts = list[bytes]()
    for prefix in ids:
        entry = find_by_prefix(hub.read(), prefix)
        if entry is None or not entry.blobs or not hub.blobs.has(entry.blobs[0]):
            return None
        parts += [hub.blobs.read(entry.blobs[0]), entry.header]
    return b"".join(parts)


def find_basis(hub: Hub, ids: Sequence[bytes]) -> bytes:
    """As basis_content. Raises BadBundle bundle.basis_missing."""
    content = basis_content(hub, ids) if len(ids) <= BASIS_ENTRIES else None
    if content is None:
        raise BadBundle("bundle.basis_missing")
    return content
