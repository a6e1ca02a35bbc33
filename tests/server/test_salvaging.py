"""Uploads that break off, at the server that a hub is served by."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from waitress.server import create_server

from server.salvaging import salvage
from server.spooling import SETTINGS

PATIENCE_S = 10


class Application:
    """Puts down what it is given: (path, body)."""

    def __init__(self) -> None:
        self.came: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.came.put((environ["PATH_INFO"], body))
        start_response("204 No Content", [])
        return []


@pytest.fixture
def served() -> Iterator[tuple[Application, int]]:
    application, sockets = Application(), {}
    server = create_server(application, host="127.0.0.1", port=0, threads=2, map=sockets, **SETTINGS)
    salvage(server)
    runner = threading.Thread(target=server.run, daemon=True)
    runner.start()
    yield application, int(server.effective_port)
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(lambda: [held.close() for held in list(sockets.values())])
    runner.join(timeout=PATIENCE_S)


def break_off(port: int, head: str, body: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"{head}\r\nHost: h\r\nContent-Length: 100000\r\n\r\n".encode() + body)


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_what_a_broken_upload_brought_is_handed_on(served: tuple[Application, int], method: str) -> None:
    application, port = served
    body = "សំឡេង".encode() * 1000
    break_off(port, f"{method} /hub/uploads/entries-1 HTTP/1.1", body)
    assert application.came.get(timeout=PATIENCE_S) == ("/hub/uploads/entries-1", body)


def test_what_is_no_upload_is_thrown_away_as_ever(served: tuple[Application, int]) -> None:
    """A submission cut short must never be taken for a whole one."""
    application, port = served
    break_off(port, "POST /v1/projects/1/submission HTTP/1.1", b"<data")
    break_off(port, "PATCH /hub/uploads/last HTTP/1.1", b"ok")  # answered after the one before it
    assert application.came.get(timeout=PATIENCE_S) == ("/hub/uploads/last", b"ok")
    assert application.came.empty()
