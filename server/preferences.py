"""What programs remember for a web user: settings of the site and of single projects. No Flask, no SQL.

A value is any JSON. Entries hold no floats, so it travels in them as text. Source: ODK Central's API.
"""

from __future__ import annotations

import json
from typing import Any

from server.accounts import by_of
from server.actor_entries import append
from server.errors import Problem
from server.hub import Hub, Turn
from server.store import preferences
from server.store.actors import Actor, Connection
from server.store.projects import Project


def set_preference(hub: Hub, user: Actor, name: str, value: Any, project: Project | None = None) -> None:
    """value: as `json.loads` gives it. Without a project it holds for the site."""
    body = {**_slot(name, project), "value": json.dumps(value, ensure_ascii=False)}
    hub.write(lambda turn: append(turn, user, "user.preference.update", body, by_of(user)))


def drop_preference(hub: Hub, user: Actor, name: str, project: Project | None = None) -> None:
    """Raises Problem 404.1 when it was not set."""

    def work(turn: Turn) -> None:
        uid = project.uid if project else ""
        if not preferences.has_preference(turn.db, user.id, uid, name):
            raise Problem("404.1")
        append(turn, user, "user.preference.delete", _slot(name, project), by_of(user))

    hub.write(work)


def _slot(name: str, project: Project | None) -> dict[str, Any]:
    return {"name": name, **({"project": project.uid} if project else {})}


def preferences_of(db: Connection, user: Actor) -> dict[str, Any]:
    """{"site": {name: value}, "projects": {"number": {name: value}}}"""
    site = {name: json.loads(value) for name, value in preferences.site_preferences(db, user.id)}
    projects: dict[str, dict[str, Any]] = {}
    for number, name, value in preferences.project_preferences(db, user.id):
        projects.setdefault(str(number), {})[name] = json.loads(value)
    return {"site": site, "projects": projects}
