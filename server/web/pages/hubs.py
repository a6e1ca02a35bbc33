"""The other hubs: what each holds of ours, and exchanging with it while one watches."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from i18n import mark
from server.errors import Fault, Problem
from server.flow import ABOVE, BELOW, EQUAL
from server.following import active_ledgers, last_met, reach
from server.hub_notices import notices_of, own_notices
from server.overview import local_time
from server.peers import card_of, fingerprint_with, remove_peer, set_url
from server.store import peers, projects
from server.store.ledger_sqlite import head
from server.store.peers import Peer
from server.sync_jobs import Job
from server.sync_schedule import CHOICES, minutes_of, set_minutes
from server.waiting import Waiting
from server.web import wire
from server.web.pages.frame import back, page, reader_language, room, tell
from sync.pairing import is_address

blueprint = room("hubs")
ONE = "/hubs/<peer_id>"
RELATION_WORDS = {
    ABOVE: mark("above this hub: answers go up to it; forms, tablets and decisions come down"),
    BELOW: mark("below this hub: its answers come up; forms, tablets and decisions go down to it"),
    EQUAL: mark("equal to this hub: everything flows both ways"),
}


@blueprint.get("/hubs")
def show_all() -> Response:
    wire.require("config.read")
    listed = peers.list_peers(wire.hub().read())
    waits = wire.running().waits.of_all(listed)
    known = [_known(peer, waits[peer.id]) for peer in listed]
    notices = [notice.text(reader_language()) for notice in own_notices(wire.hub())]
    return page(
        "hubs/list.html", section="hubs", known=known, notices=notices, door=wire.running().door,
        hub_id=wire.hub().id, relations=RELATION_WORDS, minutes=minutes_of(wire.hub()), choices=CHOICES,
    )  # fmt: skip


@blueprint.post("/hubs/schedule")
def set_schedule() -> Response:
    wire.require("config.set")
    set_minutes(wire.hub(), request.form.get("minutes", ""))
    tell(mark("Saved."))
    return back("/hubs")


@blueprint.get(ONE)
def show(peer_id: str) -> Response:
    wire.require("config.read")
    return _one(_peer(peer_id))


@blueprint.get(f"{ONE}/progress")
def show_progress(peer_id: str) -> Response:
    """The part of the page that changes while hubs exchange."""
    wire.require("config.read")
    peer = _peer(peer_id)
    return page("hubs/progress.html", peer=peer, **_watched(peer))


@blueprint.post(f"{ONE}/sync")
def begin(peer_id: str) -> Response:
    wire.require("config.set")
    wire.running().exchanges.begin(_peer(peer_id))
    return back(f"/hubs/{peer_id}")


@blueprint.post(f"{ONE}/stop")
def stop(peer_id: str) -> Response:
    wire.require("config.set")
    wire.running().exchanges.stop(_peer(peer_id))
    tell(mark("It stops. What was exchanged is kept; the next time goes on from there."))
    return back(f"/hubs/{peer_id}")


@blueprint.post(f"{ONE}/address")
def change_address(peer_id: str) -> Response:
    wire.require("config.set")
    peer, said = _peer(peer_id), request.form.get("address", "").strip().rstrip("/")
    if said and not is_address(said):
        return _one(peer, Fault("pair.url_invalid", url=said))
    set_url(wire.hub(), peer, said or None)
    tell(mark("Saved."))
    return back(f"/hubs/{peer_id}")


@blueprint.post(f"{ONE}/remove")
def remove(peer_id: str) -> Response:
    wire.require("config.set")
    gone = remove_peer(wire.hub(), _peer(peer_id).id)
    tell(mark("The hub {name} is no longer known here."), name=gone.name)
    return back("/hubs")


def _peer(peer_id: str) -> Peer:
    found = peers.find_peer(wire.hub().read(), peer_id)
    if found is None:
        raise Problem("404.1")
    return found


def _known(peer: Peer, waiting: Waiting) -> dict[str, Any]:
    """holds: up to which of our entries it is known to hold them; waiting: those that it is not; lacking: files that it
    said to lack. `trouble`: why the last try came to nothing."""
    db, contact = wire.hub().read(), wire.hub().contacts.of(peer.id)
    ledgers = active_ledgers(db, peer)
    return {
        "peer": peer, "waiting": waiting, "since": local_time(waiting.since), "holds": reach(db, peer)[0],
        "lacking": ledgers[0].lacking if ledgers else 0, "head": head(db),
        "met": local_time(last_met(wire.hub(), peer)), "tried": local_time(contact.tried_at),
        "trouble": contact.fault.text(reader_language()) if contact.fault else "",
        "address": peer.url or next(iter(card_of(peer).addresses), ""),
    }  # fmt: skip


def _watched(peer: Peer) -> dict[str, Any]:
    job = wire.running().exchanges.last(peer)
    lang = reader_language()
    return {
        "job": job, "fault": job.fault.text(lang) if job and job.fault else "", "ended": local_time(_end(job)),
        "notices": [notice.text(lang) for notice in job.notices] if job else [],  # type: ignore[attr-defined]
    }  # fmt: skip


def _end(job: Job | None) -> str | None:
    return job.ended_at if job else None


def _one(peer: Peer, fault: Fault | None = None) -> Response:
    hub, lang = wire.hub(), reader_language()
    shared = json.loads(peer.projects) if peer.projects else None
    listed = [one.name for one in projects.list_projects(hub.read()) if shared is None or one.uid in shared]
    watched = _watched(peer)
    return page(
        "hubs/one.html", fault.status if fault else 200, section="hubs", relations=RELATION_WORDS, shared=listed,
        everything=shared is None, number=fingerprint_with(hub, peer), address_fault=fault.text(lang) if fault else "",
        told_of=[notice.text(lang) for notice in notices_of(hub, peer)],
        **_known(peer, wire.running().waits.of(peer)), **watched,
    )  # fmt: skip
