"""/v1/test/TOKEN/…/draft: what whoever holds a draft's token may read of it and send to it, without signing in.

The tablets' side of it is in server/web/openrosa_drafts.py.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from server import entering, trials
from server.store.forms import Form
from server.store.projects import Project
from server.web import wire
from server.web.rest.files import xml_answer
from server.web.rest.form_reading import Asked, show_attachment, version_of
from server.web.rest.submissions import shown, upload

blueprint = Blueprint("draft_testing", __name__)
TEST = "/v1/test/<token>/projects/<int:project_id>/forms/<xml_form_id>/draft"


def _opened(token: str, project_id: int, xml_form_id: str) -> tuple[Project, Form]:
    """Raises Problem 404.1."""
    project = wire.project_or_404(project_id)
    return project, trials.opened_by(wire.hub(), project, xml_form_id, token)


@blueprint.get(f"{TEST}.xml")
def show_xml(token: str, project_id: int, xml_form_id: str) -> Response:
    _, trial = _opened(token, project_id, xml_form_id)
    return xml_answer(version_of(trial, trial.current_id).xform)


@blueprint.get(f"{TEST}/attachments/<name>")
def show_file(token: str, project_id: int, xml_form_id: str, name: str) -> Response:
    project, trial = _opened(token, project_id, xml_form_id)
    return show_attachment(Asked(project, trial, version_of(trial, trial.current_id)), name)


@blueprint.post(f"{TEST}/submissions")
def create(token: str, project_id: int, xml_form_id: str) -> dict[str, Any]:
    project, trial = _opened(token, project_id, xml_form_id)
    case = upload(project, trial, None)
    entering.check_form_id(trial, case)
    entering.create_submission(wire.hub(), trial, case)
    return shown(trial, case.envelope.instance_id)
