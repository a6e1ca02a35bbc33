"""/v1/…/assignments: who has which role at the site, in a project, on a form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint

from server import accounts
from server.accounts import place
from server.errors import Problem
from server.roles import Role
from server.store import actors, forms
from server.store.actors import Actor, Assignment
from server.store.forms import Form
from server.store.projects import Project
from server.web import wire
from server.web.rest.inputs import number_in_path
from server.web.rest.people import actor_json
from server.web.rest.roles import role_or_404

blueprint = Blueprint("assignments", __name__)
SITE = "/v1/assignments"
PROJECT = "/v1/projects/<int:project_id>/assignments"
FORM = "/v1/projects/<int:project_id>/forms/<xml_form_id>/assignments"
FORMS = f"{PROJECT}/forms"
Place = tuple[Project | None, Form | None]


def _place_or_404(project_id: int | None, xml_form_id: str | None) -> Place:
    if project_id is None:
        return None, None
    project = wire.project_or_404(project_id)
    return project, wire.form_or_404(project, xml_form_id) if xml_form_id is not None else None


@blueprint.get(SITE)
@blueprint.get(PROJECT)
@blueprint.get(FORM)
def list_assignments(project_id: int | None = None, xml_form_id: str | None = None) -> list[dict[str, Any]]:
    where = _place_or_404(project_id, xml_form_id)
    wire.require("assignment.list", *where)
    return [_json(given, held) for given, held in _given_at(where)]


@blueprint.get(f"{SITE}/<role_id>")
@blueprint.get(f"{PROJECT}/<role_id>")
@blueprint.get(f"{FORM}/<role_id>")
def list_holders(
    role_id: str, project_id: int | None = None, xml_form_id: str | None = None
) -> list[dict[str, Any]]:
    where = _place_or_404(project_id, xml_form_id)
    role = role_or_404(role_id)
    wire.require("assignment.list", *where)
    return [actor_json(held) for given, held in _given_at(where) if given.role_id == role.id]


@blueprint.post(f"{SITE}/<role_id>/<actor_id>")
@blueprint.post(f"{PROJECT}/<role_id>/<actor_id>")
@blueprint.post(f"{FORM}/<role_id>/<actor_id>")
def assign(
    role_id: str, actor_id: str, project_id: int | None = None, xml_form_id: str | None = None
) -> dict[str, bool]:
    """One may give only what one has."""
    where = _place_or_404(project_id, xml_form_id)
    role, given_to = role_or_404(role_id), _actor_or_404(actor_id)
    caller = wire.require("assignment.create", *where)
    if not may_give(role, where):
        raise Problem("403.1")
    accounts.assign(wire.hub(), given_to, role, *where, by=caller.by)
    return {"success": True}


@blueprint.delete(f"{SITE}/<role_id>/<actor_id>")
@blueprint.delete(f"{PROJECT}/<role_id>/<actor_id>")
@blueprint.delete(f"{FORM}/<role_id>/<actor_id>")
def unassign(
    role_id: str, actor_id: str, project_id: int | None = None, xml_form_id: str | None = None
) -> dict[str, bool]:
    where = _place_or_404(project_id, xml_form_id)
    role, taken_from = role_or_404(role_id), _actor_or_404(actor_id)
    caller = wire.require("assignment.delete", *where)
    accounts.unassign(wire.hub(), taken_from, role, *where, by=caller.by)
    return {"success": True}


@blueprint.get(FORMS)
@blueprint.get(f"{FORMS}/<role_id>")
def list_form_assignments(project_id: int, role_id: str | None = None) -> list[dict[str, Any]]:
    """All those made for single forms of the project, in one call."""
    project = wire.project_or_404(project_id)
    role = role_or_404(role_id) if role_id is not None else None
    wire.require("assignment.list", project)
    db = wire.hub().read()
    names = {form.key: form.xml_form_id for form in forms.list_forms(db, project.id)}
    found = [a for a in actors.form_assignments(db, project.uid) if role is None or a.role_id == role.id]
    return [
        {**_json(given, held), "xmlFormId": names[given.form]}
        for given, held in _with_actors(found)
        if given.form in names
    ]


def _given_at(where: Place) -> list[tuple[Assignment, Actor]]:
    return _with_actors(actors.assignments_on(wire.hub().read(), *place(*where)))


def _with_actors(found: Iterable[Assignment]) -> list[tuple[Assignment, Actor]]:
    db = wire.hub().read()
    both = ((given, actors.find_actor(db, given.actor_id)) for given in found)
    return [(given, held) for given, held in both if held is not None and held.deleted_at is None]


def _json(given: Assignment, held: Actor) -> dict[str, Any]:
    said: dict[str, Any] = {"actorId": given.actor_id, "roleId": given.role_id}
    return {**said, "actor": actor_json(held)} if wire.extended() else said


def may_give(role: Role, where: Place) -> bool:
    return wire.rights().may_all(role.verbs, *place(*where))


def _actor_or_404(actor_id: str) -> Actor:
    found = actors.find_actor(wire.hub().read(), number_in_path("actorId", actor_id))
    if found is None or found.deleted_at is not None or found.type not in ("user", "field_key"):
        raise Problem("404.1")
    return found
