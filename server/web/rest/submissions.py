"""…/forms/ID/submissions: what came in. Programs are refused here where tablets are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from server import entering, review, withdrawal
from server.answering import catch_up
from server.changes import event_hash
from server.errors import Problem
from server.intake import Case, Post
from server.store import actors, submissions
from server.store.forms import Form
from server.store.keys import keys_in_use
from server.store.projects import Project
from server.store.submissions import Submission
from server.web import wire
from server.web.form_data import not_modified, tagged
from server.web.rest.files import xml_answer
from server.web.rest.forms import SUCCESS
from server.web.rest.inputs import whole_in_query
from server.web.rest.people import actor_json
from server.web.rest.submission_reading import (
    ONE,
    SUBMISSIONS,
    current_version,
    find_arriving,
    find_form,
    find_submission,
    or_redirect,
)
from server.web.rest.submission_shapes import People, key_json, stream_submissions, submission_json

blueprint = Blueprint("submissions", __name__)


@blueprint.get(SUBMISSIONS)
def list_all(project_id: int, xml_form_id: str) -> Response:
    """Newest first; the trash with ?deleted=true."""
    _, form = find_form(project_id, xml_form_id, "submission.list")
    limit, offset = whole_in_query(request.args, "limit", -1), whole_in_query(request.args, "offset", 0)
    deleted = wire.flag("deleted")
    tag = f'"eventhash:{event_hash(wire.hub(), form, deleted, limit, offset, wire.extended())}"'
    unchanged = not_modified(tag)
    if unchanged is not None:
        return unchanged
    rows = stream_submissions(
        wire.hub(), form.id, deleted=deleted, limit=limit, offset=offset, extended=wire.extended()
    )
    return tagged(Response(rows, content_type="application/json; charset=utf-8"), tag)


@blueprint.get(f"{SUBMISSIONS}/keys")
def list_keys(project_id: int, xml_form_id: str) -> list[dict[str, Any]]:
    """Of what stands encrypted, the newest first. By their numbers the passphrases are given to an export."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    catch_up(wire.hub(), form.id)
    return [key_json(key) for key in keys_in_use(wire.hub().read(), form.id)]


@blueprint.get(f"{SUBMISSIONS}/submitters")
def list_submitters(project_id: int, xml_form_id: str) -> list[dict[str, Any]]:
    _, form = find_form(project_id, xml_form_id, "submission.read")
    db = wire.hub().read()
    found = (actors.find_actor(db, number) for number in submissions.list_submitters(db, form.id))
    return [actor_json(actor) for actor in found if actor is not None]


@blueprint.post(SUBMISSIONS)
def create(project_id: int, xml_form_id: str) -> dict[str, Any]:
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, xml_form_id)
    wire.actor()  # nobody's ten megabytes of XML are parsed
    case = upload(project, form, wire.caller().by)
    entering.check_form(wire.hub(), form, case)
    wire.require("submission.create", project, form)
    entering.check_form_id(form, case)
    entering.create_submission(wire.hub(), form, case)
    return shown(form, case.envelope.instance_id)


@blueprint.put(ONE)
def edit(project_id: int, xml_form_id: str, instance_id: str) -> dict[str, Any]:
    """The XML says by its deprecatedID that it replaces the version that stands."""
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, xml_form_id)
    wire.actor()  # nobody's ten megabytes of XML are parsed
    case = upload(project, form, wire.caller().by)
    entering.check_form_id(form, case)
    entering.deprecated_id(case)
    held = find_submission(form, instance_id)
    entering.check_form(wire.hub(), form, case)
    wire.require("submission.create", project, form)
    entering.edit_submission(wire.hub(), form, held, case)
    return _shown(find_submission(form, instance_id))


def upload(project: Project, form: Form, by: Mapping[str, str] | None) -> Case:
    """The answers in the request's body. Raises Problem as read_upload does."""
    client, agent = request.headers.get("odk-client"), request.headers.get("User-Agent", "")
    request.max_content_length = wire.hub().config.max_xml_length
    post = Post(
        project,
        request.get_data(cache=False),
        by=by,
        device_id=request.args.get("deviceID"),
        user_agent=f"{client} {agent}" if client else agent,
        trial=form if form.is_trial else None,
    )
    return entering.read_upload(wire.hub(), post)


@blueprint.get(ONE)
def show(project_id: int, xml_form_id: str, instance_id: str) -> Any:
    _, form = find_form(project_id, xml_form_id, "submission.read")
    held = or_redirect(form, instance_id)
    return held if isinstance(held, Response) else _shown(held)


@blueprint.get(f"{ONE}/edit")
def open_for_edit(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    """Central leads to its web form from here; this hub has none yet."""
    find_form(project_id, xml_form_id, "submission.update")
    raise Problem("409.11")


@blueprint.get(f"{ONE}.xml")
def show_xml(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    """The bytes as they were received."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    held = or_redirect(form, instance_id)
    if isinstance(held, Response):
        return held
    return xml_answer(current_version(held).xml)


@blueprint.patch(ONE)
def update(project_id: int, xml_form_id: str, instance_id: str) -> dict[str, Any]:
    _, form = find_form(project_id, xml_form_id, "submission.update")
    held = find_arriving(form, instance_id)
    said = wire.json_body()
    if "reviewState" in said:
        review.set_review_state(wire.hub(), form, held, said["reviewState"], by=wire.caller().by)
    return shown(form, instance_id)


@blueprint.delete(ONE)
def delete(project_id: int, xml_form_id: str, instance_id: str) -> dict[str, bool]:
    _, form = find_form(project_id, xml_form_id, "submission.delete")
    review.delete_submission(wire.hub(), form, find_submission(form, instance_id), by=wire.caller().by)
    return SUCCESS


@blueprint.post(f"{ONE}/restore")
def restore(project_id: int, xml_form_id: str, instance_id: str) -> dict[str, bool]:
    _, form = find_form(project_id, xml_form_id, "submission.restore")
    held = find_submission(form, instance_id, deleted=True)
    review.restore_submission(wire.hub(), form, held, by=wire.caller().by)
    return SUCCESS


@blueprint.post(f"{ONE}/withdraw")
def withdraw(project_id: int, xml_form_id: str, instance_id: str) -> dict[str, bool]:
    """Wipes it, here and on every hub that this reaches: {"reason": text} or nothing. Ours, not Central's."""
    _, form = find_form(project_id, xml_form_id, "submission.delete")
    reason = wire.json_body().get("reason")
    if reason is not None and not isinstance(reason, str):
        raise Problem("400.11", field="reason", value=str(reason), expected="string")
    withdrawal.withdraw(wire.hub(), form, instance_id, reason=reason, by=wire.caller().by)
    return SUCCESS


def shown(form: Form, instance_id: str) -> dict[str, Any]:
    return _shown(find_submission(form, instance_id))


def _shown(held: Submission) -> dict[str, Any]:
    people = People(wire.hub().read()) if wire.extended() else None
    return submission_json(held, current_version(held), people)
