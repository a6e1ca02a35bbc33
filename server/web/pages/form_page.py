"""The page of one form: what is out, its versions, how far it is translated, its state, and the trash."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, request

from i18n import mark
from server import publish
from server.drafts import set_draft
from server.errors import Fault, Refusal
from server.form_papers import LANGUAGES as PAPER_LANGUAGES
from server.form_papers import SIZES
from server.form_shelf import last_hand, name_of, versions
from server.form_translations import progress_of
from server.overview import local_time
from server.store import forms, submissions
from server.store.forms import Form, FormVersion
from server.store.paging import count_live
from server.store.projects import Project
from server.web import wire
from server.web.pages.frame import back, page, reader_language, room, say, tell

blueprint = room("form_page")
FORM = "/projects/<int:project_id>/forms/<xml_form_id>"
STATES = {
    "open": (mark("Open"), mark("Tablets see the form, fill it in and send.")),
    "closing": (
        mark("Closing"),
        mark("Tablets do not see it any more, but what they have filled in is still taken."),
    ),
    "closed": (
        mark("Closed"),
        mark("Tablets do not see it. What still comes is kept safe and set aside, for you to decide."),
    ),
}
PAPERS = {"km": "ភាសាខ្មែរ", "en": "English", "both": mark("Both languages")}
SOMEBODY = mark("Somebody")


def find(project_id: int, xml_form_id: str, verb: str = "form.read") -> tuple[Project, Form]:
    """Raises Problem 404.1, 403.1."""
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, xml_form_id)
    wire.require(verb, project, form)
    return project, form


def place(form: Form, rest: str = "") -> str:
    """The form's address in the console."""
    return f"/projects/{form.project_id}/forms/{quote(form.xml_form_id, safe='')}{rest}"


def trail(project: Project, form: Form, *more: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """Where one is: links, the last without an address."""
    listed: list[tuple[str, str | None]] = [
        (project.name, f"/projects/{project.id}"), (say(mark("Forms")), f"/projects/{project.id}/forms"),
        (title_of(form), place(form)), *more,
    ]  # fmt: skip
    return [*listed[:-1], (listed[-1][0], None)]


def version_of(form: Form, number: int | None) -> FormVersion | None:
    return forms.find_version(wire.hub().read(), number) if number else None


def title_of(form: Form) -> str:
    shown = version_of(form, form.current_id or form.draft_id)
    return (shown.name if shown else None) or form.xml_form_id


def changed_meanwhile(form: Form) -> Fault:
    """Two people at the same form: the second is told, and nothing of theirs is done."""
    return Fault("form.changed", name=last_hand(wire.hub(), form) or say(SOMEBODY))


@blueprint.get(FORM)
def show(project_id: int, xml_form_id: str) -> Response:
    project, form = find(project_id, xml_form_id)
    if form.current_id is None and wire.may("form.update", project, form):
        return back(place(form, "/draft"))
    return form_page(project, form)


def form_page(
    project: Project, form: Form, fault: Refusal | Any = None, status: int = 200, **more: Any
) -> Response:
    """more: `looked`, an upload that was refused for what was found in it."""
    hub = wire.hub()
    out, may_count = version_of(form, form.current_id), wire.may("submission.list", project, form)
    draft = version_of(form, form.draft_id) if wire.may("form.update", project, form) else None
    return page(
        "forms/form.html", status, section="forms", project=project, form=form, place=place(form), out=out,
        title=title_of(form), trail=trail(project, form), draft=draft, states=STATES, papers=PAPERS,
        languages=PAPER_LANGUAGES, sizes=SIZES, fault=fault.text(reader_language()) if fault else "",
        draft_at=local_time(draft.created_at) if draft else None,
        draft_by=name_of(hub, draft.created_by) if draft else "",
        versions=versions(hub, form), may_count=may_count,
        total=count_live(hub.read(), form.id) if may_count else None,
        newest=local_time(submissions.newest_moment(hub.read(), form.id)) if may_count else None,
        progress=progress_of(hub, form, out) if out else (), **more,
    )  # fmt: skip


@blueprint.post(f"{FORM}/state")
def change_state(project_id: int, xml_form_id: str) -> Response:
    project, form = find(project_id, xml_form_id, "form.update")
    try:
        if request.form.get("was") != form.state:
            raise changed_meanwhile(form)
        publish.change_state(wire.hub(), form, request.form.get("state"), by=wire.caller().by)
    except Refusal as fault:
        return form_page(project, form, fault, fault.status)
    state = request.form["state"]
    tell(mark("The form is now: {state}."), state=say(STATES[state][0]))
    return back(place(form))


@blueprint.post(f"{FORM}/draft/begin")
def begin_draft(project_id: int, xml_form_id: str) -> Response:
    """A copy of what is out, to change its files or only to try it."""
    _, form = find(project_id, xml_form_id, "form.update")
    if form.draft_id is None:
        set_draft(wire.hub(), form, None, ignore_warnings=True, by=wire.caller().by)
    return back(place(form, "/draft"))


@blueprint.post(f"{FORM}/delete")
def delete(project_id: int, xml_form_id: str) -> Response:
    project, form = find(project_id, xml_form_id, "form.delete")
    publish.delete_form(wire.hub(), form, by=wire.caller().by)
    tell(
        mark("“{title}” lies in the trash, with its submissions. It can be taken back."), title=title_of(form)
    )
    return back(f"/projects/{project.id}/forms")
