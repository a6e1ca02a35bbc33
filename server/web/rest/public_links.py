"""/v1/projects/N/forms/ID/public-links: links by which anybody may fill in one form."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g

from server import accounts
from server.datasets import set_values
from server.errors import Problem
from server.public_links import create_link, delete_link
from server.store import actors, datasets
from server.store.actors import Actor
from server.store.forms import Form
from server.store.projects import Project
from server.web import wire
from server.web.rest.actor_properties import given_values
from server.web.rest.inputs import number_in_path, optional_switch, required_text
from server.web.rest.people import actor_json, actor_or_none

blueprint = Blueprint("public_links", __name__)
PATH = "/v1/projects/<int:project_id>/forms/<xml_form_id>/public-links"


@blueprint.get(PATH)
def list_links(project_id: int, xml_form_id: str) -> list[dict[str, Any]]:
    project, form = _find(project_id, xml_form_id)
    wire.require("public_link.list", project, form)
    db = wire.hub().read()
    return [_json(link) for link in actors.list_public_links(db, *accounts.place(project, form))]


@blueprint.post(PATH)
def create(project_id: int, xml_form_id: str) -> dict[str, Any]:
    project, form = _find(project_id, xml_form_id)
    caller = wire.require("public_link.create", project, form)
    said = wire.json_body()
    name, once = required_text(said, "displayName"), optional_switch(said, "once")
    values = given_values(project, said)
    made = create_link(wire.hub(), project, form, name, once, caller.by)
    set_values(wire.hub(), project, made, values, by=caller.by)
    return _plain(made)


@blueprint.patch(f"{PATH}/<number>")
def update(project_id: int, xml_form_id: str, number: str) -> dict[str, Any]:
    """{"properties": {NAME: value, or null}}: what access filters of entity lists go by."""
    project, form = _find(project_id, xml_form_id)
    caller = wire.require("public_link.update", project, form)
    held = _link_or_404(project, form, number)
    set_values(wire.hub(), project, held, given_values(project, wire.json_body()), by=caller.by)
    g.extended = True
    return _json(held)


@blueprint.get(f"{PATH}/<number>")
def show(project_id: int, xml_form_id: str, number: str) -> dict[str, Any]:
    project, form = _find(project_id, xml_form_id)
    wire.require("public_link.read", project, form)
    return _json(_link_or_404(project, form, number))


@blueprint.delete(f"{PATH}/<number>")
def delete(project_id: int, xml_form_id: str, number: str) -> dict[str, bool]:
    project, form = _find(project_id, xml_form_id)
    caller = wire.require("public_link.delete", project, form)
    delete_link(wire.hub(), _link_or_404(project, form, number), caller.by)
    return {"success": True}


def _find(project_id: int, xml_form_id: str) -> tuple[Project, Form]:
    project = wire.project_or_404(project_id)
    return project, wire.form_or_404(project, xml_form_id)


def _link_or_404(project: Project, form: Form, number: str) -> Actor:
    found = actors.find_actor(wire.hub().read(), number_in_path("actorId", number))
    if found is None or found.deleted_at is not None or found.type != "public_link":
        raise Problem("404.1")
    if (found.project, found.form) != accounts.place(project, form):
        raise Problem("404.1")
    return found


def _plain(link: Actor) -> dict[str, Any]:
    once = None if link.once is None else bool(link.once)
    return {**actor_json(link), "token": link.token, "once": once}


def _json(link: Actor) -> dict[str, Any]:
    if not wire.extended():
        return _plain(link)
    maker = actor_or_none(wire.hub().read(), link.created_by)
    values = datasets.values_of_actors(wire.hub().read(), link.project or "", [link.id]).get(link.id)
    return {**_plain(link), "createdBy": maker, "properties": values}
