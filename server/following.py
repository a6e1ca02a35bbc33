"""How far hubs follow each other's ledgers: cursors, receipts, and hubs that were restored or copied.

Taking a batch and believing a receipt are facts of this hub (`hub.receipt`), appended in the transaction of
what they are about. No Flask, no SQL.
"""

from __future__ import annotations

import base64
import json
import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.hub import Hub, Turn
from server.peers import card_of
from server.store import peers
from server.store.blobs import count_wanted
from server.store.database import Connection
from server.store.identity import HubRow, find_hub, renew_ledger
from server.store.ledger_sqlite import chain_at, entries_about, head, mark_chain
from server.store.peers import Peer, PeerLedger
from sync.errors import BadBundle
from sync.messages import PREFIX
from sync.receipt import Batch, Followed, Position, Receipt, Span, read_receipt, sign_receipt

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """The ledger that a batch is of, and the older ones that it begins like."""

    ledger: str
    lineage: tuple[Position, ...]


def position(db: Connection) -> Position:
    """Where our ledger stands."""
    seq = head(db)
    return Position(our_ledger(db), seq, chain_at(db, seq))


def our_ledger(db: Connection) -> str:
    """Read each time: another process may have found that this hub is a copy, and renewed it."""
    return identity(db).ledger


def lineage(db: Connection) -> tuple[Position, ...]:
    """Older ledgers of ours, each up to where who follows it holds what is for it."""
    said = json.loads(identity(db).lineage)
    return tuple(Position(ledger, common, chain_at(db, common)) for ledger, common, _upto in said)


def lineage_for(db: Connection, peer: Peer) -> tuple[Position, ...]:
    """The same, with the last places there that this hub is known to hold: it may never have met the others,
    and believes only what it met."""
    older = {old.ledger: old.seq for old in lineage(db)}
    met = dict[str, int]()
    for _, entry in entries_about(db, f"hub:{peer.id}", "hub.receipt") if older else ():
        ledger, seq = entry.body.get("holds", (None, 0))
        if seq < older.get(ledger, 0):
            met[ledger] = max(seq, met.get(ledger, 0))
    return (*lineage(db), *(Position(ledger, seq, chain_at(db, seq)) for ledger, seq in sorted(met.items())))


def own_ledgers(db: Connection) -> list[tuple[str, int]]:
    """(ledger, seq up to which it named the entries that are held here), the present one first: for what
    was proved of older ones."""
    older = [(ledger, upto) for ledger, _common, upto in json.loads(identity(db).lineage)]
    return [(our_ledger(db), head(db)), *older]


def active_ledgers(db: Connection, peer: Peer) -> list[PeerLedger]:
    """The ledgers under which a hub is at work: one, or two when it was copied and both copies run."""
    return [known for known in peers.list_ledgers(db, peer.id) if known.replaced_by is None]


def names_of(db: Connection, peer: Peer, ledger: str) -> list[str]:
    """This ledger of a hub, and its others: what came over those, it may have kept."""
    return list(dict.fromkeys((ledger, *(known.ledger for known in peers.list_ledgers(db, peer.id)))))


def held_by(db: Connection, ledger: PeerLedger) -> int:
    """Up to which seq of ours the hub of this ledger is known to hold everything that is for it."""
    if ledger.holds_ledger is None:
        return 0
    if ledger.holds_ledger == our_ledger(db):
        return ledger.holds_seq
    return _in_older(db, ledger.holds_ledger, ledger.holds_seq) or 0


def _in_older(db: Connection, ledger: str, seq: int) -> int | None:
    """A place in an older ledger of ours as a seq of the present one; None when it is none of ours."""
    return next((min(seq, old.seq) for old in lineage(db) if old.ledger == ledger), None)


def reach(db: Connection, peer: Peer) -> tuple[int, int]:
    """(how far it follows our ledger, how far we follow the one under which it was heard of last)"""
    known = active_ledgers(db, peer)
    return (held_by(db, known[0]), known[0].seen.seq) if known else (0, 0)


def believed_by(db: Connection, ledger: str) -> int:
    """Up to which seq of ours the hub of this ledger proved to hold our entries."""
    known = peers.find_ledger(db, ledger)
    return held_by(db, known) if known is not None else 0


def last_met(hub: Hub, peer: Peer) -> str | None:
    """When something was last exchanged with it, or it was found that there was nothing."""
    said = [known.met_at for known in peers.list_ledgers(hub.read(), peer.id)]
    return max((*said, hub.contacts.of(peer.id).spoke_at or ""), default="") or None


def starts_after(db: Connection, peer: Peer) -> int:
    """The seq of ours after which a bundle for this hub begins: what each of its copies is known to hold
    is left out."""
    return min((held_by(db, ledger) for ledger in active_ledgers(db, peer)), default=0)


# What we take


def followed(db: Connection, source: Source) -> Followed:
    """How far we follow this ledger."""
    known = peers.find_ledger(db, source.ledger)
    return known.seen if known is not None else _inherited(db, source)


def _inherited(db: Connection, source: Source) -> Followed:
    """A restored hub goes on under a new ledger id: what it had before its backup was made is not asked
    for again."""
    best = Followed()
    for place in source.lineage:
        known = peers.find_ledger(db, place.ledger)
        if known is not None and place.seq > best.seq and _notes(db, known.peer, place):
            best = Followed(place.seq, place.chain)
    return best


def taken_by_then(db: Connection, peer: Peer, place: Position) -> int:
    """The seq of ours up to which everything that came over a ledger was committed there up to this place: a
    hub that was restored to it needs none of that back."""
    return max(_notes(db, peer.id, place), default=0)


def _notes(db: Connection, peer: str, place: Position) -> list[int]:
    """The seqs of ours at which we followed a ledger just up to this place, chain and all, with nothing held
    from beyond it. A place that we passed by does not count: a copy of that disk may have brought us there,
    and have had other entries on the way."""
    return [
        seq
        for seq, entry in entries_about(db, f"hub:{peer}", "hub.receipt")
        if entry.body.get("ledger") == place.ledger
        and entry.body.get("seen") == {"seq": place.seq, "chain": place.chain, "beyond": []}
    ]


def note_taken(turn: Turn, peer: Peer, source: Source, span: Span) -> Followed:
    """A batch was taken whole: the cursor moves on, in the same transaction."""
    before = followed(turn.db, source)
    after = before.with_batch(span)
    known = peers.find_ledger(turn.db, source.ledger)
    # Heard of again after another took its place: its hub was copied, and both copies are at work.
    if after != before or known is None or known.replaced_by is not None:
        said = {"seq": after.seq, "chain": after.chain, "beyond": peers.plain_spans(after.beyond)}
        body = {"ledger": source.ledger, "seen": said, **_replaced(turn, peer, source)}
        turn.append("hub.receipt", f"hub:{peer.id}", body)
    return after


def _replaced(turn: Turn, peer: Peer, source: Source) -> dict[str, list[str]]:
    known = {ledger.ledger for ledger in peers.list_ledgers(turn.db, peer.id)}
    old = [place.ledger for place in source.lineage if place.ledger in known]
    return {"replaces": old} if old and source.ledger not in known else {}


def make_receipt(hub: Hub, peer: Peer, ledger: str, seen: Followed, batches: Sequence[Batch]) -> bytes:
    """Signed proof of how far we follow a ledger."""
    db = hub.read()
    return sign_receipt(
        Receipt(
            hub=hub.id,
            own=our_ledger(db),
            of=Position(ledger, seen.seq, seen.chain),
            beyond=tuple((span.after, span.upto) for span in seen.beyond),
            batches=tuple(batches),
            lacking=count_wanted(db, names_of(db, peer, ledger)),
            at=hub.clock.stamp(),
        ),
        hub.key,
    )


def receipts_for(hub: Hub, peer: Peer) -> list[bytes]:
    """What to tell a hub that we hold of each of its ledgers."""
    known = active_ledgers(hub.read(), peer)
    return [
        make_receipt(hub, peer, ledger.ledger, ledger.seen, ())
        for ledger in known
        if ledger.seen != Followed()
    ]


# What others take


def take_receipts(hub: Hub, peer: Peer, received: Iterable[bytes]) -> int:
    """Keeps the receipts of a hub; how many were its own and about us. Others are logged and left."""
    count = 0
    for signed in received:
        try:
            receipt = read_receipt(signed, card_of(peer).key)
        except BadBundle:
            log.warning("receipt refused peer=%s", peer.id)
            continue
        count += hub.write(lambda turn, r=receipt, s=signed: _believe(turn, peer, r, s))  # type: ignore[misc]
    return count


def _believe(turn: Turn, peer: Peer, receipt: Receipt, signed: bytes) -> bool:
    place = agree(turn, peer, receipt.own, receipt.of) if receipt.hub == peer.id else None
    if place is None:
        log.warning("receipt about another ledger peer=%s ledger=%s", peer.id, receipt.of.ledger)
        return False
    if _is_news(turn.db, receipt, place):
        kept = base64.b64encode(signed).decode()
        body = {"ledger": receipt.own, "holds": [our_ledger(turn.db), place], "receipt": kept}
        turn.append("hub.receipt", f"hub:{peer.id}", body)
    return True


def _is_news(db: Connection, receipt: Receipt, place: int) -> bool:
    known = peers.find_ledger(db, receipt.own)
    if known is None or receipt.batches:
        return True
    return held_by(db, known) < place or known.lacking != receipt.lacking


def note_wants(turn: Turn, peer: Peer, ledger: str, wants: Iterable[bytes]) -> None:
    """Remembers which files the hub of this ledger lacks, for the next bundle to it."""
    named = base64.b64encode(b"".join(wants)).decode()
    known = peers.find_ledger(turn.db, ledger)
    if known is not None and known.wants != named:
        turn.append("hub.receipt", f"hub:{peer.id}", {"ledger": ledger, "wants": named})


def wanted_by(ledger: PeerLedger) -> list[bytes]:
    """The beginnings of the names of files that the hub of this ledger lacks."""
    said = base64.b64decode(ledger.wants)
    return [said[n : n + PREFIX] for n in range(0, len(said), PREFIX)]


def agree(turn: Turn, peer: Peer, own: str, place: Position) -> int | None:
    """Up to which seq of ours a hub that says so holds our entries; None when it speaks of no ledger of
    ours. When our entries there are others than those that it holds, somebody runs a copy of this hub: this
    one goes on under a new ledger id, so that nothing of either is passed over."""
    db = turn.db
    if place.ledger != our_ledger(db):
        return _in_older(db, place.ledger, place.seq)
    if place.seq <= head(db) and chain_at(db, place.seq) == place.chain:
        mark_chain(db, place.seq)
        return place.seq
    known = peers.find_ledger(db, own)
    common = held_by(db, known) if known is not None else 0
    _part_ways(turn, peer, common)
    return common


def is_past(turn: Turn, peer: Peer, own: str, place: Position) -> bool:
    """Whether this hub holds all that a hub was given up to a place in our ledger. It does not when it was
    restored from before that place, or when a copy of it gave it."""
    return (agree(turn, peer, own, place) or 0) >= place.seq


def _part_ways(turn: Turn, peer: Peer, common: int) -> None:
    log.warning("this hub was copied: it goes on under a new ledger id peer=%s common=%d", peer.id, common)
    old = our_ledger(turn.db)
    renew_ledger(turn.db, secrets.token_hex(8), common)
    body = {"ledger": old, "common": common, "peer": peer.id}
    turn.append("hub.ledger.renew", f"hub:{turn.hub.id}", body)


def identity(db: Connection) -> HubRow:
    row = find_hub(db)
    assert row is not None
    return row
