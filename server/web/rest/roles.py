"""/v1/roles: what can be assigned. Open to everybody who is signed in, as in Central."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from server.clock import shown
from server.errors import Problem
from server.roles import ROLES, Role, find_role
from server.store.identity import find_hub
from server.web import wire

blueprint = Blueprint("roles", __name__)


@blueprint.get("/v1/roles")
def list_roles() -> list[dict[str, Any]]:
    made_at = _made_at()
    return [_json(role, made_at) for role in ROLES]


@blueprint.get("/v1/roles/<id_or_system>")
def show_role(id_or_system: str) -> dict[str, Any]:
    return _json(role_or_404(id_or_system), _made_at())


def role_or_404(id_or_system: str) -> Role:
    found = find_role(id_or_system)
    if found is None:
        raise Problem("404.1")
    return found


def _made_at() -> str | None:
    """Roles are as old as their hub."""
    row = find_hub(wire.hub().read())
    return shown(row.created_at) if row else None


def _json(role: Role, made_at: str | None) -> dict[str, Any]:
    return {
        "id": role.id,
        "name": role.name,
        "system": role.system,
        "createdAt": made_at,
        "updatedAt": None,
        "verbs": list(role.verbs),
    }
