"""Taking another hub's offer to pair: by code or link over the network, or from a file.

Only the address that a person gave is called. Nothing is kept before the other side has proved that it
made the offer. No Flask, no SQL.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from server.errors import Fault
from server.flow import MIRROR
from server.hub import Hub
from server.offers import close_with_reply
from server.peers import Card, acquaint, check_stranger, find_peer, make_card, parse_card
from server.store.peers import Peer
from sync.errors import BadPairing, Unreached
from sync.http import request
from sync.pairing import (
    MESSAGE_LIMIT,
    PAIRING,
    REPLY,
    is_address,
    key_of,
    make_file,
    message_id,
    open_message,
    read_code,
    read_file,
    read_link,
    seal_message,
)

log = logging.getLogger(__name__)
TIMEOUT_S = 60.0  # for a slow satellite link; a hub answers in a moment
PATH = "/hub/pair"
# What the other side may refuse with; anything else that it says is not repeated to a person.
REFUSALS = frozenset({"pair.none", "pair.expired", "pair.used", "pair.tries", "pair.code_wrong",
                      "pair.name_taken", "pair.not_understood", "hub.itself"})  # fmt: skip


def pair_by_link(hub: Hub, link: str, addresses: Sequence[str] = (), url: str | None = None) -> Peer:
    """As pair_by_code; the link says where, and which hub must answer there. Raises Fault
    pair.link_invalid, pair.other_hub too."""
    try:
        said = read_link(link)
    except BadPairing as fault:
        raise Fault(fault.code) from fault
    return pair_by_code(hub, said.code, url or said.address, addresses, said.hub)


def pair_by_code(
    hub: Hub, code: str, url: str, addresses: Sequence[str] = (), expected: str | None = None
) -> Peer:
    """Takes the offer that this code is of. `addresses`: where this hub can be reached itself.

    Raises Fault pair.code_invalid, pair.url_invalid, peer.unreachable, pair.not_a_hub, pair.newer, what
    the other side refuses with, pair.answer_wrong, hub.itself, hub.known.
    """
    door, signs = _door(url), _read_code(code)
    opening = _opening(hub, door, url)
    if expected not in (None, opening.hub):
        raise Fault("pair.other_hub", url=url)
    if opening.hub == hub.id:
        raise Fault("hub.itself")
    secret = key_of(signs, opening.salt)
    asked = seal_message(_ask(hub, opening.hub, addresses), hub.key, secret)
    answered = _ask_door(
        hub, "POST", door, url, {"protocol": PAIRING, "sealed": base64.b64encode(asked).decode()}
    )
    card, said = _answer(hub, opening.hub, asked, answered, secret, url)
    return _keep(hub, card, url.rstrip("/"), said)


def _read_code(code: str) -> str:
    try:
        return read_code(code)
    except BadPairing as fault:
        raise Fault(fault.code) from fault


def _door(url: str) -> str:
    if not is_address(url) or "?" in url or "#" in url:
        raise Fault("pair.url_invalid", url=url)
    return url.rstrip("/") + PATH


@dataclass(frozen=True, slots=True)
class Opening:
    """What a hub with an open offer says before anything is proved."""

    hub: str
    salt: bytes


def _opening(hub: Hub, door: str, url: str) -> Opening:
    said = _ask_door(hub, "GET", door, url)
    try:
        if said["protocol"] != PAIRING:
            raise Fault("pair.newer")
        found = Opening(str(said["hub"]), base64.b64decode(said["salt"], validate=True))
    except (KeyError, TypeError, ValueError) as fault:
        raise Fault("pair.not_a_hub", url=url) from fault
    if len(found.salt) != 16:
        raise Fault("pair.not_a_hub", url=url)
    return found


def _ask_door(
    hub: Hub, method: str, door: str, url: str, said: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The JSON object that the door answers. Raises Fault for what it refuses with."""
    body = None if said is None else json.dumps(said).encode()
    try:
        status, _, data = request(
            method, door, body, {"Content-Type": "application/json"}, TIMEOUT_S, limit=2 * MESSAGE_LIMIT
        )
    except Unreached as fault:
        raise Fault(fault.code, name=url) from fault
    answered = _object(data)
    refused = _object(answered.get("details")).get("fault")
    if isinstance(refused, str) and refused in REFUSALS:
        raise Fault(refused, name=hub.name)
    if status != 200 or not answered:
        raise Fault("pair.not_a_hub", url=url)
    return answered


def _object(said: Any) -> dict[str, Any]:
    """A JSON object from outside; empty when it is anything else."""
    try:
        found = json.loads(said) if isinstance(said, bytes) else said
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _ask(hub: Hub, to: str, addresses: Sequence[str]) -> dict[str, Any]:
    return {"step": "ask", "to": to, "card": make_card(hub, addresses).said()}


def _answer(
    hub: Hub, asked_of: str, asked: bytes, answered: dict[str, Any], secret: bytes, url: str
) -> tuple[Card, dict[str, Any]]:
    """The other's card and what is to flow, once it proved to know the code and to answer just us."""
    try:
        said = open_message(base64.b64decode(answered["sealed"], validate=True), secret, "answer", hub.id)
        if said is None or said["asked"] != message_id(asked) or said["card"]["id"] != asked_of:
            raise Fault("pair.answer_wrong", url=url)
        return parse_card(said["card"]), _agreed(said)
    except (BadPairing, KeyError, TypeError, ValueError) as fault:
        raise Fault("pair.answer_wrong", url=url) from fault


def _agreed(said: dict[str, Any]) -> dict[str, Any]:
    """`relation` (what the other is to us) and `projects`. Raises ValueError, KeyError, TypeError."""
    projects = said["projects"]
    if said["relation"] not in MIRROR or not (projects is None or all(isinstance(p, str) for p in projects)):
        raise ValueError("agreed")
    return {"relation": said["relation"], "projects": projects}


def _keep(hub: Hub, card: Card, url: str | None, said: dict[str, Any]) -> Peer:
    check_stranger(hub, hub.read(), card)
    hub.write(lambda turn: acquaint(turn, card, url, said["relation"], said["projects"]))
    log.info("paired peer=%s", card.id)
    return find_peer(hub, card.id)


# By file


def pair_by_file(
    hub: Hub, path: Path, *, out: Path | None = None, addresses: Sequence[str] = (), url: str | None = None
) -> tuple[Peer, Path | None]:
    """Takes an offer and writes the reply to it (`out`; default: beside it), or takes the reply.

    Returns the peer, and the reply that was written. Raises Fault file.unreadable, file.exists,
    file.unwritable, pair.file_invalid, pair.newer, pair.expired, pair.used, pair.foreign,
    pair.not_understood, pair.name_taken, hub.itself, hub.known.
    """
    kind, said = _read(path)
    if kind == REPLY:
        return _take_reply(hub, said), None
    reply = out or path.with_name(f"{path.stem}-reply.json")
    return _take_offer(hub, said, reply, addresses, url), reply


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        with path.open("rb") as file:
            return read_file(file.read(4 * MESSAGE_LIMIT))
    except OSError as fault:
        raise Fault("file.unreadable", path=str(path), reason=fault.strerror or "") from fault
    except BadPairing as fault:
        raise Fault(fault.code) from fault


def _take_reply(hub: Hub, said: dict[str, Any]) -> Peer:
    try:
        to, offer, sealed = said["to"], str(said["offer"]), base64.b64decode(said["sealed"], validate=True)
    except (KeyError, TypeError, ValueError) as fault:
        raise Fault("pair.file_invalid") from fault
    if to != hub.id:
        raise Fault("pair.foreign")
    return find_peer(hub, close_with_reply(hub, offer, sealed).id)


def _take_offer(
    hub: Hub, said: dict[str, Any], reply: Path, addresses: Sequence[str], url: str | None
) -> Peer:
    try:
        card, agreed, offer = parse_card(said["card"]), _agreed(said), str(said["id"])
        secret = base64.b64decode(said["key"], validate=True)
        over = hub.clock.now() > datetime.fromisoformat(said["expires_at"])
        fits = len(secret) == 32 and base64.b64decode(said["hub_key"], validate=True) == card.key
    except (KeyError, TypeError, ValueError) as fault:
        raise Fault("pair.file_invalid") from fault
    if not fits:
        raise Fault("pair.file_invalid")
    if over:
        raise Fault("pair.expired")
    check_stranger(hub, hub.read(), card)
    sealed = seal_message(_ask(hub, card.id, addresses), hub.key, secret)
    body = {"to": card.id, "offer": offer, "sealed": base64.b64encode(sealed).decode()}
    write_new(reply, make_file(REPLY, body, hub.key))
    return _keep(hub, card, url or next(filter(is_address, card.addresses), None), agreed)


def write_new(path: Path, data: bytes) -> None:
    """A file that was not there before. Raises Fault file.exists, file.unwritable."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as fault:
        raise Fault("file.exists", path=str(path)) from fault
    except OSError as fault:
        path.unlink(missing_ok=True)
        raise Fault("file.unwritable", path=str(path), reason=fault.strerror or "") from fault
