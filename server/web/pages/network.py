"""Whether tablets can reach this hub: opening it to the network that it is on, and shutting it."""

from __future__ import annotations

from flask import Response

from i18n import mark
from server.door import Door
from server.errors import Fault
from server.web import wire
from server.web.pages.frame import back, page, room, tell

blueprint = room("network")


@blueprint.get("/network")
def show() -> Response:
    wire.require("config.read")
    return page("network.html", section="hubs", door=wire.running().door)


@blueprint.post("/network/open")
def open_door() -> Response:
    _door().open()
    tell(mark("The hub is opened to the network that this computer is on. Tablets on it can send now."))
    return back("/network")


@blueprint.post("/network/shut")
def shut_door() -> Response:
    _door().shut()
    tell(mark("The hub is shut: only this computer reaches it."))
    return back("/network")


def _door() -> Door:
    """Raises Fault door.none, Problem 403.1."""
    wire.require("config.set")
    door = wire.running().door
    if door is None:
        raise Fault("door.none")
    return door
