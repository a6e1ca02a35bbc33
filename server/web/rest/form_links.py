"""/v1/form-links/ID/form: the form that a web form's id leads to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from server.errors import Problem
from server.form_links import find_linked
from server.store import forms
from server.web import wire
from server.web.rest.form_reading import Asked, require_readable
from server.web.rest.form_shapes import form_json

blueprint = Blueprint("form_links", __name__)


@blueprint.get("/v1/form-links/<link>/form")
def show(link: str) -> dict[str, Any]:
    form_id, version_id = find_linked(wire.hub(), link) or (0, 0)
    db = wire.hub().read()
    form, version = forms.find_by_number(db, form_id), forms.find_version(db, version_id)
    if form is None or version is None:
        raise Problem("404.1")
    require_readable(Asked(wire.project_or_404(form.project_id), form, version))
    return form_json(form, version)
