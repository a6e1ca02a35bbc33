"""What is set aside: what came, why it does not take part, and letting it."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from i18n import mark
from server.answered import Part, read_answers
from server.chronicle import changes_between
from server.errors import Fault, Problem, Refusal
from server.notices import PARKED
from server.overview import local_time
from server.parked import DECIDABLE, accept
from server.store import actors, forms, submissions
from server.store.forms import Form
from server.store.projects import Project
from server.store.submissions import ParkedRow
from server.web import wire
from server.web.pages.frame import back, page, reader_language, room, tell
from server.web.pages.whereabouts import draw
from sync.ledger import is_hash

blueprint = room("parked_pages")
ONE = "/projects/<int:project_id>/parked/<entry>"
MOST = 200


@blueprint.get(ONE)
def show(project_id: int, entry: str) -> Response:
    project, row = _row(project_id, entry)
    return _one(project, row)


@blueprint.get(f"{ONE}/xml")
def fetch(project_id: int, entry: str) -> Response:
    """As it came."""
    _, row = _row(project_id, entry)
    answer = Response(wire.hub().blobs.read(row.xml, wire.hub().read()), mimetype="application/xml")
    answer.headers["Content-Disposition"] = "attachment; filename=set-aside.xml"
    return answer


@blueprint.post("/projects/<int:project_id>/parked/accept")
def let_in(project_id: int) -> Response:
    """One or many; one that cannot be stops none of the others."""
    project = wire.project_or_404(project_id)
    caller = wire.require("submission.update", project)
    done, refused = 0, dict[str, int]()
    for name in request.form.getlist("chosen")[:MOST]:
        try:
            accept(wire.hub(), project, name, by=caller.by)
            done += 1
        except Fault as fault:
            text = fault.text(reader_language())
            refused[text] = refused.get(text, 0) + 1
    if not done and not refused:
        raise Fault("review.none_ticked")
    if done:
        tell(mark("{n} take part now."), n=done)
    for text in list(refused)[:3]:
        tell(mark("Not done: {reason}"), reason=text)
    return back(f"/projects/{project.id}/conflicts")


def _row(project_id: int, entry: str) -> tuple[Project, ParkedRow]:
    """Raises Problem 404.1, 403.1."""
    project = wire.project_or_404(project_id)
    wire.require("submission.read", project)
    found = submissions.find_parked(wire.hub().read(), project.id, entry) if is_hash(entry) else None
    if found is None:
        raise Problem("404.1")
    return project, found


def _one(project: Project, row: ParkedRow, fault: Refusal | None = None) -> Response:
    db, lang = wire.hub().read(), reader_language()
    form = forms.find_by_key(db, project.uid, row.form_key)
    sender = actors.find_actor(db, row.submitter_id) if row.submitter_id else None
    return page(
        "conflicts/parked.html", fault.status if fault else 200, section="conflicts", project=project, row=row,
        reason=PARKED.get(row.reason, row.reason), decidable=row.reason in DECIDABLE, at=local_time, draw=draw,
        answered=read_answers(wire.hub(), form, row, lang) if form else None, sender=sender, files={},
        is_part=lambda one: isinstance(one, Part), form=form, **_beside(form, row, lang),
    )  # fmt: skip


def _beside(form: Form | None, row: ParkedRow, lang: str) -> dict[str, Any]:
    """The submission whose number it bears, and what differs."""
    nothing: dict[str, Any] = {"held": None, "changes": None}
    if form is None:
        return nothing
    known = submissions.versions_with(wire.hub().read(), form.id, row.instance_id)
    if not known:
        return nothing
    held = submissions.find_by_number(wire.hub().read(), known[0].submission_id)
    return {"held": held, "changes": changes_between(wire.hub(), form, known[0], row, lang)}
