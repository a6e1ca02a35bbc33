"""…/forms/ID.svc: a form's submissions by OData 4.0, for Excel, Power BI, R and pyODK."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from xml.sax.saxutils import escape

import orjson
from flask import Blueprint, Response, request

from forms.fields import Schema
from i18n import choose_language
from server.errors import Problem
from server.exporting import opened, published
from server.exports.odata import count_document, resource_document, table_document
from server.exports.odata_metadata import metadata_document, service_document
from server.exports.odata_query import Address, Query, check_format, check_options, read_query, read_resource
from server.store.forms import Form
from server.web import wire
from server.web.answers import refused
from server.web.form_data import event_tag, find_published, not_modified, streamed, tagged
from server.web.rest.form_reading import FORM

blueprint = Blueprint("odata", __name__)
SERVICE = f"{FORM}.svc"
JSON = "application/json; charset=utf-8"
SERVICE_JSON = f"{JSON}; odata.metadata=minimal"
XML_REFUSAL = "text/xml; charset=utf-8"
XML = "application/xml; charset=utf-8"
SUBMISSIONS = "Submissions"


@blueprint.after_request
def say_version(answer: Response) -> Response:
    answer.headers["OData-Version"] = "4.0"
    return answer


@blueprint.get(SERVICE)
def show_service(project_id: int, xml_form_id: str) -> Response:
    form = find_published(project_id, xml_form_id)
    _options("json")
    said = service_document(_schema(form), _address().service)
    return Response(orjson.dumps(said), content_type=SERVICE_JSON)


@blueprint.get(f"{SERVICE}/$metadata")
def show_metadata(project_id: int, xml_form_id: str) -> Response:
    form = find_published(project_id, xml_form_id)
    _options("xml")
    return Response(metadata_document(_schema(form), form.xml_form_id), content_type=XML)


@blueprint.get(f"{SERVICE}/<path:resource>")
def show_data(project_id: int, xml_form_id: str, resource: str) -> Response:
    form = find_published(project_id, xml_form_id)
    options = _options("json")
    if "(" in resource:
        return _show_below(form, resource, options)
    query = read_query(options, resource)
    if query.top == 0 and (resource == SUBMISSIONS or not query.count):
        return _show_count(form, resource, query)
    if query.top == 0:
        return _show_table(form, resource, query)
    tag = event_tag(form, query.filter)
    return not_modified(tag) or tagged(_show_table(form, resource, query), tag)


def _show_table(form: Form, table: str, query: Query) -> Response:
    with ExitStack() as held:
        source = held.enter_context(opened(wire.hub(), form, query.page(table)))
        total = source.count() if query.count and table == SUBMISSIONS else None
        pieces = table_document(source, _schema(form), table, query, _address(), total=total)
        return streamed(pieces, held.pop_all(), JSON)


def _show_below(form: Form, path: str, options: dict[str, str]) -> Response:
    """One submission, or the rows of a table below it."""
    resource = read_resource(path)
    query = read_query(options, resource.table)
    with ExitStack() as held:
        source = held.enter_context(opened(wire.hub(), form, one=resource.instance_id))
        pieces = resource_document(source, _schema(form), resource, query, _address())
        return streamed(pieces, held.pop_all(), JSON)


def _show_count(form: Form, table: str, query: Query) -> Response:
    """How many there are, for $top=0: without reading any."""
    total = None
    if query.count:
        with opened(wire.hub(), form, query.page(table)) as source:
            total = source.count()
    answer = Response(count_document(table, _address(), total), content_type=JSON)
    answer.add_etag(weak=True)
    return answer


def _options(serves: str) -> dict[str, str]:
    """The request's options, checked. serves: json or xml. Raises Problem 404.1, 406.1, 501.x."""
    options = request.args.to_dict()
    accept, version = request.headers.get("Accept"), request.headers.get("OData-MaxVersion")
    check_format(serves, accept, options, version)
    check_options(options)
    return options


def _schema(form: Form) -> Schema:
    """Tables and fields are those of the version in force."""
    return published(wire.hub(), form).in_order[-1]


def _address() -> Address:
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return Address(wire.base_url(), wire.asked_path() + query)


@blueprint.errorhandler(Problem)
def refuse(fault: Problem) -> Response | tuple[dict[str, Any], int]:
    """Whoever asks for $metadata reads XML, and so its refusals."""
    return refuse_in_xml(fault, "odata.show_metadata")


def refuse_in_xml(fault: Problem, endpoint: str) -> Response | tuple[dict[str, Any], int]:
    """In XML at this endpoint, elsewhere in JSON."""
    if request.endpoint != endpoint:
        return refused(fault)
    text = escape(fault.text(choose_language(request.headers.get("Accept-Language"), "en")))
    details = escape(orjson.dumps(fault.details).decode()) if fault.details else ""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<error code="{fault.code}">\n'
        f"  <message>{text}</message>\n  <details>{details}</details>\n</error>"
    )
    return Response(body, fault.status, content_type=XML_REFUSAL)
