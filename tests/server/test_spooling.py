"""Large answers over slow lines, with the server that a hub is served by."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from waitress.server import create_server

from server.spooling import SETTINGS, spool

PIECE = bytes(64 * 1024)
LARGE = 640  # pieces: 40 MB, more than any socket takes by itself
THREADS = 2


class Application:
    """/large gives its pieces at once, /paced each one when it is asked for."""

    def __init__(self) -> None:
        self.wanted = threading.Semaphore(0)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        for _ in range(0 if environ["PATH_INFO"] == "/small" else LARGE):
            if environ["PATH_INFO"] == "/paced":
                self.wanted.acquire()
            yield PIECE


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def port(application: Application) -> Iterator[int]:
    sockets: dict[int, Any] = {}
    server = create_server(application, host="127.0.0.1", port=0, threads=THREADS, map=sockets, **SETTINGS)
    spool(server)
    runner = threading.Thread(target=server.run, daemon=True)
    runner.start()
    yield int(server.effective_port)
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(lambda: stop(server, sockets))
    runner.join(timeout=5)


def stop(server: Any, sockets: dict[int, Any]) -> None:
    """In the server's own thread, which ends when it has nothing left to listen to."""
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    for held in list(sockets.values()):
        held.close()


def asked(port: int, path: str) -> socket.socket:
    """A connection whose answer has begun."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(20)
    line.connect(("127.0.0.1", port))
    line.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    assert line.recv(9) == b"HTTP/1.0 "
    return line


def test_slow_readers_keep_nobody_out(port: int) -> None:
    slow = [asked(port, "/large") for _ in range(THREADS * 2)]
    asked(port, "/small").close()
    for line in slow:
        line.close()


def test_what_was_sent_is_not_kept(application: Application, port: int) -> None:
    tracemalloc.start()
    try:
        application.wanted.release()  # the answer begins with its first piece
        with asked(port, "/paced") as line:
            for _ in range(LARGE - 1):
                application.wanted.release()
                read(line, len(PIECE))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def read(line: socket.socket, size: int) -> None:
    while size > 0:
        got = len(line.recv(size))
        assert got
        size -= got
