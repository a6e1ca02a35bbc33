"""Addresses: tablets' tokens in front of them, drafts within them, and rules that cost nothing until used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.routing import Rule

from server.web.credentials import KEY

DRAFT = (
    "samleng.draft"  # where the WSGI environment keeps the path by which a draft's submissions were asked for
)
_KEY_PATH = re.compile(r"/v1/key/([^/]*)(/.*)?")
_DRAFT_PATH = re.compile(
    r"(/v1/projects/[^/]+/forms/[^/]+)/draft(/submissions(\.csv|\.csv\.zip)?(/.*)?|\.svc(/.*)?)"
)
# Reviews, comments and the trash are for real submissions; Central serves the rest of test submissions too.
_REAL_ONLY = re.compile(
    r"/submissions/[^/]+/(comments|restore|edit|conflict|withdraw)|/submissions/[^/]+\.geojson"
)
_CHANGED = re.compile(r"/submissions/[^/]+")


class TokenPaths:
    """WSGI middleware: /v1/key/TOKEN/projects/… is served by the routes of /v1/projects/…, with the
    token set aside for `credentials`. And …/forms/ID/draft/submissions… by those of …/forms/ID/submissions…,
    with a mark that it is the draft's test submissions that are asked about (wire.form_or_404)."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ.pop(KEY, None)
        environ.pop(DRAFT, None)
        path = environ.get("PATH_INFO", "")
        if path.startswith("/v1/key/"):
            found = _KEY_PATH.fullmatch(path)
            if found is not None:
                environ[KEY] = found[1]
                environ["PATH_INFO"] = "/v1" + (found[2] or "")
        if "/draft" in path:
            _set_draft_aside(environ)
        return self._app(environ, start_response)


def _set_draft_aside(environ: dict[str, Any]) -> None:
    path = environ["PATH_INFO"]
    found = _DRAFT_PATH.fullmatch(path)
    if found is None or _REAL_ONLY.fullmatch(found[2]):
        return
    if environ["REQUEST_METHOD"] in ("PATCH", "DELETE") and _CHANGED.fullmatch(found[2]):
        return
    environ[DRAFT] = path
    environ["PATH_INFO"] = found[1] + found[2]


class ApiRule(Rule):
    """A route whose reverse, from values to an address, is compiled when somebody first asks for it.

    Werkzeug does so at once, half a millisecond each: with the hundred routes of the API, making an
    app would take ten times as long. Should Werkzeug change its inside, only that speed is lost.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(Rule._compile_builder(rule, append_unknown))
            return made[0](rule, **values)

        return build
