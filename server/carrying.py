"""Which entries go to another hub, and taking in what comes from one.

The rule of scope: local kinds never leave, and are never taken from outside, whoever sends them: a
bundle must not be able to make an administrator here.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from server.hub import Hub, Turn
from server.store import blobs as blob_rows
from server.store import state_tables, withdrawals
from server.store.blobs import SMALL_BYTES, Staged
from server.store.ledger_sqlite import entries_after
from server.store.peers import Peer
from sync.errors import BadEntry, BlobMissing
from sync.ledger import Entry, read_entry, travels
from sync.messages import FRAME_BYTES, BlobRecord, EntryRecord, PartRecord, Record

log = logging.getLogger(__name__)
PAGE = 500


@dataclass(slots=True)
class Taken:
    """What a batch brought: entries new here, held already, refused; blobs new here, and of these the
    ones that no entry has named yet (`loose`)."""

    new: int = 0
    have: int = 0
    refused: int = 0
    blobs: int = 0
    loose: set[str] = field(default_factory=set)


def project_of_entry(entry: Entry) -> str | None:
    """The uid of the project that an entry belongs to; None when it belongs to none."""
    room, _, rest = entry.subject.partition(":")
    if room == "project":
        return rest
    if room in ("form", "submission"):
        return rest.partition("/")[0]
    project = entry.body.get("project")
    return project if isinstance(project, str) else None


def may_flow(entry: Entry, projects: frozenset[str] | None) -> bool:
    """Whether an entry may cross between two hubs that share these projects (None: all)."""
    if not travels(entry.kind):
        return False
    if entry.subject.startswith("hub:"):
        # A hub says its own name, and nobody else's.
        return entry.kind == "hub.introduce" and entry.subject == f"hub:{entry.hub}"
    return projects is None or project_of_entry(entry) in projects


def shared_projects(peer: Peer) -> frozenset[str] | None:
    return None if peer.projects is None else frozenset(json.loads(peer.projects))


def outgoing(hub: Hub, peer: Peer, after: int, upto: int) -> Iterator[Entry]:
    """Entries for this peer committed here in (after, upto], its own left out: it has
    those, unless it was restored from a backup."""
    shared = shared_projects(peer)
    while after < upto:
        page = entries_after(hub.read(), after, PAGE)
        if not page:
            return
        for seq, entry in page:
            after = seq
            lacking = entry.hub != peer.id or seq <= peer.restored_seq
            if seq <= upto and lacking and may_flow(entry, shared):
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


def take(hub: Hub, received: Iterable[Record], projects: frozenset[str] | None) -> Taken:
    """Takes one frame's records in one transaction: all of them or none. Idempotent."""
    staged, entries, taken = _examine(hub, received, projects)
    if staged or entries:
        hub.write(lambda turn: _commit(turn, staged, entries, taken))
    return taken


def _examine(
    hub: Hub, received: Iterable[Record], projects: frozenset[str] | None
) -> tuple[list[Staged], list[Entry], Taken]:
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
                entry = _checked(header, projects)
                if entry is None:
                    taken.refused += 1
                else:
                    entries.append(entry)
    return staged, entries, taken


def _checked(header: bytes, projects: frozenset[str] | None) -> Entry | None:
    try:
        entry = read_entry(header)
    except BadEntry as fault:
        log.warning("entry refused reason=%s", fault.code)
        return None
    if not may_flow(entry, projects):
        log.warning("entry refused reason=entry.not_shared id=%s kind=%s", entry.id, entry.kind)
        return None
    return entry


def _commit(turn: Turn, staged: list[Staged], entries: list[Entry], taken: Taken) -> None:
    arrived = {blob.sha256 for blob in staged if blob_rows.record(turn.db, blob)}
    new = turn.merge(entries)
    turn.hub.state.resume(turn.db, arrived)
    named = {sha256 for entry in new for sha256 in entry.blobs}
    taken.loose = arrived - named
    withdrawals.note_loose(turn.db, taken.loose, turn.hub.clock.stamp())
    if taken.loose:
        # Files of submissions held before: whoever fetched those must not be told that nothing changed.
        state_tables.next_generation(turn.db)
    taken.blobs += len(arrived)
    taken.new += len(new)
    taken.have += len(entries) - len(new)


def drop_unnamed(hub: Hub, loose: set[str]) -> None:
    """At the end of what brought them: bytes that no entry here names are not kept. They may belong to
    a submission that was withdrawn, whose entry is wiped and names nothing any more."""
    if loose:
        hub.write(lambda turn: _drop_unnamed(turn, loose))


def _drop_unnamed(turn: Turn, loose: set[str]) -> None:
    unnamed = loose - withdrawals.naming(turn.db, loose)
    withdrawals.forget_loose(turn.db, loose - unnamed)
    if unnamed:
        withdrawals.drop_blobs(turn.db, unnamed)
        turn.hub.state.erased = True
        log.info("blobs dropped count=%d reason=unnamed", len(unnamed))
