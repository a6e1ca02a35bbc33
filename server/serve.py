"""Serving a hub with waitress until it is told to stop."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from server import salvaging, spooling
from server.dispatching import Dispatcher
from server.errors import Fault

log = logging.getLogger(__name__)
DRAIN_S = 30  # how long requests under way may still take once we are told to stop
FORWARDED = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
CONNECTIONS = 500  # tablets of a large provincial meeting, each with a few connections


def serve(
    app: Any,
    *,
    host: str,
    port: int,
    threads: int,
    body_limit: int,
    trusted_proxy: str,
    ready: Callable[[str], None],
) -> None:
    """Serves `app` until SIGINT or SIGTERM, then finishes the requests under way and returns.

    `ready` is called with the URL once connections are accepted. `trusted_proxy`: address of the
    one whose X-Forwarded-For, -Proto and -Host are believed; "" = nobody's. Raises Fault port.taken.
    """
    try:
        server = create_server(
            app, _dispatcher=Dispatcher(threads), host=host, port=port, max_request_body_size=body_limit,
            connection_limit=CONNECTIONS, recv_bytes=65536, ident=None,
            clear_untrusted_proxy_headers=True,
            trusted_proxy=trusted_proxy or None,
            trusted_proxy_headers=FORWARDED if trusted_proxy else set(),
            **spooling.SETTINGS,
        )  # fmt: skip
    except OSError as fault:
        raise Fault("port.taken", host=host, port=port) from fault
    salvaging.salvage(server)
    # It warns whenever a request waits for a thread: each time a few tablets send at once.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    stopping = _Stop()
    ready(f"http://{_shown(host)}:{server.effective_port}")
    while not stopping.asked:
        wasyncore.loop(timeout=0.5, map=server._map, count=1, use_poll=True)
    _drain(server)


class _Stop:
    """Becomes true when the process is asked to end."""

    def __init__(self) -> None:
        self.asked = False
        for name in ("SIGINT", "SIGTERM"):
            signal.signal(getattr(signal, name), self._ask)

    def _ask(self, number: int, _frame: object) -> None:
        log.info("stopping signal=%d", number)
        self.asked = True


def _drain(server: Any) -> None:
    """No new connections; those with a request or an answer under way are let finish."""
    server.del_channel()
    server.socket.close()
    end = time.monotonic() + DRAIN_S
    while time.monotonic() < end and any(_busy(c) for c in list(server.active_channels.values())):
        wasyncore.loop(timeout=0.1, map=server._map, count=1, use_poll=True)
    server.task_dispatcher.shutdown()


def _busy(channel: Any) -> bool:
    return bool(channel.requests or channel.request or channel.total_outbufs_len)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
