"""/v1/audits: what happened on this hub, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from server import audits
from server.audits import Wanted
from server.errors import Problem
from server.hub import Hub
from server.store.audits import ALL_TIMES, microseconds
from server.web import wire
from server.web.rest.audit_shapes import AuditShapes, stream_lines
from server.web.rest.inputs import whole_in_query

blueprint = Blueprint("audits", __name__)
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?)?(Z|[+-]\d{2}:?\d{2})?",
    re.I,
)


@blueprint.get("/v1/audits")
def list_all() -> Response:
    """?action= a name or a group; ?start= and ?end= (exclusive) moments; ?limit=, ?offset=."""
    wire.require("audit.read")
    wanted = Wanted(
        request.args.get("action") or None,
        (_moment("start", ALL_TIMES[0]), _moment("end", ALL_TIMES[1])),
        whole_in_query(request.args, "limit", -1),
        whole_in_query(request.args, "offset", 0),
    )
    audits.catch_up(wire.hub())
    rows = _stream(wire.hub(), wanted, wire.extended())
    return Response(rows, content_type="application/json; charset=utf-8")


def _stream(hub: Hub, wanted: Wanted, extended: bool) -> Iterator[bytes]:
    """It outlives the request, so it reads by itself."""
    db = hub.database.separate_reader()
    try:
        yield from stream_lines(AuditShapes(db, extended=extended), audits.read_lines(db, wanted))
    finally:
        db.close()


def _moment(name: str, default: int) -> int:
    """A date, or a date and time, UTC unless it says otherwise. Raises Problem 400.11."""
    said = request.args.get(name, "").strip()
    if not said:
        return default
    found = _MOMENT.fullmatch(said.replace(" ", "+") if "T" in said else said)
    try:
        return microseconds(_iso(found)) if found else _refuse(name, said)
    except ValueError:
        return _refuse(name, said)


def _iso(found: re.Match[str]) -> str:
    """Raises ValueError for a day or hour that there is not."""
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    moment = datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
    )
    plain = moment.replace(tzinfo=None).isoformat()
    return f"{plain}.{(fraction or '.0')[1:].ljust(6, '0')}{(zone or 'Z').upper()}"


def _refuse(name: str, said: str) -> int:
    raise Problem("400.11", field=name, value=said, expected="timestamp")
