"""The tree that a $filter is read into, and the fields that it may name. No SQL.

Only what is known of a submission beside its answers can be asked for, as in ODK Central.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

SYSTEM = "__system/"
ROOT = "$root/Submissions/"
FIELDS = frozenset(
    [
        "__id",
        *(SYSTEM + f for f in ["submissionDate", "updatedAt", "submitterId", "reviewState", "deletedAt"]),
    ]
)
ENTITIES = "Entities"
ENTITY_FIELDS = frozenset(
    [
        "__id",
        *(SYSTEM + f for f in ["createdAt", "updatedAt", "deletedAt", "creatorId", "conflict"]),
    ]
)
DATES = frozenset(SYSTEM + f for f in ["submissionDate", "createdAt", "updatedAt", "deletedAt"])
DELETED = SYSTEM + "deletedAt"
ACTORS = frozenset([SYSTEM + "submitterId", SYSTEM + "creatorId"])


@dataclass(frozen=True, slots=True)
class Field:
    """name: one of FIELDS (a `$root/Submissions/` before it is dropped), or of ENTITY_FIELDS."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """value: text, number, truth or None (null). Against a date field, and where the text is an
    unquoted date: "2026-11-23T01:15:00.000Z", to be compared with the field as it is shown.
    Against the submitter or creator: an integer where it is one."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Call:
    """now() has no argument and gives a date; year() … second() have one, in UTC, and give a number."""

    function: str
    argument: Node | None


@dataclass(frozen=True, slots=True)
class Compare:
    """operator: lt le eq ne ge gt. eq and ne hold for null too: null eq null is true."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic:
    """operator: and, or."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not:
    operand: Node


Node = Field | Literal | Call | Compare | Logic | Not


def filter_field(text: str, table: str) -> str | None:
    """The name in FIELDS that this text means on this table, or None; on that of entities in ENTITY_FIELDS."""
    if table == ENTITIES:
        return text if text in ENTITY_FIELDS else None
    name = text.removeprefix(ROOT)
    return name if name in FIELDS and (table == "Submissions" or text.startswith(ROOT)) else None


def mentions_deleted(node: Node | None) -> bool:
    """Whether deletedAt is asked for: only then are deleted submissions looked at."""
    match node:
        case Field(name):
            return name == DELETED
        case Call(_, argument):
            return mentions_deleted(argument)
        case Compare(_, left, right) | Logic(_, left, right):
            return mentions_deleted(left) or mentions_deleted(right)
        case Not(operand):
            return mentions_deleted(operand)
    return False


def moment(text: str) -> str | None:
    """A date or date-time as it is shown, in UTC with milliseconds; None when it is neither.
    Without an offset it is UTC; finer than a millisecond is cut off."""
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
