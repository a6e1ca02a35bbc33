"""Offers of this hub to pair with another: made, answered once, ended.

An offer is good for one hub and a short time. By code it is taken over the network; five wrong codes
end it. By file it travels by hand, with a secret of its own. No Flask, no SQL.
"""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.errors import Fault
from server.flow import MIRROR
from server.hub import Hub, Turn
from server.peers import Card, acquaint, check_stranger, find_peer, make_card, parse_card, project_of
from server.store import offers
from server.store.offers import Offer
from server.store.peers import Peer
from sync.errors import BadPairing
from sync.pairing import (
    OFFER,
    PAIRING,
    SALT_BYTES,
    is_address,
    key_of,
    make_code,
    make_file,
    message_id,
    open_message,
    seal_message,
)

log = logging.getLogger(__name__)
BY_CODE, BY_FILE = timedelta(minutes=15), timedelta(days=7)
TRIES = 5  # of 2^50 codes
ENDED = {"used": "pair.used", "tries": "pair.tries", "replaced": "pair.expired"}


@dataclass(frozen=True, slots=True)
class Made:
    """A new offer. `secret`: the code, or the file's bytes; told once, to the person who asked."""

    id: str
    secret: str
    expires_at: str


def offer_by_code(
    hub: Hub, relation: str, projects_named: Sequence[str] = (), addresses: Sequence[str] = ()
) -> Made:
    """An offer that is taken over the network; it takes the place of one that was still open, since a
    code alone does not say which offer it is for. Raises Fault project.unknown, pair.url_invalid."""
    code, salt = make_code(), secrets.token_bytes(SALT_BYTES)
    body = _body(hub, relation, projects_named, addresses, key_of(code, salt), salt, BY_CODE)
    return Made(_append(hub, body), code, body["expires_at"])


def offer_by_file(
    hub: Hub, relation: str, projects_named: Sequence[str] = (), addresses: Sequence[str] = ()
) -> Made:
    """An offer that is carried by hand. Raises Fault project.unknown, pair.url_invalid."""
    body = _body(hub, relation, projects_named, addresses, secrets.token_bytes(32), None, BY_FILE)
    offer_id = _append(hub, body)
    said = {
        "id": offer_id,
        "key": base64.b64encode(bytes.fromhex(body["key"])).decode(),
        "relation": MIRROR[relation],
        **{name: body[name] for name in ("projects", "expires_at")},
        "card": make_card(hub, addresses).said(),
    }
    return Made(offer_id, make_file(OFFER, said, hub.key).decode(), body["expires_at"])


def _body(
    hub: Hub,
    relation: str,
    named: Sequence[str],
    addresses: Sequence[str],
    key: bytes,
    salt: bytes | None,
    good_for: timedelta,
) -> dict[str, Any]:
    for address in addresses:
        if not is_address(address):
            raise Fault("pair.url_invalid", url=address)
    return {
        "key": key.hex(),
        "salt": None if salt is None else salt.hex(),
        "relation": relation,
        "projects": [project_of(hub, said).uid for said in named] if named else None,
        "addresses": list(addresses),
        "expires_at": (hub.clock.now() + good_for).isoformat(timespec="seconds"),
    }


def _append(hub: Hub, body: dict[str, Any]) -> str:
    offer_id = secrets.token_hex(8)

    def work(turn: Turn) -> None:
        before = offers.newest_by_code(turn.db)
        if body["salt"] is not None and before is not None and before.ended is None:
            _end(turn, before, "replaced")
        turn.append("hub.offer", f"offer:{offer_id}", body)

    hub.write(work)
    return offer_id


def _end(turn: Turn, offer: Offer, reason: str, taker: str | None = None) -> None:
    turn.append("hub.offer.end", f"offer:{offer.id}", {"reason": reason, "hub": taker})


# Answering


def opening(hub: Hub) -> dict[str, Any]:
    """What anybody may know of an offer by code. Raises Fault pair.none, pair.expired, pair.tries."""
    offer = _by_code(hub)
    assert offer.salt is not None
    return {"protocol": PAIRING, "hub": hub.id, "salt": base64.b64encode(offer.salt).decode()}


def answer(hub: Hub, asked: bytes) -> bytes:
    """Pairs with the hub that sealed this under the code; our answer, sealed the same way.

    Nothing is worked out for a stranger but one opening of a small box. Raises Fault pair.none,
    pair.expired, pair.used, pair.tries, pair.code_wrong, pair.not_understood, pair.name_taken, hub.itself.
    """
    offer = _by_code(hub)
    taker = _asker(hub, asked, offer)
    if taker is None:
        raise Fault(_count_wrong(hub, offer))
    hub.write(lambda turn: _agree(turn, offer, taker))
    log.info("paired peer=%s offer=%s", taker.id, offer.id)
    said = {
        "step": "answer",
        "to": taker.id,
        "asked": message_id(asked),
        "relation": MIRROR[offer.relation],
        "projects": offer.projects,
        "card": make_card(hub, offer.addresses).said(),
    }
    return seal_message(said, hub.key, offer.key)


def close_with_reply(hub: Hub, offer_id: str, sealed: bytes) -> Card:
    """Pairs with the hub that took an offer by file, and returns its card.

    Raises Fault pair.foreign, pair.expired, pair.used, pair.not_understood, pair.name_taken, hub.itself.
    """
    offer = offers.find_offer(hub.read(), offer_id)
    if offer is None or offer.salt is not None:
        raise Fault("pair.foreign")
    if offer.ended is not None:  # the same hub's too: a reply is read once
        raise Fault(ENDED[offer.ended])
    _in_time(hub, offer)
    taker = _asker(hub, sealed, offer)
    if taker is None:
        raise Fault("pair.not_understood")
    hub.write(lambda turn: _agree(turn, offer, taker))
    return taker


def find_open(hub: Hub, offer_id: str) -> Offer | None:
    """The offer, as long as it waits for another hub."""
    offer = offers.find_offer(hub.read(), offer_id)
    waits = offer is not None and offer.ended is None and not _is_over(hub, offer)
    return offer if waits else None


def taker_of(hub: Hub, offer_id: str) -> Peer:
    """The hub that took the offer. Raises Fault pair.expired, pair.tries when none did."""
    offer = offers.find_offer(hub.read(), offer_id)
    if offer is None or offer.taken_by is None:
        raise Fault(ENDED.get(offer.ended or "", "pair.expired") if offer else "pair.none")
    return find_peer(hub, offer.taken_by)


def _by_code(hub: Hub) -> Offer:
    offer = offers.newest_by_code(hub.read())
    if offer is None:
        raise Fault("pair.none")
    if offer.ended == "tries":
        raise Fault("pair.tries")
    _in_time(hub, offer)
    return offer


def _in_time(hub: Hub, offer: Offer) -> None:
    if _is_over(hub, offer):
        raise Fault("pair.used" if offer.ended == "used" else "pair.expired")


def _is_over(hub: Hub, offer: Offer) -> bool:
    return hub.clock.now() > datetime.fromisoformat(offer.expires_at)


def _asker(hub: Hub, sealed: bytes, offer: Offer) -> Card | None:
    try:
        said = open_message(sealed, offer.key, "ask", hub.id)
        return None if said is None else parse_card(said["card"])
    except BadPairing as fault:
        raise Fault(fault.code) from fault
    except ValueError as fault:
        raise Fault("pair.not_understood") from fault


def _count_wrong(hub: Hub, offer: Offer) -> str:
    """Notes a wrong code; the code of the refusal."""

    def work(turn: Turn) -> str:
        now = _now(turn, offer)
        if now.ended is not None:
            return ENDED[now.ended]
        turn.append("hub.offer.try", f"offer:{offer.id}")
        if now.tries + 1 >= TRIES:
            _end(turn, offer, "tries")
        return "pair.code_wrong"

    log.warning("pairing refused reason=pair.code_wrong offer=%s", offer.id)
    return hub.write(work)


def _agree(turn: Turn, offer: Offer, taker: Card) -> None:
    """Under the write lock: of two hubs with the same code one is first. The same hub may ask again while
    the offer lasts: its answer may have been lost on the way."""
    now = _now(turn, offer)
    if now.ended is not None and (now.ended, now.taken_by) != ("used", taker.id):
        raise Fault(ENDED[now.ended])
    try:
        check_stranger(turn.hub, turn.db, taker)
    except Fault as fault:
        raise Fault("pair.name_taken", name=taker.name) if fault.code == "hub.known" else fault from fault
    acquaint(turn, taker, _url(taker), offer.relation, offer.projects)
    if now.ended is None:
        _end(turn, offer, "used", taker.id)


def _now(turn: Turn, offer: Offer) -> Offer:
    now = offers.find_offer(turn.db, offer.id)
    assert now is not None
    return now


def _url(card: Card) -> str | None:
    return next((a.rstrip("/") for a in card.addresses if is_address(a)), None)
