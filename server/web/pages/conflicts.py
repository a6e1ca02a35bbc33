"""What hubs said apart about a submission: both sides next to each other, what a person decides, and taking it back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, request

from i18n import mark
from server.answered import Answer, Part, read_answers, text_in
from server.conflicts import Conflict, can_reopen, decide, go_back, read_conflict, reopen
from server.errors import Fault, Problem, Refusal
from server.notices import PARKED
from server.overview import local_time
from server.parked import DECIDABLE
from server.store import conflicts as rows
from server.store import forms, peers, submissions
from server.store.forms import Form
from server.store.projects import Project
from server.store.submissions import Submission
from server.web import wire
from server.web.pages.frame import back, page, reader_language, room, tell
from server.web.pages.submissions import title_of
from sync.merge import Version

blueprint = room("conflicts_pages")
LIST = "/projects/<int:project_id>/conflicts"
ONE = f"{LIST}/<xml_form_id>/<instance_id>"
SHOWN = 100
KINDS = {
    "versions": mark("{sides} versions made apart"),
    "review": mark("{sides} reviews that differ"),
    "deleted": mark("deleted by one who did not know everything ({sides})"),
}


@blueprint.get(LIST)
def show_all(project_id: int) -> Response:
    """Conflicts, oldest first, and what is set aside."""
    project = wire.project_or_404(project_id)
    wire.require("submission.read", project)
    db = wire.hub().read()
    listed = {form.id: form for form in forms.list_forms(db, project.id)}
    found = [row for row in rows.list_conflicts(db, project.id) if row.form_id in listed]
    parked = submissions.list_parked(db, project.id)
    return page(
        "conflicts/list.html", section="conflicts", project=project, listed=listed, at=local_time, kinds=KINDS,
        found=found[:SHOWN], found_all=len(found), parked=parked[:SHOWN], parked_all=len(parked), reasons=PARKED,
        decidable=DECIDABLE, titles={form.key: title_of(form) for form in listed.values()},
    )  # fmt: skip


@blueprint.get(ONE)
def show(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    project, form, held = _held(project_id, xml_form_id, instance_id, "submission.read")
    return _one(project, form, held)


@blueprint.post(f"{ONE}/decide")
def choose(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    """pick a version, take answers from several, or say which review holds or whether it stays deleted. Only as
    long as the sides are those that the page showed."""
    said = request.form
    deletes = said.get("what") == "deleted"
    verb = "submission.delete" if deletes else "submission.update"
    project, form, held = _held(project_id, xml_form_id, instance_id, verb)
    conflict = read_conflict(wire.hub(), form, held)
    if said.get("seen", "") != _mark_of(conflict):
        return _one(project, form, held, Fault("conflict.changed"))
    try:
        decide(wire.hub(), form, held, _decision(conflict), instance_id=_new_id(), by=wire.caller().by)
    except Refusal as fault:
        return _one(project, form, held, fault)
    tell(mark("It is decided. The decision travels to every hub, and can be taken back here."))
    return back(_place(project, form, held))


@blueprint.post(f"{ONE}/reopen")
def take_back(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    project, form, held = _held(project_id, xml_form_id, instance_id, "submission.update")
    try:
        reopen(wire.hub(), form, held, by=wire.caller().by)
    except Refusal as fault:
        return _one(project, form, held, fault)
    tell(mark("The decision is taken back: both sides stand against each other again."))
    return back(_place(project, form, held))


@blueprint.post(f"{ONE}/version")
def return_to(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    """A new version with an old one's answers."""
    project, form, held = _held(project_id, xml_form_id, instance_id, "submission.update")
    try:
        go_back(
            wire.hub(),
            form,
            held,
            request.form.get("version", ""),
            instance_id=_new_id(),
            by=wire.caller().by,
        )
    except Refusal as fault:
        return _one(project, form, held, fault)
    tell(mark("A new version with those answers stands now. The one before it is kept."))
    return back(_place(project, form, held))


def _decision(conflict: Conflict) -> dict[str, Any]:
    """What the form says, as `conflicts.decide` takes it. Raises Fault conflict.nothing_chosen."""
    said = request.form
    match said.get("what"):
        case "pick" if said.get("version"):
            return {"pick": said["version"]}
        case "take":
            base = conflict.sides[0].xml
            chosen = {n.removeprefix("take."): v for n, v in said.items() if n.startswith("take.")}
            taken = {path: version for path, version in chosen.items() if version != base}
            return {"take": taken} if taken else {"pick": base}
        case "review" if said.get("state"):
            return {"reviewState": None if said["state"] == "received" else said["state"]}
        case "deleted" if said.get("deleted") in ("yes", "no"):
            return {"deleted": said["deleted"] == "yes"}
    raise Fault("conflict.nothing_chosen")


def _new_id() -> str:
    return f"uuid:{uuid.uuid4()}"


def _held(project_id: int, xml_form_id: str, instance_id: str, verb: str) -> tuple[Project, Form, Submission]:
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, xml_form_id)
    wire.require(verb, project, form)
    found = submissions.find_submission(wire.hub().read(), form.id, instance_id)
    if found is None:
        raise Problem("404.1")
    return project, form, found


def _place(project: Project, form: Form, held: Submission) -> str:
    return f"/projects/{project.id}/conflicts/{quote(form.xml_form_id, safe='')}/{quote(held.instance_id, safe='')}"


def _mark_of(conflict: Conflict) -> str:
    """What a decision goes by."""
    return " ".join(
        [*(side.entry.id[:16] for side in conflict.sides), *(e.id[:16] for e in conflict.reviews)]
    )


def _one(project: Project, form: Form, held: Submission, fault: Refusal | None = None) -> Response:
    lang, hub = reader_language(), wire.hub()
    conflict = read_conflict(hub, form, held)
    names = peers.hub_names(hub.read())
    labels = {path: text_in(texts, lang) for path, texts in conflict.labels.items()}
    return page(
        "conflicts/one.html", fault.status if fault else 200, section="conflicts", project=project, form=form,
        held=held, conflict=conflict, labels=labels, sides=[_side(form, one, names, lang) for one in conflict.sides],
        place=_place(project, form, held), seen=_mark_of(conflict), at=local_time, names=names, kinds=KINDS,
        reopens=can_reopen(hub, form, held), fault=fault.text(lang) if fault else "", title=title_of(form),
        versions=submissions.list_versions(hub.read(), held.id), said=_said, who=_who,
    )  # fmt: skip


def _side(form: Form, version: Version, names: dict[str, str], lang: str) -> dict[str, Any]:
    """Who made it, where and when; its answers by path, in words."""
    entry, words = version.entry, dict[str, str]()
    for row in submissions.versions_with(wire.hub().read(), form.id, version.instance_id):
        if row.xml == version.xml:
            words = _words(read_answers(wire.hub(), form, row, lang).items)
    return {"version": version, "who": _who(entry.body), "hub": names.get(entry.hub, entry.hub),
            "at": local_time(entry.made_at), "words": words}  # fmt: skip


def _words(items: list[Answer | Part]) -> dict[str, str]:
    """Path -> what was answered, with the labels of choices; of questions outside repeats."""
    found: dict[str, str] = {}
    for one in items:
        if isinstance(one, Answer):
            found[one.path] = ", ".join(one.texts)
        elif not one.turn:
            found |= _words(one.items)
    return found


def _who(body: Mapping[str, Any]) -> str:
    by = body.get("by")
    return str(by.get("name") or "") if isinstance(by, dict) else ""


def _said(value: Any) -> list[str]:
    """An answer that is not put in words, as lines: a repeat's turns one under the other."""
    if isinstance(value, list):
        return [_turn(turn) for turn in value]
    return [str(value)] if value else []


def _turn(turn: Any) -> str:
    if not isinstance(turn, dict):
        return str(turn)
    return ", ".join(f"{name}: {text}" for name, text in turn.items() if isinstance(text, str))
