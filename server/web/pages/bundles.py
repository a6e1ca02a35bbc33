"""By USB stick: a bundle for another hub, one that came from it, and the receipt that travels back."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response, request

from i18n import mark
from server import bundles, upkeep
from server.bundles import Report
from server.errors import Fault, Problem, Refusal
from server.loading import SPLIT_LEAST
from server.store import peers
from server.store.peers import Peer
from server.web import wire
from server.web.form_data import streamed
from server.web.pages.frame import page, reader_language, room, say, takes_files

blueprint = room("bundles")
RECEIPTS = "receipts"
CHUNK = 1 << 16
_NAME = re.compile(r"[0-9a-z_]+")  # as tempfile makes them
CAME = mark("From {name}: {new} new entries, {have} held already, {blobs} new files, {refused} refused.")
CONFIRMS = mark("{name} confirms what it holds of this hub.")
PART = mark("Part {number} of {path} is damaged and was left out; the rest was taken.")
CUT = mark("{path} ends too early, after part {number}; what was whole was taken. Copy the file again.")
WRONG = mark("{path} does not hold what it says. What was whole was taken; ask for a new one.")
HOLE = mark(
    "{path} leaves out what this hub had and lost since, being restored or a copy. Carry a bundle from here to {name}; "
    "the next one back brings it."
)


@blueprint.get("/hubs/bundles")
def ask() -> Response:
    wire.require("config.read")
    return _page()


@blueprint.post("/hubs/<peer_id>/bundle")
def write(peer_id: str) -> Response:
    """Everything that this hub is not known to hold, as one file, sealed for it alone."""
    wire.require("config.set")
    peer = peers.find_peer(wire.hub().read(), peer_id)
    if peer is None:
        raise Problem("404.1")
    folder = Path(tempfile.mkdtemp(dir=wire.hub().data, prefix=upkeep.CARRIED))
    try:
        made = bundles.write_for(wire.hub(), peer.id, folder / "b.bundle", split_bytes=_part_bytes())
    except BaseException as fault:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(fault, Refusal):
            return _page(fault)
        raise
    if len(made) == 1:
        held = ExitStack()
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        return _file(folder / "b.bundle", held, peer)
    sizes = [bundles.numbered(folder / "b.bundle", number + 1).stat().st_size for number in range(len(made))]
    return page(
        "hubs/parts.html",
        section="hubs",
        peer=peer,
        name=folder.name.removeprefix(upkeep.CARRIED),
        sizes=sizes,
    )


@blueprint.get("/hubs/<peer_id>/bundle/<name>/<int:number>")
def fetch_part(peer_id: str, name: str, number: int) -> Response:
    """One file of a bundle that was too large for one. They stay for a day: a link may break."""
    wire.require("config.set")
    peer = peers.find_peer(wire.hub().read(), peer_id)
    path = bundles.numbered(wire.hub().data / f"{upkeep.CARRIED}{name}" / "b.bundle", number)
    if peer is None or not _NAME.fullmatch(name) or not path.exists():
        raise Problem("404.1")
    return _file(path, ExitStack(), peer, f"-{number}")


def _part_bytes() -> int:
    """What another hub's page takes in one request, as long as it is set up like this one."""
    return max(wire.hub().config.max_content_length // 10 * 9, SPLIT_LEAST)


def _file(path: Path, held: ExitStack, peer: Peer, part: str = "") -> Response:
    """`held` is let go of once it is sent or the link broke."""
    size = path.stat().st_size
    file = held.enter_context(path.open("rb"))
    answer = streamed(iter(partial(file.read, CHUNK), b""), held, "application/octet-stream")
    answer.headers["Content-Length"] = str(size)
    return _named(answer, f"{wire.hub().name}-{peer.name}-{wire.hub().clock.now():%Y-%m-%d}{part}.bundle")


@blueprint.post("/hubs/bundles")
@takes_files
def read() -> Response:
    """Several files at once; one that is bad stops none of the others."""
    wire.require("config.set")
    brought = [file for file in request.files.getlist("files") if file.filename]
    if not brought:
        return _page(Fault("bundle.none_chosen"))
    results = [_read(file) for file in brought]
    return page("hubs/read.html", section="hubs", results=results)


@blueprint.get("/hubs/receipts/<name>")
def fetch_receipt(name: str) -> Response:
    wire.require("config.read")
    path = _room() / f"{name}.bundle"
    if not name.isalnum() or not path.exists():
        raise Problem("404.1")
    answer = Response(path.read_bytes(), mimetype="application/octet-stream")  # a few hundred bytes
    return _named(answer, f"receipt-{wire.hub().name}.bundle")


def _read(file: Any) -> dict[str, Any]:
    """What became of one file. It is read from disk: a bundle may be larger than memory."""
    said: dict[str, Any] = {"name": file.filename, "fault": "", "lines": [], "receipt": ""}
    receipt = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(dir=wire.hub().data, prefix=upkeep.BROUGHT) as folder:
        path = Path(folder) / "brought.bundle"
        file.save(path)
        try:
            report = bundles.read(wire.hub(), path, _room() / f"{receipt}.bundle")
        except Refusal as fault:
            said["fault"] = _without_path(fault, path, file.filename)
            return said
    said["lines"] = _lines(report, file.filename)
    said["receipt"] = receipt if report.receipt is not None else ""
    return said


def _without_path(fault: Refusal, path: Path, name: str) -> str:
    return fault.text(reader_language()).replace(str(path), name)


def _lines(report: Report, name: str) -> list[str]:
    """What the report says, a sentence each."""
    values = {"name": report.header.sender_name, "path": name}
    taken = report.taken
    lines = [say(CAME, **values, new=taken.new, have=taken.have, blobs=taken.blobs, refused=taken.refused)]
    lines += [say(PART, **values, number=frame + 1) for frame in report.damaged]
    said = (
        (report.receipts > 0, CONFIRMS),
        (report.cut, CUT),
        (report.wrong, WRONG),
        (report.has_hole, HOLE),
    )
    return lines + [say(words, **values, number=report.frames) for is_so, words in said if is_so]


def _room() -> Path:
    folder = wire.hub().data / RECEIPTS
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _named(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"samleng.bundle\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    return answer


def _page(fault: Refusal | None = None) -> Response:
    listed: list[Peer] = peers.list_peers(wire.hub().read())
    return page(
        "hubs/bundles.html", fault.status if fault else 200, section="hubs", listed=listed,
        fault=fault.text(reader_language()) if fault else "",
    )  # fmt: skip
