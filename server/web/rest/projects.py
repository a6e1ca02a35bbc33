"""/v1/projects."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request

from server.clock import shown
from server.encrypting import encrypt_project
from server.entity_making import catch_up
from server.projects import create_project, delete_project, update_project
from server.store import dataset_rows, datasets, projects
from server.store.projects import Project
from server.web import wire
from server.web.rest.assignments import may_give
from server.web.rest.datasets import listed_datasets
from server.web.rest.forms import listed_forms
from server.web.rest.inputs import optional_secret, optional_switch, optional_text, required_text
from server.whole_project import carry_out, read_plan

blueprint = Blueprint("projects", __name__)
PATH = "/v1/projects/<int:project_id>"


@blueprint.get("/v1/projects")
def list_all() -> list[dict[str, Any]]:
    """Those whose forms the caller may see: with ?forms=true these are listed too."""
    found = [p for p in projects.list_projects(wire.hub().read()) if _visible(p)]
    rows = [{**(_extended(p) if wire.extended() else project_json(p)), "verbs": _verbs(p)} for p in found]
    if request.args.get("forms"):
        for project, row in zip(found, rows, strict=True):
            row |= _with_forms(project)
    if request.args.get("datasets"):
        catch_up(wire.hub())
        for project, row in zip(found, rows, strict=True):
            row |= _with_datasets(project)
    return rows


def _with_datasets(project: Project) -> dict[str, Any]:
    """The entity lists with their extended metadata, for who may list them."""
    listed = listed_datasets(project, extended=True) if wire.may("dataset.list", project) else []
    newest = max((each["lastEntity"] or "" for each in listed), default="")
    return {"datasetList": listed, "datasets": len(listed), "lastEntity": newest or None}


def _with_forms(project: Project) -> dict[str, Any]:
    """The forms with their extended metadata, whatever the header says (Central)."""
    g.extended = True
    listed = listed_forms(project)
    newest = max((form["lastSubmission"] or "" for form in listed), default="")
    return {"formList": listed, "forms": len(listed), "lastSubmission": newest or None}


def _visible(project: Project) -> bool:
    sees_forms = wire.may("form.list", project) or wire.may("open_form.list", project)
    return sees_forms and wire.may("project.read", project)


@blueprint.post("/v1/projects")
def create() -> dict[str, Any]:
    caller = wire.require("project.create")
    said = wire.json_body()
    name, description = required_text(said, "name"), optional_text(said, "description")
    archived = optional_switch(said, "archived")
    return project_json(create_project(wire.hub(), name, description, caller.by, archived=archived))


@blueprint.get(PATH)
def show(project_id: int) -> dict[str, Any]:
    project = wire.project_or_404(project_id)
    wire.require("project.read", project)
    return {"verbs": _verbs(project), **_extended(project)} if wire.extended() else project_json(project)


@blueprint.patch(PATH)
def update(project_id: int) -> dict[str, Any]:
    project = wire.project_or_404(project_id)
    caller = wire.require("project.update", project)
    said = wire.json_body()
    changes: dict[str, Any] = {}
    if "name" in said:
        changes["name"] = required_text(said, "name")
    if "description" in said:
        changes["description"] = optional_text(said, "description")
    if "archived" in said:
        changes["archived"] = optional_switch(said, "archived")
    return project_json(update_project(wire.hub(), project, changes, caller.by))


@blueprint.post(f"{PATH}/key")
def encrypt(project_id: int) -> dict[str, bool]:
    """{"passphrase", "hint"}: from now on its forms are answered encrypted."""
    project = wire.project_or_404(project_id)
    caller = wire.require("project.update", project)
    said = wire.json_body()
    passphrase, hint = optional_secret(said, "passphrase"), optional_text(said, "hint")
    encrypt_project(wire.hub(), project, passphrase, hint, caller.by)
    return {"success": True}


@blueprint.put(PATH)
def replace(project_id: int) -> dict[str, Any]:
    """The project, and with {"forms": […]} all of its forms with who may what on them. What is not said of
    the project becomes null, what is not said of a form stays."""
    project = wire.project_or_404(project_id)
    caller = wire.require("project.update", project)
    said = wire.json_body()
    changes = {
        "name": required_text(said, "name"),
        "description": optional_text(said, "description"),
        "archived": optional_switch(said, "archived"),
    }
    plan = read_plan(wire.hub().read(), project, changes, said.get("forms"))
    for verb in sorted(plan.verbs):
        wire.require(verb, project)
    carry_out(wire.hub(), project, plan, lambda role, form: may_give(role, (project, form)), caller.by)
    return project_json(wire.project_or_404(project_id))


@blueprint.delete(PATH)
def delete(project_id: int) -> dict[str, bool]:
    project = wire.project_or_404(project_id)
    caller = wire.require("project.delete", project)
    delete_project(wire.hub(), project, caller.by)
    return {"success": True}


def project_json(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "archived": None if project.archived is None else bool(project.archived),
        "keyId": project.key_id,
        "createdAt": shown(project.created_at),
        "updatedAt": shown(project.updated_at),
        "deletedAt": shown(project.deleted_at),
    }


def _verbs(project: Project) -> list[str]:
    return wire.rights().verbs_on(project.uid)


def _extended(project: Project) -> dict[str, Any]:
    db = wire.hub().read()
    counts = projects.count_contents(db, project.id)
    names = {each.key for each in datasets.list_datasets(db, project.uid)}
    held = dataset_rows.count_contents(db, project.uid)
    newest = max((c.last_entity or "" for key, c in held.items() if key in names), default="")
    return {
        **project_json(project),
        "appUsers": counts.app_users,
        "forms": counts.forms,
        "lastSubmission": shown(counts.last_submission),
        "datasets": len(names),
        "lastEntity": shown(newest or None),
    }
