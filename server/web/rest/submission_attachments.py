"""…/submissions/ID/attachments: the files that a submission names."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from server import review
from server.errors import Problem
from server.store.forms import Form
from server.store.projects import Project
from server.store.submissions import Attachment, Submission, SubmissionVersion
from server.web import wire
from server.web.rest.files import media_type
from server.web.rest.forms import SUCCESS
from server.web.rest.submission_reading import (
    ONE,
    attachment_answer,
    current_version,
    find_attachment,
    find_form,
    find_submission,
    list_attachments,
    or_redirect,
)
from server.web.rest.submission_shapes import attachments_json

blueprint = Blueprint("submission_attachments", __name__)


@blueprint.get(f"{ONE}/attachments")
def list_all(project_id: int, xml_form_id: str, instance_id: str) -> Any:
    """Those that the answers name, held or not."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    held = or_redirect(form, instance_id)
    if isinstance(held, Response):
        return held
    return attachments_json(wire.hub(), list_attachments(form, held.version_id))


@blueprint.get(f"{ONE}/attachments/<name>")
def show(project_id: int, xml_form_id: str, instance_id: str, name: str) -> Response:
    """Also a file that came though the answers do not name it: it is held, so it can be had."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    held = or_redirect(form, instance_id)
    if isinstance(held, Response):
        return held
    return attachment_answer(find_attachment(form, held.version_id, name))


@blueprint.post(f"{ONE}/attachments/<name>")
def fill(project_id: int, xml_form_id: str, instance_id: str, name: str) -> dict[str, bool]:
    project, form = find_form(project_id, xml_form_id, "submission.update", "submission.create")
    held = find_submission(form, instance_id)
    current = current_version(held)
    _check_sender(project, form, held, current, _expected(form, current, name))
    file = wire.hub().blobs.stage(request.stream)  # type: ignore[arg-type]
    kind = media_type(request.headers.get("Content-Type"), name)
    review.set_attachment(wire.hub(), form, held, current, name, file, media_type=kind, by=wire.caller().by)
    return SUCCESS


def _expected(form: Form, version: SubmissionVersion, name: str) -> Attachment:
    """Raises Problem 404.1 for a name that the answers do not hold."""
    found = find_attachment(form, version.id, name)
    if not found.expected:
        raise Problem("404.1")
    return found


def _check_sender(
    project: Project, form: Form, held: Submission, current: SubmissionVersion, slot: Attachment
) -> None:
    """Who may only send may complete what he sent, until somebody edits it. Raises Problem 403.1."""
    if wire.may("submission.update", project, form):
        return
    own = wire.actor().id == current.submitter_id
    if not own or slot.sha256 is not None or held.edits > 0:
        raise Problem("403.1")


@blueprint.delete(f"{ONE}/attachments/<name>")
def clear(project_id: int, xml_form_id: str, instance_id: str, name: str) -> dict[str, bool]:
    """The name stays expected; the bytes stay in the ledger."""
    _, form = find_form(project_id, xml_form_id, "submission.update")
    held = find_submission(form, instance_id)
    current = current_version(held)
    _expected(form, current, name)
    review.set_attachment(wire.hub(), form, held, current, name, None, by=wire.caller().by)
    return SUCCESS
