"""…/conflicts: what hubs said apart, and what a person decides about it. Ours, not Central's."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint

from server.conflict_shapes import conflict_json, row_json
from server.conflicts import decide, read_conflict
from server.errors import Problem
from server.store import conflicts, forms, peers, submissions
from server.store.forms import Form
from server.store.submissions import Submission
from server.web import wire
from server.web.rest.form_reading import FORM
from server.web.rest.submission_reading import ONE, find_form

blueprint = Blueprint("conflicts", __name__)


@blueprint.get("/v1/projects/<int:project_id>/conflicts")
def list_of_project(project_id: int) -> list[dict[str, Any]]:
    project = wire.project_or_404(project_id)
    wire.require("submission.read", project)
    db = wire.hub().read()
    names = {form.id: form.xml_form_id for form in forms.list_forms(db, project.id)}
    rows = conflicts.list_conflicts(db, project.id)
    return [row_json(row, names[row.form_id]) for row in rows if row.form_id in names]


@blueprint.get(f"{FORM}/conflicts")
def list_of_form(project_id: int, xml_form_id: str) -> list[dict[str, Any]]:
    project, form = find_form(project_id, xml_form_id, "submission.read")
    rows = conflicts.list_conflicts(wire.hub().read(), project.id, form.id)
    return [row_json(row, form.xml_form_id) for row in rows]


@blueprint.get(f"{ONE}/conflict")
def show(project_id: int, xml_form_id: str, instance_id: str) -> dict[str, Any]:
    """Both sides, question by question; also of a submission in the trash."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    return _shown(form, _find(form, instance_id))


@blueprint.post(f"{ONE}/conflict")
def resolve(project_id: int, xml_form_id: str, instance_id: str) -> dict[str, Any]:
    """{"pick": version}, {"take": {path: version}}, {"reviewState": state} or {"deleted": true or false}."""
    said = wire.json_body()
    _, form = find_form(project_id, xml_form_id, _verb(said))
    held = _find(form, instance_id)
    decide(wire.hub(), form, held, said, instance_id=f"uuid:{uuid.uuid4()}", by=wire.caller().by)
    return _shown(form, _find(form, instance_id))


def _verb(said: dict[str, Any]) -> str:
    if "deleted" in said:
        return "submission.delete" if said["deleted"] else "submission.restore"
    return "submission.update"


def _find(form: Form, instance_id: str) -> Submission:
    """Raises Problem 404.1."""
    held = submissions.find_submission(wire.hub().read(), form.id, instance_id)
    if held is None:
        raise Problem("404.1")
    return held


def _shown(form: Form, held: Submission) -> dict[str, Any]:
    conflict = read_conflict(wire.hub(), form, held)
    return conflict_json(conflict, held.instance_id, peers.hub_names(wire.hub().read()))
