"""The page of a form's exports: choose, wait, fetch, and see who took what. Server-rendered, no script: while an
export is made, the page asks again by itself.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, request

from i18n import mark
from server.errors import Refusal
from server.export_entries import BROKEN, CANCELLED, FINISHED, RUNNING, Taken
from server.export_jobs import Job
from server.export_options import STATES
from server.exporting import unlocked_keys
from server.extracting import in_words
from server.extracts.options import K, Options
from server.overview import local_time
from server.store.forms import Form
from server.web import wire
from server.web.form_data import find_published
from server.web.pages.frame import STATES as STATE_WORDS
from server.web.pages.frame import back, page, reader_language, room
from server.web.rest.form_exports import find, order_for, read_switch, seen

blueprint = room("export_page")
ADDRESS = "/projects/<int:project_id>/forms/<xml_form_id>/exports"
SHOWN = 50  # of the history
SEVERAL = ("review_state",)
FORMATS = {
    "xlsx": "Excel (xlsx)",
    "csv": mark("CSV, the main table"),
    "csv.zip": mark("CSV, all tables with photos and recordings (zip)"),
    "sav": "SPSS (sav)",
    "dta": "Stata (dta)",
    "parquet": mark("Parquet, for DuckDB, pandas and R"),
    "sqlite": mark("SQLite database"),
    "geojson": mark("GeoJSON map"),
    "kml": mark("KML map"),
}
PROFILES = {
    "working": mark("Working: names and phones are replaced by pseudonyms"),
    "public": mark("Public: no free text, no photos, small groups hidden"),
    "full": mark("Full: people as they are; say why"),
}
OUTCOMES = {
    FINISHED: mark("finished"),
    CANCELLED: mark("cancelled"),
    BROKEN: mark("broken"),
    RUNNING: mark("under way"),
}
CHOICES: dict[str, tuple[str, dict[str, str]]] = {
    "values": (mark("Answers with choices"), {
        "codes": mark("as codes"), "labels": mark("as labels"), "both": mark("both, side by side")}),
    "selects": (mark("Questions with several choices"), {
        "column": mark("in one column"), "split": mark("0/1 for each choice"), "both": mark("both, side by side")}),
    "repeats": (mark("Repeats"), {
        "files": mark("tables of their own"), "wide": mark("joined to the right"), "long": mark("a row for each")}),
    "headers": (mark("Headings of columns"), {
        "names": mark("names of questions"), "labels": mark("what the question says")}),
    "labels_as": (mark("Labels"), {
        "collected": mark("as they were when it was filled in"), "current": mark("as they are now")}),
    "language": (mark("Language of labels"), {"km": "ភាសាខ្មែរ", "en": "English"}),
    "points": (mark("Places"), {"split": mark("four columns"), "whole": mark("one column")}),
    "times": (mark("Times"), {
        "cambodia": mark("of Cambodia, the recorded one beside"), "recorded": mark("as recorded")}),
}  # fmt: skip
SWITCHES = {
    "codebook": mark("With the codebook, in one zip"),
    "bom": mark("CSV opens in Excel by double click (BOM)"),
    "guard": mark("Cells that look like formulas are made harmless (CSV)"),
    "media": mark("With photos and recordings, where the format has room"),
    "group_names": mark("Columns named with their groups"),
    "deleted": mark("With the trash"),
    "parked": mark("With what is set aside"),
}
ON = ("codebook", "bom", "media", "group_names")
CAMEL = {"labels_as": "labelsAs", "group_names": "groupNames", "review_state": "reviewState"}


@blueprint.get(ADDRESS)
def show(project_id: int, xml_form_id: str) -> Response:
    form = find_published(project_id, xml_form_id)
    named = request.args.get("export", "")
    try:
        job = find(project_id, xml_form_id, named) if named else None
    except Refusal as fault:  # fetched and deleted, or a day old: the history has it still
        return _page(form, fault=fault)
    return _page(form, job=job)


@blueprint.post(ADDRESS)
def begin(project_id: int, xml_form_id: str) -> Response:
    form = find_published(project_id, xml_form_id)
    try:
        said = _said()
        order = order_for(form, said, Options(language=reader_language()))
        unlocked_keys(wire.hub(), form, order.passphrases)
        job = wire.running().exports.begin(order, with_codebook=read_switch(said, default=False))
    except Refusal as fault:
        answer = _page(form, fault=fault)
        answer.status_code = fault.status
        return answer
    return _back(form, job)


@blueprint.post(f"{ADDRESS}/<export_id>/cancel")
def cancel(project_id: int, xml_form_id: str, export_id: str) -> Response:
    job = find(project_id, xml_form_id, export_id)
    wire.running().exports.cancel(job)
    return _back(find_published(project_id, xml_form_id), None)


def _said() -> dict[str, str]:
    """The page's form as the API's options: a box that is not ticked says no."""
    said = {CAMEL.get(name, name): "\n".join(value) for name, value in request.form.lists()}
    for name in SWITCHES:
        said.setdefault(CAMEL.get(name, name), "false")
    if said.get("reviewState"):
        said["reviewState"] += "\n"
    return said


def _back(form: Form, job: Job | None) -> Response:
    place = f"/projects/{form.project_id}/forms/{quote(form.xml_form_id, safe='')}/exports"
    return back(f"{place}?export={job.id}" if job else place)


def _page(form: Form, *, job: Job | None = None, fault: Refusal | None = None) -> Response:
    lang = reader_language()
    project = wire.project_or_404(form.project_id)
    profiles = dict(PROFILES)
    if not wire.may("submission.update", project, form):
        del profiles["full"]
    return page(
        "exports.html", section="exports", form=form, project=project, job=job, fault=fault.text(lang) if fault else "",
        formats=FORMATS, profiles=profiles, choices=CHOICES, switches=SWITCHES, chosen=_chosen(), k=K,
        states={state: STATE_WORDS[state] for state in STATES}, outcomes=OUTCOMES,
        losses=[in_words(loss, lang) for loss in (job.summary.get("losses", ()) if job else ())],
        history=[_line(one) for one in seen(form)[:SHOWN]],
    )  # fmt: skip


def _chosen() -> dict[str, Any]:
    """What was said, to be shown again; at first the defaults."""
    if request.method == "POST":
        return {**request.form, "review_state": request.form.getlist("review_state")}
    default = Options(language=reader_language())
    said = {name: str(getattr(default, name)) for name in CHOICES}
    return {
        **said,
        **dict.fromkeys(ON, "true"),
        "format": "xlsx",
        "profile": default.profile,
        "review_state": [],
    }


def _line(one: Taken) -> dict[str, Any]:
    options = ", ".join(f"{name}: {value}" for name, value in one.options.items())
    return {"one": one, "at": local_time(one.made_at), "rows": sum(one.rows.values()), "options": options}
