"""Which columns a table has, and which cell of a stored record goes into which.

A record follows the form version that it was read by; tables and columns are matched by path, so
that a question removed or moved in a later version shifts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from forms.fields import Field, Schema, Table
from server.exports.odata_filter import read_filter
from server.exports.odata_tree import Node

Cell = str | None
Widen = Callable[[str], list[str]]
POINT = ("Latitude", "Longitude", "Altitude", "Accuracy")


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """What a CSV request may choose; the defaults are Central's. `hub`: a last column with the name of
    the hub that received the submission first, which Central does not have."""

    attachments: bool = True
    group_paths: bool = True
    deleted_fields: bool = False
    split_selects: bool = False
    hub: bool = False
    filter: Node | None = None


def read_options(query: Mapping[str, str]) -> CsvOptions:
    """The options of a CSV request. Values are true or false in any letter case; what is neither,
    and what is unknown, is passed over. Raises Problem for a $filter that cannot be used."""

    def says(name: str, value: str) -> bool:
        return query.get(name, "").lower() == value

    return CsvOptions(
        attachments=not says("attachments", "false"),
        group_paths=not says("groupPaths", "false"),
        deleted_fields=says("deletedFields", "true"),
        split_selects=says("splitSelectMultiples", "true"),
        hub=says("hub", "true"),
        filter=read_filter(query["$filter"], "Submissions") if "$filter" in query else None,
    )


def merged_tables(schemas: Sequence[Schema]) -> tuple[Table, ...]:
    """The tables of all these published versions, oldest first: the newest one's, and below each
    group or table at its end what older ones had there (Central's `deletedFields`)."""
    merged = list(schemas[0].fields)
    for newer in schemas[1:]:
        merged = _revived(merged, list(newer.fields))
    return _tables(merged)


def _revived(older: list[Field], newer: list[Field]) -> list[Field]:
    """`newer` with the fields that only `older` has, each subtree put at the end of its parent's."""
    known = {field.path for field in newer}
    for field in older:
        if field.path in known:
            continue
        parent = field.path.rpartition("/")[0]
        inside = [n for n, f in enumerate(newer) if f.path == parent or f.path.startswith(parent + "/")]
        newer.insert(inside[-1] + 1 if inside else len(newer), field)
    return newer


def _tables(fields: Iterable[Field]) -> tuple[Table, ...]:
    found: dict[str, tuple[str, int | None, list[Field]]] = {"": ("", None, [])}
    for field in fields:
        owner = _owner(field.path, found)
        if field.type == "repeat":
            found[field.path] = (field.name, list(found).index(owner), [])
        elif field.type != "structure":
            found[owner][2].append(field)
    return tuple(
        Table(number, path, name, parent, tuple(columns))
        for number, (path, (name, parent, columns)) in enumerate(found.items())
    )


def _owner(path: str, tables: Mapping[str, object]) -> str:
    while path := path.rpartition("/")[0]:
        if path in tables:
            return path
    return ""


class Alignment:
    """Puts the cells of any version's record into the places of one table's columns."""

    def __init__(self, table: Table, schemas: Mapping[int, Schema]) -> None:
        self._table = table
        self._schemas = schemas
        self._places: dict[int, list[int] | None] = {}

    def align(self, schema: int, cells: list[Cell]) -> list[Cell]:
        """The cells by this table's columns; None where that version did not ask."""
        try:
            places = self._places[schema]
        except KeyError:
            places = self._places[schema] = self._find(schema)
        if places is None:
            return cells
        cells.append(None)  # what place -1 points at
        return [cells[place] for place in places]

    def _find(self, schema: int) -> list[int] | None:
        """For each column its place in that version's record; None when they are the same."""
        wanted = [field.path for field in self._table.columns]
        return places_of(wanted, self._schemas[schema], self._table.path)


def places_of(wanted: Sequence[str], schema: Schema, table: str) -> list[int] | None:
    """For each path its place in a record of this version's table, -1 where it has none; None when the record is
    just those. table: path."""
    held = next((t.columns for t in schema.tables if t.path == table), ())
    paths = [field.path for field in held]
    if paths == wanted:
        return None
    places = {path: place for place, path in enumerate(paths)}
    return [places.get(path, -1) for path in wanted]


class Columns:
    """The header of a table's answers, and their cells as CSV shows them.

    values: path of a select of several choices -> the values that get columns of their own.
    """

    def __init__(self, table: Table, *, group_paths: bool, values: Mapping[str, Sequence[str]]) -> None:
        self.header: list[str] = []
        self._widened: list[tuple[int, Widen]] = []
        for place, field in enumerate(table.columns):
            path = field.path[len(table.path) + 1 :].replace("/", "-")
            self._add(place, field, path if group_paths else field.name, values.get(field.path, ()))
        self._widened.reverse()  # from the right, so that places stay true while cells are put in

    def cells(self, row: list[Cell]) -> list[str]:
        """The texts of one row; a new list."""
        cells = [cell or "" for cell in row]
        for place, widen in self._widened:
            cells[place : place + 1] = widen(cells[place])
        return cells

    def _add(self, place: int, field: Field, name: str, values: Sequence[str]) -> None:
        if field.type == "geopoint":
            self.header += [f"{name}-{part}" for part in POINT]
            self._widened.append((place, _point))
        elif field.select_multiple and values:
            self.header += [name, *(f"{name}/{value}" for value in values)]
            self._widened.append((place, _split_by(values)))
        else:
            self.header.append(name)


def _point(text: str) -> list[str]:
    return [*text.split(), "", "", "", ""][:4]


def _split_by(values: Sequence[str]) -> Widen:
    def split(text: str) -> list[str]:
        # "0" also where the question is blank or was not asked, as Central has it.
        chosen = set(text.split())
        return [text, *("1" if value in chosen else "0" for value in values)]

    return split
