"""hub.introduce, hub.add, hub.remove, hub.receipt -> what this hub knows of others."""

from __future__ import annotations

import base64
import json
from typing import Any

from server.flow import EQUAL
from server.store import peers
from server.store.database import Connection
from server.store.ledger_sqlite import entries_of
from sync.ledger import Entry
from sync.merge import latest
from sync.receipt import Followed, Receipt, parse_receipt

INTRODUCE = "hub.introduce"


def fold(db: Connection, entry: Entry) -> None:
    """Folded one after the other in commit order; all but hub.introduce are local."""
    peer = entry.subject.removeprefix("hub:")
    match entry.kind:
        case "hub.introduce" if entry.hub == peer:
            _fold_name(db, entry)
        case "hub.add":
            peers.write_peer(db, _card(peer, entry))
        case "hub.remove":
            peers.drop_peer(db, peer)
        case "hub.receipt" if "ledger" in entry.body:
            _fold_receipt(db, peer, entry)


def _fold_name(db: Connection, entry: Entry) -> None:
    """The last thing that a hub said of itself; nobody says it for another."""
    own = (e for e in entries_of(db, entry.subject) if e.kind == INTRODUCE and e.hub == entry.hub)
    said = latest(own) or entry
    peers.write_name(db, entry.hub, str(said.body["name"]))


def _card(peer: str, entry: Entry) -> peers.PeerCard:
    said = entry.body
    card = json.dumps(said["card"], ensure_ascii=False, sort_keys=True)
    projects = said.get("projects")
    shared = None if projects is None else json.dumps(projects)
    return peers.PeerCard(peer, said["name"], card, said.get("url"), shared, said.get("relation", EQUAL))


def _fold_receipt(db: Connection, peer: str, entry: Entry) -> None:
    """What was taken of a ledger of theirs (`seen`), or what they proved to hold of ours (`receipt`)."""
    said, ledger = entry.body, entry.body["ledger"]
    peers.meet_ledger(db, peer, ledger, entry.made_at)
    for old in said.get("replaces", ()):
        peers.replace_ledger(db, old, ledger)
    if "seen" in said:
        peers.replace_ledger(db, ledger, None)
        peers.follow(db, ledger, _followed(said["seen"]))
    if "wants" in said:
        peers.want(db, ledger, said["wants"])
    if "receipt" in said:
        _fold_proof(db, peer, entry, parse_receipt(base64.b64decode(said["receipt"])))


def _followed(said: dict[str, Any]) -> Followed:
    return Followed(said["seq"], said["chain"], peers.spans_in(said["beyond"]))


def _fold_proof(db: Connection, peer: str, entry: Entry, receipt: Receipt) -> None:
    """A hub follows one ledger of ours; what it holds of it only grows, in whatever order receipts come."""
    ours, seq = entry.body["holds"]
    known = peers.find_ledger(db, receipt.own)
    if known is not None and known.holds_ledger == ours:
        seq = max(seq, known.holds_seq)
    peers.believe(db, receipt.own, (ours, seq), receipt.lacking)
    for batch in receipt.batches:
        row = {
            "ledger": receipt.of.ledger, "after": batch.after, "upto": batch.upto, "refused": batch.refused,
            "said_at": receipt.at, "came_at": entry.made_at,
        }  # fmt: skip
        peers.write_receipt(db, entry.id, peer, row)
