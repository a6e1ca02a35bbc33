"""…/parked: what tablets handed over and the hub holds without understanding it yet. Ours, not Central's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response

from server import parked
from server.answering import catch_up
from server.clock import shown
from server.conflict_shapes import parked_json
from server.errors import Problem
from server.store import forms, submissions
from server.store.forms import Form
from server.store.projects import Project
from server.store.submissions import ParkedRow, Submission
from server.web import wire
from server.web.rest.files import blob_answer, xml_answer
from server.web.rest.form_reading import FORM
from server.web.rest.forms import SUCCESS
from server.web.rest.submission_reading import find_form
from sync.ledger import is_hash

blueprint = Blueprint("parked", __name__)
PROJECT = "/v1/projects/<int:project_id>"
UNEXPECTED = "attachment.unexpected"


@blueprint.get(f"{PROJECT}/parked")
def list_of_project(project_id: int) -> list[dict[str, Any]]:
    """Oldest first, also for forms that are unknown here; then submissions that came with files which
    their answers do not name."""
    project = _readable(project_id)
    db = wire.hub().read()
    rows = [parked_json(row) for row in submissions.list_parked(db, project.id)]
    return rows + list(_unexpected(project, forms.list_forms(db, project.id)))


@blueprint.get(f"{FORM}/parked")
def list_of_form(project_id: int, xml_form_id: str) -> list[dict[str, Any]]:
    project, form = find_form(project_id, xml_form_id, "submission.read")
    rows = submissions.list_parked(wire.hub().read(), project.id, form.key)
    return [parked_json(row) for row in rows] + list(_unexpected(project, [form]))


@blueprint.get(f"{PROJECT}/parked/<entry>.xml")
def show_xml(project_id: int, entry: str) -> Response:
    """The bytes as the tablet sent them."""
    row = _find(project_id, entry)
    return xml_answer(row.xml)


@blueprint.get(f"{PROJECT}/parked/<entry>/attachments/<name>")
def show_attachment(project_id: int, entry: str, name: str) -> Response:
    row = _find(project_id, entry)
    return blob_answer(json.loads(row.files).get(name), name, inline=True)


@blueprint.post(f"{PROJECT}/parked/<entry>/accept")
def accept(project_id: int, entry: str) -> dict[str, bool]:
    """Lets it take part from now on, on every hub."""
    row = _find(project_id, entry, "submission.update")
    parked.accept(wire.hub(), wire.project_or_404(project_id), row.entry, by=wire.caller().by)
    return SUCCESS


def _readable(project_id: int) -> Project:
    """Raises Problem 404.1, 403.1: what is parked may belong to any form of the project, or to none."""
    project = wire.project_or_404(project_id)
    wire.require("submission.read", project)
    return project


def _find(project_id: int, entry: str, verb: str = "submission.read") -> ParkedRow:
    """For one who may read the project's submissions, or those of the form that it is for."""
    project, db = wire.project_or_404(project_id), wire.hub().read()
    row = submissions.find_parked(db, project.id, entry) if is_hash(entry) else None
    form = forms.find_by_key(db, project.uid, row.form_key) if row is not None else None
    wire.require(verb, project, form)
    if row is None:
        raise Problem("404.1")
    return row


def _unexpected(project: Project, wanted: list[Form]) -> Iterator[dict[str, Any]]:
    """Submissions that went in, with the files that nobody expected. `id` is None: the submission is
    where submissions are, and so are its files."""
    by_id = {form.xml_form_id: form for form in wanted}
    for form in wanted:
        catch_up(wire.hub(), form.id)
    db, names = wire.hub().read(), dict[tuple[str, str], list[str]]()
    for form_id, instance_id, name, _ in submissions.list_unexpected(db, project.id):
        names.setdefault((form_id, instance_id), []).append(name)
    for (form_id, instance_id), found in names.items():
        held_by = by_id.get(form_id)
        held = submissions.find_submission(db, held_by.id, instance_id) if held_by else None
        if held is not None and held.deleted_at is None:
            yield _unexpected_json(form_id, held, found)


def _unexpected_json(form_id: str, held: Submission, names: list[str]) -> dict[str, Any]:
    return {
        "id": None,
        "instanceId": held.instance_id,
        "xmlFormId": form_id,
        "formVersion": held.form_version,
        "reason": UNEXPECTED,
        "receivedAt": shown(held.created_at),
        "submitterId": held.submitter_id,
        "deviceId": held.device_id,
        "attachments": [{"name": name, "exists": True} for name in dict.fromkeys(names)],
    }
