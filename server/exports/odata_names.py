"""Names and ids in OData, as ODK Central makes them: clients have them stored."""

from __future__ import annotations

import functools
import hashlib
import re
from urllib.parse import quote

from forms.fields import Schema, Table
from server.errors import Problem

UNQUOTED = "!~*'()"  # beside letters, digits and -_. : what browsers' encodeURIComponent leaves
_FIRST = re.compile(r"^([^A-Za-z_])")
_PLAIN = re.compile(r"[A-Za-z0-9:_.-]*")
_OTHERS = re.compile(r"[^A-Za-z0-9_]+")


@functools.lru_cache(4096)
def identifier(name: str) -> str:
    """A legal OData identifier. Names in Khmer letters collapse to underscores: Central's rule."""
    return _OTHERS.sub("_", _FIRST.sub(r"_\1", name))


def identifiers(path: str) -> list[str]:
    """Of each step of a field path: "/garden/plot" -> ["garden", "plot"]; none for the root's ""."""
    return [identifier(step) for step in path.split("/")[1:]]


def table_name(table: Table) -> str:
    """ "Submissions" or "Submissions.farm.plot"."""
    return ".".join(["Submissions", *identifiers(table.path)])


def parent_key(schema: Schema, table: Table) -> str:
    """Under which key a repeat row names its parent: "__Submissions-farm-plot-id"."""
    parent = schema.tables[table.parent or 0]
    return "__" + "-".join(["Submissions", *identifiers(parent.path)]) + "-id"


def find_table(schema: Schema, name: str) -> Table:
    """The table of this OData name. Raises Problem 404.1."""
    for table in schema.tables:
        if table_name(table) == name:
            return table
    raise Problem("404.1")


def row_id(instance_id: str, suffix: str) -> str:
    """The id of the row with this key suffix ("/garden/plot[2]"); of the submission itself for ""."""
    if not suffix:
        return instance_id
    parts = [f"Submissions#{instance_id}"]
    for step in suffix.split("/")[1:]:
        name, _, place = step.rstrip("]").partition("[")
        parts.append(f"{name}#{int(place) - 1}" if place else f"{name}#")
    return hashlib.sha1("%%".join(parts).encode(), usedforsecurity=False).hexdigest()


def navigation_link(instance_id: str, suffix: str, path: str) -> str:
    """Where the rows of the repeat `path` below one row are: "Submissions('uuid%3A…')/farm/plot"."""
    steps = [f"Submissions('{_quoted(instance_id)}')"]
    above = suffix.split("/")[1:]
    for n, step in enumerate(above):
        name, _, place = step.partition("[")
        own = "/" + "/".join(above[: n + 1])
        steps.append(f"{identifier(name)}('{row_id(instance_id, own)}')" if place else identifier(name))
    return "/".join([*steps, *identifiers(path)[len(above) :]])


@functools.lru_cache(256)  # all links of a submission have it
def _quoted(instance_id: str) -> str:
    if _PLAIN.fullmatch(instance_id):
        return instance_id.replace(":", "%3A")  # nearly always, and five times as quick
    return quote(instance_id, safe=UNQUOTED)
