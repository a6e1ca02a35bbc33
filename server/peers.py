"""Other hubs: cards, and which of them this hub knows.

A card is a small JSON file that one coordinator hands to another; adding each other's cards makes
two hubs a pair.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.errors import Fault
from server.flow import EQUAL
from server.hub import Hub, Turn
from server.store import peers, projects
from server.store.database import Connection
from server.store.peers import Peer
from sync.keys import hub_id, is_signed
from sync.pairing import fingerprint
from sync.plain import read_object

CARD = "samleng_card"
NAME_LIMIT = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Card:
    """What a hub says of itself. `key`: its Ed25519 public key; `credential`: lets the one who holds
    the card speak to that hub by network."""

    id: str
    name: str
    key: bytes
    addresses: tuple[str, ...]
    credential: str

    def said(self) -> dict[str, Any]:
        return {
            CARD: 1,
            "id": self.id,
            "name": self.name,
            "public_key": base64.b64encode(self.key).decode(),
            "addresses": list(self.addresses),
            "credential": self.credential,
        }


def make_card(hub: Hub, addresses: Sequence[str] = ()) -> Card:
    """A new card of this hub; each carries a credential of its own."""
    if not addresses and hub.config.public_url:
        addresses = (hub.config.public_url,)
    return Card(hub.id, hub.name, hub.key.public, tuple(addresses), _credential(hub))


def _credential(hub: Hub) -> str:
    # Signed by the hub rather than remembered: a card stays good without a list of cards.
    said = secrets.token_hex(12)
    return f"{said}.{_mac(hub, said)}"


def _mac(hub: Hub, said: str) -> str:
    return hmac.new(hub.secret, b"card " + said.encode(), "sha256").hexdigest()


def read_card(path: Path) -> Card:
    """Raises Fault card.invalid or file.unreadable."""
    try:
        return parse_card(read_object(path.read_bytes()))
    except OSError as fault:
        raise Fault("file.unreadable", path=str(path), reason=fault.strerror or "") from fault
    except (ValueError, RecursionError) as fault:
        raise Fault("card.invalid", path=str(path)) from fault


def parse_card(said: Any) -> Card:
    """A card from outside. Raises ValueError when it does not fit itself, or its name is none that can
    be shown: control signs would let a stranger write over a coordinator's terminal."""
    try:
        card = _card(said)
    except (KeyError, TypeError, binascii.Error) as fault:
        raise ValueError("card") from fault
    name = card.name.strip()
    if hub_id(card.key) != card.id or not 0 < len(name) <= NAME_LIMIT or _CONTROL.search(name):
        raise ValueError("card")
    return card


def _card(said: Mapping[str, Any]) -> Card:
    if said[CARD] != 1:
        raise ValueError(said[CARD])
    key = base64.b64decode(said["public_key"], validate=True)
    if len(key) != 32:
        raise ValueError("public_key")
    return Card(
        str(said["id"]), str(said["name"]), key, tuple(map(str, said["addresses"])), str(said["credential"])
    )


def add_peer(
    hub: Hub, card: Card, *, url: str | None = None, projects_named: Sequence[str] = (), relation: str = EQUAL
) -> Peer:
    """Knows another hub by its card from now on. `projects_named`: numbers or names; none = all.
    `relation`: what the other is to this one, as in server/flow.py.

    Raises Fault hub.itself, hub.known (another hub of that name), project.unknown.
    """
    shared = [project_of(hub, said).uid for said in projects_named] if projects_named else None
    check_stranger(hub, hub.read(), card)
    hub.write(lambda turn: acquaint(turn, card, url, relation, shared))
    return find_peer(hub, card.id)


def check_stranger(hub: Hub, db: Connection, card: Card) -> None:
    """Raises Fault hub.itself, hub.known (another hub of that name)."""
    if card.id == hub.id:
        raise Fault("hub.itself")
    namesake = peers.find_by_name(db, card.name)
    if namesake is not None and namesake.id != card.id:
        raise Fault("hub.known", name=card.name)


def acquaint(turn: Turn, card: Card, url: str | None, relation: str, shared: Sequence[str] | None) -> None:
    """`shared`: uids of projects, which need not be here yet; None: all."""
    held = peers.find_peer(turn.db, card.id)
    named = None if shared is None else json.dumps(list(shared))
    if held is not None and (held.relation, held.projects) != (relation, named):
        turn.begin_anew()
    body: dict[str, Any] = {"name": card.name, "card": card.said(), "url": url, "relation": relation}
    if shared is not None:
        body["projects"] = list(shared)
    turn.append("hub.add", f"hub:{card.id}", body)


def set_url(hub: Hub, peer: Peer, url: str | None) -> None:
    """Where it is called from now on; None: at the addresses of its card."""
    shared = json.loads(peer.projects) if peer.projects else None
    hub.write(lambda turn: acquaint(turn, card_of(peer), url, peer.relation, shared))


def remove_peer(hub: Hub, name: str) -> Peer:
    """Forgets a hub. Entries exchanged with it stay. Raises Fault hub.unknown."""
    peer = find_peer(hub, name)
    hub.write(lambda turn: turn.append("hub.remove", f"hub:{peer.id}", {"name": peer.name}))
    return peer


def find_peer(hub: Hub, name: str) -> Peer:
    peer = peers.find_by_name(hub.read(), name) or peers.find_peer(hub.read(), name)
    if peer is None:
        raise Fault("hub.unknown", name=name)
    return peer


def present_credential(hub: Hub, peer: Peer) -> str:
    """What this hub shows to the peer with each request: the credential of the peer's card, and our
    signature under it. A credential names no holder: without the signature, a hub that was removed
    could go on in another's name."""
    credential = card_of(peer).credential
    signature = hub.key.sign(_shown(credential, peer.id))
    return f"{credential}.{base64.urlsafe_b64encode(signature).decode()}"


def credential_holder(hub: Hub, holder: str, presented: str) -> Peer:
    """The peer of this id, if what it presented is a credential of ours under its own signature.

    Raises Fault hub.unknown (never added here, or removed since), hub.credential_wrong.
    """
    peer = peers.find_peer(hub.read(), holder)
    if peer is None:
        raise Fault("hub.unknown", name=holder)
    credential, _, signature = presented.rpartition(".")
    said, _, mac = credential.partition(".")
    genuine = hmac.compare_digest(mac.encode(), _mac(hub, said).encode())
    if not genuine or not is_signed(_shown(credential, hub.id), _unhidden(signature), card_of(peer).key):
        raise Fault("hub.credential_wrong", name=peer.name)
    return peer


def _shown(credential: str, to: str) -> bytes:
    return f"samleng credential\n{to}\n{credential}".encode()


def _unhidden(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text)
    except ValueError:
        return b""


def fingerprint_with(hub: Hub, peer: Peer) -> str:
    """The digits that both coordinators compare by telephone."""
    return fingerprint(hub.key.public, card_of(peer).key)


def card_of(peer: Peer) -> Card:
    return _card(json.loads(peer.card))


def project_of(hub: Hub, said: str) -> projects.Project:
    """A project by number or name. Raises Fault project.unknown."""
    found = projects.find_project(hub.read(), int(said)) if said.isascii() and said.isdigit() else None
    found = found or projects.find_by_name(hub.read(), said)
    if found is None:
        raise Fault("project.unknown", project=said)
    return found
