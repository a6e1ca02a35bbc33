"""How people and tablets look in answers."""

from __future__ import annotations

from typing import Any

from server.clock import shown
from server.store import actors
from server.store.actors import Actor, Connection


def actor_json(actor: Actor) -> dict[str, Any]:
    return {
        "id": actor.id,
        "type": actor.type,
        "displayName": actor.display_name,
        "createdAt": shown(actor.created_at),
        "updatedAt": shown(actor.updated_at),
        "deletedAt": shown(actor.deleted_at),
    }


def user_json(user: Actor) -> dict[str, Any]:
    return {**actor_json(user), "email": user.email, "lastLoginAt": shown(user.last_login_at)}


def app_user_json(app_user: Actor, project_id: int) -> dict[str, Any]:
    return {"projectId": project_id, **actor_json(app_user), "token": app_user.token}


def actor_or_none(db: Connection, number: int | None) -> dict[str, Any] | None:
    """The actor of this number, also a deleted one; for what extended metadata shows."""
    found = actors.find_actor(db, number) if number is not None else None
    return actor_json(found) if found else None
