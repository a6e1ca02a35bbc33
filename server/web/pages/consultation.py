"""How far a consultation has come: against its quotas, on a map, week by week; and the quotas themselves."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from i18n import mark
from server.errors import Fault, Refusal
from server.overview import local_time
from server.quota_keeping import as_csv, quotas_of, read_file, set_quotas
from server.reports.blocks import Bar, Facts, Heading, Paragraph, Table, Tiles, voices
from server.reports.page import HEIGHT, SHADES, WIDTH
from server.store import forms, paging
from server.store.forms import Form
from server.store.projects import Project
from server.web import wire
from server.web.pages.asked import form_asked, form_at_hand
from server.web.pages.frame import back, page, reader_language, room, takes_files, tell
from server.web.pages.submissions import title_of

blueprint = room("consultation")
ADDRESS = "/projects/<int:project_id>"
QUOTAS = f"{ADDRESS}/forms/<xml_form_id>/quotas"
KINDS = {Heading: "heading", Facts: "facts", Table: "table", Tiles: "tiles", Paragraph: "paragraph"}


@blueprint.get(ADDRESS)
def show(project_id: int) -> Response:
    project = wire.project_or_404(project_id)
    wire.require("submission.list", project)
    listed = [form for form in forms.list_forms(wire.hub().read(), project.id)
              if form.current_id is not None and wire.may("submission.read", project, form)]  # fmt: skip
    form = form_at_hand(project, listed)
    shown = _figures(form) if form else {}
    totals = {one.xml_form_id: paging.count_live(wire.hub().read(), one.id) for one in listed}
    return page(
        "consultation/show.html", section="consultation", project=project, form=form, totals=totals,
        titles={one.xml_form_id: title_of(one) for one in listed}, **shown,
    )  # fmt: skip


@blueprint.get(f"{ADDRESS}/figures")
def show_figures(project_id: int) -> Response:
    """The part of the page that is counted."""
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, request.args.get("form", ""))
    wire.require("submission.read", project, form)
    return page("consultation/figures.html", project=project, form=form, **_figures(form))


@blueprint.get(QUOTAS)
def ask(project_id: int, xml_form_id: str) -> Response:
    project, form = form_asked(project_id, xml_form_id, "submission.read")
    return _quotas(project, form)


@blueprint.get(f"{QUOTAS}.csv")
def fetch(project_id: int, xml_form_id: str) -> Response:
    _, form = form_asked(project_id, xml_form_id, "submission.read")
    figures, _ = wire.running().figures.of(form)
    lang = reader_language()
    groups, sexes = ({c: t.get(lang, c) for c, t in one.items()} for one in (
        (figures.groups, figures.sexes) if figures else ({}, {})))  # fmt: skip
    answer = Response(as_csv(quotas_of(wire.hub(), form), groups, sexes), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = "attachment; filename=quotas.csv"
    return answer


@blueprint.post(QUOTAS)
@takes_files
def bring(project_id: int, xml_form_id: str) -> Response:
    """A CSV or a workbook; with an error in any row nothing is changed."""
    project, form = form_asked(project_id, xml_form_id, "project.update")
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Fault("bundle.none_chosen")
        quotas = read_file(file.filename, file.read())
        set_quotas(wire.hub(), form, quotas, wire.caller().by)
    except Refusal as fault:
        return _quotas(project, form, fault)
    tell(mark("{n} quotas hold from now on, on every hub of the consultation."), n=len(quotas))
    return back(f"/projects/{project.id}?form={form.xml_form_id}")


@blueprint.post(f"{QUOTAS}/clear")
def clear(project_id: int, xml_form_id: str) -> Response:
    project, form = form_asked(project_id, xml_form_id, "project.update")
    set_quotas(wire.hub(), form, (), wire.caller().by)
    tell(mark("The quotas are taken away."))
    return back(f"/projects/{project.id}?form={form.xml_form_id}")


def _figures(form: Form) -> dict[str, Any]:
    figures, is_counting = wire.running().figures.of(form)
    lang = reader_language()
    blocks = (
        [(KINDS[type(block)], block) for block in figures.blocks if type(block) in KINDS] if figures else []
    )
    return {
        "blocks": blocks, "is_counting": is_counting, "as_of": local_time(figures.at) if figures else "",
        "figures_fault": figures.fault.text(lang) if figures and figures.fault else "", "spoken": _spoken,
        "is_bar": lambda cell: isinstance(cell, Bar), "shades": SHADES, "tile": (WIDTH, HEIGHT),
    }  # fmt: skip


def _spoken(said: Any) -> str:
    found = voices(said, (reader_language(),))
    return found[0][1] if found else ""


def _quotas(project: Project, form: Form, fault: Refusal | None = None) -> Response:
    return page(
        "consultation/quotas.html", fault.status if fault else 200, section="consultation", project=project, form=form,
        title=title_of(form), quotas=quotas_of(wire.hub(), form), fault=fault.text(reader_language()) if fault else "",
    )  # fmt: skip
