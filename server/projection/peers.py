"""hub.introduce, hub.add, hub.remove, hub.receipt -> what this hub knows of others."""

from __future__ import annotations

import json

from server.flow import EQUAL
from server.store import peers
from server.store.database import Connection
from server.store.ledger_sqlite import entries_of
from sync.ledger import Entry
from sync.merge import latest

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
        case "hub.receipt":
            peers.advance(db, peer, entry.body)


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
