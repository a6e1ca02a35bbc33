"""…/forms/ID/submissions.csv and .csv.zip, as ODK Central gives them.

Passphrases come by number of the key, `{"3": "…"}`: with POST in the body, as JSON or as a form, where they stay
out of addresses; with GET among the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, Response, request

from server.exporting import export, note_export
from server.exports.columns import CsvOptions, read_options
from server.store.forms import Form
from server.web import wire
from server.web.form_data import event_tag, find_published, not_modified, streamed, tagged
from server.web.paths import DRAFT
from server.web.rest.files import disposition
from server.web.rest.form_reading import FORM
from server.web.rest.inputs import DIGITS

blueprint = Blueprint("exports", __name__)
METHODS = ["GET", "POST"]
BODY_LIMIT = 100_000  # bytes of passphrases
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
    tag, passphrases = event_tag(form, options.filter), _passphrases()
    unchanged = not_modified(tag) if not passphrases else None
    if unchanged is not None:
        return unchanged
    pieces = export(wire.hub(), form, file_format, options, passphrases=passphrases)
    held = ExitStack()
    if request.method != "HEAD" and DRAFT not in request.environ:
        note_export(wire.hub(), form, wire.caller().by)
    held.callback(pieces.close)
    answer = streamed(pieces, held, TYPES[file_format])
    answer.headers["Content-Disposition"] = disposition(form.xml_form_id + ending)
    return tagged(answer, tag)


def _passphrases() -> dict[int, str]:
    """number of the key -> passphrase. Raises Problem 400.1 for a body that is no JSON."""
    request.max_content_length = BODY_LIMIT
    said: Mapping[str, Any] = request.args
    if request.method == "POST":  # a body of any other kind says nothing (Central)
        said = wire.json_body() if request.is_json else request.form
    return passphrases_of(said)


def passphrases_of(said: Mapping[str, Any]) -> dict[int, str]:
    """number of the key -> passphrase, of what is said by number."""
    return {int(name): str(value) for name, value in said.items() if _is_number(name)}


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) <= DIGITS
