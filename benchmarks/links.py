"""Two links for measuring: a real one that counts what passes, and a bad one in virtual time."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from sync.transport import Answer, LinkBroken, Piece, Sink


class CountingProxy:
    """Passes TCP connections on to `target` and counts every byte, both ways."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self.bytes_passed = self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._server.getsockname()
        return host, port

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.address)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            self.connections += 1
            for source, to in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, to), daemon=True).start()

    def _pass(self, source: socket.socket, to: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                with self._lock:
                    self.bytes_passed += len(data)
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        self._server.close()


@dataclass
class BadLink:
    """sync.transport.Link to an app in this process, over a link that exists in virtual time alone.

    Bytes are those of HTTP/1.1 as sync.link sends it and waitress answers: request line, headers, body.
    They go in packets of 1,400 bytes at `rate` bytes a second. A packet is lost with the chance `loss`, and
    comes after one more round trip: TCP sends it again, so that it costs time but no byte of ours. Each
    `break_s` of connected time the connection breaks: what of a request's body came by then reaches the
    app as a body cut short, what of an answer came by then stays. Making a new one costs a round trip.
    """

    app: Flask
    rng: Random
    rate: float = 8000.0
    loss: float = 0.0
    break_s: float | None = None
    round_trip_s: float = 1.0
    now_s: float = 0.0
    bytes_passed: int = 0
    round_trips: int = 0
    breaks: int = 0
    _ends_s: float | None = field(default=None)

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | Piece,
        sink: Sink | None = None,
    ) -> Answer:
        data = _content(body)
        self._connect()
        self.round_trips += 1
        said = {**headers, "Content-Length": str(len(data)), "Host": "nation.example:8383"}
        head = f"{method} {path} HTTP/1.1\r\n{_lines(said)}\r\n".encode()
        came = self._transfer(len(head) + len(data)) - len(head)
        if came < 0:
            self._break()
        status, answered, answer = _run(self.app, method, path, headers, data[:came], len(data))
        if came < len(data):
            self._break()
        self.now_s += self.round_trip_s
        return self._receive(status, answered, answer, sink)

    def _receive(self, status: str, answered: dict[str, str], answer: bytes, sink: Sink | None) -> Answer:
        dated = {**answered, "Date": "Tue, 24 Nov 2026 09:00:00 GMT"}
        head = f"HTTP/1.1 {status}\r\n{_lines(dated)}\r\n".encode()
        came = self._transfer(len(head) + len(answer)) - len(head)
        if came < 0:
            self._break()
        said = Answer(int(status.split()[0]), {name.lower(): value for name, value in answered.items()})
        place = sink.begin(said) if sink is not None else None
        if place is not None:
            with place:
                place.write(answer[:came])
        if came < len(answer):
            self._break()
        return Answer(said.status, said.headers, answer if place is None else b"")

    def _connect(self) -> None:
        if self._ends_s is None:
            self.now_s += self.round_trip_s
            self._ends_s = self.now_s + self.break_s if self.break_s else float("inf")

    def _transfer(self, size: int) -> int:
        """How many bytes get through before the connection breaks."""
        gone = 0
        while gone < size:
            packet = min(1400, size - gone)
            took = packet / self.rate
            while self.rng.random() < self.loss:
                took += self.round_trip_s
            if self._ends_s is not None and self.now_s + took > self._ends_s:
                self.now_s = self._ends_s
                break
            self.now_s += took
            gone += packet
        self.bytes_passed += gone
        return gone

    def _break(self) -> None:
        self.breaks += 1
        self._ends_s = None
        raise LinkBroken("break")


def _content(body: bytes | Piece) -> bytes:
    if isinstance(body, bytes):
        return body
    with body.path.open("rb") as file:
        file.seek(body.start)
        return file.read(body.end - body.start)


def _lines(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _run(
    app: Flask, method: str, path: str, headers: Mapping[str, str], data: bytes, length: int
) -> tuple[str, dict[str, str], bytes]:
    environ: dict[str, Any] = EnvironBuilder(path=path, method=method, headers=dict(headers)).get_environ()
    environ["CONTENT_LENGTH"], environ["wsgi.input"] = str(length), io.BytesIO(data)
    pieces, status, answered = run_wsgi_app(app.wsgi_app, environ)
    whole = b"".join(pieces)
    getattr(pieces, "close", lambda: None)()
    return status, dict(answered.items()), whole
