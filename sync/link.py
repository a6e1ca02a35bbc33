"""sync.transport.Link by urllib3: one connection kept open, nothing sent that need not be."""

from __future__ import annotations

from collections.abc import Mapping
from io import BufferedReader

import urllib3
from urllib3.exceptions import HTTPError

from sync.errors import Unreached
from sync.http import make_pool
from sync.transport import Answer, LinkBroken, Piece, Sink

CONNECT_S, SILENCE_S = 20, 60  # a link with seconds of latency is slow, not dead
BODY_LIMIT = 1024 * 1024  # bytes of an answer that is kept in memory
PART_BYTES = 16 * 1024
# Headers that the library adds by itself, and that no hub reads.
_SPARE = {"User-Agent": urllib3.util.SKIP_HEADER, "Accept-Encoding": urllib3.util.SKIP_HEADER}


class HttpLink:
    """Requests to the hub at `url`, through the proxy that the environment names, if any."""

    def __init__(self, url: str) -> None:
        """Raises Unreached peer.unreachable when it is no http address."""
        if not url.startswith(("http://", "https://")):
            raise Unreached("peer.unreachable", name=url)
        self._url = url.rstrip("/")
        self._pool = make_pool(url)
        self._timeout = urllib3.Timeout(connect=CONNECT_S, read=SILENCE_S)

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | Piece,
        sink: Sink | None = None,
    ) -> Answer:
        """Raises LinkBroken; what came of the body by then is in the sink."""
        try:
            if isinstance(body, bytes):
                return self._ask(method, path, {**headers, "Content-Length": str(len(body))}, body, sink)
            size = str(body.end - body.start)
            with body.path.open("rb") as file:
                file.seek(body.start)
                part = _Part(file, body.end - body.start)
                return self._ask(method, path, {**headers, "Content-Length": size}, part, sink)
        except (HTTPError, OSError) as fault:
            raise LinkBroken(type(fault).__name__) from fault

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | _Part, sink: Sink | None
    ) -> Answer:
        came = self._pool.urlopen(
            method, self._url + path, body=body or None, headers={**_SPARE, **headers}, retries=False,
            redirect=False, preload_content=False, decode_content=False, timeout=self._timeout,
        )  # fmt: skip
        try:
            head = Answer(came.status, {name.lower(): said for name, said in came.headers.items()})
            place = sink.begin(head) if sink is not None else None
            if place is None:
                return Answer(head.status, head.headers, _read(came))
            with place:
                for part in came.stream(PART_BYTES, decode_content=False):
                    place.write(part)
            return head
        except BaseException:
            came.close()
            raise
        finally:
            came.release_conn()

    def close(self) -> None:
        self._pool.clear()


def _read(came: urllib3.BaseHTTPResponse) -> bytes:
    parts, size = [], 0
    for part in came.stream(PART_BYTES, decode_content=False):
        size += len(part)
        if size > BODY_LIMIT:
            raise HTTPError("too large")
        parts.append(part)
    return b"".join(parts)


class _Part:
    """A file from where it stands, for so many bytes."""

    def __init__(self, file: BufferedReader, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data
