"""…/submissions/ID/versions: every version of a submission, the first and each edit."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from forms.instance import parse_instance
from server import review
from server.differences import answer_tree, changes
from server.store import submissions
from server.store.forms import Form
from server.store.submissions import Submission, SubmissionVersion
from server.web import wire
from server.web.rest.files import read_stored, xml_answer
from server.web.rest.form_reading import newest
from server.web.rest.forms import SUCCESS
from server.web.rest.submission_reading import (
    ONE,
    attachment_answer,
    find_attachment,
    find_form,
    find_submission,
    find_version,
    list_attachments,
)
from server.web.rest.submission_shapes import People, attachments_json, version_json

blueprint = Blueprint("submission_versions", __name__)
VERSION = f"{ONE}/versions/<version_id>"


@blueprint.get(f"{ONE}/versions")
def list_all(project_id: int, xml_form_id: str, instance_id: str) -> list[dict[str, Any]]:
    """Newest first."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    held = find_submission(form, instance_id)
    return [_shown(held, v) for v in submissions.list_versions(wire.hub().read(), held.id)]


def _shown(held: Submission, version: SubmissionVersion) -> dict[str, Any]:
    said = version_json(version, is_current=version.id == held.version_id)
    if wire.extended():
        people = People(wire.hub().read())
        said |= {"submitter": people(version.submitter_id), "formVersion": version.form_version}
    return said


def _find(
    project_id: int, xml_form_id: str, instance_id: str, version_id: str, verb: str = "submission.read"
) -> tuple[Form, Submission, SubmissionVersion]:
    _, form = find_form(project_id, xml_form_id, verb)
    held = find_submission(form, instance_id)
    return form, held, find_version(form, held, version_id)


@blueprint.get(f"{ONE}/diffs")
def list_changes(project_id: int, xml_form_id: str, instance_id: str) -> dict[str, list[dict[str, Any]]]:
    """instanceID of each later version -> what it changed; groups and repeats as the published form
    has them."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    held = find_submission(form, instance_id)
    schema = wire.hub().schema_of(newest(form))
    versions = submissions.list_versions(wire.hub().read(), held.id)
    trees = [answer_tree(parse_instance(read_stored(v.xml))[0], schema) for v in versions]
    pairs = zip(versions, trees, trees[1:], strict=False)
    return {version.instance_id: changes(earlier, later) for version, later, earlier in pairs}


@blueprint.get(VERSION)
def show(project_id: int, xml_form_id: str, instance_id: str, version_id: str) -> dict[str, Any]:
    _, held, version = _find(project_id, xml_form_id, instance_id, version_id)
    return _shown(held, version)


@blueprint.get(f"{VERSION}.xml")
def show_xml(project_id: int, xml_form_id: str, instance_id: str, version_id: str) -> Response:
    _, _, version = _find(project_id, xml_form_id, instance_id, version_id)
    return xml_answer(version.xml)


@blueprint.get(f"{VERSION}/attachments")
def list_files(project_id: int, xml_form_id: str, instance_id: str, version_id: str) -> list[dict[str, Any]]:
    form, _, version = _find(project_id, xml_form_id, instance_id, version_id)
    return attachments_json(wire.hub(), list_attachments(form, version.id))


@blueprint.get(f"{VERSION}/attachments/<name>")
def show_file(project_id: int, xml_form_id: str, instance_id: str, version_id: str, name: str) -> Response:
    form, _, version = _find(project_id, xml_form_id, instance_id, version_id)
    return attachment_answer(find_attachment(form, version.id, name))


@blueprint.delete(f"{VERSION}/attachments/<name>")
def clear_file(
    project_id: int, xml_form_id: str, instance_id: str, version_id: str, name: str
) -> dict[str, bool]:
    form, held, version = _find(project_id, xml_form_id, instance_id, version_id, "submission.update")
    find_attachment(form, version.id, name)
    review.set_attachment(wire.hub(), form, held, version, name, None, by=wire.caller().by)
    return SUCCESS
