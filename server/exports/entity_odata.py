"""OData documents of an entity list: service, $metadata and rows, as ODK Central lays them out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from server.clock import shown
from server.errors import Problem
from server.exports.odata import footer, opened_list
from server.exports.odata_metadata import CAN
from server.exports.odata_names import identifier
from server.exports.odata_query import Address, Query, make_token
from server.exports.odata_tree import ENTITIES, ENTITY_FIELDS
from server.store.entity_source import Told

_SYSTEM = {
    "createdAt": "DateTimeOffset",
    "creatorId": "String",
    "creatorName": "String",
    "updates": "Int64",
    "updatedAt": "DateTimeOffset",
    "deletedAt": "DateTimeOffset",
    "version": "Int64",
    "conflict": "String",
}


def service_document(service: str) -> dict[str, Any]:
    """service: the absolute service root, ending in ".svc"."""
    return {
        "@odata.context": f"{service}/$metadata",
        "value": [{"name": ENTITIES, "kind": "EntitySet", "url": ENTITIES}],
    }


def read_selected(select: Sequence[str] | None, properties: Sequence[str]) -> frozenset[str] | None:
    """What $select wants; None = everything. Raises Problem 400.23."""
    if select is None:
        return None
    known = {"__id", "__system", "label", *ENTITY_FIELDS, *(f"__system/{n}" for n in _SYSTEM), *properties}
    for name in select:
        if name not in known:
            raise Problem("400.23", property=name)
    return frozenset(select)


def entity_row(told: Told, properties: Sequence[str], selected: frozenset[str] | None) -> dict[str, Any]:
    """One entity; a property without a value is blank."""
    made: dict[str, Any] = {}
    if selected is None or "__id" in selected:
        made["__id"] = told.entity.uuid
    if selected is None or "label" in selected:
        made["label"] = told.version.label
    if system := _system(told, selected):
        made["__system"] = system
    values = told.version.values
    made |= {
        identifier(name): values.get(name, "") for name in properties if selected is None or name in selected
    }
    return made


def _system(told: Told, selected: frozenset[str] | None) -> dict[str, Any]:
    held = told.entity
    system = {
        "createdAt": shown(held.created_at),
        "creatorId": None if held.creator_id is None else str(held.creator_id),
        "creatorName": told.creator_name or None,
        "updates": held.version - 1,
        "updatedAt": shown(held.updated_at),
        "deletedAt": shown(held.deleted_at),
        "version": held.version,
        "conflict": held.conflict,
    }
    if selected is None or "__system" in selected:
        return system
    return {name: value for name, value in system.items() if f"__system/{name}" in selected}


def rows_document(
    rows: Iterator[Told],
    properties: Sequence[str],
    query: Query,
    address: Address,
    total: int | None,
) -> Iterator[bytes]:
    """rows: of the query's page, which goes one row further than what is asked for. total: how many match,
    when the count is asked for. Raises Problem 400.23."""
    selected = read_selected(query.select, properties)
    pieces = _pieces(rows, properties, selected, query.top, address, total)
    return itertools.chain([next(pieces)], pieces)


def _pieces(
    rows: Iterator[Told],
    properties: Sequence[str],
    selected: frozenset[str] | None,
    top: int | None,
    address: Address,
    total: int | None,
) -> Iterator[bytes]:
    last: str | None = None

    def shaped() -> Iterator[dict[str, Any]]:
        nonlocal last
        for told in itertools.islice(rows, top):
            last = told.entity.uuid
            yield entity_row(told, properties, selected)

    yield from opened_list(shaped())
    following = None
    if last is not None and next(rows, None) is not None:
        following = address.next(make_token(ENTITIES, last))
    yield footer(ENTITIES, address, following, total)


def metadata_document(dataset: str, properties: Iterable[str]) -> str:
    space = f"org.opendatakit.user.{identifier(dataset)}"
    names = [identifier(name) for name in properties]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">',
            "<edmx:DataServices>",
            _schema(
                "org.opendatakit.entity",
                _tag(
                    "ComplexType", {"Name": "metadata"}, "".join(_property(n, t) for n, t in _SYSTEM.items())
                ),
            ),
            _schema(space, _entity_type(names) + _container(dataset, space, names)),
            "</edmx:DataServices>",
            "</edmx:Edmx>",
        ]
    )


def _entity_type(names: list[str]) -> str:
    inside = [
        _tag("Key", {}, _tag("PropertyRef", {"Name": "__id"})),
        _property("__id", "String"),
        _tag("Property", {"Name": "__system", "Type": "org.opendatakit.entity.metadata"}),
        _property("label", "String"),
        *(_property(name, "String") for name in names),
    ]
    return _tag("EntityType", {"Name": ENTITIES}, "".join(inside))


def _container(dataset: str, space: str, names: list[str]) -> str:
    entity_set = _tag(
        "EntitySet", {"Name": ENTITIES, "EntityType": f"{space}.{ENTITIES}"}, _capabilities(names)
    )
    return _tag("EntityContainer", {"Name": dataset}, entity_set)


def _capabilities(names: list[str]) -> str:
    """What clients may ask of the list; they then do the rest themselves."""
    paths = _tag("Collection", {}, "".join(f"<PropertyPath>{name}</PropertyPath>" for name in names))
    unsupported = _tag(
        "Collection",
        {},
        "".join(
            f"<EnumMember>{CAN}SearchExpressions/{name}</EnumMember>" for name in ("And", "Not", "Group")
        ),
    )
    return "".join(
        [
            _annotation("ConformanceLevel", EnumMember=f"{CAN}ConformanceLevelType/Minimal"),
            _annotation("BatchSupported", Bool="false"),
            _says("CountRestrictions", _yes("Countable", "true")),
            _says(
                "FilterFunctions",
                _value("NonCountableProperties", "<Collection><String>eq</String></Collection>"),
            ),
            _says(
                "FilterFunctions",
                _yes("Filterable", "true"),
                _yes("RequiresFilter", "false"),
                _value("NonFilterableProperties", paths),
            ),
            _says("SortRestrictions", _yes("Sortable", "false")),
            _says("ExpandRestrictions", _yes("Expandable", "false")),
            _says(
                "SearchRestrictions",
                _yes("Searchable", "true"),
                _value("UnsupportedExpressions", unsupported),
            ),
        ]
    )


def _schema(space: str, inside: str) -> str:
    return _tag("Schema", {"xmlns": "http://docs.oasis-open.org/odata/ns/edm", "Namespace": space}, inside)


def _property(name: str, kind: str) -> str:
    return _tag("Property", {"Name": name, "Type": f"Edm.{kind}"})


def _annotation(term: str, **said: str) -> str:
    return _tag("Annotation", {"Term": CAN + term, **said})


def _says(term: str, *values: str) -> str:
    return _tag("Annotation", {"Term": CAN + term}, _tag("Record", {}, "".join(values)))


def _yes(name: str, value: str) -> str:
    return _tag("PropertyValue", {"Property": name, "Bool": value})


def _value(name: str, inside: str) -> str:
    return _tag("PropertyValue", {"Property": name}, inside)


def _tag(name: str, attributes: dict[str, str], inside: str = "") -> str:
    start = "".join([f"<{name}", *(f" {key}={quoteattr(value)}" for key, value in attributes.items())])
    return f"{start}>{inside}</{name}>" if inside else f"{start}/>"
