"""The first page: what needs somebody."""

from __future__ import annotations

from flask import Response

from i18n import mark
from server.overview import overview
from server.today import needs
from server.web import wire
from server.web.pages.frame import STATES, page, room

blueprint = room("today", is_open=True)
FORM_STATES = {"open": mark("Open"), "closing": mark("Closing"), "closed": mark("Closed")}


@blueprint.get("/")
def show() -> Response:
    if wire.caller().actor is None:
        return page("sign_in.html")
    return page(
        "today.html", section="today", projects=overview(wire.hub(), wire.may), states=STATES,
        form_states=FORM_STATES, needs=needs(wire.hub(), wire.may), door=wire.running().door,
    )  # fmt: skip
