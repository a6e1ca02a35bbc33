"""A $filter's tree as an SQL condition with bound values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from server.exports.odata_filter import Call, Compare, Field, Literal, Logic, Node, Not

_SHOWN = "(substr({0}, 1, 23) || 'Z')"  # dates are compared as the API shows them, in milliseconds
COLUMNS = {
    "__id": "s.instance_id",
    "__system/submissionDate": _SHOWN.format("s.created_at"),
    "__system/updatedAt": _SHOWN.format("s.updated_at"),
    "__system/deletedAt": _SHOWN.format("s.deleted_at"),
    "__system/submitterId": "s.submitter_id",
    "__system/reviewState": "s.review_state",
}
ENTITY_COLUMNS = {
    "__id": "e.uuid",
    "__system/createdAt": _SHOWN.format("e.created_at"),
    "__system/updatedAt": _SHOWN.format("e.updated_at"),
    "__system/deletedAt": _SHOWN.format("e.deleted_at"),
    "__system/creatorId": "e.creator_id",
    "__system/conflict": "e.conflict",
}
_SIGNS = {"lt": "<", "le": "<=", "eq": "IS", "ne": "IS NOT", "ge": ">=", "gt": ">"}
_PARTS = {
    "year": (1, 4),
    "month": (6, 2),
    "day": (9, 2),
    "hour": (12, 2),
    "minute": (15, 2),
    "second": (18, 2),
}

Bound = list[str | int | float | None]


def condition(node: Node, now: datetime, columns: Mapping[str, str] = COLUMNS) -> tuple[str, Bound]:
    """(SQL over `submission s`, or with ENTITY_COLUMNS over `entity e`; values in order)."""
    values: Bound = []
    return _render(node, values, now, columns), values


def _render(node: Node, values: Bound, now: datetime, columns: Mapping[str, str]) -> str:
    match node:
        case Field(name):
            return columns[name]
        case Literal(value):
            values.append(value)
            return "?"
        case Call("now", _):
            values.append(now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z")
            return "?"
        case Call(function, argument) if argument is not None:
            start, length = _PARTS[function]
            return f"CAST(substr({_render(argument, values, now, columns)}, {start}, {length}) AS INTEGER)"
        case Compare(operator, left, right):
            return f"({_render(left, values, now, columns)} {_SIGNS[operator]} {_render(right, values, now, columns)})"
        case Logic(operator, left, right):
            return f"({_render(left, values, now, columns)} {operator.upper()} {_render(right, values, now, columns)})"
        case Not(operand):
            return f"(NOT {_render(operand, values, now, columns)})"
    raise AssertionError(node)
