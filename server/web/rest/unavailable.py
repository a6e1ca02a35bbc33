"""What ODK Central has and this hub leaves out on purpose: answered clearly, so that a program can tell it
from a mistake. See docs/central-api.md."""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint

from server.errors import Problem
from server.web import wire

blueprint = Blueprint("unavailable", __name__)


@blueprint.get("/v1/analytics/preview")
def preview_analytics() -> NoReturn:
    wire.require("analytics.read")
    raise Problem("501.9")
