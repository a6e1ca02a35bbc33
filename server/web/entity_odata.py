"""…/datasets/NAME.svc: an entity list by OData 4.0, and …/entities.geojson of the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any
from urllib.parse import quote

import orjson
from flask import Blueprint, Response, request

from server.errors import Problem
from server.exports.entity_geojson import PROPERTY, feature_collection
from server.exports.entity_odata import metadata_document, rows_document, service_document
from server.exports.entity_search import read_search
from server.exports.odata_filter import read_filter
from server.exports.odata_query import Address, check_format, read_query
from server.exports.odata_tree import ENTITIES
from server.exports.rows import Page
from server.store.datasets import Dataset
from server.store.entity_source import EntitySource
from server.web import wire
from server.web.form_data import streamed
from server.web.odata import JSON, XML, refuse_in_xml
from server.web.rest.entity_reading import LIST, find_list, properties_of

blueprint = Blueprint("entity_odata", __name__)
SERVICE = f"{LIST}.svc"
GEOJSON = "application/json; charset=utf-8"


@blueprint.after_request
def say_version(answer: Response) -> Response:
    if ".svc" in request.path:
        answer.headers["OData-Version"] = "4.0"
    return answer


@blueprint.get(SERVICE)
def show_service(project_id: int, name: str) -> Response:
    find_list(project_id, name, "entity.list")
    _options("json")
    return Response(orjson.dumps(service_document(wire.base_url() + request.path)), content_type=JSON)


@blueprint.get(f"{SERVICE}/$metadata")
def show_metadata(project_id: int, name: str) -> Response:
    dataset = find_list(project_id, name, "entity.list")
    _options("xml")
    return Response(metadata_document(dataset.name, properties_of(dataset)), content_type=XML)


@blueprint.get(f"{SERVICE}/{ENTITIES}")
def show_rows(project_id: int, name: str) -> Response:
    dataset = find_list(project_id, name, "entity.list")
    options = _options("json")
    query = read_query(options, ENTITIES)
    with ExitStack() as held:
        source = held.enter_context(opened(dataset, query.page(ENTITIES), options.get("$search")))
        total = source.count() if query.count else None
        pieces = rows_document(source.rows(), properties_of(dataset), query, _address(), total)
        return streamed(pieces, held.pop_all(), JSON)


@blueprint.get(f"{LIST}/entities.geojson")
def show_geojson(project_id: int, name: str) -> Response:
    """?$filter=, ?$search=, ?limit=."""
    dataset = find_list(project_id, name, "entity.list")
    wanted = request.args.get("$filter")
    page = Page(filter=read_filter(wanted, ENTITIES) if wanted else None)
    if PROPERTY not in properties_of(dataset):
        return Response(b"".join(feature_collection([])), content_type=GEOJSON)
    limit = request.args.get("limit", "")
    with ExitStack() as held:
        source = held.enter_context(opened(dataset, page, request.args.get("$search")))
        places = ((t.entity.uuid, t.version.values.get(PROPERTY, "")) for t in source.rows())
        named = ((uuid, text) for uuid, text in places if any(c.isdigit() for c in text))
        pieces = feature_collection(named, int(limit) if limit.isascii() and limit.isdigit() else None)
        return streamed(pieces, held.pop_all(), GEOJSON)


@contextmanager
def opened(dataset: Dataset, page: Page, search: str | None) -> Iterator[EntitySource]:
    hub = wire.hub()
    with hub.database.reading() as reader:
        source = EntitySource(
            reader, dataset.project, dataset.key, page, now=hub.clock.now(),
            search=read_search(search) if search and search.strip() else None,
        )  # fmt: skip
        with closing(source):
            yield source


def _options(serves: str) -> dict[str, str]:
    """Raises Problem 406.1, 404.1."""
    options = request.args.to_dict()
    check_format(serves, request.headers.get("Accept"), options, request.headers.get("OData-MaxVersion"))
    return options


def _address() -> Address:
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return Address(wire.base_url(), quote(request.path, safe="/:'()!*$@,;=&+~") + query)


@blueprint.errorhandler(Problem)
def refuse(fault: Problem) -> Response | tuple[dict[str, Any], int]:
    """Whoever asks for $metadata reads XML, and so its refusals."""
    return refuse_in_xml(fault, "entity_odata.show_metadata")
