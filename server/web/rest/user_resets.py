"""/v1/users/…/reset: new passwords. Asking and setting are Central's; since a hub has no mail, an administrator
sees who asked and hands the token over, which are ours."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from server import resets
from server.clock import shown
from server.errors import Problem
from server.store import actors
from server.store.resets import list_requests
from server.web import wire
from server.web.credentials import bearer_of
from server.web.rest.inputs import new_secret
from server.web.rest.people import user_json
from server.web.rest.users import user_or_404

blueprint = Blueprint("user_resets", __name__)
SUCCESS = {"success": True}
INVALIDATE = "user.password.invalidate"


@blueprint.post("/v1/users/reset/initiate")
@wire.anonymous
def ask() -> dict[str, bool]:
    """The same answer whether there is such a user or not. With ?invalidate=true, for those who may, the
    old password holds no longer."""
    caller = wire.require(INVALIDATE) if wire.flag("invalidate") else None
    email = _email(wire.json_body())
    if caller is not None:
        user = actors.find_by_email(wire.hub().read(), email)
        if user is not None:
            resets.invalidate(wire.hub(), user, caller.by)
    resets.ask_reset(wire.hub(), email)
    return SUCCESS


def _email(said: dict[str, Any]) -> str:
    """Raises Problem 400.2, 400.11."""
    email = said.get("email")
    if not email:
        raise Problem("400.2", field="email")
    if not isinstance(email, str):
        raise Problem("400.11", field="email", value=email, expected="string")
    return email


@blueprint.post("/v1/users/reset/verify")
@wire.anonymous
def verify() -> dict[str, bool]:
    """With the token as Bearer; it holds once. Who signs in otherwise has no right to do this."""
    token = bearer_of(request)
    if resets.holder_of(wire.hub(), token) is None:
        wire.actor()  # 401.2 for nobody
        raise Problem("403.1")
    if not resets.reset_password(wire.hub(), token, new_secret(wire.json_body(), "new")):
        raise Problem("401.2")
    return SUCCESS


@blueprint.get("/v1/users/resets")
def list_asked() -> list[dict[str, Any]]:
    """Who asked for a new password and was not given a token yet, oldest first."""
    wire.require(INVALIDATE)
    return [
        {"user": user_json(each.user), "askedAt": shown(each.asked_at)}
        for each in list_requests(wire.hub().read())
    ]


@blueprint.post("/v1/users/<number>/reset")
def hand_out(number: str) -> dict[str, Any]:
    """A token for the user, shown this once; earlier ones end."""
    user = user_or_404(number)
    caller = wire.require(INVALIDATE)
    made = resets.hand_out(wire.hub(), user, caller.by)
    return {
        "token": made.token,
        "expiresAt": shown(made.expires_at),
        "url": resets.link_of(wire.base_url(), made),
    }
