"""HTTP Digest (RFC 2617, MD5, qop auth or none): the one way in which ODK Collect sends a user name
and password over plain http. Nonces are signed by the hub and expire; nothing is kept of them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from werkzeug.datastructures import Authorization

REALM = "Samleng"
LIFE_S = 3600


@dataclass(frozen=True, slots=True)
class Verdict:
    """`user`: the name that proved itself, or None. `stale`: right but for an old nonce, so the
    client may try again without asking the person."""

    user: str | None
    stale: bool = False


def challenge(secret: bytes, *, stale: bool = False, now: Callable[[], float] = time.time) -> str:
    """The value of a WWW-Authenticate header."""
    flag = ", stale=true" if stale else ""
    nonce = make_nonce(secret, now)
    return f'Digest realm="{REALM}", nonce="{nonce}", qop="auth", algorithm=MD5, domain="/"{flag}'


def make_nonce(secret: bytes, now: Callable[[], float] = time.time) -> str:
    said = f"{int(now()):x}.{secrets.token_hex(6)}"
    return f"{said}.{_sign(secret, said)}"


def _sign(secret: bytes, said: str) -> str:
    return hmac.new(secret, b"digest nonce " + said.encode(), hashlib.sha256).hexdigest()[:24]


def verify(
    said: Authorization,
    method: str,
    target: str,
    secret: bytes,
    ha1_of: Callable[[str], str | None],
    now: Callable[[], float] = time.time,
) -> Verdict:
    """Whether a Digest header proves its user. `target`: the request's path and query; `ha1_of`:
    user name -> MD5(user:realm:password), None when there is no such user."""
    nonce, user = said.get("nonce") or "", said.get("username") or ""
    moment, _, signature = nonce.rpartition(".")
    if not _equal(signature, _sign(secret, moment)):
        return Verdict(None)
    ha1 = ha1_of(user)
    # The header names what it asks for: without this line it could be replayed against another path.
    if ha1 is None or unquote(said.get("uri") or "") != unquote(target):
        return Verdict(None)
    if not _equal(_response(said, method, ha1), said.get("response") or ""):
        return Verdict(None)
    if now() - int(moment.partition(".")[0], 16) > LIFE_S:
        return Verdict(None, stale=True)
    return Verdict(user)


def _response(said: Authorization, method: str, ha1: str) -> str:
    ha2 = _md5(f"{method}:{said.get('uri') or ''}")
    nonce = said.get("nonce")
    if said.get("qop"):
        return _md5(f"{ha1}:{nonce}:{said.get('nc')}:{said.get('cnonce')}:{said.get('qop')}:{ha2}")
    return _md5(f"{ha1}:{nonce}:{ha2}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _equal(one: str, other: str) -> bool:
    """In the same time whatever they are. As bytes: compare_digest raises on text beyond ASCII, and a caller writes
    what it likes."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
