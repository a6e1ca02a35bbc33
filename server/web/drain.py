"""Closing an app waits for the requests that it is answering.

A connection to SQLite that is closed while another thread reads by it ends the whole process, and with it every
other hub that the process serves.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

log = logging.getLogger(__name__)
PATIENCE_S = 10.0


class Drain:
    """WSGI middleware that knows what is under way. `patience_s`: how long closing waits."""

    def __init__(self, app: Callable[..., Iterable[bytes]], patience_s: float = PATIENCE_S) -> None:
        self._app, self._patience_s = app, patience_s
        self._changed = threading.Condition()
        self._under_way: dict[int, int] = {}  # thread -> requests that it began
        self._closed = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not self._begin():
            start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "60")])
            return [b"closed"]
        thread = threading.get_ident()
        try:
            return _Answer(self._app(environ, start_response), lambda: self._end(thread))
        except BaseException:
            self._end(thread)
            raise

    def _begin(self) -> bool:
        thread = threading.get_ident()
        with self._changed:
            if not self._closed:
                self._under_way[thread] = self._under_way.get(thread, 0) + 1
            return not self._closed

    def _end(self, thread: int) -> None:
        with self._changed:
            self._under_way[thread] -= 1
            if not self._under_way[thread]:
                del self._under_way[thread]
            self._changed.notify_all()

    def close(self) -> bool:
        """Nothing new begins. Whether everything under way was answered, but for what the calling thread itself
        left open."""
        with self._changed:
            self._closed = True
            done = self._changed.wait_for(self._is_alone, self._patience_s)
        if not done:
            log.warning("closing gave up waiting requests=%d", sum(self._under_way.values()))
        return done

    def _is_alone(self) -> bool:
        return not self._under_way.keys() - {threading.get_ident()}


class _Answer:
    """An answer's bytes; `end` is called once, when the server is done with them."""

    def __init__(self, parts: Iterable[bytes], end: Callable[[], None]) -> None:
        self._parts, self._ends = parts, [end]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        try:
            if hasattr(self._parts, "close"):
                self._parts.close()
        finally:
            while self._ends:
                self._ends.pop()()
