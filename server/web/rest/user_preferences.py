"""/v1/user-preferences: what programs remember for whoever is signed in. Read by /v1/users/current."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from server.errors import Problem
from server.preferences import drop_preference, set_preference
from server.store.actors import Actor
from server.web import wire

blueprint = Blueprint("user_preferences", __name__)
SITE = "/v1/user-preferences/site/<name>"
PROJECT = "/v1/user-preferences/project/<int:project_id>/<name>"
VALUE = "propertyValue"
SUCCESS = {"success": True}


@blueprint.put(SITE)
@blueprint.put(PROJECT)
def write(name: str, project_id: int | None = None) -> dict[str, bool]:
    user, value = _user(), _value(wire.json_body())
    project = wire.project_or_404(project_id) if project_id is not None else None
    set_preference(wire.hub(), user, name, value, project)
    return SUCCESS


@blueprint.delete(SITE)
@blueprint.delete(PROJECT)
def drop(name: str, project_id: int | None = None) -> dict[str, bool]:
    user = _user()
    project = wire.project_or_404(project_id) if project_id is not None else None
    drop_preference(wire.hub(), user, name, project)
    return SUCCESS


def _user() -> Actor:
    """Tablets and links have no settings. Raises Problem 403.1."""
    found = wire.actor()
    if found.type != "user":
        raise Problem("403.1")
    return found


def _value(said: dict[str, Any]) -> Any:
    """Raises Problem 400.23 when missing, 400.33 beside anything else."""
    if VALUE not in said:
        raise Problem("400.23", property=VALUE)
    if len(said) > 1:
        raise Problem("400.33", expected=[VALUE], actual=list(said))
    return said[VALUE]
