"""…/forms/ID/dataset-diff: what a form writes to entity lists, and what publishing its draft would add."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from server.declaring import dataset_diff
from server.web import wire
from server.web.rest.form_drafts import DRAFT
from server.web.rest.form_reading import FORM, Asked, find, require_readable, version_of

blueprint = Blueprint("dataset_diffs", __name__)


@blueprint.get(f"{FORM}/dataset-diff")
def show_published(project_id: int, xml_form_id: str) -> list[dict[str, Any]]:
    return _diff(project_id, xml_form_id, is_draft=False)


@blueprint.get(f"{DRAFT}/dataset-diff")
def show_draft(project_id: int, xml_form_id: str) -> list[dict[str, Any]]:
    return _diff(project_id, xml_form_id, is_draft=True)


def _diff(project_id: int, xml_form_id: str, *, is_draft: bool) -> list[dict[str, Any]]:
    project, form = find(project_id, xml_form_id)
    version = version_of(form, form.draft_id if is_draft else form.current_id)
    require_readable(Asked(project, form, version))
    wire.require("dataset.list", project)
    return dataset_diff(wire.hub().read(), project, version.id, is_draft=is_draft)
