"""$select: which properties of a table's rows are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forms.fields import Field, Schema, Table
from server.errors import Problem
from server.exports.odata_names import identifiers, parent_key
from server.exports.rows import Head

SYSTEM = [
    "submissionDate",
    "updatedAt",
    "submitterId",
    "submitterName",
    "attachmentsPresent",
    "attachmentsExpected",
    "status",
    "reviewState",
    "deviceId",
    "edits",
    "formVersion",
    "deletedAt",
]


@dataclass(frozen=True, slots=True)
class Selection:
    """keys: wanted ones of "__id", the parent's id, "__system" and "__system/x"; paths: of the
    fields wanted, groups and repeats among them. None = all."""

    keys: frozenset[str] | None = None
    paths: frozenset[str] | None = None

    def wants(self, key: str) -> bool:
        return self.keys is None or key in self.keys

    def takes(self, field: Field) -> bool:
        return self.paths is None or field.path in self.paths

    def system(self, head: Head) -> dict[str, object] | None:
        """The `__system` of a row, or the part of it that is wanted."""
        values = dict(zip(SYSTEM, _system(head), strict=True))
        if self.keys is None or "__system" in self.keys:
            return values
        return {name: value for name, value in values.items() if f"__system/{name}" in self.keys} or None


def read_selection(schema: Schema, table: Table, select: Iterable[str] | None) -> Selection:
    """Raises Problem 400.23 for an unknown property, 400.24 for one inside a deeper repeat."""
    if select is None:
        return Selection()
    fields = {"/".join(identifiers(field.path)): field for field in schema.fields}
    prefix = "/".join([*identifiers(table.path), ""])
    keys, paths = set(), set()
    for name in select:
        if name in _keys(schema, table):
            keys.add(name)
        elif field := fields.get(prefix + name):
            paths |= _paths(schema, table, field, name)
        else:
            raise Problem("400.23", property=name)
    return Selection(frozenset(keys), frozenset(paths))


def _keys(schema: Schema, table: Table) -> set[str]:
    if table.path:
        return {"__id", parent_key(schema, table)}
    return {"__id", "__system", *(f"__system/{name}" for name in SYSTEM)}


def _paths(schema: Schema, table: Table, field: Field, name: str) -> set[str]:
    """A field with the groups that hold it, and with all that a group holds."""
    if field.table != table.number:
        raise Problem("400.24", property=name)
    wanted = {field.path}
    above = field.path.rpartition("/")[0]
    while len(above) > len(table.path):
        wanted.add(above)
        above = above.rpartition("/")[0]
    if field.type == "structure":
        wanted |= {
            f.path for f in schema.fields if f.table == table.number and f.path.startswith(field.path + "/")
        }
    return wanted


def _system(head: Head) -> tuple[object, ...]:
    return (
        head.submitted_at,
        head.updated_at,
        None if head.submitter_id is None else str(head.submitter_id),
        head.submitter_name or None,
        head.attachments_present,
        head.attachments_expected,
        head.status,
        head.review_state or None,
        head.device_id or None,
        head.edits,
        head.form_version,
        head.deleted_at,
    )
