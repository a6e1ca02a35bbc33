"""Posts submissions over a few keep-alive connections, as tablets do, using as little CPU as it can:
it shares the machine with the server that is measured."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

BOUNDARY = b"bench-part"


@dataclass
class Sent:
    """What came of a run. `times_s`: one for each answer, in order of arrival."""

    wall_s: float = 0.0
    times_s: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def rate(self) -> float:
        return len(self.times_s) / self.wall_s

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.times_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection:
    """One socket with one request under way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun = 0.0
        self.held = b""

    def ask(self, request: bytes) -> None:
        self.begun, self.held = time.perf_counter(), b""
        self.socket.sendall(request)

    def status(self) -> int | None:
        """Reads what is there; the status once the whole answer came. 0 when the server hung up."""
        piece = self.socket.recv(65536)
        if not piece:
            return 0
        self.held += piece
        head, found, body = self.held.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return None
        return int(head[9:12])


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


def post(host: str, path: str, instance: bytes) -> bytes:
    """One request with its multipart body."""
    body = (
        b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="xml_submission_file"; '
        b'filename="a.xml"\r\nContent-Type: text/xml\r\n\r\n' + instance + b"\r\n--" + BOUNDARY + b"--\r\n"
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nX-OpenRosa-Version: 1.0\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY.decode()}\r\n\r\n"
    )
    return head.encode() + body


def send(address: tuple[str, int], requests: Iterable[bytes], connections: int, expected: int = 201) -> Sent:
    """Sends every request, each connection its next one as soon as its last is answered."""
    waiting, sent = iter(requests), Sent()
    with selectors.DefaultSelector() as selector:
        begun = time.perf_counter()
        opened = sum(_start(selector, _Connection(address), waiting) for _ in range(connections))
        while opened:
            for key, _ in selector.select():
                opened -= _follow(selector, key.data, waiting, sent, expected)
        sent.wall_s = time.perf_counter() - begun
    return sent


def _start(selector: selectors.BaseSelector, connection: _Connection, waiting: Iterator[bytes]) -> bool:
    request = next(waiting, None)
    if request is None:
        connection.socket.close()
        return False
    selector.register(connection.socket, selectors.EVENT_READ, connection)
    connection.ask(request)
    return True


def _follow(
    selector: selectors.BaseSelector,
    connection: _Connection,
    waiting: Iterator[bytes],
    sent: Sent,
    expected: int,
) -> bool:
    """True when this connection has nothing left to do."""
    status = connection.status()
    if status is None:
        return False
    sent.times_s.append(time.perf_counter() - connection.begun)
    sent.errors += status != expected
    request = next(waiting, None) if status else None
    if request is not None:
        connection.ask(request)
        return False
    selector.unregister(connection.socket)
    connection.socket.close()
    return True
