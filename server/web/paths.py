"""Addresses: tablets' tokens in front of them, and rules that cost nothing until used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.routing import Rule

from server.web.credentials import KEY

_KEY_PATH = re.compile(r"/v1/key/([^/]*)(/.*)?")


class TokenPaths:
    """WSGI middleware: /v1/key/TOKEN/projects/… is served by the routes of /v1/projects/…, with the
    token set aside for `credentials`."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ.pop(KEY, None)
        path = environ.get("PATH_INFO", "")
        if path.startswith("/v1/key/"):
            found = _KEY_PATH.fullmatch(path)
            if found is not None:
                environ[KEY] = found[1]
                environ["PATH_INFO"] = "/v1" + (found[2] or "")
        return self._app(environ, start_response)


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
