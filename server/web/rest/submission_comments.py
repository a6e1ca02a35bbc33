"""…/submissions/ID/comments: what coordinators say to each other about a submission."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from server import review
from server.store import submissions
from server.store.submissions import Comment
from server.web import wire
from server.web.rest.submission_reading import ONE, find_form, find_submission
from server.web.rest.submission_shapes import People, comment_json

blueprint = Blueprint("submission_comments", __name__)


@blueprint.get(f"{ONE}/comments")
def list_all(project_id: int, xml_form_id: str, instance_id: str) -> list[dict[str, Any]]:
    """Newest first."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    held = find_submission(form, instance_id)
    db = wire.hub().read()
    people, rows = People(db), []
    for comment in submissions.list_comments(db, held.id):
        rows.append(comment_json(comment))
        if wire.extended():
            rows[-1]["actor"] = people(comment.actor_id)
    return rows


@blueprint.post(f"{ONE}/comments")
def create(project_id: int, xml_form_id: str, instance_id: str) -> dict[str, Any]:
    """Who can read a submission can comment on it (Central)."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    held = find_submission(form, instance_id)
    caller = wire.caller()
    made = review.add_comment(wire.hub(), form, held, wire.json_body().get("body"), by=caller.by)
    return comment_json(Comment(made.body["body"], caller.actor.id if caller.actor else None, made.made_at))
