"""Which hubs hold a submission, since when, and by what proof. No Flask, no SQL."""

from __future__ import annotations

from dataclasses import dataclass

from server.following import own_ledgers
from server.hub import Hub
from server.store import peers
from server.store.ledger_sqlite import places_about


@dataclass(frozen=True, slots=True)
class Held:
    """A fact about the submission and who holds it. `holders`: hub -> (since, proof); the proof is the
    hub.receipt entry that keeps the signed receipt, or None when that hub gave it to us, and since is when
    it was made."""

    entry: str
    kind: str
    made_at: str
    holders: dict[str, tuple[str, str | None]]


def holders_of(hub: Hub, subject: str) -> list[Held]:
    """Each fact about a submission, in the order in which it came here. This hub itself is left out."""
    db = hub.read()
    names = peers.hub_names(db)
    found = []
    for seq, entry, via in places_about(db, subject):
        holders: dict[str, tuple[str, str | None]] = {}
        origin = peers.find_ledger(db, via) if via is not None else None
        if origin is not None:
            holders[names.get(origin.peer, origin.peer)] = (entry.made_at, None)
        for ledger, upto in own_ledgers(db):
            for proof in peers.proofs_of(db, ledger, seq) if seq <= upto else ():
                holders.setdefault(names.get(proof.peer, proof.peer), (proof.came_at, proof.entry))
        found.append(Held(entry.id, entry.kind, entry.made_at, holders))
    return found
