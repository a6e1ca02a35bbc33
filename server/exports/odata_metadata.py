"""The service document and $metadata of a form (OData 4.0 CSDL), as ODK Central lays them out."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

from forms.fields import Schema
from server.exports.odata_filter import PARTS
from server.exports.odata_names import identifier, identifiers, parent_key, table_name

EDM = {
    "int": "Int64",
    "decimal": "Decimal",
    "boolean": "Boolean",
    "date": "Date",
    "dateTime": "DateTimeOffset",
    "geopoint": "GeographyPoint",
    "geotrace": "GeographyLineString",
    "geoshape": "GeographyPolygon",
}
EDMX = {"xmlns:edmx": "http://docs.oasis-open.org/odata/ns/edmx", "Version": "4.0"}
SUBMISSION = "org.opendatakit.submission"
CAN = "Org.OData.Capabilities.V1."
SYSTEM = {
    "submissionDate": "Edm.DateTimeOffset",
    "updatedAt": "Edm.DateTimeOffset",
    "deletedAt": "Edm.DateTimeOffset",
    "submitterId": "Edm.String",
    "submitterName": "Edm.String",
    "attachmentsPresent": "Edm.Int64",
    "attachmentsExpected": "Edm.Int64",
    "status": f"{SUBMISSION}.Status",
    "reviewState": f"{SUBMISSION}.ReviewState",
    "deviceId": "Edm.String",
    "edits": "Edm.Int64",
    "formVersion": "Edm.String",
}
ENUMS = {
    "Status": ["notDecrypted", "missingEncryptedFormData"],
    "ReviewState": ["hasIssues", "edited", "rejected", "approved"],
}


def service_document(schema: Schema, service: str) -> dict[str, Any]:
    """service: the absolute service root, ending in ".svc"."""
    names = [table_name(table) for table in schema.tables]
    return {
        "@odata.context": f"{service}/$metadata",
        "value": [{"name": name, "kind": "EntitySet", "url": name} for name in names],
    }


@dataclass
class _Type:
    """An EntityType (a table) or ComplexType (a group): its name, and (name, type) of what it holds, in the
    form's order. Tables below it are collections."""

    name: str
    properties: list[tuple[str, str]] = field(default_factory=list)


def metadata_document(schema: Schema, form_id: str) -> str:
    """form_id: xmlFormId, which names the container as it is."""
    space = f"org.opendatakit.user.{identifier(form_id)}"
    entities, groups = _types(schema, space)
    inside = [
        *(_entity(one, primary=n == 0) for n, one in enumerate(entities)),
        *(_tag("ComplexType", {"Name": one.name}, _properties(one)) for one in groups),
        _container(form_id, space, entities),
    ]
    known = _schema(SUBMISSION, [_system(), *(_enum(n, members) for n, members in ENUMS.items())])
    services = _tag("edmx:DataServices", {}, [known, _schema(space, inside)])
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_tag("edmx:Edmx", EDMX, [services])}'


def _types(schema: Schema, space: str) -> tuple[list[_Type], list[_Type]]:
    entities = [_Type(table_name(table)) for table in schema.tables]
    holders = {table.path: one for table, one in zip(schema.tables, entities, strict=True)}
    for table, one in zip(schema.tables[1:], entities[1:], strict=True):
        one.properties.append((parent_key(schema, table), "Edm.String"))
    groups = []
    for node in schema.fields:
        owner, name = holders[node.path.rpartition("/")[0]], identifier(node.name)
        dotted = ".".join(identifiers(node.path))
        if node.type == "structure":
            groups.append(_Type(dotted))
            holders[node.path] = groups[-1]
            owner.properties.append((name, f"{space}.{dotted}"))
        elif node.type == "repeat":
            owner.properties.append((name, f"Collection({space}.Submissions.{dotted})"))
        else:
            owner.properties.append((name, f"Edm.{EDM.get(node.type, 'String')}"))
    return entities, groups


def _schema(space: str, inside: list[str]) -> str:
    return _tag("Schema", {"xmlns": "http://docs.oasis-open.org/odata/ns/edm", "Namespace": space}, inside)


def _system() -> str:
    inside = [_tag("Property", {"Name": name, "Type": kind}) for name, kind in SYSTEM.items()]
    return _tag("ComplexType", {"Name": "metadata"}, inside)


def _enum(name: str, members: list[str]) -> str:
    return _tag("EnumType", {"Name": name}, [_tag("Member", {"Name": m}) for m in members])


def _entity(one: _Type, *, primary: bool) -> str:
    inside = [
        f"<Key>{_tag('PropertyRef', {'Name': '__id'})}</Key>",
        _tag("Property", {"Name": "__id", "Type": "Edm.String"}),
    ]
    if primary:
        inside.append(_tag("Property", {"Name": "__system", "Type": f"{SUBMISSION}.metadata"}))
    return _tag("EntityType", {"Name": one.name}, inside + _properties(one))


def _properties(one: _Type) -> list[str]:
    return [
        _tag(
            "NavigationProperty" if kind.startswith("Collection(") else "Property",
            {"Name": name, "Type": kind},
        )
        for name, kind in one.properties
    ]


def _container(form_id: str, space: str, entities: list[_Type]) -> str:
    sets = [
        _tag(
            "EntitySet",
            {"Name": one.name, "EntityType": f"{space}.{one.name}"},
            _capabilities(one) if n == 0 else [],
        )
        for n, one in enumerate(entities)
    ]
    return _tag("EntityContainer", {"Name": form_id}, sets)


def _capabilities(one: _Type) -> list[str]:
    """What clients may ask of Submissions; they then do the rest themselves."""
    fields = [f"<PropertyPath>{name}</PropertyPath>" for name, _ in one.properties]
    return [
        _tag(
            "Annotation",
            {"Term": CAN + "ConformanceLevel", "EnumMember": CAN + "ConformanceLevelType/Minimal"},
        ),
        _tag("Annotation", {"Term": CAN + "BatchSupported", "Bool": "false"}),
        _says("CountRestrictions", [_yes("Countable", "true")]),
        _tag(
            "Annotation",
            {"Term": CAN + "FilterFunctions"},
            [_tag("Collection", {}, [f"<String>{f}</String>" for f in sorted([*PARTS, "now"])])],
        ),
        _says(
            "FilterRestrictions",
            [
                _yes("Filterable", "true"),
                _yes("RequiresFilter", "false"),
                _tag(
                    "PropertyValue", {"Property": "NonFilterableProperties"}, [_tag("Collection", {}, fields)]
                ),
            ],
        ),
        _says("SortRestrictions", [_yes("Sortable", "false")]),
        _says("ExpandRestrictions", [_yes("Expandable", "false")]),
    ]


def _says(term: str, values: list[str]) -> str:
    return _tag("Annotation", {"Term": CAN + term}, [_tag("Record", {}, values)])


def _yes(name: str, value: str) -> str:
    return _tag("PropertyValue", {"Property": name, "Bool": value})


def _tag(name: str, attributes: dict[str, str], inside: list[str] | None = None) -> str:
    """An element on lines of its own, with what is inside set in by two blanks, as Central writes it."""
    start = "".join([f"<{name}", *(f" {key}={quoteattr(value)}" for key, value in attributes.items())])
    if inside is None:
        return f"{start}/>"
    return "\n".join([f"{start}>", *(textwrap.indent(one, "  ") for one in inside), f"</{name}>"])
