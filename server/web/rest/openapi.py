"""/v1/openapi.json and /v1/docs: this API, for programs and for people. Nothing comes from elsewhere."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, render_template, request

from i18n import LANGUAGES, translate
from server.web import wire
from server.web.api.table import AREAS, BY_SHAPE
from server.web.facts import version
from server.web.pages.frame import POLICY, asset

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/v1/openapi.json")
@wire.anonymous
def show() -> dict[str, Any]:
    return _document()


@blueprint.get("/v1/docs")
@wire.anonymous
def read() -> Response:
    """Server-rendered, without a script."""
    lang = wire.lang()
    text = render_template(
        "api.html", _=lambda message, **values: translate(message, lang, **values), lang=lang,
        hub_name=wire.hub().name, root=request.root_path, asset=asset, others=[o for o in LANGUAGES if o != lang],
        actor=None, document=_document(), areas=AREAS, rows=BY_SHAPE,
    )  # fmt: skip
    answer = Response(text, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _document() -> dict[str, Any]:
    """Made when somebody first asks: the library that makes it is loaded only then."""
    running = wire.running()
    if running.document is None:
        from server.web.api.document import document, routes_of

        running.document = document(routes_of(current_app.url_map.iter_rules()), version())
    return running.document
