"""/v1/sessions: signing in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from server import accounts
from server.accounts import SignIn
from server.clock import shown
from server.errors import Problem
from server.store import actors, projects
from server.store.actors import Actor
from server.web import wire
from server.web.credentials import PLAIN_COOKIE, SECURE_COOKIE, is_secure

blueprint = Blueprint("sessions", __name__)
CSRF_COOKIE = "__csrf"
NEVER = "9999-12-31T23:59:59.000Z"
SUCCESS = {"success": True}


@blueprint.post("/v1/sessions")
@wire.anonymous
def sign_in() -> Response:
    said = wire.json_body()
    email, password = said.get("email"), said.get("password")
    if not email or not password:
        got = {name: said[name] for name in ("email",) if name in said}
        raise Problem("400.3", expected=["email", "password"], got=got)
    for name, value in (("email", email), ("password", password)):
        if not isinstance(value, str):
            raise Problem("400.11", field=name, value=_kind(value), expected="string")
    opened = accounts.sign_in(wire.hub(), email, password)
    answer = jsonify(
        token=opened.token,
        csrf=opened.csrf,
        expiresAt=shown(opened.expires_at),
        createdAt=shown(opened.created_at),
    )
    _set_cookies(answer, opened)
    return answer


def _kind(value: object) -> str:
    """What is told instead of a password of the wrong type: never the value."""
    return type(value).__name__


def _set_cookies(answer: Response, opened: SignIn) -> None:
    secure = is_secure(request)
    expires = datetime.fromisoformat(opened.expires_at)
    name = SECURE_COOKIE if secure else PLAIN_COOKIE
    answer.set_cookie(name, opened.token, expires=expires, secure=secure, httponly=True, samesite="Strict")
    answer.set_cookie(CSRF_COOKIE, opened.csrf, expires=expires, secure=secure, samesite="Strict")


@blueprint.get("/v1/sessions/restore")
def restore() -> dict[str, Any]:
    """A tablet's access does not run out."""
    caller = wire.caller()
    if caller.how == "key":
        return {"createdAt": shown(wire.actor().created_at), "expiresAt": NEVER}
    session = caller.session
    if session is None:
        raise Problem("404.1")
    return {"createdAt": shown(session.created_at), "expiresAt": shown(session.expires_at)}


@blueprint.delete("/v1/sessions/current")
def sign_out() -> Response:
    token = wire.caller().token
    if token is None:
        raise Problem("404.1")
    accounts.end_session(wire.hub(), token, wire.caller().by)
    return _forget_cookies(jsonify(SUCCESS))


@blueprint.delete("/v1/sessions/<token>")
def end(token: str) -> Response:
    """One's own session, another's with session.end, or an app user's access for good."""
    found = accounts.find_session(wire.hub(), token)
    if found is not None:
        _end_session(found.actor, token)
    else:
        _revoke(actors.find_by_token(wire.hub().read(), token))
    answer = jsonify(SUCCESS)
    return _forget_cookies(answer) if token == wire.caller().token else answer


def _end_session(owner: Actor, token: str) -> None:
    asker = wire.caller().actor
    if asker is None or asker.id != owner.id:
        wire.require("session.end")
    accounts.end_session(wire.hub(), token, wire.caller().by)


def _revoke(app_user: Actor | None) -> None:
    """Says 403 for a token that is none, so that nobody can try out which ones are."""
    if app_user is None:
        raise Problem("403.1")
    project = projects.find_by_uid(wire.hub().read(), app_user.project or "")
    wire.require("session.end", project)
    accounts.revoke_app_user(wire.hub(), app_user, wire.caller().by)


def _forget_cookies(answer: Response) -> Response:
    secure = is_secure(request)
    for name in (SECURE_COOKIE if secure else PLAIN_COOKIE, CSRF_COOKIE):
        answer.delete_cookie(name, secure=secure, samesite="Strict")
    return answer
