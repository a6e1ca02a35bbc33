"""The hub that calls another: binds the conversation of sync.exchange to a data folder, and keeps at it.

No Flask, no SQL.
"""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server import parcels
from server.bundles import take_whole
from server.carrying import course_to
from server.errors import Fault, Refusal
from server.following import (
    Source,
    active_ledgers,
    agree,
    followed,
    lineage_for,
    make_receipt,
    names_of,
    our_ledger,
    take_receipts,
)
from server.hub import Hub
from server.parcels import Wanted
from server.peers import card_of, find_peer, present_credential
from server.spool import INBOX, folder_of
from server.store.blobs import list_wanted
from server.store.ledger_sqlite import count_after
from server.store.peers import Peer, list_peers
from sync.errors import BadBundle, LedgerError, Refused, Unreached
from sync.exchange import (
    Ask,
    Conversation,
    Gain,
    Pace,
    Parcel,
    Progress,
    Reply,
    Wishes,
    read_reply,
    sign_ask,
)
from sync.link import HttpLink
from sync.messages import PREFIX, PROTOCOL
from sync.receipt import Followed, Position, read_receipt
from sync.transport import TRIES, HttpCarrier, Link, Patience

log = logging.getLogger(__name__)
FILES_PAGE = 200  # names of files asked for at once
NO_WISHES = Wishes()


@dataclass
class Caller:
    """sync.exchange.Side of this hub towards one other. `source`: the other's ledger, once it said so."""

    hub: Hub
    peer: Peer
    source: Source | None = None
    confirmed: int = 0
    replies: list[Reply] = field(default_factory=list)

    def ask(self, **more: Any) -> bytes:
        db = self.hub.read()
        said = Ask(
            hub=self.hub.id, ledger=our_ledger(db), nonce=secrets.token_hex(8), at=self.hub.clock.stamp(),
            lineage=lineage_for(db, self.peer), seen=self._seen(), receipts=self._receipts(), **more,
        )  # fmt: skip
        return sign_ask(said, self.hub.key, self.peer.id)

    def _source(self) -> Source | None:
        if self.source is None:
            known = active_ledgers(self.hub.read(), self.peer)
            return Source(known[0].ledger, ()) if known else None
        return self.source

    def _seen(self) -> Position | None:
        source = self._source()
        seen = followed(self.hub.read(), source) if source else Followed()
        return Position(source.ledger, seen.seq, seen.chain) if source and seen.seq else None

    def _receipts(self) -> tuple[str, ...]:
        """Only what the other hub does not know yet."""
        seen = self._seen()
        if self.source is None or seen is None or seen.seq <= self.confirmed:
            return ()
        signed = make_receipt(self.hub, self.peer, seen.ledger, followed(self.hub.read(), self.source), ())
        return (base64.b64encode(signed).decode(),)

    def hear(self, asked: bytes, body: bytes) -> Reply:
        """Raises BadBundle reply.invalid; Fault peer.newer."""
        reply = read_reply(body, card_of(self.peer).key, asked)
        if reply.protocol > PROTOCOL:
            raise Fault("peer.newer", name=self.peer.name)
        self.source = Source(reply.ledger, reply.lineage)
        self.confirmed = max(self.confirmed, reply.holds)
        self.replies.append(reply)
        return reply

    def parcel(self, seen: Position | None, pace: Pace, *, bare: bool) -> Parcel | None:
        after = self._agreed(seen)
        wanted = Wanted(pace.entries, pace.thorough, bare)
        source = self.source or Source("", ())
        course = course_to(self.hub, self.peer, source.ledger or None, source.lineage)
        return parcels.entry_parcel(self.hub, course, after, wanted)

    def _agreed(self, seen: Position | None) -> int:
        if seen is None or self.source is None or not seen.seq:
            return 0
        own = self.source.ledger
        return self.hub.write(lambda turn: agree(turn, self.peer, own, seen)) or 0

    def file_parcel(self, wants: list[bytes], pace: Pace, largest: int | None) -> Parcel | None:
        return parcels.file_parcel(self.hub, self.peer, wants, pace.files, largest)

    def discard(self, parcel: Parcel) -> None:
        parcels.drop(parcel.path)

    def delivered(self, parcel: Parcel, receipt: bytes | None) -> Position | None:
        """The receipt is kept before the parcel goes: without it, it would be sent again."""
        if receipt is None:
            if parcel.files:
                parcels.drop(parcel.path)
            return None
        take_receipts(self.hub, self.peer, [receipt])
        parcels.drop(parcel.path)
        return read_receipt(receipt, card_of(self.peer).key).of

    def inbox(self) -> Path:
        return folder_of(self.hub.data, INBOX, self.peer.id)

    def take(self, path: Path) -> Gain:
        """Raises BadBundle bundle.basis_missing, bundle.damaged; the file is gone either way."""
        try:
            gained = take_whole(self.hub, self.peer, path)
        except Fault as fault:
            if fault.code in ("bundle.basis_missing", "bundle.damaged"):
                raise BadBundle(fault.code) from fault
            raise
        finally:
            path.unlink(missing_ok=True)
        return Gain(gained.entries, gained.files)

    def wants(self) -> list[bytes]:
        source = self._source()
        db = self.hub.read()
        names = list_wanted(db, names_of(db, self.peer, source.ledger), FILES_PAGE) if source else []
        return [bytes.fromhex(name)[:PREFIX] for name in names]

    def left(self) -> int:
        """About how many entries are still to be sent."""
        source = self._source()
        return count_after(self.hub.read(), self.confirmed, source.ledger) if source else 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a conversation needs of the world: `link`: to an address; `wait`: sleeps; `chance`: a number in
    [0, 1); `now_s`: a clock that only goes on; `tries`: breaks in a row before giving up."""

    link: Callable[[str], Link]
    wait: Callable[[float], None]
    chance: Callable[[], float]
    now_s: Callable[[], float]
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class Meeting:
    """What came of calling a hub. `at`: its clock when it first answered, as it says."""

    peer: Peer
    progress: Progress
    replies: list[Reply]


def default_world(
    wait: Callable[[float], None], chance: Callable[[], float], now_s: Callable[[], float], tries: int = TRIES
) -> Surroundings:
    """Real links."""
    return Surroundings(HttpLink, wait, chance, now_s, tries)


def reachable(hub: Hub) -> list[Peer]:
    """The hubs that an address is known of."""
    return [peer for peer in list_peers(hub.read()) if peer.url or card_of(peer).addresses]


def sync_with(
    hub: Hub,
    name: str,
    world: Surroundings,
    *,
    wishes: Wishes = NO_WISHES,
    tell: Callable[[Progress], None] = lambda progress: None,
    progress: Progress | None = None,
) -> Meeting:
    """Pushes and pulls until neither has anything for the other. `progress`: where to count.

    Raises Fault hub.unknown, sync.under_way, peer.no_address, peer.unreachable (what was done is kept),
    peer.not_the_hub, peer.newer, and what the other hub refuses. How it went is noted in `hub.contacts`.
    """
    peer = find_peer(hub, name)
    with hub.contacts.alone(peer.id, peer.name):
        try:
            met = _call(hub, peer, world, wishes, tell, progress or Progress())
        except Refusal as fault:
            hub.contacts.went_ill(peer.id, hub.clock.stamp(), fault)
            raise
        hub.contacts.went_well(peer.id, hub.clock.stamp())
        return met


def _call(
    hub: Hub, peer: Peer, world: Surroundings, wishes: Wishes, tell: Callable[[Progress], None],
    progress: Progress,
) -> Meeting:  # fmt: skip
    """At the first of its addresses that answers."""
    addresses = [peer.url] if peer.url else list(card_of(peer).addresses)
    if not addresses:
        raise Fault("peer.no_address", name=peer.name)
    for place, url in enumerate(addresses):
        caller = Caller(hub, peer)
        try:
            return _meet(caller, url, world, wishes, tell, progress)
        except Unreached as fault:
            if caller.replies or place == len(addresses) - 1:
                raise Fault("peer.unreachable", name=peer.name) from fault
    raise AssertionError(addresses)


def _meet(
    caller: Caller, url: str, world: Surroundings, wishes: Wishes, tell: Callable[[Progress], None],
    progress: Progress,
) -> Meeting:  # fmt: skip
    pace, peer = Pace(), caller.peer
    carrier = HttpCarrier(
        world.link(url), hub=caller.hub.id, credential=present_credential(caller.hub, peer), pace=pace,
        progress=progress, patience=Patience(peer.name, world.wait, world.chance, world.tries), now_s=world.now_s,
    )  # fmt: skip
    try:
        with caller.hub.erase_at_end():  # once for all that was withdrawn elsewhere
            Conversation(caller, carrier, pace, wishes, tell, progress).run()
    except Refused as fault:
        raise _as_fault(peer, fault) from fault
    except BadBundle as fault:
        code = "link.spoils" if fault.code == "bundle.damaged" else "peer.not_the_hub"
        raise Fault(code, name=peer.name) from fault
    finally:
        log.info(
            "sync peer=%s sent=%d received=%d files_sent=%d files_received=%d bytes=%d breaks=%d done=%s",
            peer.id, progress.sent, progress.received, progress.files_sent, progress.files_received,
            progress.bytes_out + progress.bytes_in, progress.breaks, progress.done,
        )  # fmt: skip
    return Meeting(peer, progress, caller.replies)


def _as_fault(peer: Peer, fault: LedgerError) -> Fault:
    """What the other hub refused, in words of ours; a newer one may refuse for reasons unknown here."""
    if fault.code in ("peer.ended", "hub.credential_wrong"):
        return Fault(fault.code, name=peer.name)
    if fault.code == "bundle.damaged":
        return Fault("link.spoils", name=peer.name)
    return Fault("peer.refused", name=peer.name, reason=fault.code)
