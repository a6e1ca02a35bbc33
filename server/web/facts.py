"""What anybody may know of this server: that it is here, and its version."""

from __future__ import annotations

import functools
from importlib import metadata

from flask import Blueprint, Response

blueprint = Blueprint("facts", __name__)


@functools.cache
def version() -> str:
    """As it was installed; "0" when it runs from a folder that was not."""
    try:
        return metadata.version("samleng")
    except metadata.PackageNotFoundError:
        return "0"


@blueprint.get("/version.txt")
def show_version() -> Response:
    return Response(f"samleng {version()}\n", content_type="text/plain; charset=utf-8")
