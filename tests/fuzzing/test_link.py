"""What answers at another hub's address may be anything: a captive portal, a printer, somebody who means harm."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import Unreached
from sync.http import request
from sync.link import BODY_LIMIT, HttpLink
from sync.transport import Answer, LinkBroken
from tests.fuzzing.spoiling import EXAMPLES, spoilt

GOOD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nUpload-Offset: 7\r\nTransfer-Encoding: chunked"
    b"\r\nSamleng-Batch: entries-0123456789abcdef\r\n\r\n5\r\nhello\r\n7\r\n, hello\r\n0\r\n\r\n"
)
PLAIN = b"HTTP/1.1 206 Partial\r\nContent-Length: 12\r\nContent-Range: bytes 0-11/12\r\n\r\nhello, hello"
ANSWERS = (
    spoilt(GOOD) | spoilt(PLAIN) | st.binary(max_size=200) | st.binary(max_size=60).map(b"HTTP/1.1 ".__add__)
)


class Stranger:
    """Answers each request with the bytes that it was given last, whatever was asked."""

    def __init__(self) -> None:
        self.answer = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._listening.accept()
            except OSError:
                return
            with taken, suppress(OSError):
                taken.recv(65536)
                taken.sendall(self.answer)
                taken.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    made = Stranger()
    yield made
    made.close()


class Basket:
    """A sink that keeps what comes."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()

    def begin(self, answer: Answer) -> BinaryIO | None:
        return self.bytes if answer.status == 200 else None


@given(ANSWERS)
@EXAMPLES
def test_an_answer_over_a_link_is_read_or_the_link_is_broken(stranger: Stranger, answer: bytes) -> None:
    stranger.answer = answer
    link = HttpLink(stranger.url)
    with suppress(LinkBroken):
        link.send("GET", "/hub/batches/x", {}, b"", Basket())
    with suppress(LinkBroken):
        link.send("POST", "/hub/hello", {}, b"{}")
    link.close()


@given(ANSWERS)
@EXAMPLES
def test_an_answer_to_one_request_is_read_or_the_hub_is_out_of_reach(
    stranger: Stranger, answer: bytes
) -> None:
    stranger.answer = answer
    with suppress(Unreached):
        request("POST", f"{stranger.url}/hub/pair", b"{}", {}, 5)


def test_an_answer_without_end_is_not_kept_in_memory(stranger: Stranger) -> None:
    stranger.answer = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(BODY_LIMIT + 1)
    link = HttpLink(stranger.url)
    with pytest.raises(LinkBroken):
        link.send("POST", "/hub/hello", {}, b"{}")
    link.close()
