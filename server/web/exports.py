"""…/forms/ID/submissions.csv and .csv.zip, as ODK Central gives them.

POST asks for the same as GET: it is for passphrases, which do not belong in an address. This hub holds
no keys, so whatever the body says changes nothing.
"""

from __future__ import annotations

from contextlib import ExitStack

from flask import Blueprint, Response, request

from server.exporting import export, note_export
from server.exports.columns import CsvOptions, read_options
from server.store.forms import Form
from server.web import wire
from server.web.form_data import event_tag, find_published, not_modified, streamed, tagged
from server.web.rest.files import disposition
from server.web.rest.form_reading import FORM

blueprint = Blueprint("exports", __name__)
METHODS = ["GET", "POST"]
TYPES = {"csv": "text/csv; charset=utf-8", "csv.zip": "application/zip"}


@blueprint.route(f"{FORM}/submissions.csv", methods=METHODS)
def send_csv(project_id: int, xml_form_id: str) -> Response:
    form = find_published(project_id, xml_form_id)
    return _send(form, "csv", read_options(request.args), ".csv")


@blueprint.route(f"{FORM}/submissions.csv.zip", methods=METHODS)
def send_zip(project_id: int, xml_form_id: str) -> Response:
    form = find_published(project_id, xml_form_id)
    options = read_options(request.args)
    return _send(form, "csv.zip", options, ".zip" if options.attachments else ".csv.zip")


def _send(form: Form, file_format: str, options: CsvOptions, ending: str) -> Response:
    tag = event_tag(form, options.filter)
    unchanged = not_modified(tag)
    if unchanged is not None:
        return unchanged
    pieces, held = export(wire.hub(), form, file_format, options), ExitStack()
    if request.method != "HEAD":
        note_export(wire.hub(), form, wire.caller().by)
    held.callback(pieces.close)
    answer = streamed(pieces, held, TYPES[file_format])
    answer.headers["Content-Disposition"] = disposition(form.xml_form_id + ending)
    return tagged(answer, tag)
