"""People: who may sign in to this hub, what they may do, and in which consultation."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from i18n import mark
from server import accounts, resets, second_factor
from server.errors import Fault, Problem, Refusal
from server.overview import local_time
from server.people import ROLE_WORDS, check_not_last, roles_in, take_role
from server.roles import ADMIN, role_named
from server.store import actors
from server.store.actors import Actor
from server.store.projects import Project
from server.web import wire
from server.web.pages.codes import tablet_address
from server.web.pages.frame import back, page, reader_language, room, tell
from server.web.pages.tablets import forms_of
from server.web.rest.assignments import may_give
from server.web.rest.inputs import number_in_path

blueprint = room("people")
OF_PROJECT = "/projects/<int:project_id>/people"
ONE = "/people/<number>"


# In a consultation


@blueprint.get(OF_PROJECT)
def show_project(project_id: int) -> Response:
    project = wire.project_or_404(project_id)
    wire.require("assignment.list", project)
    return _of_project(project)


@blueprint.post(OF_PROJECT)
def give(project_id: int) -> Response:
    project = wire.project_or_404(project_id)
    caller = wire.require("assignment.create", project)
    role = _role_said()
    if not may_give(role_named(role), (project, None)):
        raise Problem("403.1")
    accounts.assign(wire.hub(), _user(request.form.get("user", "")), role_named(role), project, by=caller.by)
    tell(mark("Saved."))
    return back(f"/projects/{project.id}/people")


@blueprint.post(f"{OF_PROJECT}/take")
def take(project_id: int) -> Response:
    project = wire.project_or_404(project_id)
    caller = wire.require("assignment.delete", project)
    take_role(wire.hub(), _user(request.form.get("user", "")), _role_said(), project, caller.by)
    tell(mark("Saved."))
    return back(f"/projects/{project.id}/people")


# On the hub


@blueprint.get("/people")
def show_all() -> Response:
    wire.require("user.list")
    return _all()


@blueprint.post("/people")
def add() -> Response:
    """Whoever is added sets a password by a link, or is given one at once."""
    caller = wire.require("user.create")
    said = request.form
    try:
        made = accounts.create_user(
            wire.hub(),
            said.get("email", ""),
            said.get("password") or None,
            said.get("name", "").strip() or None,
            caller.by,
        )
    except Refusal as fault:
        return _all(fault)
    tell(mark("{name} is added. Now say what they may do."), name=made.display_name)
    return back(f"/people/{made.id}")


@blueprint.get(ONE)
def show(number: str) -> Response:
    wire.require("user.read")
    return _one(_user(number))


@blueprint.post(ONE)
def change(number: str) -> Response:
    caller, user = wire.require("user.update"), _user(number)
    said = {
        "display_name": request.form.get("name", "").strip(),
        "email": request.form.get("email", "").strip(),
    }
    try:
        accounts.update_user(wire.hub(), user, {name: text for name, text in said.items() if text}, caller.by)
    except Refusal as fault:
        return _one(user, fault)
    tell(mark("Saved."))
    return back(f"/people/{user.id}")


@blueprint.post(f"{ONE}/role")
def give_everywhere(number: str) -> Response:
    caller, user, role = wire.require("assignment.create"), _user(number), _role_said()
    if not may_give(role_named(role), (None, None)):
        raise Problem("403.1")
    accounts.assign(wire.hub(), user, role_named(role), by=caller.by)
    tell(mark("Saved."))
    return back(f"/people/{user.id}")


@blueprint.post(f"{ONE}/role/take")
def take_everywhere(number: str) -> Response:
    caller, user = wire.require("assignment.delete"), _user(number)
    try:
        take_role(wire.hub(), user, _role_said(), None, caller.by)
    except Fault as fault:
        return _one(user, fault)
    tell(mark("Saved."))
    return back(f"/people/{user.id}")


@blueprint.post(f"{ONE}/link")
def hand_out(number: str) -> Response:
    """The link is shown this once; the hub keeps its hash."""
    caller, user = wire.require("user.password.invalidate"), _user(number)
    made = resets.hand_out(wire.hub(), user, caller.by)
    link = resets.link_of(tablet_address(), made)
    return _one(user, link=link, until=local_time(made.expires_at) or "")


@blueprint.post(f"{ONE}/second-factor-off")
def switch_off(number: str) -> Response:
    caller, user = wire.require("user.update"), _user(number)
    second_factor.switch_off(wire.hub(), user, caller.by)
    tell(mark("The second factor of {name} is off: the password alone is enough."), name=user.display_name)
    return back(f"/people/{user.id}")


@blueprint.post(f"{ONE}/delete")
def delete(number: str) -> Response:
    caller, user = wire.require("user.delete"), _user(number)
    try:
        check_not_last(wire.hub(), user)
    except Fault as fault:
        return _one(user, fault)
    accounts.delete_user(wire.hub(), user, caller.by)
    tell(mark("{name} can sign in no more. What they did stays under their name."), name=user.display_name)
    return back("/people")


def _user(number: str) -> Actor:
    found = actors.find_actor(wire.hub().read(), number_in_path("actorId", number))
    if found is None or found.type != "user" or found.deleted_at is not None:
        raise Problem("404.1")
    return found


def _role_said() -> str:
    role = request.form.get("role", "")
    if role not in ROLE_WORDS:
        raise Problem("404.1")
    return role


def _all(fault: Refusal | None = None) -> Response:
    users = actors.list_users(wire.hub().read())
    return page(
        "people/users.html", fault.status if fault else 200, section="people", users=users, said=request.form,
        held=roles_in(wire.hub(), None), role_words=ROLE_WORDS, at=local_time,
        fault=fault.text(reader_language()) if fault else "",
    )  # fmt: skip


def _one(user: Actor, fault: Refusal | None = None, *, link: str = "", until: str = "") -> Response:
    held = [one.role for one in roles_in(wire.hub(), None) if one.user.id == user.id]
    said: dict[str, Any] = {"name": user.display_name, "email": user.email or ""}
    return page(
        "people/user.html", fault.status if fault else 200, section="people", user=user, held=held, link=link,
        until=until, role_words=ROLE_WORDS, at=local_time, has_factor=second_factor.is_on(wire.hub(), user),
        said={**said, **(request.form if fault else {})}, fault=fault.text(reader_language()) if fault else "",
    )  # fmt: skip


def _of_project(project: Project) -> Response:
    db = wire.hub().read()
    tablets = actors.list_app_users(db, project.uid)
    used = actors.last_sent(db, project.id, [one.id for one in tablets])
    seen = wire.running().sightings.of(
        project, {one.id: forms_of(project, one) for one in tablets if one.token}
    )
    giving = [name for name in ROLE_WORDS if name != ADMIN and may_give(role_named(name), (project, None))]
    return page(
        "people/project.html", section="people", project=project, held=roles_in(wire.hub(), project),
        tablets=[(one, local_time(used.get(one.id)), seen.get(one.id)) for one in tablets], at=local_time,
        giving=giving, users=actors.list_users(db) if giving else [], role_words=ROLE_WORDS, door=wire.running().door,
    )  # fmt: skip
