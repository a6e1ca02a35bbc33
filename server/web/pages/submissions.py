"""A consultation's submissions: a page at a time, found by filters or by words, and many reviewed at once."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from i18n import mark
from i18n.khmer_sorting import sort_key
from server.answering import look_in
from server.bulk_review import MOST, Outcome, decide_about
from server.consultation.searching import search
from server.errors import Fault, Refusal
from server.overview import local_time
from server.review import STATES
from server.store import forms, listing, paging, peers
from server.store.forms import Form
from server.store.listing import Row, Wanted
from server.store.projects import Project
from server.web import wire
from server.web.pages.asked import day_begun, form_at_hand, number_said
from server.web.pages.frame import STATES as STATE_WORDS
from server.web.pages.frame import back, page, reader_language, room, tell

blueprint = room("submissions_pages")
ADDRESS = "/projects/<int:project_id>/submissions"
SHOWN, FOUND = 50, 100
SORTED = 500  # the newest so many are put in order: more is no list to read
SORTS = {"name": mark("by name"), "facilitator": mark("by facilitator")}
MEANWHILE = mark("{n} were changed by somebody else meanwhile and left as they are: look at them.")
AFTER = re.compile(r"([0-9TZ:.\-+]{10,40})~(\d{1,18})")
KEPT = (
    "form",
    "state",
    "facilitator",
    "hub",
    "since",
    "until",
    "missing",
    "conflict",
    "deleted",
    "q",
    "sort",
)


@blueprint.get(ADDRESS)
def show(project_id: int) -> Response:
    project = wire.project_or_404(project_id)
    listed = _readable(project)
    form = form_at_hand(project, listed)
    if form is None:
        return page("submissions/none.html", section="submissions", project=project)
    words = request.args.get("q", "").strip()
    return _found(project, form, listed, words) if words else _list(project, form, listed)


@blueprint.post(f"{ADDRESS}/review")
def review_many(project_id: int) -> Response:
    """The ticked ones, or all that match, as long as nobody else decided about them since the page was shown."""
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, request.form.get("form", ""))
    caller = wire.require("submission.update", project, form)
    said = request.form.get("decision", "")
    state = None if said == "received" else said
    if state not in STATES:
        raise Fault("review.no_state")
    outcome = decide_about(
        wire.hub(), form, _seen(), state, request.form.get("comment", "").strip(), caller.by
    )
    if caller.session is not None:
        wire.running().undoing.note(caller.session.csrf, form, outcome)
    _tell(outcome)
    return _back(project, form)


@blueprint.post(f"{ADDRESS}/undo")
def undo(project_id: int) -> Response:
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, request.form.get("form", ""))
    caller = wire.require("submission.update", project, form)
    outcome = None
    if caller.session is not None:
        outcome = wire.running().undoing.undo(wire.hub(), caller.session.csrf, form, caller.by)
    if outcome is None:
        raise Fault("review.nothing_to_undo")
    _tell(outcome)
    return _back(project, form)


def _seen() -> list[tuple[int, str | None]]:
    """What was ticked, with the state that the page showed: "17:approved". Raises Fault review.none_ticked."""
    found = [re.fullmatch(r"(\d{1,18}):([A-Za-z]*)", said) for said in request.form.getlist("chosen")[:MOST]]
    seen = [(int(one[1]), one[2] or None) for one in found if one]
    if not seen:
        raise Fault("review.none_ticked")
    return seen


def _tell(outcome: Outcome) -> None:
    tell(mark("{n} submissions decided about."), n=len(outcome.changed))
    if outcome.same:
        tell(mark("{n} were so already."), n=len(outcome.same))
    if outcome.meanwhile:
        tell(MEANWHILE, n=len(outcome.meanwhile))
    for fault in list(outcome.refused.values())[:3]:
        tell(mark("Not done: {reason}"), reason=fault.text(reader_language()))


def _back(project: Project, form: Form) -> Response:
    kept = {name: request.form[name] for name in KEPT if request.form.get(name)}
    return back(f"/projects/{project.id}/submissions?{urlencode({**kept, 'form': form.xml_form_id})}")


def _readable(project: Project) -> list[Form]:
    """The forms whose submissions the caller may read. Raises Problem 403.1 when there can be none."""
    db = wire.hub().read()
    listed = [form for form in forms.list_forms(db, project.id) if form.current_id is not None]
    found = [form for form in listed if wire.may("submission.read", project, form)]
    if not found:
        wire.require("submission.list", project)
    return found


def _wanted(form: Form) -> Wanted:
    """What the address asks for; what it says wrongly is passed over."""
    said = request.args
    after = AFTER.fullmatch(said.get("after", ""))
    return Wanted(
        form.id,
        state=said.get("state", "") if said.get("state") in STATE_WORDS else "",
        submitter=number_said(said.get("facilitator")),
        hub=said.get("hub", ""), since=_moment(said.get("since", ""), 0), until=_moment(said.get("until", ""), 1),
        lacking=bool(said.get("missing")), apart=bool(said.get("conflict")), deleted=bool(said.get("deleted")),
        before=(after[1], int(after[2])) if after else None,
    )  # fmt: skip


def _moment(said: str, later: int) -> str:
    """The beginning of a day, so many days later, as created_at writes it; "" for none."""
    begun = day_begun(said, later)
    return begun.strftime("%Y-%m-%dT%H:%M:%S") if begun is not None else ""


def _sorted(rows: list[Row], by: str) -> list[Row]:
    """In the order of a Khmer dictionary; what has no name comes last."""
    named = {row.id: (row.name if by == "name" else row.submitter) or "" for row in rows}
    return sorted(rows, key=lambda row: (not named[row.id], sort_key(named[row.id])))


def _list(project: Project, form: Form, listed: list[Form]) -> Response:
    look_in(wire.hub(), form.id)
    db, wanted = wire.hub().read(), _wanted(form)
    if request.args.get("sort") in SORTS:
        rows = _sorted(listing.list_page(db, wanted, SORTED), request.args["sort"])
        return _page(
            project, form, listed, rows=rows, total=paging.count_live(db, form.id), is_cut=len(rows) == SORTED
        )
    rows = listing.list_page(db, wanted, SHOWN + 1)
    more = f"{rows[SHOWN - 1].created_at}~{rows[SHOWN - 1].id}" if len(rows) > SHOWN else ""
    return _page(project, form, listed, rows=rows[:SHOWN], more=more, total=paging.count_live(db, form.id))


def _found(project: Project, form: Form, listed: list[Form], words: str) -> Response:
    """What holds the words, with the words in their context."""
    try:
        result = search(wire.hub(), words, [form.id], FOUND)
    except Refusal as fault:
        return _page(project, form, listed, fault=fault)
    return _page(project, form, listed, found=[_marked(one) for one in result.answers], is_more=result.more)


def _marked(one: Any) -> dict[str, Any]:
    """The snippet in pieces: (text, whether it is what was looked for)."""
    pieces, end = [], 0
    for start, stop in one.marks:
        pieces += [(one.snippet[end:start], False), (one.snippet[start:stop], True)]
        end = stop
    label = one.labels.get(reader_language()) or next(iter(one.labels.values()), one.column)
    return {
        "one": one,
        "pieces": [*pieces, (one.snippet[end:], False)],
        "label": label,
        "at": local_time(one.received),
    }


def _page(
    project: Project, form: Form, listed: list[Form], *, fault: Refusal | None = None, **more: Any
) -> Response:
    db, caller = wire.hub().read(), wire.caller()
    people = sorted(listing.submitters_of(db, form.id), key=lambda one: sort_key(one[1]))
    titles = {one.xml_form_id: title_of(one) for one in listed}
    kept = {name: request.args[name] for name in KEPT if request.args.get(name)}
    return page(
        "submissions/list.html", fault.status if fault else 200, section="submissions", project=project, form=form,
        titles=titles, people=people, hubs=peers.hub_names(db), said=request.args, kept=kept, at=local_time,
        query=urlencode({name: value for name, value in kept.items() if name != "form"}), urlencode=urlencode,
        fault=fault.text(reader_language()) if fault else "", is_narrow=bool(set(kept) - {"form"}),
        undoing=caller.session is not None and wire.running().undoing.last(caller.session.csrf, form) is not None,
        sorts=SORTS,
        **{"is_cut": False, "rows": [], "more": "", "total": None, "found": None, "is_more": False, **more},
    )  # fmt: skip


def title_of(form: Form) -> str:
    version = forms.find_version(wire.hub().read(), form.current_id) if form.current_id else None
    return (version.name if version else None) or form.xml_form_id
