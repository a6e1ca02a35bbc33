"""Who makes a request: the token in its path, Bearer, Basic, Digest or a cookie.

The first one present decides alone, in that order (ODK Central). Digest is ours: ODK Collect sends a
user name and password over plain http in no other way.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from flask import Request, g
from werkzeug.datastructures import Authorization

from server import accounts, second_factor
from server.accounts import by_of
from server.attempts import Attempts
from server.errors import Fault, Problem
from server.hub import Hub
from server.store import actors
from server.store.actors import Actor, Session
from server.web import digest

KEY = "samleng.key"  # where the WSGI environment keeps the token of /v1/key/TOKEN/…
SECURE_COOKIE, PLAIN_COOKIE = "__Host-session", "session"
_TOKEN = re.compile(r"[A-Za-z0-9!$]{64}")
REMEMBERED_S = 300
REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Caller:
    """`how`: key, bearer, basic, digest, cookie or none. `by`: how entries name the actor."""

    actor: Actor | None = None
    how: str = "none"
    by: dict[str, str] | None = None
    session: Session | None = None
    token: str | None = None


class CheckedPasswords:
    """Passwords found right in the last minutes, since checking one takes 0.1 s and Basic sends it
    with every request. Named by a keyed hash over the kept hash too, so a changed password is asked
    for at once."""

    def __init__(self, hub: Hub, attempts: Attempts) -> None:
        self._hub, self._attempts = hub, attempts
        self._key = secrets.token_bytes(32)
        self._until: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def actor_of(self, email: str, password: str, place: str) -> Actor:
        """Raises Problem 401.2, Fault auth.paused, second.session."""
        actor = actors.find_by_email(self._hub.read(), email)
        if actor is not None and second_factor.is_on(self._hub, actor):
            raise Fault("second.session")
        if actor is not None and self._until.get(self._name(actor, password), 0) > time.monotonic():
            return actor
        with self._attempts.counted(email, place):
            found = accounts.check_password(self._hub, email, password)
            if found is None:
                raise Problem("401.2")
        self._remember(self._name(found, password))
        return found

    def _name(self, actor: Actor, password: str) -> bytes:
        said = f"{actor.password}\0{password}".encode()
        return hmac.digest(self._key, said, hashlib.sha256)

    def _remember(self, name: bytes) -> None:
        with self._lock:
            if len(self._until) >= REMEMBERED:
                self._until.clear()
            self._until[name] = time.monotonic() + REMEMBERED_S


def identify(hub: Hub, checked: CheckedPasswords, attempts: Attempts, request: Request) -> Caller:
    """Raises Problem 401.2, 401.3 or 403.1, Fault auth.paused. A caller without an actor when nothing is presented."""
    key = key_of(request)
    if key is not None:
        return _by_key(hub, key)
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return _by_bearer(hub, said.strip())
        case "basic":
            return _by_basic(hub, checked, request)
        case "digest":
            return _by_digest(hub, attempts, request)
        case "":
            return _by_cookie(hub, request)
    raise Problem("401.2")


def key_of(request: Request) -> str | None:
    """The token in the path, else that of ?st=."""
    found: str | None = request.environ.get(KEY)
    if found is None and b"st=" in request.query_string:
        found = request.args.get("st")
    return found


def is_secure(request: Request, trusted_proxy: str) -> bool:
    """Whether the request came over https, to us or to the proxy of this address, which is declared as
    trusted: anybody could write the header."""
    if request.is_secure:
        return True
    forwarded = request.headers.get("X-Forwarded-Proto", "")
    return (
        forwarded.lower() == "https" and trusted_proxy != "" and trusted_proxy in (request.remote_addr, "*")
    )


def cookie_name(request: Request, public_url: str, trusted_proxy: str) -> str:
    """Browsers keep a __Host- cookie to https and to this very host, and refuse it over http. Which of the
    two it is depends on where people reach the hub, if that is said (Central)."""
    return SECURE_COOKIE if _is_https(request, public_url, trusted_proxy) else PLAIN_COOKIE


def _is_https(request: Request, public_url: str, trusted_proxy: str) -> bool:
    return public_url.startswith("https:") if public_url else is_secure(request, trusted_proxy)


def _by_key(hub: Hub, token: str) -> Caller:
    if not _TOKEN.fullmatch(token):
        raise Problem("401.2")
    actor = hub.remember(("token", token), lambda db: actors.find_by_token(db, token))
    if actor is None:  # 403, not 401: a tablet would ask its user for a password that nobody has
        raise Problem("403.1")
    return Caller(actor, "key", by_of(actor))


def bearer_of(request: Request) -> str:
    """The token of the Bearer scheme; empty when there is none."""
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    return said.strip() if scheme.lower() == "bearer" else ""


def _by_bearer(hub: Hub, token: str) -> Caller:
    found = accounts.find_session(hub, token)
    if found is None:
        raise Problem("401.2")
    return Caller(found.actor, "bearer", by_of(found.actor), found.session, token)


def _by_basic(hub: Hub, checked: CheckedPasswords, request: Request) -> Caller:
    """Over https only, except where a door set `g.plain_basic`: a hub's own Wi-Fi has no https."""
    if not is_secure(request, hub.config.trusted_proxy) and not g.get("plain_basic", False):
        raise Problem("401.3")
    said = request.authorization
    if said is None or said.username is None or said.password is None:
        raise Problem("401.2")
    return _proven(checked.actor_of(said.username, said.password, place_of(request)), "basic")


def _by_digest(hub: Hub, attempts: Attempts, request: Request) -> Caller:
    said = request.authorization
    if said is None:
        raise Problem("401.2")
    with attempts.counted(said.get("username") or "", place_of(request)):
        actor = _digested(hub, said, request)
        if actor is None and not g.digest_stale:  # with an old nonce the password was right
            raise Problem("401.2")
    if actor is not None and second_factor.is_on(hub, actor):
        raise Fault("second.session")
    return _proven(actor, "digest")


def _digested(hub: Hub, said: Authorization, request: Request) -> Actor | None:
    met: dict[str, Actor | None] = {}

    def ha1_of(user: str) -> str | None:
        met[user] = actor = actors.find_by_email(hub.read(), user)
        return actor.digest if actor else None

    target = request.root_path.rstrip("/") + request.path
    if request.query_string:
        target += "?" + request.query_string.decode("latin-1")
    verdict = digest.verify(said, request.method, target, hub.secret, ha1_of)
    g.digest_stale = verdict.stale
    return met[verdict.user] if verdict.user is not None else None


def place_of(request: Request) -> str:
    return request.remote_addr or ""


def _proven(actor: Actor | None, how: str) -> Caller:
    if actor is None:
        raise Problem("401.2")
    return Caller(actor, how, by_of(actor))


def _by_cookie(hub: Hub, request: Request) -> Caller:
    """A cookie that opens nothing counts as none. One that does must prove of a POST that our own page
    sent it: other sites' pages can send forms, and nothing else without asking us first."""
    token = request.cookies.get(cookie_name(request, hub.config.public_url, hub.config.trusted_proxy))
    token = unquote(token) if token else None  # "$" is written %24
    found = accounts.find_session(hub, token) if token else None
    if found is None:
        return Caller()
    if request.method == "POST" and not _own_page(request, found.session):
        raise Problem("401.2")
    return Caller(found.actor, "cookie", by_of(found.actor), found.session, token)


def _own_page(request: Request, session: Session) -> bool:
    if "is_only_told" in g:  # refused already; nothing is done but to say so
        return True
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return True
    said: Any = None
    if request.is_json:
        body = request.get_json(silent=True)
        said = body.get("__csrf") if isinstance(body, dict) else None
        said = unquote(said) if isinstance(said, str) else None
    elif (
        request.mimetype == "application/x-www-form-urlencoded" or "is_page" in g
    ):  # a page's form may bring files
        said = request.form.get("__csrf")
    return isinstance(said, str) and hmac.compare_digest(said.encode(), session.csrf.encode())
