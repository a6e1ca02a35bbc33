"""What signing in costs those who are at work meanwhile."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measures import EMAIL, PASSWORD
from benchmarks.process import Server
from benchmarks.sheet import Sheet
from server.accounts import assign, create_user
from server.hub import Hub
from server.roles import ADMIN, role_named

ROUNDS = 300  # light requests of each measure
CROWD = 20  # people who sign in again and again: more than the server has threads


def run(sheet: Sheet, data: Path) -> None:
    """The passwords are kept at the cost that hubs have by default."""
    hub = Hub.create(data, "signing in")
    assign(hub, create_user(hub, EMAIL, PASSWORD), role_named(ADMIN))
    hub.close()
    server = Server(data)
    try:
        token = json.loads(_ask(server, _sign_in()))["token"]
        alone = _latencies(server, token)
        with _crowd(server) as done:
            among = _latencies(server, token)
            begun, before = time.perf_counter(), len(done)
            time.sleep(2)
            rate = (len(done) - before) / (time.perf_counter() - begun)
    finally:
        server.stop()
    sheet.add("sign-ins", rate, "/s", more=True)
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        sheet.add(f"  a light request alone, {name}", _at(alone, share), "ms")
        sheet.add(f"  the same while {CROWD} people sign in, {name}", _at(among, share), "ms", floor=50)


def _latencies(server: Server, token: str) -> list[float]:
    """In ms, one request after the other on one connection."""
    line = http.client.HTTPConnection(*server.address)
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        line.request("GET", "/v1/users/current", headers={"Authorization": f"Bearer {token}"})
        line.getresponse().read()
        found.append(1000 * (time.perf_counter() - begun))
    line.close()
    return sorted(found)


@contextmanager
def _crowd(server: Server) -> Iterator[list[bytes]]:
    """People who do nothing but sign in, until the block ends; the answers that they got."""
    ended, done = threading.Event(), list[bytes]()

    def keep_signing_in() -> None:
        while not ended.is_set():
            done.append(_ask(server, _sign_in()))

    people = [threading.Thread(target=keep_signing_in) for _ in range(CROWD)]
    for person in people:
        person.start()
    while len(done) < CROWD:  # everybody was served once: the queue is as long as it gets
        time.sleep(0.01)
    yield done
    ended.set()
    for person in people:
        person.join()


def _sign_in() -> bytes:
    return json.dumps({"email": EMAIL, "password": PASSWORD}).encode()


def _ask(server: Server, said: bytes) -> bytes:
    line = http.client.HTTPConnection(*server.address, timeout=60)
    line.request("POST", "/v1/sessions", said, {"Content-Type": "application/json"})
    answer = line.getresponse()
    body = answer.read()
    line.close()
    if answer.status != 200:
        raise SystemExit(f"nobody could sign in: {answer.status}")
    return body


def _at(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)]
