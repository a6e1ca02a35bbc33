"""/v1/projects/N/app-users: tablets' access, one token each."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g

from server import accounts
from server.clock import shown
from server.datasets import set_values
from server.errors import Problem
from server.store import actors, datasets
from server.store.actors import Actor
from server.store.projects import Project
from server.web import wire
from server.web.rest.actor_properties import given_values
from server.web.rest.inputs import number_in_path, required_text
from server.web.rest.people import actor_or_none, app_user_json

blueprint = Blueprint("app_users", __name__)
PATH = "/v1/projects/<int:project_id>/app-users"


@blueprint.get(PATH)
def list_app_users(project_id: int) -> list[dict[str, Any]]:
    project = wire.project_or_404(project_id)
    wire.require("field_key.list", project)
    found = actors.list_app_users(wire.hub().read(), project.uid)
    return _shown(found, project)


@blueprint.get(f"{PATH}/<number>")
def show_app_user(project_id: int, number: str) -> dict[str, Any]:
    project = wire.project_or_404(project_id)
    wire.require("field_key.list", project)
    return _shown([_app_user_or_404(project, number)], project)[0]


@blueprint.post(PATH)
def create_app_user(project_id: int) -> dict[str, Any]:
    project = wire.project_or_404(project_id)
    caller = wire.require("field_key.create", project)
    said = wire.json_body()
    name, values = required_text(said, "displayName"), given_values(project, said)
    made = accounts.create_app_user(wire.hub(), project, name, caller.by)
    set_values(wire.hub(), project, made, values, by=caller.by)
    return app_user_json(made, project.id)


@blueprint.patch(f"{PATH}/<number>")
def update_app_user(project_id: int, number: str) -> dict[str, Any]:
    """{"properties": {NAME: value, or null}}: what access filters of entity lists go by."""
    project = wire.project_or_404(project_id)
    caller = wire.require("field_key.update", project)
    held = _app_user_or_404(project, number)
    set_values(wire.hub(), project, held, given_values(project, wire.json_body()), by=caller.by)
    g.extended = True
    return _shown([held], project)[0]


@blueprint.delete(f"{PATH}/<number>")
def delete_app_user(project_id: int, number: str) -> dict[str, bool]:
    project = wire.project_or_404(project_id)
    caller = wire.require("field_key.delete", project)
    accounts.delete_app_user(wire.hub(), _app_user_or_404(project, number), caller.by)
    return {"success": True}


def _app_user_or_404(project: Project, number: str) -> Actor:
    found = actors.find_actor(wire.hub().read(), number_in_path("actorId", number))
    if found is None or found.project != project.uid or found.deleted_at is not None:
        raise Problem("404.1")
    return found


def _shown(app_users: list[Actor], project: Project) -> list[dict[str, Any]]:
    rows = [app_user_json(each, project.id) for each in app_users]
    if wire.extended():
        db = wire.hub().read()
        values = datasets.values_of_actors(db, project.uid, [each.id for each in app_users])
        used = actors.last_used(db, [each.id for each in app_users])
        for row, each in zip(rows, app_users, strict=True):
            row["createdBy"] = actor_or_none(db, each.created_by)
            row["lastUsed"] = shown(used.get(each.id))
            row["properties"] = values.get(each.id)
    return rows
