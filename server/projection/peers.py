"""hub.introduce, hub.add, hub.remove, hub.receipt -> what this hub knows of others."""

from __future__ import annotations

import json

from server.store import peers
from server.store.database import Connection
from server.store.ledger_sqlite import entries_of
from sync.ledger import Entry
from sync.merge import latest


def fold(db: Connection, entry: Entry) -> None:
    """Folded one after the other in commit order; all but hub.introduce are local."""
    peer = entry.subject.removeprefix("hub:")
    if entry.kind == "hub.introduce" and entry.hub == peer:
        said = latest(e for e in entries_of(db, entry.subject) if e.kind == entry.kind and e.hub == peer)
        peers.write_name(db, peer, str((said or entry).body["name"]))
        return
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
