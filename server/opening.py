"""What `samleng serve` serves: the hub, or as long as there is none the page that makes it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from server.first_start import is_begun, is_hub


class Opening:
    """A WSGI application over a data folder. opened: called once with the hub's own application, at the start
    or when the first start is done.

    Raises Fault as `create_app` does.
    """

    def __init__(self, data: Path, opened: Callable[[Any], None], **settings: Any) -> None:
        self._data, self._opened, self._settings = data, opened, settings
        self._lock = threading.Lock()
        self._app: Any = None
        self.is_open = False
        if not is_hub(data) or not self._open():
            from server.web.pages.first_start import first_start

            self._app = first_start(data, self._open)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer

    def _open(self) -> bool:
        """False when nobody can sign in to the hub or send to it yet."""
        from server.app import create_app

        with self._lock:
            if self.is_open:
                return True
            app = create_app(data=self._data, **self._settings)
            if not is_begun(app.extensions["samleng"].hub):
                app.extensions["samleng"].close()
                return False
            self._opened(app)
            self._app, self.is_open = app, True
            return True

    def close(self) -> None:
        """Releases the hub's files and threads, if there is one."""
        if self.is_open:
            self._app.extensions["samleng"].close()
