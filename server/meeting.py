"""The hub that is called by another: what it answers, what it hands out, what it takes.

Each ask is signed by a hub that is known here; nobody else learns anything. No Flask, no SQL.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server import parcels
from server.bundles import take_whole
from server.carrying import course_to
from server.errors import Fault
from server.following import (
    Source,
    agree,
    believed_by,
    followed,
    lineage_for,
    names_of,
    our_ledger,
    take_receipts,
)
from server.hub import Hub
from server.parcels import Wanted
from server.peers import card_of
from server.spool import INBOX, append, folder_of
from server.store import peers
from server.store.blobs import count_wanted, list_wanted
from server.store.ledger_sqlite import count_after
from server.store.peers import Peer
from sync.errors import BadBundle
from sync.exchange import (
    WANTS_PAGE,
    Ask,
    Reply,
    asker,
    names_in,
    read_ask,
    receipts_in,
    sign_reply,
    wants_of,
)
from sync.receipt import Position

log = logging.getLogger(__name__)
WEIGHT_MOST = 16 * 1024 * 1024  # bytes before compression, whatever is asked for
_NAME = re.compile(r"[0-9a-z-]{8,64}")


def hear(hub: Hub, body: bytes) -> tuple[Peer, Ask]:
    """Who asks, and what. Raises Fault peer.ended (not, or no longer, known here), ask.invalid."""
    try:
        peer = peers.find_peer(hub.read(), asker(body))
        if peer is None:
            raise Fault("peer.ended", name=hub.name)
        return peer, read_ask(body, card_of(peer).key, hub.id)
    except BadBundle as fault:
        raise Fault(fault.code) from fault


def hello(hub: Hub, body: bytes) -> bytes:
    """How far each follows the other, and what is left. Receipts that came with it are kept."""
    peer, ask = hear(hub, body)
    hub.contacts.went_well(peer.id, hub.clock.stamp())
    take_receipts(hub, peer, receipts_in(ask))
    after = _follows(hub, peer, ask)
    db = hub.read()
    seen = followed(db, Source(ask.ledger, ask.lineage))
    more = parcels.has_more(hub, course_to(hub, peer, ask.ledger, ask.lineage), after)
    reply = Reply(
        hub=hub.id, ledger=our_ledger(db), at=hub.clock.stamp(), lineage=lineage_for(db, peer),
        seen=Position(ask.ledger, seen.seq, seen.chain), holds=believed_by(db, ask.ledger),
        left=max(count_after(db, after, ask.ledger), 1) if more else 0,
        lacking=count_wanted(db, names_of(db, peer, ask.ledger)),
    )  # fmt: skip
    return sign_reply(reply, hub.key, body)


def _follows(hub: Hub, peer: Peer, ask: Ask) -> int:
    """Up to which seq of ours the caller holds everything that is for it, by its own word: it knows best, a
    restored one above all."""
    if ask.seen is None:
        return 0
    seen = ask.seen
    return hub.write(lambda turn: agree(turn, peer, ask.ledger, seen)) or 0


def wants(hub: Hub, body: bytes) -> bytes:
    """A page of the files that we lack and the caller may have."""
    peer, ask = hear(hub, body)
    db = hub.read()
    names = list_wanted(db, names_of(db, peer, ask.ledger), min(ask.weight or WANTS_PAGE, WANTS_PAGE))
    said = wants_of(bytes.fromhex(name) for name in names)
    reply = Reply(hub=hub.id, ledger=our_ledger(db), at=hub.clock.stamp(), wants=said, lacking=len(names))
    return sign_reply(reply, hub.key, body)


def batch(hub: Hub, body: bytes) -> Path | None:
    """The bundle that answers an ask: files that it names, else the next entries; None when there is nothing."""
    peer, ask = hear(hub, body)
    weight = min(max(ask.weight, 1), WEIGHT_MOST)
    try:
        names = names_in(ask.wants)
    except BadBundle as fault:
        raise Fault(fault.code) from fault
    if names:
        parcel = parcels.file_parcel(hub, peer, names, weight, ask.largest)
    else:
        wanted = Wanted(weight, ask.thorough, ask.bare)
        course = course_to(hub, peer, ask.ledger, ask.lineage)
        parcel = parcels.entry_parcel(hub, course, _follows(hub, peer, ask), wanted)
    return parcel.path if parcel is not None else None


# Uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """A bundle that is coming. `offset`: how much of it is here; `length`: in all; `receipt`: once it is
    whole and taken."""

    name: str
    offset: int
    length: int
    receipt: bytes | None = None
    taken: bool = False


def _place(hub: Hub, peer: Peer, name: str) -> tuple[Path, Path]:
    if not _NAME.fullmatch(name):
        raise Fault("upload.unknown", name=name[:64])
    folder = folder_of(hub.data, INBOX, peer.id)
    return folder / f"{name}.part", folder / f"{name}.length"


def begin_upload(hub: Hub, peer: Peer, name: str, length: int) -> Upload:
    """Makes an upload, or finds the one that was begun. Raises Fault upload.too_large."""
    if length > hub.config.max_content_length:
        raise Fault("upload.too_large", limit_bytes=hub.config.max_content_length)
    place, beside = _place(hub, peer, name)
    for old in place.parent.glob("*.taken"):
        if old.stem != name:  # its sender has the receipt: it goes on to the next
            old.unlink(missing_ok=True)
    if _taken(place).exists():
        return find_upload(hub, peer, name)
    if not place.exists() or not beside.exists():
        beside.write_text(str(length), encoding="ascii")
        place.touch()
    return find_upload(hub, peer, name)


def find_upload(hub: Hub, peer: Peer, name: str) -> Upload:
    """Raises Fault upload.unknown."""
    place, beside = _place(hub, peer, name)
    try:
        if _taken(place).exists():
            length, receipt = json.loads(_taken(place).read_text(encoding="ascii"))
            return Upload(name, length, length, base64.b64decode(receipt) or None, taken=True)
        return Upload(name, place.stat().st_size, int(beside.read_text(encoding="ascii")))
    except (OSError, ValueError) as fault:
        raise Fault("upload.unknown", name=name) from fault


def _taken(place: Path) -> Path:
    """Beside an upload that was taken: its length and receipt. Its sender may never have got our answer, and
    would send it all once more."""
    return place.with_suffix(".taken")


def continue_upload(hub: Hub, peer: Peer, name: str, offset: int, chunks: Iterable[bytes]) -> Upload:
    """Adds bytes; takes the bundle once it is whole. Raises Fault upload.unknown, upload.offset, and what
    taking it raises; the upload is then gone."""
    place, _beside = _place(hub, peer, name)
    with _alone(hub, place):
        held = find_upload(hub, peer, name)
        if offset != held.offset:
            raise Fault("upload.offset", offset=held.offset)
        if held.taken:
            return held
        reached = append(place, offset, _bounded(chunks, held.length - offset))
        if reached < held.length:
            return Upload(name, reached, held.length)
        return Upload(name, reached, held.length, _finish(hub, peer, name, place))


@contextmanager
def _alone(hub: Hub, place: Path) -> Iterator[None]:
    """What a broken connection left may be written while its sender comes back already. Raises Fault
    upload.busy."""
    with hub.guard:
        if place in hub.busy:
            raise Fault("upload.busy")
        hub.busy.add(place)
    try:
        yield
    finally:
        with hub.guard:
            hub.busy.discard(place)


def _bounded(chunks: Iterable[bytes], room: int) -> Iterable[bytes]:
    """No more than was announced is written: a disk is filled quickly."""
    for chunk in chunks:
        yield chunk[:room]
        room -= len(chunk[:room])


def _finish(hub: Hub, peer: Peer, name: str, place: Path) -> bytes | None:
    size = place.stat().st_size
    try:
        receipt = take_whole(hub, peer, place).receipt
    finally:
        end_upload(hub, peer, name)
    said = json.dumps([size, base64.b64encode(receipt or b"").decode()])
    _taken(place).write_text(said, encoding="ascii")
    return receipt


def end_upload(hub: Hub, peer: Peer, name: str) -> None:
    place, beside = _place(hub, peer, name)
    for path in (place, beside, _taken(place)):
        path.unlink(missing_ok=True)
