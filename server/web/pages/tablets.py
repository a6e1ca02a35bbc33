"""A consultation's tablets: added many at once, their QR codes and cards to print, and ended when one is lost."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from i18n import mark
from server import accounts
from server.errors import Fault, Problem, Refusal
from server.overview import local_time
from server.roles import APP_USER, role_named
from server.store import actors, forms
from server.store.actors import Actor
from server.store.forms import Form
from server.store.projects import Project
from server.tablet_settings import CHOICES, read_wishes, wished_settings
from server.tablets import payload
from server.web import wire
from server.web.pages.codes import chosen_address, is_here, picture
from server.web.pages.frame import back, page, reader_language, room, tell
from server.web.rest.inputs import number_in_path

blueprint = room("tablets")
LIST = "/projects/<int:project_id>/tablets"
ONE = f"{LIST}/<number>"
NAME_LIMIT, AT_ONCE = 200, 200


@blueprint.post(LIST)
def add(project_id: int) -> Response:
    """A name a line. A tablet sees every form of the consultation, also those of later."""
    project = wire.project_or_404(project_id)
    caller = wire.require("field_key.create", project)
    names = [line.strip() for line in request.form.get("names", "").splitlines() if line.strip()]
    if not 0 < len(names) <= AT_ONCE or any(len(name) > NAME_LIMIT for name in names):
        raise Fault("tablet.names", most=AT_ONCE, limit=NAME_LIMIT)
    made = []
    for name in names:
        tablet = accounts.create_app_user(wire.hub(), project, name, caller.by)
        accounts.assign(wire.hub(), tablet, role_named(APP_USER), project, by=caller.by)
        made.append(str(tablet.id))
    tell(mark("{n} tablets may send now. Print their cards, or let each scan its code."), n=len(made))
    return back(f"/projects/{project.id}/tablets/cards?only={','.join(made)}")


@blueprint.get(ONE)
def show(project_id: int, number: str) -> Response:
    project, tablet = _tablet(project_id, number)
    return _one(project, tablet)


@blueprint.get(f"{LIST}/cards")
def cards(project_id: int) -> Response:
    """?only: numbers with commas; else all that may send."""
    project = wire.project_or_404(project_id)
    wire.require("field_key.create", project)
    wanted = [n for n in request.args.get("only", "").split(",") if n]
    listed = [one for one in actors.list_app_users(wire.hub().read(), project.uid) if one.token]
    chosen = [one for one in listed if not wanted or str(one.id) in wanted]
    return _cards(project, sorted(chosen, key=lambda one: one.id))


@blueprint.post(f"{ONE}/revoke")
def revoke(project_id: int, number: str) -> Response:
    project, tablet = _tablet(project_id, number)
    caller = wire.require("session.end", project)
    accounts.revoke_app_user(wire.hub(), tablet, caller.by)
    tell(
        mark("“{name}” can send no more, from this moment on. What it sent stays."), name=tablet.display_name
    )
    return back(f"/projects/{project.id}/people")


@blueprint.post(f"{ONE}/forms")
def choose_forms(project_id: int, number: str) -> Response:
    """All forms, also those of later, or those that are ticked."""
    project, tablet = _tablet(project_id, number)
    caller = wire.require("assignment.create", project)
    wire.require("assignment.delete", project)
    ticked = set(request.form.getlist("forms"))
    wanted = {""} if "all" in request.form else ticked
    listed: dict[str, Form | None] = {"": None}
    listed |= {form.xml_form_id: form for form in forms.list_forms(wire.hub().read(), project.id)}
    held = _seen(project, tablet)
    for form_id in (wanted - held) & set(listed):
        accounts.assign(wire.hub(), tablet, role_named(APP_USER), project, listed[form_id], caller.by)
    for form_id in (held - wanted) & set(listed):
        accounts.unassign(wire.hub(), tablet, role_named(APP_USER), project, listed[form_id], caller.by)
    tell(mark("Saved. The tablet follows when it next asks for its forms."))
    return back(f"/projects/{project.id}/tablets/{tablet.id}")


def _tablet(project_id: int, number: str) -> tuple[Project, Actor]:
    """The code is a key to the consultation: shown to those alone who may hand out keys."""
    project = wire.project_or_404(project_id)
    wire.require("field_key.create", project)
    found = actors.find_actor(wire.hub().read(), number_in_path("actorId", number))
    if found is None or found.project != project.uid or found.deleted_at is not None:
        raise Problem("404.1")
    return project, found


def _seen(project: Project, tablet: Actor) -> set[str]:
    """xmlFormIds that it sees; "" for all."""
    db = wire.hub().read()
    by_key = {form.key: form.xml_form_id for form in forms.list_forms(db, project.id)} | {"": ""}
    given = actors.assignments_of(db, tablet.id)
    return {by_key[one.form] for one in given if one.project == project.uid and one.form in by_key}


def forms_of(project: Project, tablet: Actor) -> set[str]:
    """xmlFormIds of the forms that it sees."""
    seen = _seen(project, tablet)
    return (
        {form.xml_form_id for form in forms.list_forms(wire.hub().read(), project.id)} if "" in seen else seen
    )


def _code(project: Project, tablet: Actor) -> tuple[dict[str, Any], Refusal | None]:
    """What the wishes in the address make of the code; with a wish that is none, the usual one."""
    try:
        wishes, fault = read_wishes(request.args), None
    except Refusal as refusal:
        wishes, fault = read_wishes({}), refusal
    address = chosen_address()
    settings = wished_settings(address, project, tablet, wishes)
    shown = {"address": address, "url": settings["general"]["server_url"], "picture": picture(payload(settings)),
             "said": wishes.said, "password": wishes.password, "is_here": is_here(address)}  # fmt: skip
    return shown, fault


def _one(project: Project, tablet: Actor) -> Response:
    db = wire.hub().read()
    code, fault = _code(project, tablet) if tablet.token else ({}, None)
    used = actors.last_sent(db, project.id, [tablet.id]).get(tablet.id)
    return page(
        "people/tablet.html", fault.status if fault else 200, section="people", project=project, tablet=tablet,
        code=code, fault=fault.text(reader_language()) if fault else "", choices=CHOICES, used=local_time(used),
        asked=request.query_string.decode("utf-8", "replace"), made=local_time(tablet.created_at),
        seen=_seen(project, tablet), listed=forms.list_forms(db, project.id), at=local_time,
        sighting=wire.running().sightings.of(project, {tablet.id: forms_of(project, tablet)}).get(tablet.id),
    )  # fmt: skip


def _cards(project: Project, chosen: list[Actor]) -> Response:
    fault: Refusal | None = None
    shown = []
    for tablet in chosen:
        code, fault = _code(project, tablet)
        shown.append((tablet, code))
    return page(
        "people/cards.html", section="people", project=project, cards=shown, address=chosen_address(),
        fault=fault.text(reader_language()) if fault else "", is_here=is_here(chosen_address()),
    )  # fmt: skip
