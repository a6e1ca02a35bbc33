"""…/forms/ID/export and …/exports: what an analyst takes away, sent while it is made or made in the background.
Ours, not Central's.

Options are those of the command line in camelCase (`server/export_options.py`), in the address or, with POST, in
the body as JSON or as a form, where passphrases (`{"3": "…"}`, by number of the key) belong.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from server.errors import Fault
from server.export_entries import Taken, taken_of
from server.export_jobs import Job
from server.export_options import NAMES, camel, read_options
from server.export_streams import Shape, one_file, shape_of
from server.exporting import unlocked_keys
from server.extracting import Order, check, extraction, new_id
from server.extracts.options import Options
from server.formats import format_named
from server.store.forms import Form
from server.web import wire
from server.web.exports import BODY_LIMIT, passphrases_of
from server.web.form_data import find_published, streamed
from server.web.rest.files import disposition
from server.web.rest.form_reading import FORM
from server.web.rest.forms import SUCCESS

blueprint = Blueprint("form_exports", __name__)
METHODS = ["GET", "POST"]
BESIDE = ("format", "codebook", "reason", "__csrf")  # what else may be said
ID_HEADER = "X-Samleng-Export"
CHUNK = 256 * 1024


@blueprint.route(f"{FORM}/export", methods=METHODS)
def send(project_id: int, xml_form_id: str) -> Response:
    """Sent while it is made. Ended by the caller's going away, which the ledger then tells."""
    form = find_published(project_id, xml_form_id)
    order, with_codebook = _order(form)
    check(order)
    unlocked_keys(wire.hub(), form, order.passphrases)
    shape, export_id = shape_of(order, with_codebook=with_codebook), new_id()
    held = ExitStack()
    if request.method == "HEAD":
        answer = Response(content_type=shape.media_type)
    else:
        pieces = _pieces(order, shape, export_id)
        held.callback(pieces.close)
        answer = streamed(pieces, held, shape.media_type)
        answer.headers[ID_HEADER] = export_id
    return _named(answer, shape.name)


def _pieces(order: Order, shape: Shape, export_id: str) -> Generator[bytes]:
    with extraction(wire.hub(), order, export_id=export_id) as running:
        yield from one_file(running, shape)


@blueprint.get(f"{FORM}/exports")
def history(project_id: int, xml_form_id: str) -> list[dict[str, Any]]:
    """Newest first. Who may not change submissions sees their own alone."""
    form = find_published(project_id, xml_form_id)
    return [one.json() for one in seen(form)]


def seen(form: Form) -> list[Taken]:
    mine = wire.caller().by
    found = taken_of(wire.hub(), form)
    if wire.may("submission.update", wire.project_or_404(form.project_id), form):
        return found
    return [one for one in found if mine and one.by_id == mine["id"]]


@blueprint.post(f"{FORM}/exports")
def begin(project_id: int, xml_form_id: str) -> dict[str, Any]:
    form = find_published(project_id, xml_form_id)
    order, with_codebook = _order(form)
    unlocked_keys(wire.hub(), form, order.passphrases)
    return job_json(wire.running().exports.begin(order, with_codebook=with_codebook))


@blueprint.get(f"{FORM}/exports/<export_id>")
def show(project_id: int, xml_form_id: str, export_id: str) -> dict[str, Any]:
    return job_json(find(project_id, xml_form_id, export_id))


@blueprint.get(f"{FORM}/exports/<export_id>/file")
def fetch(project_id: int, xml_form_id: str, export_id: str) -> Response:
    """Until somebody deletes it, or for a day."""
    job = find(project_id, xml_form_id, export_id)
    path = wire.running().exports.open(job)
    file = path.open("rb")
    answer = Response(_chunks(file), content_type=job.media_type, direct_passthrough=True)
    answer.call_on_close(file.close)
    answer.content_length = path.stat().st_size
    answer.headers[ID_HEADER] = job.id
    return _named(answer, job.name)


@blueprint.delete(f"{FORM}/exports/<export_id>")
def cancel(project_id: int, xml_form_id: str, export_id: str) -> dict[str, bool]:
    """Stops it, or takes its file off the disk."""
    wire.running().exports.cancel(find(project_id, xml_form_id, export_id))
    return SUCCESS


def find(project_id: int, xml_form_id: str, export_id: str) -> Job:
    """A job of the caller's own, or of anybody's for those who may change submissions. Raises Problem 403.1,
    404.1, Fault export.unknown."""
    form = find_published(project_id, xml_form_id)
    job = wire.running().exports.find(form, export_id)
    mine = wire.caller().by
    if not (mine and mine["id"] == job.by):
        wire.require("submission.update", wire.project_or_404(project_id), form)
    return job


def job_json(job: Job) -> dict[str, Any]:
    fault = (
        {"fault": {"message": job.fault.text(wire.lang("en")), "code": job.fault.code}} if job.fault else {}
    )
    return {**job.json(), **fault}


def order_for(form: Form, said: dict[str, str], default: Options | None = None) -> Order:
    """What is asked for by name. Raises Fault export.option, format.unknown, Problem 403.1: a profile that shows
    people as they are is for those who may also change their submissions."""
    names = {camel(name): name for name in NAMES}
    kind = format_named(said.get("format") or "csv")
    default = replace(default or Options(), **kind.usual)
    options = read_options({names[name]: value for name, value in said.items() if name in names}, default)
    if options.profile == "full":
        wire.require("submission.update", wire.project_or_404(form.project_id), form)
    by = wire.caller().by
    return Order(
        form, kind, options, by=by, who=by["name"] if by else "", reason=said.get("reason", ""),
        passphrases=passphrases_of(said),
    )  # fmt: skip


def _order(form: Form) -> tuple[Order, bool]:
    said = _said()
    _check_names(said)
    order = order_for(form, said, Options(language=wire.lang("en")))
    return order, read_switch(said, default=not order.file_format.single)


def _check_names(said: Iterable[str]) -> None:
    """A filter or a profile that is misspelt must not be passed over: more would leave than was meant to. Raises Fault
    export.option_unknown."""
    known = [*map(camel, NAMES), *BESIDE]
    for name in said:
        if name not in known and not name.isdecimal():
            raise Fault("export.option_unknown", option=name, options=", ".join(known[:-1]))


def _said() -> dict[str, str]:
    """Address and body together; of a name that is said more than once all of it. Raises Problem 400.1."""
    request.max_content_length = BODY_LIMIT
    said = {name: "\n".join(request.args.getlist(name)) for name in request.args}
    if request.method != "POST":
        return said
    body = wire.json_body() if request.is_json else {n: "\n".join(v) for n, v in request.form.lists()}
    return said | {name: _text(value) for name, value in body.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n".join([*map(str, value), ""])
    return "" if value is None else str(value)


def read_switch(said: dict[str, str], *, default: bool) -> bool:
    """Whether the codebook goes along in one zip. Raises Fault export.option."""
    value = said.get("codebook", "").lower()
    if value not in ("", "true", "false"):
        raise Fault("export.option", option="codebook", value=value, allowed="true, false")
    return value == "true" if value else default


def _named(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = disposition(name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _chunks(file: Any) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece
