"""Closing an app while it is asked something: what has begun is finished first.

A connection that is closed under a thread which reads by it takes the whole process down.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

log = logging.getLogger(__name__)
WAIT_S = 10.0  # for requests under way; no view works longer before its answer begins


class Gate:
    """WSGI middleware. Answers that are already being sent read by connections of their own."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self._idle = threading.Condition()
        self._inside = 0
        self._is_open = True

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._idle:
            if not self._is_open:
                start_response("503 Service Unavailable", [("Content-Length", "0"), ("Retry-After", "5")])
                return []
            self._inside += 1
        try:
            return self._app(environ, start_response)
        finally:
            with self._idle:
                self._inside -= 1
                self._idle.notify_all()

    def shut(self) -> bool:
        """Lets nobody in any more; whether all are out now."""
        with self._idle:
            self._is_open = False
            done = self._idle.wait_for(lambda: not self._inside, timeout=WAIT_S)
        if not done:
            log.warning("closing gave up waiting requests=%d", self._inside)
        return done
