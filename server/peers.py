"""Other hubs: cards, and which of them this hub knows.

A card is a small JSON file that one coordinator hands to another; adding each other's cards makes
two hubs a pair.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.errors import Fault
from server.hub import Hub
from server.store import peers, projects
from server.store.peers import Peer
from sync.keys import hub_id
from sync.plain import read_object

CARD = "samleng_card"


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


def credential_holder(hub: Hub, peer_id: str, credential: str) -> Peer:
    """The hub that speaks with a credential of one of our cards. Raises Fault hub.unknown (not, or no
    longer, known here), hub.credential_wrong."""
    peer = peers.find_peer(hub.read(), peer_id)
    if peer is None:
        raise Fault("hub.unknown", name=peer_id)
    said, _, mac = credential.partition(".")
    if not hmac.compare_digest(mac.encode(), _mac(hub, said).encode()):
        raise Fault("hub.credential_wrong", name=peer.name)
    return peer


def read_card(path: Path) -> Card:
    """Raises Fault card.invalid or file.unreadable."""
    try:
        said = read_object(path.read_bytes())
        card = _card(said)
    except OSError as fault:
        raise Fault("file.unreadable", path=str(path), reason=fault.strerror or "") from fault
    except (ValueError, KeyError, TypeError, binascii.Error) as fault:
        raise Fault("card.invalid", path=str(path)) from fault
    if hub_id(card.key) != card.id or not card.name.strip():
        raise Fault("card.invalid", path=str(path))
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


def add_peer(hub: Hub, card: Card, *, url: str | None = None, projects_named: Sequence[str] = ()) -> Peer:
    """Knows another hub by its card from now on. `projects_named`: numbers or names; none = all.

    Raises Fault hub.itself, hub.known (another hub of that name), project.unknown.
    """
    if card.id == hub.id:
        raise Fault("hub.itself")
    namesake = peers.find_by_name(hub.read(), card.name)
    if namesake is not None and namesake.id != card.id:
        raise Fault("hub.known", name=card.name)
    body: dict[str, Any] = {"name": card.name, "card": card.said(), "url": url}
    if projects_named:
        body["projects"] = [project_of(hub, said).uid for said in projects_named]
    hub.write(lambda turn: turn.append("hub.add", f"hub:{card.id}", body))
    return find_peer(hub, card.name)


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


def card_of(peer: Peer) -> Card:
    return _card(json.loads(peer.card))


def project_of(hub: Hub, said: str) -> projects.Project:
    """A project by number or name. Raises Fault project.unknown."""
    found = projects.find_project(hub.read(), int(said)) if said.isascii() and said.isdigit() else None
    found = found or projects.find_by_name(hub.read(), said)
    if found is None:
        raise Fault("project.unknown", project=said)
    return found
