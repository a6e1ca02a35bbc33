"""An app that is closed while it is asked something finishes that first."""

from __future__ import annotations

import threading
from pathlib import Path

from server.app import create_app
from tests.conftest import EMAIL, PASSWORD, QUICK, as_bearer, sign_in


def test_close_waits_for_what_has_begun_and_lets_nobody_in_after(data: Path) -> None:
    app = create_app(data, **QUICK)
    begun, go_on, answered = threading.Event(), threading.Event(), list[int]()

    def slow() -> dict[str, int]:
        begun.set()
        go_on.wait(10)
        return {"head": app.extensions["samleng"].hub.ledger.head()}

    app.add_url_rule("/slow", view_func=slow)
    asking = threading.Thread(target=lambda: answered.append(app.test_client().get("/slow").status_code))
    closing = threading.Thread(target=app.extensions["samleng"].close)
    asking.start()
    assert begun.wait(10)
    closing.start()
    assert closing.is_alive()
    go_on.set()
    for thread in (asking, closing):
        thread.join(10)
    assert answered == [200]
    assert app.test_client().get("/healthz").status_code == 503


def test_closing_under_fire_brings_nothing_down(data: Path) -> None:
    """These read by connections that were closed under them, and the process ended."""
    for _ in range(5):
        assert _close_while_asked(data) <= {200, 503}


def _close_while_asked(data: Path) -> set[int]:
    app = create_app(data, **QUICK)
    ask = as_bearer(app.test_client(), sign_in(app.test_client(), EMAIL, PASSWORD))
    said = list[int]()

    def read() -> None:
        said.extend(ask("GET", "/v1/users").status_code for _ in range(20))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    app.extensions["samleng"].close()
    for reader in readers:
        reader.join(20)
    assert len(said) == 80
    return set(said)
