"""hub.offer, hub.offer.try, hub.offer.end -> this hub's offers to pair. All are local."""

from __future__ import annotations

from server.store import offers
from server.store.database import Connection
from sync.ledger import Entry


def fold(db: Connection, entry: Entry) -> None:
    offer = entry.subject.removeprefix("offer:")
    match entry.kind:
        case "hub.offer":
            offers.write_offer(db, offer, entry.body)
        case "hub.offer.try":
            offers.count_try(db, offer)
        case "hub.offer.end":
            offers.end_offer(db, offer, entry.body["reason"], entry.body.get("hub"))
