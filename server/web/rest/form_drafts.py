"""…/forms/ID/draft: what is tried out before it is published."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, request

from server import drafts, publish
from server.errors import Problem
from server.store import datasets
from server.store.forms import Form, FormVersion
from server.web import wire
from server.web.rest.dataset_files import one_file_json
from server.web.rest.form_reading import FORM, add_readings, find, version_of
from server.web.rest.form_shapes import file_json
from server.web.rest.forms import SUCCESS, UPLOAD_LIMIT, read_upload

blueprint = Blueprint("form_drafts", __name__)
DRAFT = f"{FORM}/draft"
CSV_END = re.compile(r"\.csv$", re.IGNORECASE)
MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9]")


def draft(form: Form) -> FormVersion:
    """Raises Problem 404.1."""
    return version_of(form, form.draft_id)


add_readings(blueprint, DRAFT, draft, tried=True)


@blueprint.post(DRAFT)
def replace(project_id: int, xml_form_id: str) -> dict[str, bool]:
    """A new draft, in place of one there is; without a body, a copy of what is published."""
    project, form = find(project_id, xml_form_id)
    caller = wire.require("form.update", project, form)
    request.max_content_length = UPLOAD_LIMIT
    source = request.get_data(cache=False)
    definition = read_upload(source) if source else None
    ignore = wire.flag("ignoreWarnings")
    drafts.set_draft(wire.hub(), form, definition, ignore_warnings=ignore, by=caller.by)
    return SUCCESS


@blueprint.post(f"{DRAFT}/publish")
def publish_it(project_id: int, xml_form_id: str) -> dict[str, bool]:
    """?version= writes another version into the XML first."""
    project, form = find(project_id, xml_form_id)
    draft(form)
    caller = wire.require("form.update", project, form)
    publish.publish_draft(wire.hub(), form, version=request.args.get("version"), by=caller.by)
    return SUCCESS


@blueprint.delete(DRAFT)
def drop(project_id: int, xml_form_id: str) -> dict[str, bool]:
    project, form = find(project_id, xml_form_id)
    caller = wire.require("form.update", project, form)
    drafts.drop_draft(wire.hub(), form, by=caller.by)
    return SUCCESS


@blueprint.post(f"{DRAFT}/attachments/<name>")
def attach(project_id: int, xml_form_id: str, name: str) -> dict[str, Any]:
    """The body is the file, of whatever type and however it is sent."""
    project, form = find(project_id, xml_form_id)
    draft(form)
    caller = wire.require("form.update", project, form)
    file = wire.hub().blobs.stage(request.stream)  # type: ignore[arg-type]
    # Clients that know no type send */*, which says less than the file's name.
    said = request.headers.get("Content-Type", "")
    kind = said if MEDIA_TYPE.match(said) else None
    return file_json(drafts.attach_to_draft(wire.hub(), form, name, file, kind, by=caller.by))


@blueprint.patch(f"{DRAFT}/attachments/<name>")
def link(project_id: int, xml_form_id: str, name: str) -> dict[str, Any]:
    """{"dataset": true} fills the slot with the entity list of its name, false takes it out."""
    project, form = find(project_id, xml_form_id)
    draft(form)
    caller = wire.require("form.update", project, form)
    dataset = datasets.find_dataset(wire.hub().read(), project.uid, CSV_END.sub("", name))
    if dataset is None:
        raise Problem("404.1")
    wire.require("entity.list", project)
    wanted = dataset if wire.json_body().get("dataset") else None
    file = drafts.link_draft(wire.hub(), form, name, wanted, by=caller.by)
    _, now = find(project_id, xml_form_id)
    said = one_file_json(draft(now).id, file)
    return {name: value for name, value in said.items() if name != "hash"}


@blueprint.delete(f"{DRAFT}/attachments/<name>")
def detach(project_id: int, xml_form_id: str, name: str) -> dict[str, bool]:
    project, form = find(project_id, xml_form_id)
    draft(form)
    caller = wire.require("form.update", project, form)
    drafts.attach_to_draft(wire.hub(), form, name, None, by=caller.by)
    return SUCCESS
