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
from server.door import Door
from server.errors import Fault

log = logging.getLogger(__name__)
DRAIN_S = 30  # how long requests under way may still take once we are told to stop
FORWARDED = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
CONNECTIONS = 500  # tablets of a large provincial meeting, each with a few connections


def serve(
    app: Any,
    *,
    host: str | Door,
    port: int,
    threads: int,
    body_limit: int,
    trusted_proxy: str,
    ready: Callable[[str], None],
) -> None:
    """Serves `app` until SIGINT or SIGTERM, then finishes the requests under way and returns.

    `host`: an address, or a door that may move while the hub is served. `ready` is called with the URL once
    connections are accepted. `trusted_proxy`: address of the one whose X-Forwarded-For, -Proto and -Host are
    believed; "" = nobody's. Raises Fault port.taken.
    """
    door = host if isinstance(host, Door) else None
    settings = {
        "_dispatcher": Dispatcher(threads), "max_request_body_size": body_limit,
        "connection_limit": CONNECTIONS, "recv_bytes": 65536, "ident": None,
        "clear_untrusted_proxy_headers": True,
        "trusted_proxy": trusted_proxy or None,
        "trusted_proxy_headers": FORWARDED if trusted_proxy else set(),
        **spooling.SETTINGS,
    }  # fmt: skip
    listening = _Listening(app, door.host if door else str(host), port, settings)
    # It warns whenever a request waits for a thread: each time a few tablets send at once.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    stopping = _Stop()
    if door is not None:
        door.port = listening.port
    ready(f"http://{_shown(listening.host)}:{listening.port}")
    while not stopping.asked:
        wasyncore.loop(timeout=0.5, map=listening.map, count=1, use_poll=True)
        if door is not None and door.host != listening.host:
            listening.move(door)
    listening.drain()


class _Listening:
    """The sockets at which connections are accepted, and those connections. Raises Fault port.taken."""

    def __init__(self, app: Any, host: str, port: int, settings: dict[str, Any]) -> None:
        self._app, self._settings = app, settings
        self.map: dict[int, Any] = {}
        self._left: list[Any] = []  # listeners that moved, while their connections go on
        self.host = host
        self._server = self._listen(host, port)
        self.port = int(self._server.effective_port)

    def _listen(self, host: str, port: int) -> Any:
        try:
            server = create_server(self._app, map=self.map, host=host, port=port, **self._settings)
        except OSError as fault:
            raise Fault("port.taken", host=host, port=port) from fault
        salvaging.salvage(server)
        return server

    def move(self, door: Door) -> None:
        """To the door's address; whoever is connected stays so. If it cannot be had, the door moves back."""
        self._stop_listening()
        try:
            self._server = self._listen(door.host, self.port)
            self.host = door.host
        except Fault:
            log.warning("address not to be had host=%s port=%d", door.host, self.port)
            self._server, door.host = self._listen(self.host, self.port), self.host

    def _stop_listening(self) -> None:
        """No new connections at the socket of now."""
        self._server.del_channel()
        self._server.socket.close()
        self._left = [server for server in [*self._left, self._server] if server.active_channels]
        for server in self._left:  # nobody else ends what lies idle there
            server.maintenance(time.time())

    def drain(self) -> None:
        """Connections with a request or an answer under way are let finish."""
        self._stop_listening()
        end = time.monotonic() + DRAIN_S
        while time.monotonic() < end and any(_busy(c) for c in self._channels()):
            wasyncore.loop(timeout=0.1, map=self.map, count=1, use_poll=True)
        self._settings["_dispatcher"].shutdown()

    def _channels(self) -> list[Any]:
        return [channel for server in self._left for channel in list(server.active_channels.values())]


class _Stop:
    """Becomes true when the process is asked to end."""

    def __init__(self) -> None:
        self.asked = False
        for name in ("SIGINT", "SIGTERM"):
            signal.signal(getattr(signal, name), self._ask)

    def _ask(self, number: int, _frame: object) -> None:
        log.info("stopping signal=%d", number)
        self.asked = True


def _busy(channel: Any) -> bool:
    return bool(channel.requests or channel.request or channel.total_outbufs_len)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
