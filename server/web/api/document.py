"""The OpenAPI document: made from the rows, the routes that are there, and the schemas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter

from server.web.api.parameters import NUMBERS, QUERY
from server.web.api.rows import OPEN, TOKEN, Row, shape_of
from server.web.api.schemas import KNOWN
from server.web.api.table import AREAS

VERSION = "3.1.0"
SAYS = (
    "The API of ODK Central, as this hub serves it, and what is its own. A request says who asks by "
    "`Authorization: Bearer`, by `Basic` over https, by a session cookie, or by a token in front of its path: "
    "`/v1/key/TOKEN/…`."
)
FORM_TYPES = (
    "application/xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
)
# What TAKES and GIVES name besides schemas -> media types.
MEDIA: dict[str, tuple[str, ...]] = {
    "csv": ("text/csv",),
    "file": ("application/octet-stream",),
    "form": FORM_TYPES,
    "html": ("text/html",),
    "multipart": ("multipart/form-data",),
    "xml": ("application/xml",),
    "zip": ("application/zip",),
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def document(routes: Iterable[tuple[str, str]], version: str) -> dict[str, Any]:
    """routes: (method, path) of everything that is served; rows for others are left out."""
    served = {(method, shape_of(path)) for method, path in routes}
    plugin = MarshmallowPlugin()
    spec = APISpec(
        "Samleng", version, VERSION, info={"description": SAYS}, plugins=[plugin],
        servers=[{"url": "/"}], tags=[{"name": area} for area in AREAS],
    )  # fmt: skip
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme("basic", {"type": "http", "scheme": "basic"})
    for name, schema in KNOWN.items():
        if name not in spec.components.schemas:  # those nested in others come with them
            spec.components.schema(name, schema=schema)
    assert plugin.converter is not None
    for area, rows in AREAS.items():
        for row in rows:
            if row.shape in served:
                said = _operation(row, area, plugin.converter)
                spec.path(row.path, operations={row.method.lower(): said})
    made: dict[str, Any] = spec.to_dict()
    return made


def routes_of(rules: Iterable[Any]) -> list[tuple[str, str]]:
    """(method, path) of an app's rules below /v1."""
    return [
        (method, rule.rule)
        for rule in rules
        if rule.rule.startswith("/v1/")
        for method in sorted(rule.methods)
        if method in _METHODS
    ]


def _operation(row: Row, area: str, converter: OpenAPIConverter) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": _name(row),
        "summary": row.says,
        "tags": [area],
        "parameters": [*map(_part, row.parts), *(_query(name, converter) for name in row.query)],
        "responses": {
            "200": {"description": "Done.", **_content(row.gives)},
            "default": {"description": "Refused.", **_content("Problem")},
        },
        "x-verbs": list(row.needs),
    }
    if OPEN not in row.needs and TOKEN not in row.needs:
        said["security"] = [{"bearer": []}, {"basic": []}]
    if row.takes:
        takes = row.takes.removesuffix("?")
        said["requestBody"] = {"required": takes == row.takes, **_content(takes)}
    return said


def _name(row: Row) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", row.path.removeprefix("/v1/")).strip("_")
    return f"{row.method.lower()}_{words}"


def _part(name: str) -> dict[str, Any]:
    kind = {"type": "integer", "minimum": 1} if name in NUMBERS else {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": kind}


def _query(name: str, converter: OpenAPIConverter) -> dict[str, Any]:
    schema = dict(converter.field2property(QUERY[name]))
    says = schema.pop("description")
    return {"name": name, "in": "query", "required": False, "description": says, "schema": schema}


def _content(name: str) -> dict[str, Any]:
    """What TAKES or GIVES names, as `content`; nothing for what has no body."""
    if name in ("", "nothing"):
        return {}
    if name in MEDIA:
        return {"content": {kind: {"schema": _bytes(name)} for kind in MEDIA[name]}}
    return {"content": {"application/json": {"schema": _schema(name)}}}


def _bytes(name: str) -> dict[str, Any]:
    return {"type": "object"} if name == "multipart" else {"type": "string"}


def _schema(name: str) -> dict[str, Any]:
    if name == "json":
        return {}
    if name.startswith("["):
        return {"type": "array", "items": _schema(name[1:-1])}
    if name.startswith("{"):
        return {"type": "object", "additionalProperties": _schema(name[1:-1])}
    return {"$ref": f"#/components/schemas/{KNOWN[name].__name__}"}
