"""The two cookies of a session, written as ODK Central writes them: the token, which no script may read, and
the secret that a page of ours sends along."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from flask import Response

from server.accounts import SignIn
from server.web import wire
from server.web.credentials import SECURE_COOKIE

CSRF_COOKIE = "__csrf"
_LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"


def give(answer: Response, opened: SignIn) -> None:
    until = format_datetime(datetime.fromisoformat(opened.expires_at), usegmt=True)
    name = wire.session_cookie()
    secure = name == SECURE_COOKIE
    _set(answer, name, opened.token, until, secure=secure, hidden=True)
    _set(answer, CSRF_COOKIE, opened.csrf, until, secure=secure)


def take_back(answer: Response) -> Response:
    """Secure, so that no http page of this host can do the same (Central); but a browser that came with the
    cookie over http would not obey that."""
    secure = wire.secure() or wire.caller().how != "cookie"
    _set(answer, wire.session_cookie(), "null", _LONG_AGO, secure=secure, hidden=True)
    _set(answer, CSRF_COOKIE, "null", _LONG_AGO, secure=secure)
    return answer


def _set(answer: Response, name: str, value: str, until: str, *, secure: bool, hidden: bool = False) -> None:
    said = [f"{name}={quote(value, safe='!')}", "Path=/", f"Expires={until}"]
    said += ["HttpOnly"] * hidden + ["Secure"] * secure + ["SameSite=Strict"]
    answer.headers.add("Set-Cookie", "; ".join(said))
