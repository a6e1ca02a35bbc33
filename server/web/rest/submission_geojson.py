"""…/submissions.geojson, and the same of one submission and of one of its versions."""

from __future__ import annotations

from contextlib import ExitStack

from flask import Blueprint, Response, request

from forms.instance import parse_instance, read_encrypted
from server.errors import Problem
from server.exporting import opened
from server.exports.geojson import collection, features_in, features_of
from server.exports.odata_filter import read_filter
from server.exports.rows import Page
from server.store import forms
from server.store.forms import Form
from server.store.submissions import SubmissionVersion
from server.web import wire
from server.web.form_data import event_tag, not_modified, streamed, tagged
from server.web.rest.files import read_stored
from server.web.rest.submission_reading import (
    ONE,
    SUBMISSIONS,
    current_version,
    find_form,
    find_submission,
    find_version,
)

blueprint = Blueprint("submission_geojson", __name__)
JSON = "application/json; charset=utf-8"


@blueprint.get(f"{SUBMISSIONS}.geojson")
def show_all(project_id: int, xml_form_id: str) -> Response:
    _, form = find_form(project_id, xml_form_id, "submission.list")
    paths, condition = _paths(), request.args.get("$filter")
    if len(paths) > 1:
        raise Problem("400.41", paramSet=paths, violationText="at most one fieldpath may be specified")
    chosen = read_filter(condition, "Submissions") if condition else None
    tag = event_tag(form, chosen)
    unchanged = not_modified(tag)
    if unchanged is not None:
        return unchanged
    with ExitStack() as held:
        source = held.enter_context(opened(wire.hub(), form, Page(limit=_limit(), filter=chosen)))
        pieces = collection(features_of(source, paths[0] if paths else None))
        return tagged(streamed(pieces, held.pop_all(), JSON), tag)


@blueprint.get(f"{ONE}.geojson")
def show_one(project_id: int, xml_form_id: str, instance_id: str) -> Response:
    """The version that stands, under its own instanceID."""
    _, form = find_form(project_id, xml_form_id, "submission.read")
    return _show(form, current_version(find_submission(form, instance_id)))


@blueprint.get(f"{ONE}/versions/<version_id>.geojson")
def show_version(project_id: int, xml_form_id: str, instance_id: str, version_id: str) -> Response:
    _, form = find_form(project_id, xml_form_id, "submission.read")
    return _show(form, find_version(form, find_submission(form, instance_id), version_id))


def _show(form: Form, version: SubmissionVersion) -> Response:
    published = forms.find_published(wire.hub().read(), form.id, version.form_version)
    if published is None:
        raise Problem("404.1")
    root, envelope = parse_instance(read_stored(version.xml))
    reader = wire.hub().reader_of(wire.hub().read(), published)
    reading = read_encrypted(root) if envelope.encrypted else reader.read(root)
    tables = reading.tables or [[] for _ in reader.schema.tables]
    found = features_in(version.instance_id, reader.schema, tables, _paths())
    return Response(b"".join(collection(found)), content_type=JSON)


def _paths() -> list[str]:
    """The fields asked for, each once."""
    return list(dict.fromkeys(path for path in request.args.getlist("fieldpath") if path))


def _limit() -> int | None:
    text = request.args.get("limit", "")
    return int(text) or None if text.isascii() and text.isdigit() and len(text) < 16 else None
