"""Taking in what comes from another hub: each run of records in one transaction, all of it or nothing.

Whatever is taken was checked before: an entry's id is the hash of the bytes that came, a blob's name too.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from server.carrying import way_from
from server.flow import may_flow
from server.hub import Hub, Turn
from server.store import blobs as blob_rows
from server.store import state_tables, withdrawals
from server.store.blobs import Part, Staged
from server.store.peers import Peer
from sync.errors import BadEntry
from sync.ledger import Entry, read_entry
from sync.messages import (
    BlobRecord,
    EntryRecord,
    PartRecord,
    ReceiptRecord,
    Record,
    WantRecord,
)

log = logging.getLogger(__name__)
Admits = Callable[[Entry], bool]


def admits_from(hub: Hub, peer: Peer) -> Admits:
    """Whether an entry may come from this hub."""
    way = way_from(hub, peer)
    return lambda entry: may_flow(entry, way)


@dataclass(slots=True)
class Taken:
    """What came: entries new here, held already, refused; blobs new here. `ids`: of all entries, in the
    order in which they came; `loose`: new blobs that no entry has named yet; `receipts` and `wants`:
    what the sender says of us."""

    new: int = 0
    have: int = 0
    refused: int = 0
    blobs: int = 0
    ids: list[str] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    receipts: list[bytes] = field(default_factory=list)
    wants: list[bytes] = field(default_factory=list)

    def add(self, other: Taken) -> None:
        for name in ("new", "have", "refused", "blobs"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("ids", "receipts", "wants"):
            getattr(self, name).extend(getattr(other, name))
        self.loose |= other.loose


@dataclass(slots=True)
class _Load:
    """Records that are checked and ready to be committed."""

    staged: list[Staged] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def take(
    hub: Hub,
    received: Iterable[Record],
    admits: Admits,
    via: str,
    also: Callable[[Turn, Taken], None] = lambda turn, taken: None,
) -> Taken:
    """Takes records in one transaction: all of them or none. Idempotent.

    admits: whether an entry may come from the sender; via: the sender's ledger; also: what belongs into
    the same transaction, such as the cursor.
    """
    taken = Taken()
    load = _examine(hub, received, admits, taken)

    def commit(turn: Turn) -> None:
        _commit(turn, load, via, taken)
        also(turn, taken)

    _keep_parts(hub, load.parts, taken)
    hub.write(commit)
    return taken


def _keep_parts(hub: Hub, parts: list[Part], taken: Taken) -> None:
    """Bytes come before what names them, so that a form is understood at once; nobody sees them until then."""

    def note(turn: Turn) -> None:
        for part in parts:
            blob_rows.note_part(turn.db, part)

    if parts:
        hub.write(note)
    for sha256, size in dict.fromkeys((part.sha256, part.size) for part in parts):
        _complete(hub, sha256, size, taken)


def _examine(hub: Hub, received: Iterable[Record], admits: Admits, taken: Taken) -> _Load:
    load = _Load()
    for record in received:
        match record:
            case BlobRecord(data):
                load.staged.append(hub.blobs.stage(io.BytesIO(data)))
            case PartRecord(sha256, offset, size, data):
                part = Part(sha256, offset, size, data)
                if part.end <= size and not hub.blobs.has(sha256):
                    hub.blobs.write_part(part)
                    load.parts.append(part)
            case EntryRecord(header):
                _examine_entry(header, admits, load, taken)
            case ReceiptRecord(signed):
                taken.receipts.append(signed)
            case WantRecord(prefixes):
                taken.wants.extend(prefixes)
    return load


def _examine_entry(header: bytes, admits: Admits, load: _Load, taken: Taken) -> None:
    try:
        entry = read_entry(header)
    except BadEntry as fault:
        log.warning("entry refused reason=%s", fault.code)
        taken.refused += 1
        return
    taken.ids.append(entry.id)
    if admits(entry):
        load.entries.append(entry)
    else:
        log.warning("entry refused reason=entry.not_shared id=%s kind=%s", entry.id, entry.kind)
        taken.refused += 1


def _commit(turn: Turn, load: _Load, via: str, taken: Taken) -> None:
    if not load.staged and not load.entries:
        return
    arrived = {blob.sha256 for blob in load.staged if blob_rows.record(turn.db, blob)}
    new = turn.merge(load.entries, via)
    _arrive(turn, arrived, {sha256 for entry in new for sha256 in entry.blobs}, taken)
    taken.blobs += len(arrived)
    taken.new += len(new)
    taken.have += len(load.entries) - len(new)


def _arrive(turn: Turn, arrived: set[str], named_now: set[str], taken: Taken) -> None:
    turn.hub.state.resume(turn.db, arrived)
    loose = arrived - named_now
    if loose:
        taken.loose |= loose
        withdrawals.note_loose(turn.db, loose, turn.hub.clock.stamp())
        # Files of submissions held before: whoever fetched those must not be told that nothing changed.
        state_tables.next_generation(turn.db)


def _complete(hub: Hub, sha256: str, size: int, taken: Taken) -> None:
    """A large blob whose last part has come."""
    whole = hub.blobs.complete(sha256, size)
    if whole is None:
        return

    def keep(turn: Turn) -> bool:
        blob_rows.forget_parts(turn.db, sha256)
        new = blob_rows.record(turn.db, whole)
        _arrive(turn, {sha256} if new else set(), set(), taken)
        return new

    taken.blobs += hub.write(keep)


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
