"""A consultation's forms: the list, a new one from a workbook or from the bundled ones, and the trash."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from forms.bundled import BundledForm, bundled_forms
from forms.errors import FormFault
from i18n import mark
from server import publish
from server.errors import Fault, Problem, Refusal
from server.form_shelf import shelf, trash
from server.form_uploads import Upload, add_form, look
from server.store import forms
from server.store.blobs import Staged
from server.store.projects import Project
from server.web import wire
from server.web.pages.form_page import STATES, place
from server.web.pages.frame import back, page, reader_language, room, takes_files, tell

blueprint = room("forms_page")
FORMS = "/projects/<int:project_id>/forms"
BUNDLED = "/projects/<int:project_id>/bundled-forms"
SOURCE_LIMIT = 20_000_000  # bytes of a workbook that are read at all; forms/workbook.py takes fewer


@blueprint.get(FORMS)
def show(project_id: int) -> Response:
    return _list(_listed(project_id))


def _listed(project_id: int) -> Project:
    """Raises Problem 404.1, 403.1."""
    project = wire.project_or_404(project_id)
    if not wire.may("open_form.list", project):
        wire.require("form.list", project)
    return project


def _list(project: Project, fault: Any = None, status: int = 200, **more: Any) -> Response:
    in_trash = trash(wire.hub(), project) if wire.may("form.restore", project) else []
    return page(
        "forms/list.html", status, section="forms", project=project, rows=shelf(wire.hub(), project, wire.may),
        states=STATES, trash=in_trash, fault=fault.text(reader_language()) if fault else "", **more,
    )  # fmt: skip


@blueprint.post(FORMS)
@takes_files
def add(project_id: int) -> Response:
    project = _listed(project_id)
    caller = wire.require("form.create", project)
    try:
        looked = look(wire.hub(), project, read_upload())
        if looked.definition is None:
            return _list(project, status=400, looked=looked)
        again = forms.find_deleted(wire.hub().read(), project.id, looked.definition.schema.form_id)
        form, unused = add_form(wire.hub(), project, looked, by=caller.by)
    except (Refusal, FormFault) as fault:
        return _list(project, fault, getattr(fault, "status", 400))
    tell(mark("The form is here as a draft. Look it through, try it out, then publish it."))
    if again is not None:
        tell(
            mark(
                "A form with the same id lies in the trash; its submissions stay there, and this one begins empty."
            )
        )
    tell_unused(unused)
    return back(place(form, "/draft"))


def read_upload() -> Upload:
    """The workbook and the files of a page's form."""
    sent = request.files.get("form")
    source = sent.stream.read(SOURCE_LIMIT) if sent is not None else b""
    return Upload(name_of_file(sent.filename) if sent is not None else "", source, read_files())


def read_files() -> dict[str, Staged]:
    """The files that came along, by name; blank ones are what a browser sends for none."""
    hub = wire.hub()
    named = [(name_of_file(sent.filename), sent) for sent in request.files.getlist("files")]
    held = [(name, hub.blobs.stage(sent.stream)) for name, sent in named if name]  # type: ignore[arg-type]
    return {name: file for name, file in held if file.size}


def name_of_file(said: str | None) -> str:
    """Some browsers send the folder along."""
    return (said or "").replace("\\", "/").rpartition("/")[2]


def tell_unused(names: list[str]) -> None:
    if names:
        tell(
            mark("The form has no use for these files, so they were not kept: {names}."),
            names=", ".join(names),
        )


@blueprint.get(BUNDLED)
def show_bundled(project_id: int) -> Response:
    project = wire.project_or_404(project_id)
    wire.require("form.create", project)
    return _bundled(project)


def _bundled(project: Project, status: int = 200, faults: list[tuple[str, str]] | None = None) -> Response:
    held = {one.xml_form_id for one in forms.list_forms(wire.hub().read(), project.id)}
    return page(
        "forms/bundled.html", status, section="forms", project=project, bundled=bundled_forms(), held=held,
        faults=faults or [],
    )  # fmt: skip


@blueprint.post(BUNDLED)
def publish_bundled(project_id: int) -> Response:
    """One that cannot be published does not stop the others."""
    project = wire.project_or_404(project_id)
    caller = wire.require("form.create", project)
    chosen = [one for one in bundled_forms() if one.form_id in request.form.getlist("form")]
    if not chosen:
        return _bundled(project, 400, [("", Fault("upload.no_choice").text(reader_language()))])
    faults = []
    for one in chosen:
        try:
            _publish(project, one, caller.by)
        except (Refusal, FormFault) as fault:
            faults.append((one.titles[reader_language()], fault.text(reader_language())))
    return _bundled(project, 400, faults) if faults else back(f"/projects/{project.id}/forms")


def _publish(project: Project, one: BundledForm, by: Any) -> None:
    """Raises Problem as publish_file does."""
    held = forms.find_form(wire.hub().read(), project.id, one.form_id)
    wire.require("form.update" if held else "form.create", project, held)
    done = publish.publish_file(wire.hub(), project, one.path, by=by)
    said = mark("Published: {title}.") if done.changed else mark("{title} was published already.")
    tell(said, title=one.titles[reader_language()])


@blueprint.post("/projects/<int:project_id>/trash/forms/<int:number>/restore")
def restore(project_id: int, number: int) -> Response:
    """By number: several forms in the trash may have borne one id."""
    project = wire.project_or_404(project_id)
    form = forms.find_by_number(wire.hub().read(), number)
    if form is None or form.is_trial or form.project_id != project.id or form.deleted_at is None:
        raise Problem("404.1")
    wire.require("form.restore", project, form)
    if forms.find_form(wire.hub().read(), project.id, form.xml_form_id) is not None:
        return _list(project, Fault("form.id_back", form_id=form.xml_form_id), 409)
    try:
        publish.restore_form(wire.hub(), form, by=wire.caller().by)
    except Refusal as fault:
        return _list(project, fault, fault.status)
    tell(mark("The form is back, with its submissions."))
    return back(place(form))
