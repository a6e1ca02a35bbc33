"""Where a submission is on its way: the hub that received it first, those that handed it on, and who confirmed it.

No Flask, no SQL.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.flow import BELOW
from server.holding import Held, holders_of
from server.hub import Hub
from server.overview import local_time
from server.store import actors, peers
from server.store.forms import Form
from server.store.submissions import Submission
from server.subjects import submission_subject
from sync.merge import CREATE, EDIT


@dataclass(frozen=True, slots=True)
class Stop:
    """A hub that has it. `how`: "received" from a tablet, "here" this hub, "gave" it to us, "confirmed" by a signed
    receipt, "waits" when nothing says that it has it yet. `at`: in Cambodia's time."""

    hub: str
    how: str
    at: str
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """`sender`: the tablet or person it came from; `stops` in the order of the way."""

    sender: str
    device: str
    sent: str
    stops: tuple[Stop, ...]


def journey_of(hub: Hub, form: Form, held: Submission) -> Journey:
    db = hub.read()
    facts = [f for f in holders_of(hub, submission_subject(form.project_uid, form.key, held.instance_id))
             if f.kind in (CREATE, EDIT)]  # fmt: skip
    names = peers.hub_names(db)
    sender = actors.find_actor(db, held.submitter_id) if held.submitter_id else None
    first = local_time(held.created_at) or ""
    stops = [Stop(names.get(held.hub, held.hub), "received", first)]
    if held.hub != hub.id:
        stops += [Stop(name, "gave", local_time(since) or "") for name, (since, proof) in _holders(facts)
                  if proof is None and name != stops[0].hub]  # fmt: skip
        stops.append(Stop(hub.name, "here", ""))
    stops += [Stop(name, "confirmed", local_time(since) or "", proof) for name, (since, proof) in _holders(facts)
              if proof is not None]  # fmt: skip
    reached = {stop.hub for stop in stops}
    stops += [Stop(peer.name, "waits", "") for peer in peers.list_peers(db)
              if peer.name not in reached and peer.relation != BELOW]  # fmt: skip
    return Journey(sender.display_name if sender else "", held.device_id or "", first, tuple(stops))


def _holders(facts: list[Held]) -> list[tuple[str, tuple[str, str | None]]]:
    """Who holds the newest version, and since when."""
    return sorted(facts[-1].holders.items(), key=lambda one: one[1][0]) if facts else []
