"""A TCP proxy that is as bad as a line can be: it cuts, delays, spoils and slows, by chance from a seed.

Threads wait for bytes or for one another, never for the clock alone; what the line does is told to whoever
waits for it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

WAIT_S = 60


@dataclass
class Line:
    """`target`: where it leads to, or None when nobody is there; `cuts`: how many connections are still to be cut
    after some bytes between `reach`; `spoils`: how many pieces are still to have a bit changed; `piece`:
    bytes at once; `delay_s`: before each piece. `passed`: bytes so far, both ways."""

    rng: Random
    target: tuple[str, int] | None = None
    cuts: int = 0
    reach: tuple[int, int] = (500, 60_000)
    spoils: int = 0
    piece: int = 16_384
    delay_s: float = 0.0
    passed: int = 0
    connections: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)
    ended: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def wait_for(self, happened: Callable[[], bool]) -> None:
        with self.news:
            assert self.news.wait_for(happened, timeout=WAIT_S), "the line stood still"

    def wait_for_bytes(self, more: int) -> None:
        wanted = self.passed + more
        self.wait_for(lambda: self.passed >= wanted)


class _Call:
    """One connection, led on both ways until an end hangs up or the line is cut."""

    def __init__(self, line: Line, near: socket.socket, far: socket.socket) -> None:
        self.line, self.ends = line, (near, far)
        self.left = line.rng.randrange(*line.reach) if line.cuts else None
        self.threads = [
            threading.Thread(target=self._lead, args=pair, daemon=True) for pair in ((near, far), (far, near))
        ]
        for thread in self.threads:
            thread.start()

    def _lead(self, giver: socket.socket, taker: socket.socket) -> None:
        try:
            while data := giver.recv(self.line.piece):
                if self.line.delay_s:
                    self.line.ended.wait(self.line.delay_s)
                taker.sendall(self._worn(data))
        except OSError:
            pass  # an end hung up, or was killed
        finally:
            self.hang_up()

    def _worn(self, data: bytes) -> bytes:
        """What is left of a piece on this line. Raises OSError when it is cut here."""
        with self.line.news:
            if self.left is not None and self.line.cuts and self.left < len(data):
                self.line.cuts -= 1
                self.line.news.notify_all()
                raise OSError("cut")
            if self.left is not None:
                self.left -= len(data)
            self.line.passed += len(data)
            self.line.news.notify_all()
            return self._spoilt(data) if self.line.spoils else data

    def _spoilt(self, data: bytes) -> bytes:
        self.line.spoils -= 1
        spoilt = bytearray(data)
        spoilt[self.line.rng.randrange(len(data))] ^= 1 << self.line.rng.randrange(8)
        return bytes(spoilt)

    def hang_up(self) -> None:
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _listen(listener: socket.socket, line: Line, calls: list[_Call]) -> None:
    while not line.ended.is_set():
        try:
            near = listener.accept()[0]
        except OSError:
            return  # closed
        try:
            if line.target is None:
                raise OSError("nobody is there")
            far = socket.create_connection(line.target, timeout=WAIT_S)
        except OSError:
            near.close()
            continue
        line.connections += 1
        calls.append(_Call(line, near, far))


@contextmanager
def bad_line(seed: int) -> Iterator[Line]:
    """A line that leads nowhere yet, and does no harm until it is told to."""
    listener = socket.create_server(("127.0.0.1", 0))
    line, calls = Line(Random(seed)), list[_Call]()
    line.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    runner = threading.Thread(target=_listen, args=(listener, line, calls), daemon=True)
    runner.start()
    try:
        yield line
    finally:
        line.ended.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for call in calls:
            call.hang_up()
        for thread in [runner, *(t for call in calls for t in call.threads)]:
            thread.join(timeout=WAIT_S)
