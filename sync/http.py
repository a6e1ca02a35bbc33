"""One request to another hub over HTTP(S), through the proxy that the environment names, if any.

Calls the address that it is given and no other: a redirection is an answer like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError

from sync.errors import Unreached

ANSWER_LIMIT = 8 * 1024 * 1024  # bytes; twice the largest frame
PART_BYTES = 64 * 1024


def make_pool(url: str) -> urllib3.PoolManager:
    """Connections towards a hub, by HTTP_PROXY, HTTPS_PROXY and NO_PROXY."""
    parts = urlsplit(url)
    proxy = getproxies_environment().get(parts.scheme)
    if not proxy or proxy_bypass(parts.hostname or ""):
        return urllib3.PoolManager()
    user = urlsplit(proxy)
    said = f"{user.username}:{user.password or ''}" if user.username else None
    return urllib3.ProxyManager(proxy, proxy_headers=urllib3.make_headers(proxy_basic_auth=said))


def request(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    timeout_s: float,
    *,
    pool: urllib3.PoolManager | None = None,
    limit: int = ANSWER_LIMIT,
) -> tuple[int, Mapping[str, str], bytes]:
    """(status, headers, body). `timeout_s`: for connecting, and for each wait for bytes; `pool`: of
    make_pool, to use a connection again; `limit`: in bytes, of an answer that is still read.

    Raises Unreached peer.unreachable, peer.answer_too_large.
    """
    if not url.startswith(("http://", "https://")):
        raise Unreached("peer.unreachable", name=url)
    held = pool
    try:
        held = held or make_pool(url)
        answer = held.request(
            method, url, body=body, headers=dict(headers), timeout=timeout_s, retries=False, redirect=False,
            preload_content=False, decode_content=False,
        )  # fmt: skip
        try:
            return answer.status, answer.headers, _read(answer, url, limit)
        finally:
            answer.release_conn()
    except (HTTPError, OSError, ValueError) as fault:
        raise Unreached("peer.unreachable", name=url) from fault
    finally:
        if pool is None and held is not None:
            held.clear()


def _read(answer: urllib3.BaseHTTPResponse, url: str, limit: int) -> bytes:
    parts, size = [], 0
    # To the empty read behind the end: only that one tells an answer that was cut.
    while part := answer.read(PART_BYTES, decode_content=False):
        size += len(part)
        if size > limit:
            answer.close()  # what else it says is never read
            raise Unreached("peer.answer_too_large", name=url)
        parts.append(part)
    return b"".join(parts)
