"""A web server on loopback that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


class Loopback:
    def __init__(self, answer: Callable[[str, str, bytes], Answer | None]) -> None:
        """`answer`: (method, target, body) -> (status, headers, body); None: the line is cut."""
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(answer))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self, answer: Callable[[str, str, bytes], Answer | None]) -> Any:
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
                said = answer(self.command, self.path, body)
                if said is None:
                    self.close_connection = True
                    return
                self.send_response(said[0])
                for name, value in {"Content-Length": str(len(said[2])), **said[1]}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said[2])

            do_GET = do_POST = do_PATCH = _any  # noqa: N815 – http.server's names

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextmanager
def answering(answer: Callable[[str, str, bytes], Answer | None]) -> Iterator[Loopback]:
    made = Loopback(answer)
    runner = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    runner.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        runner.join(timeout=5)
