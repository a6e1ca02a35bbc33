"""The door at which another hub takes this hub's offer to pair. Nobody signs in: the code proves all."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, request

from server import offers
from server.errors import Fault
from server.web import wire
from sync.pairing import MESSAGE_LIMIT, PAIRING

blueprint = Blueprint("hub_pairing", __name__)


@blueprint.get("/hub/pair")
def opening() -> dict[str, Any]:
    return offers.opening(wire.hub())


@blueprint.post("/hub/pair")
def answer() -> dict[str, Any]:
    # Before anything is read: a stranger must not fill memory here.
    request.max_content_length = 2 * MESSAGE_LIMIT
    said = request.get_json(silent=True)  # only as application/json: other sites' pages cannot send that
    if not isinstance(said, dict) or not isinstance(said.get("sealed"), str):
        raise Fault("pair.not_understood")
    if said.get("protocol") != PAIRING:
        raise Fault("pair.not_understood")
    try:
        asked = base64.b64decode(said["sealed"], validate=True)
    except ValueError as fault:
        raise Fault("pair.not_understood") from fault
    return {"sealed": base64.b64encode(offers.answer(wire.hub(), asked)).decode()}
