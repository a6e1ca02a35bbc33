"""One submission: what was answered, where it is on its way, what became of it, and what is decided about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, redirect, request

from i18n import mark
from server import review, withdrawal
from server.answered import Answer, Answered, Part, read_answers
from server.answering import read_one
from server.chronicle import changes_between, history_of, last_decision
from server.errors import Fault, Problem, Refusal
from server.journey import journey_of
from server.overview import local_time
from server.review import STATES
from server.store import actors, submissions
from server.store.forms import Form
from server.store.projects import Project
from server.store.submissions import Submission, SubmissionVersion
from server.web import wire
from server.web.pages.asked import form_asked, number_said
from server.web.pages.frame import STATES as STATE_WORDS
from server.web.pages.frame import back, page, reader_language, room, say, takes_files, tell
from server.web.pages.submissions import KEPT, title_of
from server.web.pages.whereabouts import draw
from sync.merge import ATTACH, COMMENT, CREATE, DELETE, EDIT, RESOLVE, RESTORE, REVIEW

blueprint = room("submission_page")
ADDRESS = "/projects/<int:project_id>/forms/<xml_form_id>/submissions/<instance_id>"
SHOWN_TURNS = 50  # turns of repeats on one page
EVENTS = {
    CREATE: mark("received"),
    EDIT: mark("edited"),
    REVIEW: mark("reviewed: {state}"),
    ATTACH: mark("a file came"),
    DELETE: mark("put into the trash"),
    RESTORE: mark("taken out of the trash"),
    RESOLVE: mark("a conflict was decided"),
    COMMENT: mark("commented"),
}
HOW = {
    "received": mark("received it first"),
    "gave": mark("handed it on to this hub"),
    "here": mark("this hub has it"),
    "confirmed": mark("confirmed that it has it, by a signed receipt"),
    "waits": mark("has not confirmed it yet: it is on its way"),
}
CHANGED = mark(
    "{name} set it to “{state}” meanwhile. Yours was not done: look, then decide again. What you wrote is still here."
)


@blueprint.get(ADDRESS)
def show(project_id: int, xml_form_id: str, instance_id: str) -> Any:
    project, form = form_asked(project_id, xml_form_id, "submission.read")
    held = submissions.find_submission(wire.hub().read(), form.id, instance_id)
    if held is None:
        return _to_owner(project, form, instance_id)
    if held.stale:
        read_one(wire.hub(), held.id)
    return _page(project, form, _held(form, instance_id))


@blueprint.post(f"{ADDRESS}/review")
def decide(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    """As long as it is as the page showed it; else one is told who changed it to what."""
    project, form = form_asked(project_id, xml_form_id, "submission.update")
    held, said = _held(form, instance_id), request.form.get("decision", "")
    state, comment = None if said == "received" else said, request.form.get("comment", "").strip()
    if state not in STATES:
        raise Fault("review.no_state")
    if request.form.get("seen", "") != _mark_of(held):
        return _page(project, form, held, fault=_changed(form, held), comment=comment, status=409)
    review.set_review_state(wire.hub(), form, held, state, by=wire.caller().by)
    if comment:
        review.add_comment(wire.hub(), form, held, comment, by=wire.caller().by)
    tell(mark("Saved."))
    return back(_place(project, form, held))


@blueprint.post(f"{ADDRESS}/comment")
def comment_on(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    project, form = form_asked(project_id, xml_form_id, "submission.read")
    held, text = _held(form, instance_id), request.form.get("comment", "").strip()
    if not text:
        return _page(project, form, held, fault=Fault("comment.empty").text(reader_language()), status=400)
    review.add_comment(wire.hub(), form, held, text, by=wire.caller().by)
    tell(mark("Saved."))
    return back(_place(project, form, held))


@blueprint.post(f"{ADDRESS}/attachment")
@takes_files
def attach(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    """A file that the answers name and that has not come: from the tablet's memory card, say."""
    project, form = form_asked(project_id, xml_form_id, "submission.update")
    held, file, name = _held(form, instance_id), request.files.get("file"), request.form.get("name", "")
    current = _version(held.version_id)
    slots = {one.name for one in submissions.list_attachments(wire.hub().read(), current.id) if one.expected}
    if file is None or not file.filename or name not in slots:
        return _page(
            project, form, held, fault=Fault("bundle.none_chosen").text(reader_language()), status=400
        )
    staged = wire.hub().blobs.stage(file.stream)  # type: ignore[arg-type]
    review.set_attachment(
        wire.hub(), form, held, current, name, staged, media_type=file.mimetype, by=wire.caller().by
    )
    tell(mark("The file is with the submission."))
    return back(_place(project, form, held))


@blueprint.post(f"{ADDRESS}/trash")
def put_away(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    project, form = form_asked(project_id, xml_form_id, "submission.delete")
    held = _held(form, instance_id)
    review.delete_submission(wire.hub(), form, held, by=wire.caller().by)
    tell(mark("It is in the trash. It can be taken out again here."))
    return back(_place(project, form, held))


@blueprint.post(f"{ADDRESS}/restore")
def take_back(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    project, form = form_asked(project_id, xml_form_id, "submission.restore")
    held = _held(form, instance_id)
    review.restore_submission(wire.hub(), form, held, by=wire.caller().by)
    tell(mark("Saved."))
    return back(_place(project, form, held))


@blueprint.get(f"{ADDRESS}/withdraw")
def ask_to_withdraw(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    project, form = form_asked(project_id, xml_form_id, "submission.delete")
    return _ask(project, form, _held(form, instance_id))


@blueprint.post(f"{ADDRESS}/withdraw")
def withdraw(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    """For good, so the box must be ticked."""
    project, form = form_asked(project_id, xml_form_id, "submission.delete")
    held = _held(form, instance_id)
    try:
        if "sure" not in request.form:
            raise Fault("withdrawal.not_sure")
        reason = request.form.get("reason", "").strip() or None
        withdrawal.withdraw(wire.hub(), form, held.instance_id, reason=reason, by=wire.caller().by)
    except Fault as fault:
        return _ask(project, form, held, fault)
    tell(mark("It is withdrawn: its content is wiped here, and on every hub that the withdrawal reaches."))
    return back(f"/projects/{project.id}/submissions?{urlencode({'form': form.xml_form_id})}")


def _held(form: Form, instance_id: str) -> Submission:
    """Raises Problem 404.1."""
    found = submissions.find_submission(wire.hub().read(), form.id, instance_id)
    if found is None:
        raise Problem("404.1")
    return found


def _version(number: int) -> SubmissionVersion:
    found = submissions.find_version(wire.hub().read(), number)
    if found is None:
        raise Problem("404.1")
    return found


def _to_owner(project: Project, form: Form, instance_id: str) -> Any:
    """A later version's id leads to the submission that it is a version of. Raises Problem 404.1."""
    for version in submissions.versions_with(wire.hub().read(), form.id, instance_id):
        owner = submissions.find_by_number(wire.hub().read(), version.submission_id)
        if owner is not None:
            return redirect(f"{request.root_path}{_place(project, form, owner)}", 302)
    raise Problem("404.1")


def _place(project: Project, form: Form, held: Submission) -> str:
    said = "/".join(quote(part, safe="") for part in (form.xml_form_id, "submissions", held.instance_id))
    return f"/projects/{project.id}/forms/{said}"


def _mark_of(held: Submission) -> str:
    """What a decision goes by: the version that stands, and what is decided about it."""
    return f"{held.version_id}:{held.review_state or ''}:{held.deleted_at or ''}"


def _changed(form: Form, held: Submission) -> str:
    """Who changed it, and to what."""
    last = last_decision(wire.hub(), form, held)
    state = say(STATE_WORDS[held.review_state or "received"])
    return say(CHANGED, name=(last.who if last else "") or say(mark("Somebody")), state=state)


def _page(
    project: Project, form: Form, held: Submission, *, fault: str = "", comment: str = "", status: int = 200
) -> Response:
    db, lang = wire.hub().read(), reader_language()
    versions = submissions.list_versions(db, held.id)
    by_number = {str(one.id): one for one in versions}
    shown = by_number.get(request.args.get("version", "")) or _version(held.version_id)
    against = by_number.get(request.args.get("against", ""))
    answered, pages, at_page = _cut(read_answers(wire.hub(), form, shown, lang))
    kept = {name: request.args[name] for name in KEPT if name != "form" and request.args.get(name)}
    return page(
        "submission/one.html", status, section="submissions", project=project, form=form, held=held, shown=shown,
        answered=answered, pages=pages, at_page=at_page, versions=versions, people=_people(versions), at=local_time,
        files={one.name: one for one in submissions.list_attachments(db, shown.id)}, seen=_mark_of(held),
        journey=journey_of(wire.hub(), form, held), how=HOW, place=_place(project, form, held), draw=draw,
        history=history_of(wire.hub(), form, held), events=EVENTS, is_part=lambda one: isinstance(one, Part),
        changes=changes_between(wire.hub(), form, against, shown, lang) if against else None, against=against,
        list_query=urlencode({"form": form.xml_form_id, **kept}), title=title_of(form), fault=fault, comment=comment,
    )  # fmt: skip


def _people(versions: list[SubmissionVersion]) -> dict[int, str]:
    found = {n: actors.find_actor(wire.hub().read(), n) for n in {one.submitter_id for one in versions} if n}
    return {number: actor.display_name for number, actor in found.items() if actor is not None}


def _cut(answered: Answered) -> tuple[Answered, int, int]:
    """(the page of turns that is asked for, how many pages, which): 2,000 turns of a repeat are no page to read."""
    total = sum(1 for _ in _turns(answered.items))
    pages = max(1, -(-total // SHOWN_TURNS))
    at = min(max(number_said(request.args.get("part")) or 1, 1), pages)
    wanted = {id(turn) for turn in islice(_turns(answered.items), (at - 1) * SHOWN_TURNS, at * SHOWN_TURNS)}
    kept = answered.items if pages == 1 else _kept(answered.items, wanted, is_first=at == 1)
    return Answered(kept, answered.others if at == 1 else [], answered.unread), pages, at


def _turns(items: list[Answer | Part]) -> Iterator[Part]:
    """The outermost turns of repeats, in the form's order."""
    for one in items:
        if isinstance(one, Part) and one.turn:
            yield one
        elif isinstance(one, Part):
            yield from _turns(one.items)


def _kept(items: list[Answer | Part], wanted: set[int], *, is_first: bool) -> list[Answer | Part]:
    """The wanted turns with the groups that they stand in; on the first page what is no turn too."""
    found: list[Answer | Part] = []
    for one in items:
        if isinstance(one, Answer):
            found += [one] if is_first else []
        elif one.turn:
            found += [one] if id(one) in wanted else []
        elif inside := _kept(one.items, wanted, is_first=is_first):
            found.append(replace(one, items=inside))
    return found


def _ask(project: Project, form: Form, held: Submission, fault: Refusal | None = None) -> Response:
    return page(
        "submission/withdraw.html", fault.status if fault else 200, section="submissions", project=project, form=form,
        held=held, place=_place(project, form, held), at=local_time, reason=request.form.get("reason", ""),
        fault=fault.text(reader_language()) if fault else "",
    )  # fmt: skip
