"""/v1/users: people who sign in with an email address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, request

from server import accounts
from server.errors import Problem
from server.likeness import likeness
from server.preferences import preferences_of
from server.store import actors
from server.store.actors import Actor
from server.web import wire
from server.web.rest.inputs import new_secret, number_in_path, optional_text, required_text
from server.web.rest.people import user_json

blueprint = Blueprint("users", __name__)
LIKE = 0.5  # more likeness than this makes a find (Central)


@blueprint.get("/v1/users")
def list_users() -> list[dict[str, Any]]:
    """An exact address finds its user for anybody, so that managers can assign roles. What is asked for
    otherwise finds who is like it, most alike first (Central)."""
    asked, db = request.args.get("q", ""), wire.hub().read()
    exact = actors.find_by_email(db, asked) if asked else None
    if exact is not None:
        return [user_json(exact)]
    if not wire.may("user.list"):
        return []
    found = actors.list_users(db)
    return [user_json(user) for user in (_like(found, asked) if asked else found)]


def _like(users: Iterable[Actor], asked: str) -> list[Actor]:
    scored = [(_score(user, asked), user) for user in users]
    found = [(score, user) for score, user in scored if score > LIKE or _names(user, asked)]
    return [user for _, user in sorted(found, key=lambda both: -both[0])]


def _score(user: Actor, asked: str) -> float:
    return max(likeness(user.display_name, asked), likeness(user.email or "", asked))


def _names(user: Actor, asked: str) -> bool:
    return any(asked.casefold() in said.casefold() for said in (user.email or "", user.display_name))


@blueprint.post("/v1/users")
def create_user() -> dict[str, Any]:
    caller = wire.require("user.create")
    said = wire.json_body()
    email, name = required_text(said, "email"), optional_text(said, "displayName")
    password = new_secret(said, "password") if said.get("password") not in (None, "") else None
    return user_json(accounts.create_user(wire.hub(), email, password, name, caller.by))


@blueprint.get("/v1/users/current")
def show_current() -> dict[str, Any]:
    user = wire.actor()
    if user.type != "user":
        raise Problem("404.1")
    if not wire.extended():
        return user_json(user)
    kept = preferences_of(wire.hub().read(), user)
    return {"verbs": wire.rights().verbs_on(), "preferences": kept, **user_json(user)}


@blueprint.get("/v1/users/<number>")
def show_user(number: str) -> dict[str, Any]:
    user = user_or_404(number)
    _require_on(user, "user.read")
    return user_json(user)


@blueprint.patch("/v1/users/<number>")
def update_user(number: str) -> dict[str, Any]:
    user = user_or_404(number)
    _require_on(user, "user.update")
    said = wire.json_body()
    fields = (("display_name", "displayName"), ("email", "email"))
    changes = {name: required_text(said, key) for name, key in fields if key in said}
    return user_json(accounts.update_user(wire.hub(), user, changes, wire.caller().by))


@blueprint.put("/v1/users/<number>/password")
def set_password(number: str) -> dict[str, bool]:
    """The old password is asked for of everybody, an administrator too."""
    user = user_or_404(number)
    _require_on(user, "user.update")
    said = wire.json_body()
    old, new = said.get("old"), said.get("new")
    if not isinstance(old, str) or not old:
        raise Problem("401.2")
    new = new_secret(said, "new")
    if accounts.check_password(wire.hub(), user.email or "", old) is None:
        raise Problem("401.2")
    accounts.set_password(wire.hub(), user, new, wire.caller().by, keep=wire.caller().token)
    return {"success": True}


@blueprint.delete("/v1/users/<number>")
def delete_user(number: str) -> dict[str, bool]:
    user = user_or_404(number)
    caller = wire.require("user.delete")
    accounts.delete_user(wire.hub(), user, caller.by)
    return {"success": True}


def user_or_404(number: str) -> Actor:
    found = actors.find_actor(wire.hub().read(), number_in_path("actorId", number))
    if found is None or found.type != "user" or found.deleted_at is not None:
        raise Problem("404.1")
    return found


def _require_on(user: Actor, verb: str) -> None:
    """Everybody may read and change the own account."""
    asker = wire.caller().actor
    if asker is None or asker.id != user.id:
        wire.require(verb)
