"""An app is closed while it answers: nobody's answer is cut, and the process lives on."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from server.app import create_app
from server.web.drain import Drain
from tests.conftest import QUICK


def begun(*_: Any, **__: Any) -> None:
    pass


class Slow:
    """An app that answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.told = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.asked.set()
        assert self.told.wait(20)
        start_response("200 OK", [])
        return [b"ok"]


def ask(app: Drain, said: list[bytes]) -> None:
    answer: Any = app({}, begun)
    said.extend(answer)
    if hasattr(answer, "close"):
        answer.close()


def test_closing_waits_for_what_is_being_answered() -> None:
    slow, said = Slow(), list[bytes]()
    app = Drain(slow)
    asking = threading.Thread(target=ask, args=(app, said))
    asking.start()
    assert slow.asked.wait(20)
    done: list[bool] = []
    closing = threading.Thread(target=lambda: done.append(app.close()))
    closing.start()
    assert done == []
    slow.told.set()
    closing.join(20)
    asking.join(20)
    assert (done, said) == ([True], [b"ok"])
    late = list[bytes]()
    ask(app, late)
    assert late == [b"closed"]


def test_closing_does_not_wait_for_ever_nor_for_the_thread_that_closes() -> None:
    slow = Slow()
    app = Drain(slow, patience_s=0.01)
    asking = threading.Thread(target=ask, args=(app, []))
    asking.start()
    assert slow.asked.wait(20)
    assert app.close() is False
    slow.told.set()
    asking.join(20)
    own = Drain(lambda environ, start_response: [b"left open"])
    own({}, begun)
    assert own.close() is True


def test_a_closed_app_answers_503_and_a_fault_counts_as_an_answer(data: Path) -> None:
    app = create_app(data, **QUICK)
    assert app.test_client().get("/healthz").status_code == 200
    assert app.test_client().get("/v1/nowhere").status_code == 404
    app.extensions["samleng"].close()
    assert app.test_client().get("/healthz").status_code == 503
