"""How answers look: JSON by orjson, refusals as ODK Central words them, caching headers."""

from __future__ import annotations

import logging
import re
from typing import Any

import orjson
from flask import Flask, Response, request
from flask.json.provider import JSONProvider
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from forms.errors import FormFault
from i18n import choose_language
from server.errors import Problem, Refusal, places
from server.subjects import NUMBER_BITS
from server.web.paths import ApiRule, TokenPaths

log = logging.getLogger(__name__)
_OTHER_VERSION = re.compile(r"/v(\d+)(/|$)")
# What Central's API serves below /v1: a caller who left the version out is told so.
_API = re.compile(
    r"/(projects|users|sessions|roles|assignments|audits|config|key|test|user-preferences)(/|$)"
)
_NUMBER = re.compile(r"-?[0-9]+")
_PROJECT = re.compile(r"/v1/projects/([^/]+)")


class Json(JSONProvider):
    """orjson for Flask: objects keep the order in which a view wrote them."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        made = Response(orjson.dumps(self._prepare_response_obj(args, kwargs)))
        made.headers["Content-Type"] = "application/json; charset=utf-8"
        return made


def dress(app: Flask) -> None:
    """Gives an app our JSON, our refusals, our caching headers and our token paths."""
    app.json = Json(app)
    app.url_rule_class = ApiRule
    app.url_map.strict_slashes = False  # ruODK posts to …/entities/ and does not follow redirects
    app.wsgi_app = TokenPaths(app.wsgi_app)  # type: ignore[method-assign]
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(FormFault, misformed)
    app.register_error_handler(HTTPException, unroutable)
    app.register_error_handler(Exception, failed)
    app.after_request(add_caching_headers)


def refused(fault: Refusal) -> tuple[dict[str, Any], int]:
    lang = choose_language(request.headers.get("Accept-Language"), "en")
    if isinstance(fault, Problem):
        return fault.json(lang), fault.status
    return {"message": fault.text(lang), "code": fault.status, "details": {"fault": fault.code}}, fault.status


def misformed(fault: FormFault) -> tuple[dict[str, Any], int]:
    lang = choose_language(request.headers.get("Accept-Language"), "en")
    return {"message": fault.text(lang), "code": 400, "details": {"fault": fault.code}}, 400


def unroutable(fault: HTTPException) -> Any:
    """What Flask itself refuses."""
    if isinstance(fault, NotFound | MethodNotAllowed):
        return refused(_no_route(request.path))
    if isinstance(fault, RequestEntityTooLarge):
        return refused(Problem("400.36"))
    if fault.code is not None and 400 <= fault.code < 500:
        return refused(Problem("400.1", format=request.mimetype or "request"))
    return fault


def _no_route(path: str) -> Problem:
    project = _PROJECT.match(path)
    if project is not None and not _NUMBER.fullmatch(project[1]):
        return Problem("400.11", field="projectId", value=project[1], expected="integer")
    if project is not None and abs(int(project[1])) >> NUMBER_BITS:
        return Problem("400.22", value=project[1], type="integer")
    version = _OTHER_VERSION.match(path)
    if version is not None and version[1] != "1":
        return Problem("404.3", got=f"v{version[1]}")
    return Problem("404.2" if _API.match(path) else "404.1")


def failed(fault: Exception) -> tuple[dict[str, Any], int]:
    """What nobody expected. The log gets the places in the code and the kind of fault, not its text:
    an answer may be in it."""
    log.error("request failed endpoint=%s fault=%s", request.endpoint, places(fault))
    return {"message": "Internal Server Error"}, 500


def add_caching_headers(response: Response) -> Response:
    """What Central says of caching on /v1, unless a view said otherwise."""
    if not request.path.startswith("/v1/") or "Cache-Control" in response.headers:
        return response
    read = request.method in ("GET", "HEAD") and not request.path.startswith("/v1/sessions")
    response.headers["Cache-Control"] = "private, no-cache" if read else "no-store"
    response.headers["Vary"] = "Accept-Encoding, Origin" if read else "*"
    return response
