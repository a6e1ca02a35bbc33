"""A slow, lossy link that breaks, in virtual time: the real caller and the real hub, no socket, no waiting.

What is real: `sync.link.HttpLink` writes its requests through urllib3 into a socket of ours and reads the
answers from it, so each byte that is counted is one that it sends; the app answers over WSGI, and its head
is written as waitress does. What is simulated: the line. Bytes travel in packets of 1,400; a packet takes
its bits over the rate, is lost by chance and then sent again after a round trip, during which nothing else
moves (a worse line than one with selective repeats). A packet that is sent again costs time, and is not
counted twice: the application neither sees it nor can avoid it. At every tenth second of the line's time
the connection breaks. Of an upload that was on its way, what had arrived reaches the app as a shorter
body, as the served hub does (server/salvaging.py); another request that was cut is dropped; of an answer, what
had arrived reaches the caller. The packet that was under way at the break is counted and lost.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from random import Random
from typing import Any

import urllib3
from flask import Flask
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from werkzeug.test import EnvironBuilder, run_wsgi_app

from sync.link import HttpLink

PACKET_BYTES = 1400
SAVED = "/hub/uploads"


@dataclass
class Line:
    """`rate`: bits a second; `loss`: chance of a packet; `break_s`: seconds between breaks, 0 = none.
    `now_s`: its clock; `out`, `into`: bytes so far."""

    rng: Random
    rate: int = 64_000
    loss: float = 0.0
    break_s: float = 0.0
    round_trip_s: float = 0.6
    now_s: float = 0.0
    out: int = 0
    into: int = 0
    breaks: int = 0

    @property
    def total(self) -> int:
        return self.out + self.into

    @property
    def period(self) -> int:
        """Which stretch between two breaks it is."""
        return int(self.now_s / self.break_s) if self.break_s else 0

    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    def carry(self, size: int, out: bool) -> int:
        """Sends so many bytes; how many arrived before the line broke."""
        begun, arrived = self.period, 0
        while arrived < size:
            packet = min(PACKET_BYTES, size - arrived)
            if out:
                self.out += packet
            else:
                self.into += packet
            self._send(packet)
            if self.period != begun:
                self.breaks += 1
                return arrived
            arrived += packet
        return arrived

    def _send(self, packet: int) -> None:
        self.now_s += 8 * packet / self.rate
        while self.rng.random() < self.loss:
            self.now_s += self.round_trip_s + 8 * packet / self.rate


class _Socket:
    """What urllib3 takes for a connected socket. A request is sent when its answer is asked for."""

    def __init__(self, line: Line, app: Flask) -> None:
        self._line, self._app, self._said = line, app, bytearray()
        line.wait(line.round_trip_s)
        self.period = line.period

    def sendall(self, data: Any) -> None:
        self._said += bytes(data)

    def makefile(self, mode: str, *_: Any) -> io.BytesIO:
        said, self._said = bytes(self._said), bytearray()
        if self.period != self._line.period:
            raise ConnectionResetError("the line broke")
        arrived = self._line.carry(len(said), out=True)
        answer = self._answered(said, arrived)
        if arrived < len(said):
            raise ConnectionResetError("the line broke")
        self._line.wait(self._line.round_trip_s)
        return io.BytesIO(answer[: self._line.carry(len(answer), out=False)])

    def _answered(self, said: bytes, arrived: int) -> bytes:
        head, _, body = said.partition(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        whole = arrived == len(said)
        came = body[: max(arrived - len(head) - 4, 0)]
        if whole or (came and path.startswith(SAVED) and method in ("POST", "PATCH")):
            return answer_of(self._app, method, path, head, came)
        return b""

    def settimeout(self, timeout_s: float | None) -> None:
        pass

    def setsockopt(self, *_: Any) -> None:
        pass

    def close(self) -> None:
        pass


def answer_of(app: Flask, method: str, path: str, head: bytes, body: bytes) -> bytes:
    """As waitress writes it: a date, no server's name, headers in order."""
    headers = [tuple(line.decode("latin-1").split(": ", 1)) for line in head.split(b"\r\n")[1:]]
    environ = EnvironBuilder(path=path, method=method, headers=headers).get_environ()
    environ["CONTENT_LENGTH"], environ["wsgi.input"] = str(len(body)), io.BytesIO(body)
    came, status, said = run_wsgi_app(app.wsgi_app, environ)
    content = b"".join(came)
    getattr(came, "close", lambda: None)()
    lines = sorted([*said.items(), ("Date", formatdate(usegmt=True))])
    told = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"HTTP/1.1 {status}\r\n{told}\r\n".encode("latin-1") + (b"" if method == "HEAD" else content)


class SlowLink(HttpLink):
    """sync.link.HttpLink whose bytes go over a Line to `app`."""

    def __init__(self, url: str, line: Line, app: Callable[[], Flask]) -> None:
        super().__init__(url)

        class Connection(HTTPConnection):
            def connect(self) -> None:
                self.sock = _Socket(line, app())  # type: ignore[assignment]

            @property
            def is_connected(self) -> bool:
                return self.sock is not None and self.sock.period == line.period  # type: ignore[attr-defined]

        class Pool(HTTPConnectionPool):
            ConnectionCls = Connection

        self._pool = urllib3.PoolManager()
        self._pool.pool_classes_by_scheme = {"http": Pool}
