"""/v1/config: how the hub presents itself. What is public is read without signing in."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, current_app, request

from server import settings
from server.clock import shown
from server.errors import Problem
from server.store import configs
from server.store.configs import Setting
from server.web import wire
from server.web.rest.files import blob_answer

blueprint = Blueprint("config", __name__)
PATH = "/v1/config/<key>"
PUBLIC = "/v1/config/public"


@blueprint.post(PATH)
def set_one(key: str) -> dict[str, Any]:
    caller = wire.require("config.set")
    settings.check_key(key)
    if key in settings.VALUES:
        return _json(settings.set_value(wire.hub(), key, wire.json_body(), caller.by))
    kind = request.headers.get("Content-Type", "").strip()
    if not kind:
        raise Problem("400.6", field="Content-Type", value=kind)
    file = wire.hub().blobs.stage(cast(BinaryIO, request.stream))
    return _json(settings.set_file(wire.hub(), key, file, kind, caller.by))


@blueprint.get(PATH)
def show(key: str) -> Any:
    wire.require("config.read")
    return _shown(key)


@blueprint.delete(PATH)
def unset(key: str) -> dict[str, bool]:
    caller = wire.require("config.set")
    settings.unset(wire.hub(), key, caller.by)
    return {"success": True}


@blueprint.get(PUBLIC)
@wire.anonymous
def list_public() -> dict[str, Any]:
    found = configs.list_settings(wire.hub().read())
    return {row.key: _json(row) for row in found if row.key in settings.PUBLIC}


@blueprint.get(f"{PUBLIC}/<key>")
@wire.anonymous
def show_public(key: str) -> Any:
    """With ?ts= its address changes with it, so it may be kept for a year."""
    if key not in settings.PUBLIC:
        raise Problem("403.1")
    answer: Response = current_app.make_response(_shown(key))
    answer.headers["Cache-Control"] = "max-age=31536000" if request.args.get("ts") else "no-cache"
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


def _shown(key: str) -> Any:
    """Raises Problem 404.1 when nothing is set."""
    held = configs.find_setting(wire.hub().read(), key)
    if held is None:
        raise Problem("404.1")
    return _json(held) if held.blob is None else _file(held)


def _file(held: Setting) -> Response:
    """Always as an attachment: a picture that is a page with a script must not run here."""
    answer = blob_answer(held.blob, held.key)
    if answer.status_code == 200:
        answer.headers["Content-Type"] = held.content_type or "application/octet-stream"
        answer.headers["Content-Disposition"] = "attachment"
    return answer


def _json(row: Setting) -> dict[str, Any]:
    said: dict[str, Any] = {"key": row.key, "setAt": shown(row.set_at)}
    return said | ({"value": row.value} if row.blob is None else {"blobExists": True})
