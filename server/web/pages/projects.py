"""A consultation itself: made, renamed, put away; how carefully its answers are kept, and encrypting them."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from forms.sensitivity import LEVELS
from i18n import mark
from server.encrypting import encrypt_project
from server.errors import Fault, Refusal
from server.privacy.keeping import defaults_of, set_defaults
from server.projects import create_project, delete_project, update_project
from server.store.projects import Project
from server.web import wire
from server.web.pages.frame import back, page, reader_language, room, tell

blueprint = room("projects_pages")
SETTINGS = "/projects/<int:project_id>/settings"
NAME_LIMIT = 200  # characters
LEVEL_WORDS = {
    "public": mark("public: may be told to anybody"),
    "internal": mark("internal: for those who work on the consultation"),
    "restricted": mark("restricted: delicate"),
    "identifying": mark("identifying: tells who somebody is, and becomes a pseudonym"),
}
KIND_WORDS = {
    "names": mark("Names of people."),
    "phones": mark("Telephone numbers and e-mail addresses."),
    "identifiers": mark("Addresses, numbers of cards, dates of birth."),
    "devices": mark("What a tablet fills in about itself and its user."),
    "recordings": mark("Pictures, voices and other files."),
    "places": mark("Places found by satellite."),
}


@blueprint.get("/projects/new")
def ask() -> Response:
    wire.require("project.create")
    return page("projects/new.html", said={})


@blueprint.post("/projects/new")
def make() -> Response:
    caller = wire.require("project.create")
    try:
        made = create_project(
            wire.hub(), _name(), request.form.get("description", "").strip() or None, caller.by
        )
    except Refusal as fault:
        return page("projects/new.html", fault.status, said=request.form, fault=fault.text(reader_language()))
    tell(
        mark("The consultation is made. Upload its first form, or take one of those that come with the hub.")
    )
    return back(f"/projects/{made.id}/forms")


@blueprint.get(SETTINGS)
def show(project_id: int) -> Response:
    return _settings(_project(project_id))


@blueprint.post(SETTINGS)
def change(project_id: int) -> Response:
    project = _project(project_id)
    try:
        changes = {"name": _name(), "description": request.form.get("description", "").strip() or None}
        update_project(wire.hub(), project, changes, wire.caller().by)
    except Refusal as fault:
        return _settings(project, fault)
    tell(mark("Saved."))
    return back(f"/projects/{project_id}/settings")


@blueprint.post(f"{SETTINGS}/archived")
def put_away(project_id: int) -> Response:
    """It goes on as before, and is listed last."""
    project = _project(project_id)
    update_project(wire.hub(), project, {"archived": "archived" in request.form or None}, wire.caller().by)
    tell(mark("Saved."))
    return back(f"/projects/{project_id}/settings")


@blueprint.post(f"{SETTINGS}/privacy")
def keep(project_id: int) -> Response:
    project = _project(project_id)
    said = {kind: request.form[kind] for kind in KIND_WORDS if kind in request.form}
    held = defaults_of(wire.hub(), project.uid)
    try:
        changed = {kind: level for kind, level in said.items() if held.get(kind) != level}
        set_defaults(wire.hub(), project.uid, changed, wire.caller().by)
    except Refusal as fault:
        return _settings(project, fault)
    tell(mark("Saved."))
    return back(f"/projects/{project_id}/settings")


@blueprint.post(f"{SETTINGS}/encryption")
def encrypt(project_id: int) -> Response:
    project = _project(project_id)
    said = request.form
    try:
        if said.get("passphrase") != said.get("again"):
            raise Fault("first.passwords")
        hint = said.get("hint", "").strip() or None
        encrypt_project(wire.hub(), project, said.get("passphrase") or None, hint, wire.caller().by)
    except Refusal as fault:
        return _settings(project, fault)
    tell(
        mark("From now on answers are encrypted. Keep the passphrase: without it nobody can ever read them.")
    )
    return back(f"/projects/{project_id}/settings")


@blueprint.post(f"{SETTINGS}/delete")
def delete(project_id: int) -> Response:
    """Its name is typed, so that no slip of the hand ends a consultation."""
    project = wire.project_or_404(project_id)
    caller = wire.require("project.delete", project)
    if request.form.get("typed", "").strip() != project.name.strip():
        return _settings(project, Fault("project.name_differs", name=project.name))
    delete_project(wire.hub(), project, caller.by)
    tell(
        mark("“{name}” is no longer shown. What was received stays in the ledger."),
        name=project.name,
    )
    return back("/")


def _project(project_id: int) -> Project:
    project = wire.project_or_404(project_id)
    wire.require("project.update", project)
    return project


def _name() -> str:
    """Raises Fault project.name."""
    name = request.form.get("name", "").strip()
    if not 0 < len(name) <= NAME_LIMIT:
        raise Fault("project.name", limit=NAME_LIMIT)
    return name


def _settings(project: Project, fault: Refusal | None = None) -> Response:
    said: dict[str, Any] = {"name": project.name, "description": project.description or ""}
    return page(
        "projects/settings.html", fault.status if fault else 200, project=project,
        fault=fault.text(reader_language()) if fault else "", said={**said, **(request.form if fault else {})},
        levels=defaults_of(wire.hub(), project.uid), level_words={level: LEVEL_WORDS[level] for level in LEVELS},
        kind_words=KIND_WORDS,
    )  # fmt: skip
