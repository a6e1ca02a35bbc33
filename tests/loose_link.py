"""A link to an app in this process, as bad as a test wants it: requests that never arrive or only in part,
answers that are lost or cut, bytes that flip. Everything by chance from a seed; nothing waits."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from server.syncing import Surroundings
from sync.transport import Answer, LinkBroken, Piece, Sink


@dataclass
class Weather:
    """How bad a link is: chances in [0, 1]. `cut`: a transfer breaks off somewhere in its bytes; `lost`:
    a request or its answer is gone as a whole; `flip`: one bit of what is sent changes."""

    rng: Random
    cut: float = 0.0
    lost: float = 0.0
    flip: float = 0.0
    requests: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    broken: int = 0
    seen: list[str] = field(default_factory=list)

    def happens(self, chance: float) -> bool:
        return self.rng.random() < chance


GOOD = Weather(Random(0))


@dataclass
class LooseLink:
    """sync.transport.Link to `app`, which may be None: switched off."""

    app: Callable[[], Flask | None]
    weather: Weather

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | Piece,
        sink: Sink | None = None,
    ) -> Answer:
        sky, app = self.weather, self.app()
        data = _bytes(body)
        sky.requests += 1
        sky.seen.append(f"{method} {path.rpartition('/')[0] if path.count('/') > 2 else path}")
        if app is None or sky.happens(sky.lost):
            sky.broken += 1
            raise LinkBroken("lost")
        reach = sky.rng.randrange(len(data) + 1) if data and sky.happens(sky.cut) else len(data)
        sky.bytes_out += reach
        status, said, came = _run(app, method, path, headers, self._worn(data[:reach]), len(data))
        if reach < len(data) or sky.happens(sky.lost):
            sky.broken += 1
            raise LinkBroken("cut")
        return self._deliver(Answer(status, said), self._worn(came), sink)

    def _worn(self, data: bytes) -> bytes:
        if data and self.weather.happens(self.weather.flip):
            spoilt = bytearray(data)
            spoilt[self.weather.rng.randrange(len(data))] ^= 1 << self.weather.rng.randrange(8)
            return bytes(spoilt)
        return data

    def _deliver(self, head: Answer, came: bytes, sink: Sink | None) -> Answer:
        sky = self.weather
        reach = sky.rng.randrange(len(came)) if came and sky.happens(sky.cut) else len(came)
        sky.bytes_in += reach
        place = sink.begin(head) if sink is not None else None
        if place is not None:
            with place:
                place.write(came[:reach])
        if reach < len(came):
            sky.broken += 1
            raise LinkBroken("cut")
        return Answer(head.status, head.headers, came if place is None else b"")


def _bytes(body: bytes | Piece) -> bytes:
    if isinstance(body, bytes):
        return body
    with body.path.open("rb") as file:
        file.seek(body.start)
        return file.read(body.end - body.start)


def _run(
    app: Flask, method: str, path: str, headers: Mapping[str, str], data: bytes, length: int
) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body). `length`: what the request says of its body; less may come."""
    environ: dict[str, Any] = EnvironBuilder(path=path, method=method, headers=dict(headers)).get_environ()
    environ["CONTENT_LENGTH"], environ["wsgi.input"] = str(length), io.BytesIO(data)
    came, status, said = run_wsgi_app(app.wsgi_app, environ)
    try:
        whole = b"".join(came)
    finally:
        if hasattr(came, "close"):
            came.close()
    return int(status.split()[0]), {name.lower(): value for name, value in said.items()}, whole


def world(app: Callable[[], Flask | None], weather: Weather, tries: int = 40) -> Surroundings:
    """Surroundings in which every address leads to `app`, and waiting takes no time."""
    moments = iter(range(10**9))
    return Surroundings(
        link=lambda url: LooseLink(app, weather), wait=lambda seconds: None, chance=weather.rng.random,
        now_s=lambda: next(moments) / 10, tries=tries,
    )  # fmt: skip
