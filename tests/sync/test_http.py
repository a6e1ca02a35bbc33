"""The one way out of a hub: it calls the address that it was given, and no other."""

from __future__ import annotations

import socket

import pytest

from sync.errors import Unreached
from sync.http import make_pool, request
from tests.loopback import Answer, answering

TIMEOUT_S = 5.0


@pytest.fixture(autouse=True)
def no_proxy_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def fine(_method: str, _target: str, body: bytes) -> Answer:
    return 200, {"X-Said": "yes"}, body[::-1]


def refused(url: str, **more: int) -> str:
    with pytest.raises(Unreached) as fault:
        request("GET", url, None, {}, TIMEOUT_S, **more)
    return fault.value.code


def test_a_request_is_answered_with_status_headers_and_bytes() -> None:
    with answering(fine) as there:
        status, headers, body = request("POST", f"{there.url}/hub/x", b"\x00abc", {"X-Asked": "1"}, TIMEOUT_S)
    assert (status, headers["X-Said"], body) == (200, "yes", b"cba\x00")
    ((method, target, sent),) = there.asked
    assert (method, target, sent["x-asked"]) == ("POST", "/hub/x", "1")


def test_a_redirection_is_not_followed() -> None:
    with answering(fine) as elsewhere:
        moved = (302, {"Location": f"{elsewhere.url}/trap"}, b"")
        with answering(lambda *_: moved) as there:
            status, _, _ = request("GET", there.url, None, {}, TIMEOUT_S)
    assert status == 302
    assert elsewhere.asked == []


def test_a_connection_may_be_used_again() -> None:
    with answering(fine) as there:
        pool = make_pool(there.url)
        assert [request("POST", there.url, b"ab", {}, TIMEOUT_S, pool=pool)[2] for _ in range(3)] == [
            b"ba"
        ] * 3
        pool.clear()


def test_nobody_there_is_told() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # not listening
        assert refused(f"http://127.0.0.1:{held.getsockname()[1]}") == "peer.unreachable"


@pytest.mark.parametrize(
    "url", ["http://", "ftp://127.0.0.1/x", "http://127.0.0.1:99999/", "nonsense", "http://[::1"]
)
def test_an_address_that_is_none_is_told(url: str) -> None:
    assert refused(url) == "peer.unreachable"


def test_a_line_that_is_cut_is_told() -> None:
    with answering(lambda *_: None) as there:
        assert refused(there.url) == "peer.unreachable"
    with answering(lambda *_: (200, {"Content-Length": "100"}, b"half")) as there:
        assert refused(there.url) == "peer.unreachable"


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    with answering(lambda *_: (200, {}, b"x" * 5000)) as there:
        assert refused(there.url, limit=4999) == "peer.answer_too_large"
        assert len(request("GET", there.url, None, {}, TIMEOUT_S, limit=5000)[2]) == 5000


def test_packed_bytes_are_not_unpacked_behind_our_back() -> None:
    with answering(lambda *_: (200, {"Content-Encoding": "gzip"}, b"not gzip at all")) as there:
        assert request("GET", there.url, None, {}, TIMEOUT_S)[2] == b"not gzip at all"


def test_the_proxy_of_the_environment_is_used_unless_it_is_not_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(fine) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("://", "://sokha:secret@"))
        assert request("POST", "http://hub.invalid/hub/pair", b"ab", {}, TIMEOUT_S)[2] == b"ba"
        ((_, target, sent),) = proxy.asked
        assert target == "http://hub.invalid/hub/pair"
        assert sent["proxy-authorization"].startswith("Basic ")
        with answering(fine) as there:
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            request("POST", there.url, b"ab", {}, TIMEOUT_S)
            assert len(there.asked) == len(proxy.asked) == 1
