"""…/forms/ID/versions: every version that was published. `___` stands for the blank one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from server.errors import Problem
from server.store import forms
from server.store.forms import Form, FormVersion
from server.web import wire
from server.web.rest.form_reading import FORM, Asked, add_readings, find, newest, require_readable
from server.web.rest.form_shapes import form_json, version_extended_json

blueprint = Blueprint("form_versions", __name__)
BLANK = "___"
VERSION = f"{FORM}/versions/<version>"


def published(form: Form, version: str) -> FormVersion:
    """Raises Problem 404.1."""
    found = forms.find_published(wire.hub().read(), form.id, "" if version == BLANK else version)
    if found is None:
        raise Problem("404.1")
    return found


add_readings(blueprint, VERSION, published)


@blueprint.get(f"{FORM}/versions")
def list_all(project_id: int, xml_form_id: str) -> list[dict[str, Any]]:
    """Newest first."""
    project, form = find(project_id, xml_form_id)
    require_readable(Asked(project, form, newest(form)))
    sees_notes = wire.may("form.update", project, form)
    db, rows = wire.hub().read(), []
    for version in forms.list_versions(db, form.id):
        rows.append(form_json(form, version))
        if wire.extended():
            rows[-1] |= version_extended_json(db, version)
            rows[-1] |= {"publishNotes": version.notes} if sees_notes else {}
    return rows
