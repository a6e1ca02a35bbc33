"""/v1/sessions: signing in and out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from server import accounts, public_links
from server.clock import shown
from server.errors import Problem
from server.store import actors, forms, projects
from server.store.actors import Actor
from server.web import session_cookies, wire

blueprint = Blueprint("sessions", __name__)
NEVER = "9999-12-31T23:59:59.000Z"
HIDDEN = "…"
SUCCESS = {"success": True}


@blueprint.post("/v1/sessions")
@wire.anonymous
def sign_in() -> Response:
    email, password = _asked(wire.json_body())
    agent = request.headers.get("User-Agent")
    code = wire.json_body().get("code")  # ours: of a second factor
    opened = wire.sign_in(email, password, agent, str(code) if code else None)
    answer = jsonify(
        token=opened.token,
        csrf=opened.csrf,
        expiresAt=shown(opened.expires_at),
        createdAt=shown(opened.created_at),
    )
    session_cookies.give(answer, opened)
    return answer


def _asked(said: dict[str, Any]) -> tuple[str, str]:
    """Raises Problem 400.3, 400.11, 401.2. No answer repeats a password."""
    email, password = said.get("email"), said.get("password")
    if email in (None, "") or password in (None, ""):
        got = {name: said[name] for name in ("email", "password") if name in said}
        if got.get("password"):
            got["password"] = HIDDEN
        raise Problem("400.3", expected=["email", "password"], got=got)
    if not isinstance(email, str):
        raise Problem("400.11", field="email", value=email, expected="string")
    if not isinstance(password, str):
        raise Problem("401.2")
    return email, password


@blueprint.get("/v1/sessions/restore")
def restore() -> dict[str, Any]:
    """The access of a tablet or of a link does not run out."""
    caller = wire.caller()
    if caller.how == "key":
        return {"createdAt": shown(wire.actor().created_at), "expiresAt": NEVER}
    session = caller.session
    if session is None:
        raise Problem("404.1")
    return {"createdAt": shown(session.created_at), "expiresAt": shown(session.expires_at)}


@blueprint.delete("/v1/sessions/current")
def sign_out() -> Response:
    caller = wire.caller()
    if caller.how == "key":  # a tablet may not end its own access
        raise Problem("403.1")
    if caller.token is None:
        raise Problem("404.1")
    accounts.end_session(wire.hub(), caller.token, caller.by)
    return session_cookies.take_back(jsonify(SUCCESS))


@blueprint.delete("/v1/sessions/<token>")
def end(token: str) -> Response:
    """One's own session, another's with session.end, or the access of a tablet or a link for good."""
    found = accounts.find_session(wire.hub(), token)
    if found is not None:
        _end_session(found.actor, token)
    else:
        _revoke(actors.find_by_token(wire.hub().read(), token))
    answer = jsonify(SUCCESS)
    return session_cookies.take_back(answer) if token == wire.caller().token else answer


def _end_session(owner: Actor, token: str) -> None:
    asker = wire.caller().actor
    if asker is None or asker.id != owner.id:
        wire.require("session.end")
    accounts.end_session(wire.hub(), token, wire.caller().by)


def _revoke(held: Actor | None) -> None:
    """Says 403 for a token that is none, so that nobody can try out which ones are."""
    if held is None:
        raise Problem("403.1")
    db = wire.hub().read()
    project = projects.find_by_uid(db, held.project or "")
    if held.type == "public_link":
        wire.require("session.end", project, forms.find_by_key(db, held.project or "", held.form or ""))
        public_links.revoke_link(wire.hub(), held, wire.caller().by)
    else:
        wire.require("session.end", project)
        accounts.revoke_app_user(wire.hub(), held, wire.caller().by)
