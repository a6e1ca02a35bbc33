"""…/forms/ID/report.html and report.pdf: a form's answers as a report that can be printed. Ours, not Central's."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack

from flask import Blueprint, Response, request

from server.errors import Fault
from server.export_streams import one_file, shape_of
from server.extracting import Order, check, extraction, new_id
from server.extracts.options import Options
from server.reporting import report_order
from server.reports.writing import MEDIA_TYPES
from server.web import wire
from server.web.form_data import find_published, streamed
from server.web.rest.files import disposition
from server.web.rest.form_exports import ID_HEADER
from server.web.rest.form_reading import FORM

blueprint = Blueprint("form_reports", __name__)
SWITCH = {"": True, "true": True, "false": False}


@blueprint.get(f"{FORM}/report.html", defaults={"ending": "html"})
@blueprint.get(f"{FORM}/report.pdf", defaults={"ending": "pdf"})
def report(project_id: int, xml_form_id: str, ending: str) -> Response:
    """Kept in the ledger as every export is. HEAD makes none."""
    form = find_published(project_id, xml_form_id)
    by = wire.caller().by
    order = report_order(
        wire.hub(), form, ending, language=request.args.get("languages", "both"), khmer_digits=_khmer_digits(),
        options=Options(), by=by, who=by["name"] if by else "",
    )  # fmt: skip
    check(order)
    return _answer(order)


def _khmer_digits() -> bool:
    """Raises Fault export.option."""
    said = request.args.get("khmerDigits", "")
    if said not in SWITCH:
        raise Fault("export.option", option="khmerDigits", value=said, allowed="true, false")
    return SWITCH[said]


def _answer(order: Order) -> Response:
    kind, export_id, held = order.file_format, new_id(), ExitStack()
    if request.method == "HEAD":
        return Response(content_type=kind.media_type)
    pieces = _pieces(order, export_id)
    held.callback(pieces.close)
    answer = streamed(pieces, held, MEDIA_TYPES[kind.ending])
    answer.headers[ID_HEADER] = export_id
    name = f"{order.stem_or_form}-report.{kind.ending}"
    answer.headers["Content-Disposition"] = disposition(name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _pieces(order: Order, export_id: str) -> Generator[bytes]:
    with extraction(wire.hub(), order, export_id=export_id) as running:
        yield from one_file(running, shape_of(order, with_codebook=False))
