"""…/submissions/ID/audits: what happened to one submission, newest first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from server.audits import FILE, Told, told_by
from server.store.actors import Connection
from server.store.entities import entries_made_by
from server.store.forms import Form
from server.store.ledger_sqlite import find_entry, places_about, seq_of
from server.store.submissions import Submission
from server.subjects import submission_subject
from server.web import wire
from server.web.rest.audit_shapes import AuditShapes
from server.web.rest.entity_audits import entity_now
from server.web.rest.inputs import whole_in_query
from server.web.rest.submission_reading import ONE, find_form, find_submission

blueprint = Blueprint("submission_audits", __name__)


@blueprint.get(f"{ONE}/audits")
def list_all(project_id: int, xml_form_id: str, instance_id: str) -> list[dict[str, Any]]:
    """Who may read the submission may read this. ?limit=, ?offset=."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    held = find_submission(form, instance_id)
    limit, offset = (whole_in_query(request.args, name, 0) for name in ("limit", "offset"))
    db = wire.hub().read()
    told = _told(db, form, held)[offset:]
    shapes = AuditShapes(db, extended=wire.extended())
    return [_line(db, shapes, one) for one in (told[:limit] if "limit" in request.args else told)]


def _told(db: Connection, form: Form, held: Submission) -> list[Told]:
    """With what it made of entities, and without its files: Central counts these to the form, and shows
    them in /v1/audits only."""
    subject = submission_subject(form.project_uid, form.key, held.instance_id)
    found = {seq: entry for seq, entry, _ in places_about(db, subject)}
    for name in entries_made_by(db, subject):
        seq, made = seq_of(db, name), find_entry(db, name)
        if seq is not None and made is not None:
            found[seq] = made
    newest_first = sorted(found.items(), reverse=True)
    return [line for seq, entry in newest_first for line in told_by(seq, entry) if line.line.action != FILE]


def _line(db: Connection, shapes: AuditShapes, told: Told) -> dict[str, Any]:
    """The form that it is about is in the address already; an entity is shown as it is now."""
    said = shapes.line(told)
    said.pop("actee", None)
    if told.entry.subject.startswith("entity:"):
        said["details"] = {**said["details"], "entity": entity_now(db, said["details"]["entity"])}
    return said
