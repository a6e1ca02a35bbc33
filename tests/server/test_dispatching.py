"""Sign-ins wait for each other, and nobody waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from server.dispatching import Dispatcher

PATIENCE_S = 10


@dataclass
class Request:
    command: str
    path: str


@dataclass
class Connection:
    """What waitress hands to its threads: a connection with the requests that came on it."""

    requests: list[Request]
    work: Callable[[], object]
    served: threading.Event = field(default_factory=threading.Event)

    def service(self) -> None:
        self.work()
        self.served.set()

    def cancel(self) -> None:
        pass


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    made = Dispatcher(2)
    yield made
    made.shutdown()


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/sessions/", "/sign-in"])
def test_a_crowd_that_signs_in_keeps_no_tablet_waiting(dispatcher: Dispatcher, path: str) -> None:
    hashing = threading.Event()
    crowd = [Connection([Request("POST", path)], hashing.wait) for _ in range(20)]
    tablets = [Connection([Request("POST", "/v1/projects/1/submission")], int) for _ in range(20)]
    for task in (*crowd, *tablets):
        dispatcher.add_task(task)
    try:
        assert all(tablet.served.wait(PATIENCE_S) for tablet in tablets)
        assert not any(person.served.is_set() for person in crowd)
    finally:
        hashing.set()
    assert all(person.served.wait(PATIENCE_S) for person in crowd)


def test_what_is_no_request_is_served_too(dispatcher: Dispatcher) -> None:
    task = Connection([], int)
    dispatcher.add_task(task)
    assert task.served.wait(PATIENCE_S)
