"""Making two hubs a pair: an offer with its code, link and picture, and taking another hub's offer."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Response, request

from i18n import mark
from server import offers
from server.errors import Fault, Refusal
from server.flow import MIRROR
from server.overview import local_time
from server.pairing import pair_by_code, pair_by_file, pair_by_link
from server.pictures import read_codes
from server.store import projects
from server.store.peers import Peer
from server.web import wire
from server.web.pages.codes import is_here, picture, tablet_address
from server.web.pages.frame import back, page, reader_language, room, takes_files, tell
from server.web.pages.hubs import RELATION_WORDS
from sync.pairing import is_address, is_link, make_link

blueprint = room("pairing")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")


@blueprint.get("/hubs/pair")
def ask() -> Response:
    wire.require("config.set")
    return _page()


@blueprint.post("/hubs/pair/offer")
def offer() -> Response:
    """By code, good for a quarter of an hour and one hub; the code is shown this once."""
    wire.require("config.set")
    address, relation, named = _said()
    try:
        if not is_address(address):
            raise Fault("pair.url_invalid", url=address)
        made = offers.offer_by_code(wire.hub(), relation, named, [address])
    except Refusal as fault:
        return _page(fault)
    link = make_link(address, wire.hub().id, made.secret)
    return page(
        "hubs/offer.html", section="hubs", code=made.secret, link=link, picture=picture(link), address=address,
        offer=made.id, until=local_time(made.expires_at), is_here=is_here(address), taker=None,
    )  # fmt: skip


@blueprint.get("/hubs/pair/offer/<offer_id>")
def watch(offer_id: str) -> Response:
    """The part of the offer's page that changes once somebody takes it."""
    wire.require("config.set")
    waits = offers.find_open(wire.hub(), offer_id) is not None
    taker: Peer | None = None
    if not waits:
        try:
            taker = offers.taker_of(wire.hub(), offer_id)
        except Fault:
            taker = None
    return page("hubs/waiting.html", offer=offer_id, waits=waits, taker=taker)


@blueprint.post("/hubs/pair/file")
def offer_file() -> Response:
    """An offer that is carried by hand to a hub that no network reaches."""
    wire.require("config.set")
    address, relation, named = _said()
    try:
        made = offers.offer_by_file(wire.hub(), relation, named, [address] if is_address(address) else [])
    except Refusal as fault:
        return _page(fault)
    return _download(made.secret.encode(), "pair-offer.json")


@blueprint.post("/hubs/pair/take")
@takes_files
def take() -> Response:
    """The other hub's code with its address, its link, a picture of its code, or its file."""
    wire.require("config.set")
    try:
        peer, reply = _take()
    except Refusal as fault:
        return _page(fault)
    if reply is not None:
        return _download(reply, f"reply-to-{peer.id[:8]}.json")
    tell(
        mark("Paired with {name}. Compare the number below with the other coordinator by telephone."),
        name=peer.name,
    )
    return back(f"/hubs/{peer.id}")


def _take() -> tuple[Peer, bytes | None]:
    hub, said = wire.hub(), request.form
    code, address = said.get("code", "").strip(), said.get("address", "").strip()
    own = [tablet_address()] if not is_here(tablet_address()) else []
    file = request.files.get("file")
    if file is not None and file.filename:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"brought{Path(file.filename).suffix.lower()}"
            file.save(path)
            return _take_file(path, address, own)
    if code.startswith(("http://", "https://")):
        return pair_by_link(hub, code, own, address or None), None
    if not address:
        raise Fault("pair.url_needed")
    return pair_by_code(hub, code, address, own), None


def _take_file(path: Path, address: str, own: list[str]) -> tuple[Peer, bytes | None]:
    if path.suffix in PICTURES:
        codes = read_codes(path)
        link = next((code for code in codes if is_link(code)), codes[0])
        return pair_by_link(wire.hub(), link, own, address or None), None
    peer, reply = pair_by_file(wire.hub(), path, addresses=own, url=address or None)
    return peer, reply.read_bytes() if reply is not None else None


def _said() -> tuple[str, str, list[str]]:
    relation = request.form.get("relation", "")
    if relation not in MIRROR:
        raise Fault("pair.not_understood")
    return request.form.get("address", "").strip().rstrip("/"), relation, request.form.getlist("projects")


def _download(said: bytes, name: str) -> Response:
    answer = Response(said, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(fault: Refusal | None = None) -> Response:
    address = tablet_address()
    return page(
        "hubs/pair.html", fault.status if fault else 200, section="hubs", relations=RELATION_WORDS, address=address,
        is_here=is_here(address), said=request.form, fault=fault.text(reader_language()) if fault else "",
        listed=projects.list_projects(wire.hub().read()), door=wire.running().door,
    )  # fmt: skip
