"""What the values of an entity must be like, from a submission or from a program. No Flask, no SQL.

Rules and their order: ODK Central; problems as it numbers them.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from forms.entity_nodes import EntityNode
from i18n import mark
from server.errors import Problem

_UUID4 = re.compile(r"(uuid:)?([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})", re.I)
_DIGITS = re.compile(r"[0-9]{1,9}")
KEYS = ["label", "uuid", "data"]
UUID4 = "valid version 4 UUID"
BLANK_LABEL = mark("a label cannot be blank.")
UNKNOWN_PROPERTY = mark("it names a property that the entity list does not have.")
NOTHING_SAID = mark("neither data nor a label was given.")


@dataclass(frozen=True, slots=True)
class Received:
    """What came about one entity; each None when it was not said."""

    uuid: str
    label: str | None
    data: Mapping[str, str]
    base: int | None = None
    trunk: int | None = None
    branch: str | None = None


def read_uuid(text: str | None, field: str = "uuid") -> str:
    """The uuid in lower case, without a "uuid:" before it. Raises Problem 400.2, 400.11."""
    if text is None or not text.strip():
        raise Problem("400.2", field=field)
    found = _UUID4.fullmatch(text)
    if found is None:
        raise Problem("400.11", field=field, expected=UUID4)
    return found[2].lower()


def plain_uuid(text: str) -> str:
    """A uuid of an address: whatever it is, it is only looked for."""
    return text.removeprefix("uuid:").lower()


def read_node(node: EntityNode, *, update: bool) -> Received:
    """The values of an entity in a submission, in Central's order of checks.

    Raises Problem 400.2 (no id, no label to create with, no base to update, no branch of a trunk),
    400.11 (a bad uuid, version or branch).
    """
    said = node.said
    name = read_uuid(said.get("id"))
    label = node.label if node.label and node.label.strip() else None
    if label is None and not update:
        raise Problem("400.2", field="label")
    base = _version(said, "baseVersion")
    if base is None and update:
        raise Problem("400.2", field="baseVersion")
    branch = read_uuid(said["branchId"], "branchId") if said.get("branchId") else None
    trunk = None
    if said.get("trunkVersion"):
        if branch is None:
            raise Problem("400.2", field="branchId")
        trunk = _version(said, "trunkVersion")
    return Received(name, label, node.data, base, trunk or None, branch)


def _version(said: Mapping[str, str], field: str) -> int | None:
    text = said.get(field)
    if text is None or not text.strip():
        return None
    if not _DIGITS.fullmatch(text):
        raise Problem("400.11", field=field, expected="integer")
    return int(text)


def read_body(body: Mapping[str, Any], properties: Collection[str], *, known: str | None = None) -> Received:
    """The values in a program's JSON. known: uuid of the entity that it changes, None for a new one.

    Raises Problem 400.31 (other keys), 400.11 (not texts), 400.8 (a blank label), 400.2 (no label),
    400.28 (nothing said, an unknown property).
    """
    if set(body) - set(KEYS):
        raise Problem("400.31", expected=KEYS, actual=list(body))
    name = known or _own_uuid(body.get("uuid"))
    label, data = body.get("label"), body.get("data")
    _check_label(label, optional=known is not None)
    if label is None and data is None:
        raise Problem("400.28", reason=NOTHING_SAID)
    return Received(name, label, _read_data(data, properties))


def _own_uuid(said: object) -> str:
    if not said:
        return str(uuid.uuid4())
    if not isinstance(said, str):
        raise Problem("400.11", field="uuid", expected="string")
    return read_uuid(said)


def _check_label(label: object, *, optional: bool) -> None:
    if label is None:
        if not optional:
            raise Problem("400.2", field="label")
    elif not isinstance(label, str):
        raise Problem("400.11", field="label", expected="string")
    elif not label.strip():
        raise Problem("400.8", field="label", value="(empty string)", reason=BLANK_LABEL)


def _read_data(data: object, properties: Collection[str]) -> dict[str, str]:
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Problem("400.11", field="data", expected="object")
    for name, value in data.items():
        if not isinstance(value, str):
            raise Problem("400.11", field=name, expected="string")
        if name not in properties:
            raise Problem("400.28", reason=UNKNOWN_PROPERTY)
    return data


def read_source(said: object, count: int, user_agent: str | None) -> dict[str, Any]:
    """Where many entities come from. Raises Problem 400.2, 400.11."""
    if said is None or said in ("", 0, False):
        raise Problem("400.2", field="source")
    known = said if isinstance(said, dict) else {}
    name, size = known.get("name"), known.get("size")
    if not name:
        raise Problem("400.2", field="source.name")
    if not isinstance(name, str):
        raise Problem("400.11", field="name", value=_type(name), expected="string")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int | float)):
        raise Problem("400.11", field="size", value=_type(size), expected="number")
    return {
        "name": name,
        **({"size": int(size)} if size else {}),
        "count": count,
        "userAgent": user_agent or None,
    }


def _type(value: object) -> str:
    """As JavaScript names it."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "string" if isinstance(value, str) else "object"
