"""What a broken connection had brought of an upload: handed on all the same, so that it need not come again.

waitress gives a request to the application once all of its body has come, and throws away what it has when
the connection breaks first. On a link that breaks every few seconds no large upload would ever get through.
"""

from __future__ import annotations

import logging
from typing import Any

from server.spooling import SpoolingChannel

log = logging.getLogger(__name__)
UPLOADS = "/hub/uploads"
METHODS = ("PATCH", "POST")


class SalvagingChannel(SpoolingChannel):
    """A connection that passes on an upload of which only the beginning came."""

    request: Any

    def handle_close(self) -> None:
        with self.requests_lock:
            request, self.request = self.request, None
        if request is not None and _is_upload(request):
            self.server.task_dispatcher.add_task(_Salvage(self, request))
        super().handle_close()


def _is_upload(request: Any) -> bool:
    if request.body_rcv is None or request.error or request.chunked or not len(request.body_rcv):
        return False
    return request.command in METHODS and str(request.path).startswith(UPLOADS)


class _Salvage:
    """A request cut short, as a task of the server's threads. Nobody is left to hear the answer."""

    def __init__(self, channel: Any, request: Any) -> None:
        self._channel, self._request = channel, request

    def service(self) -> None:
        try:
            environ = self._channel.task_class(self._channel, self._request).get_environment()
            environ["CONTENT_LENGTH"] = str(len(self._request.body_rcv))
            answer = self._channel.server.application(environ, lambda status, headers, fault=None: None)
            for _ in answer:
                pass
            getattr(answer, "close", lambda: None)()
        except Exception as fault:  # noqa: BLE001 – the sender asks how far it came, and sends the rest
            log.warning("broken upload not kept fault=%s", type(fault).__name__)
        finally:
            self._request.close()

    def cancel(self) -> None:
        self._request.close()


def salvage(server: Any) -> None:
    """Has a waitress server made with spooling.SETTINGS keep its connections this way."""
    server.channel_class = SalvagingChannel
