"""/hub/…: hub to hub. tus 1.0 for what comes, byte ranges for what goes; docs/sync-protocol.md.

The credential of a card lets a hub upload; what it uploads is sealed and signed, and proves itself.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request, send_file
from werkzeug.exceptions import ClientDisconnected, MethodNotAllowed, NotFound

from server import meeting, parcels
from server.errors import Fault
from server.meeting import Upload
from server.peers import credential_holder
from server.store.peers import Peer
from server.web import wire
from sync.exchange import SAID_LIMIT
from sync.transport import BATCH, OCTETS, RECEIPT, TUS

blueprint = Blueprint("hub", __name__, url_prefix="/hub")
EXTENSIONS = "creation,creation-with-upload,termination"
CHUNK = 64 * 1024


@blueprint.errorhandler(Fault)
def refuse(fault: Fault) -> tuple[dict[str, Any], int]:
    """For programs: a code and values. The other hub finds the words, in its coordinator's language."""
    values = {name: value for name, value in fault.values.items() if name != "path"}
    return {"code": fault.code, "values": values, "message": fault.text(wire.lang("en"))}, fault.status


def said() -> bytes:
    request.max_content_length = SAID_LIMIT
    return request.get_data()


@blueprint.post("/hello")
def hello() -> Response:
    return Response(meeting.hello(wire.hub(), said()), mimetype="application/octet-stream")


@blueprint.post("/wants")
def wants() -> Response:
    return Response(meeting.wants(wire.hub(), said()), mimetype="application/octet-stream")


@blueprint.post("/batches")
def make_batch() -> Response:
    path = meeting.batch(wire.hub(), said())
    if path is None:
        return Response(status=204)
    answer = send_file(path.absolute(), mimetype="application/octet-stream", etag=False)
    answer.headers[BATCH] = path.stem
    return answer


@blueprint.get("/batches/<name>")
def send_batch(name: str) -> Response:
    """A bundle that was begun to be fetched, from the byte that the range names. Sealed: it is of no use to
    anybody else."""
    path = parcels.find(wire.hub(), caller(), name)
    if path is None:
        raise NotFound
    answer = send_file(path.absolute(), mimetype="application/octet-stream", etag=False, conditional=True)
    answer.headers[BATCH] = path.stem
    return answer


def caller() -> Peer:
    """Raises Fault hub.unknown, hub.credential_wrong."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    presented = credential.strip() if scheme.lower() == "bearer" else ""
    return credential_holder(wire.hub(), request.headers.get("Samleng-Hub", ""), presented)


# tus 1.0


@blueprint.route("/uploads", methods=["OPTIONS"])
def options() -> Response:
    answer = _tus(Response(status=204))
    answer.headers["Tus-Version"] = TUS
    answer.headers["Tus-Extension"] = EXTENSIONS
    answer.headers["Tus-Max-Size"] = str(wire.hub().config.max_content_length)
    return answer


@blueprint.post("/uploads")
def begin_upload() -> Response:
    """Creation, with bytes if the request brings some. Named by its sender: asked for again after a break, it
    is the same upload."""
    if (refused := _other_version()) is not None:
        return refused
    hub, peer = wire.hub(), caller()
    held = meeting.begin_upload(hub, peer, _name(), _number("Upload-Length"))
    if request.mimetype == OCTETS and held.offset == 0:
        held = meeting.continue_upload(hub, peer, held.name, 0, body())
    answer = _reached(held, 201)
    answer.headers["Location"] = f"{wire.base_url()}/hub/uploads/{held.name}"
    return answer


@blueprint.route("/uploads/<name>", methods=["HEAD"])
def show_upload(name: str) -> Response:
    held = meeting.find_upload(wire.hub(), caller(), name)
    answer = _reached(held, 200)
    answer.headers["Upload-Length"] = str(held.length)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.patch("/uploads/<name>")
def continue_upload(name: str) -> Response:
    if (refused := _other_version()) is not None:
        return refused
    if request.mimetype != OCTETS:
        raise Fault("upload.type")
    return _reached(
        meeting.continue_upload(wire.hub(), caller(), name, _number("Upload-Offset"), body()), 204
    )


@blueprint.delete("/uploads/<name>")
def end_upload(name: str) -> Response:
    hub, peer = wire.hub(), caller()
    meeting.end_upload(hub, peer, meeting.find_upload(hub, peer, name).name)
    return _tus(Response(status=204))


@blueprint.post("/uploads/<name>")
def read_override(name: str) -> Response:
    """Some proxies let no PATCH through: tus clients may send POST and say what they mean."""
    views = {"PATCH": continue_upload, "HEAD": show_upload, "DELETE": end_upload}
    view = views.get(request.headers.get("X-HTTP-Method-Override", ""))
    if view is None:
        raise MethodNotAllowed(["PATCH", "HEAD", "DELETE"])
    return view(name)


def body() -> Iterator[bytes]:
    """What comes, until it ends or the connection breaks: either way it is kept."""
    request.max_content_length = None
    try:
        while chunk := request.stream.read(CHUNK):
            yield chunk
    except ClientDisconnected:
        return


def _name() -> str:
    """`batch` of Upload-Metadata: names and base64, with commas between."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _, value = pair.strip().partition(" ")
        if name == "batch":
            try:
                return base64.b64decode(value, validate=True).decode("ascii")
            except (binascii.Error, UnicodeDecodeError):
                break
    raise Fault("upload.unnamed")


def _number(header: str) -> int:
    said = request.headers.get(header, "")
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        raise Fault("upload.header", header=header)
    return int(said)


def _other_version() -> Response | None:
    if request.headers.get("Tus-Resumable") == TUS:
        return None
    answer = _tus(Response(status=412))
    answer.headers["Tus-Version"] = TUS
    return answer


def _reached(held: Upload, status: int) -> Response:
    answer = _tus(Response(status=status))
    answer.headers["Upload-Offset"] = str(held.offset)
    if held.receipt is not None:
        answer.headers[RECEIPT] = base64.b64encode(held.receipt).decode()
    return answer


def _tus(answer: Response) -> Response:
    answer.headers["Tus-Resumable"] = TUS
    return answer
