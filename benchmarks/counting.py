"""A TCP relay that counts what passes: every byte of requests and answers, with all that HTTP adds."""

from __future__ import annotations

import socket
import threading


class Relay:
    """Leads connections on a free port of its own to `target`. `out`, `into`: bytes towards it and back."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target, self._lock = target, threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.out = self.into = self.round_trips = 0
        self._asking = False
        self.address: tuple[str, int] = self._listener.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def total(self) -> int:
        return self.out + self.into

    def reset(self) -> None:
        with self._lock:
            self.out = self.into = self.round_trips = 0
            self._asking = False

    def _accept(self) -> None:
        try:
            while True:
                near = self._listener.accept()[0]
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for giver, taker, name in ((near, far, "out"), (far, near, "into")):
                    giver.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pass_on, args=(giver, taker, name), daemon=True).start()
        except OSError:
            return  # closed

    def _pass_on(self, giver: socket.socket, taker: socket.socket, name: str) -> None:
        try:
            while piece := giver.recv(65536):
                self._count(name, len(piece))
                taker.sendall(piece)
            taker.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the other end hung up

    def _count(self, name: str, size: int) -> None:
        """A round trip begins when bytes go out after none were under way."""
        with self._lock:
            setattr(self, name, getattr(self, name) + size)
            if name == "out" and not self._asking:
                self.round_trips += 1
            self._asking = name == "out"

    def close(self) -> None:
        self._listener.close()
        for end in self._open:
            end.close()
