"""hub.add, hub.remove, hub.receipt -> what this hub knows of others."""

from __future__ import annotations

import json

from server.store import peers
from server.store.database import Connection
from sync.ledger import Entry


def fold(db: Connection, entry: Entry) -> None:
    """Local entries, folded one after the other in commit order."""
    peer = entry.subject.removeprefix("hub:")
    if entry.kind == "hub.add":
        said = entry.body
        projects = said.get("projects")
        peers.write_peer(
            db,
            peers.PeerCard(
                peer, said["name"], json.dumps(said["card"], ensure_ascii=False, sort_keys=True), said.get("url"),
                None if projects is None else json.dumps(projects),
            ),
        )  # fmt: skip
    elif entry.kind == "hub.remove":
        peers.drop_peer(db, peer)
    elif entry.kind == "hub.receipt":
        peers.advance(db, peer, entry.body)
