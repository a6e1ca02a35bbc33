"""/v1/projects/N/forms: forms and what is published of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response, g, request

from server import publish
from server.definition import Definition, read_definition
from server.errors import Problem
from server.store import forms
from server.store.forms import Form, FormVersion
from server.store.projects import Project
from server.web import wire
from server.web.rest.files import TYPES
from server.web.rest.form_reading import FORM, add_readings, find, newest
from server.web.rest.form_shapes import current_version, form_in_list, form_json
from server.web.rest.inputs import number_in_path

blueprint = Blueprint("forms", __name__)
PROJECT = "/v1/projects/<int:project_id>"
SUCCESS = {"success": True}
TABLET = "X-OpenRosa-Version"
UPLOAD_LIMIT = 20_000_000  # bytes of a form; media come one by one
WORKBOOKS = {TYPES[".xls"]: "xls", TYPES[".xlsx"]: "xlsx"}

add_readings(blueprint, FORM, newest)


@blueprint.get(f"{PROJECT}/forms")
def list_all(project_id: int) -> list[dict[str, Any]]:
    """Those in the trash instead with ?deleted=true."""
    project = wire.project_or_404(project_id)
    if not wire.may("open_form.list", project):
        wire.require("form.list", project)
    return listed_forms(project, deleted=wire.flag("deleted"))


def listed_forms(project: Project, *, deleted: bool = False) -> list[dict[str, Any]]:
    """By name. Who may not change forms sees published ones, who may not read all of them those that
    are not closed."""
    db, rows = wire.hub().read(), []
    for form in forms.list_forms(db, project.id, deleted=deleted):
        version = current_version(db, form)
        if version is not None and _is_shown(project, form, version):
            rows.append(form_in_list(db, form, version, wire.extended()))
    return rows


def _is_shown(project: Project, form: Form, version: FormVersion) -> bool:
    if version.published_at is None:
        return wire.may("form.update", project)
    return form.state != "closed" or wire.may("form.read", project)


@blueprint.post(f"{PROJECT}/forms")
def create(project_id: int) -> dict[str, Any]:
    """?publish=true publishes at once, ?ignoreWarnings=true takes a form with warnings."""
    project = wire.project_or_404(project_id)
    caller = wire.require("form.create", project)
    form = publish.create_form(
        wire.hub(),
        project,
        read_upload(request.get_data(cache=False), new=True),
        publish=wire.flag("publish"),
        ignore_warnings=wire.flag("ignoreWarnings"),
        by=caller.by,
    )
    return form_json(form, newest(form))


def read_upload(source: bytes, *, new: bool = False) -> Definition:
    """The definition in the request's body: a workbook by its media type, else an XForm. `new`: of a form
    that is not there yet, and needs a meta group."""
    fallback = unquote(request.headers.get("X-XlsForm-FormId-Fallback", "")) or None
    return read_definition(wire.hub(), source, WORKBOOKS.get(request.mimetype), fallback, new=new)


@blueprint.before_request
def prepare() -> None:
    request.max_content_length = UPLOAD_LIMIT
    g.plain_basic = TABLET in request.headers  # tablets fetch forms and media here, over plain http too


@blueprint.after_request
def ask_tablet_to_sign_in(answer: Response) -> Response:
    """Only tablets are asked: a browser would open its own dialog over the console's page."""
    if answer.status_code == 401 and TABLET in request.headers and wire.caller_may_sign_in():
        answer.headers["WWW-Authenticate"] = wire.challenge()
    return answer


@blueprint.patch(FORM)
def update(project_id: int, xml_form_id: str) -> dict[str, Any]:
    project, form = find(project_id, xml_form_id)
    caller = wire.require("form.update", project, form)
    changes = publish.checked_changes(wire.json_body())
    publish.change_form(wire.hub(), form, changes, by=caller.by)
    _, changed = find(project_id, xml_form_id)
    return form_json(changed, newest(changed))


@blueprint.delete(FORM)
def delete(project_id: int, xml_form_id: str) -> dict[str, bool]:
    project, form = find(project_id, xml_form_id)
    caller = wire.require("form.delete", project, form)
    publish.delete_form(wire.hub(), form, by=caller.by)
    return SUCCESS


@blueprint.post(f"{PROJECT}/forms/<number>/restore")
def restore(project_id: int, number: str) -> dict[str, bool]:
    """By the number that the trash shows: several forms in it may have borne one id."""
    project = wire.project_or_404(project_id)
    form = forms.find_by_number(wire.hub().read(), number_in_path("formId", number))
    if form is None or form.project_id != project.id or form.deleted_at is None or form.purged_at:
        raise Problem("404.1")
    caller = wire.require("form.restore", project, form)
    publish.restore_form(wire.hub(), form, by=caller.by)
    return SUCCESS
