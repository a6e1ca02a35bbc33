"""/v1/projects/N/actor-properties: names of what tells app users and public links apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from server.datasets import NOT_GIVEN, checked_values, create_actor_property
from server.store import datasets
from server.store.projects import Project
from server.web import wire
from server.web.rest.forms import SUCCESS

blueprint = Blueprint("actor_properties", __name__)
PATH = "/v1/projects/<int:project_id>/actor-properties"


@blueprint.get(PATH)
def list_all(project_id: int) -> list[dict[str, Any]]:
    """By name; extended with the values in use."""
    project = wire.project_or_404(project_id)
    wire.require("actor_property.list", project)
    db = wire.hub().read()
    names = datasets.list_actor_properties(db, project.uid)
    if not wire.extended():
        return [{"name": name} for name in names]
    used = datasets.values_in_use(db, project.uid)
    return [{"name": name, "values": used.get(name, [])} for name in names]


@blueprint.post(PATH)
def create(project_id: int) -> dict[str, bool]:
    project = wire.project_or_404(project_id)
    caller = wire.require("actor_property.update", project)
    create_actor_property(wire.hub(), project, wire.json_body().get("name", NOT_GIVEN), by=caller.by)
    return SUCCESS


def given_values(project: Project, said: Mapping[str, Any]) -> dict[str, str | None]:
    """Those that the body of a request gives an actor. Raises Problem 400.8."""
    given = said.get("properties")
    return {} if given is None else checked_values(wire.hub(), project, given)
