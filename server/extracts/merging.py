"""All published versions of a form as one set of sheets: matched by path, so that a question added, removed or
moved in a later version shifts nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from forms.fields import Field, Schema, Table
from forms.sensitivity import DEFAULT
from server.exports.columns import merged_tables
from server.extracts.asking import Asked, Values
from server.extracts.sheets import Column, Kind, Labels, Sheet

KINDS = {
    "int": Kind.INTEGER, "decimal": Kind.DECIMAL, "date": Kind.DATE, "dateTime": Kind.DATETIME, "time": Kind.TIME,
    "geopoint": Kind.POINT, "geotrace": Kind.LINE, "geoshape": Kind.AREA, "binary": Kind.FILE,
}  # fmt: skip
CHOOSING = {"select1": Kind.CHOICE, "select": Kind.CHOICES, "rank": Kind.RANK}
WIDER = (  # of two versions that ask for different things, what holds both
    (Kind.INTEGER, Kind.DECIMAL),
    (Kind.CHOICE, Kind.CHOICES),
    (Kind.RANK, Kind.CHOICES),
)


@dataclass(frozen=True, slots=True)
class Version:
    """A published version. number: from 1, oldest first, the one in force last. id: of its row. fields: what is
    answered, by path."""

    number: int
    id: int
    name: str
    schema: Schema
    asked: Mapping[str, Asked]
    fields: Mapping[str, Field]

    @classmethod
    def of(cls, number: int, id: int, schema: Schema, asked: Mapping[str, Asked]) -> Version:
        fields = {f.path: f for table in schema.tables for f in table.columns}
        return cls(number, id, schema.version, schema, asked, fields)


def merged_sheets(form_id: str, versions: Sequence[Version]) -> tuple[Sheet, ...]:
    """The sheets with the columns of their answers alone. versions: oldest first."""
    tables = _whole(merged_tables([v.schema for v in versions]), versions)
    names = _names(form_id, tables)
    return tuple(
        Sheet(
            table.path,
            name,
            None if table.parent is None else tables[table.parent].path,
            _columns(table, versions),
            _labels(table.path, versions),
        )
        for table, name in zip(tables, names, strict=True)
    )


def _whole(tables: Sequence[Table], versions: Iterable[Version]) -> list[Table]:
    """The tables, and in each what any version held there: a group that became a repeat, or the other way round,
    has its answers in both places."""
    columns = {table.path: {field.path: field for field in table.columns} for table in tables}
    parents = {table.path: None if table.parent is None else tables[table.parent].path for table in tables}
    for version in versions:
        for table in version.schema.tables:
            own = version.schema.tables
            parents.setdefault(table.path, None if table.parent is None else own[table.parent].path)
            for field in table.columns:
                columns.setdefault(table.path, {}).setdefault(field.path, field)
    order = list(columns)
    return [
        Table(n, path, path.rpartition("/")[2], _number(order, parents[path]), tuple(columns[path].values()))
        for n, path in enumerate(order)
    ]


def _number(order: list[str], path: str | None) -> int | None:
    return None if path is None else order.index(path)


def _names(form_id: str, tables: Sequence[Table]) -> list[str]:
    """A name a sheet, no two alike whatever their letter case: of repeats that share one, the whole path."""
    totals = Counter([form_id.casefold(), *(table.name.casefold() for table in tables[1:])])
    wanted = [
        table.name if totals[table.name.casefold()] == 1 else table.path[1:].replace("/", "-")
        for table in tables[1:]
    ]
    return unique([form_id, *wanted], str.casefold)


def unique(names: Iterable[str], folded: Callable[[str], str] = str) -> list[str]:
    """The names, those that were given already with a number behind."""
    given = set[str]()
    found = []
    for name in names:
        one, number = name, 1
        while folded(one) in given:
            number += 1
            one = f"{name}_{number}"
        given.add(folded(one))
        found.append(one)
    return found


def _columns(table: Table, versions: Sequence[Version]) -> tuple[Column, ...]:
    names = [field.path[len(table.path) + 1 :].replace("/", "-") for field in table.columns]
    return tuple(
        _column(name, field, table.path, versions)
        for name, field in zip(unique(names), table.columns, strict=True)
    )


def _column(name: str, field: Field, table: str, versions: Sequence[Version]) -> Column:
    having = [v for v in versions if field.path in v.fields]
    own = _newest(_asked(v, field.path).level for v in having)
    level = own or _newest(v.fields[field.path].sensitivity or "" for v in having)
    values, by_version = merged_values({v.number: _asked(v, field.path).values for v in versions})
    return Column(
        name=name,
        kind=_joint(_kind(v.fields[field.path], _asked(v, field.path)) for v in having),
        path=field.path,
        labels=_labels(field.path, versions),
        values=values,
        values_by_version=by_version,
        sensitivity=level or DEFAULT,
        tagged=own != "",
        reads=tuple(sorted({path for v in having for path in _asked(v, field.path).reads})),
        preload=_newest(_asked(v, field.path).preload for v in having),
        consent=_newest(_asked(v, field.path).consent for v in having),
        table=table,
    )


def _newest(said: Iterable[str]) -> str:
    """The last that is not blank: versions are told oldest first."""
    return next((one for one in reversed(list(said)) if one), "")


def _asked(version: Version, path: str) -> Asked:
    return version.asked.get(path) or Asked()


def _kind(field: Field, asked: Asked) -> Kind:
    if asked.control in CHOOSING:
        return CHOOSING[asked.control]
    if field.select_multiple:
        return Kind.CHOICES
    return Kind.FILE if field.binary else KINDS.get(field.type, Kind.TEXT)


def _joint(kinds: Iterable[Kind]) -> Kind:
    joint: Kind | None = None
    for kind in kinds:
        if joint in (None, kind) or (joint, kind) in WIDER:
            joint = kind
        elif (kind, joint) not in WIDER:
            return Kind.TEXT
    return joint or Kind.TEXT


def _labels(path: str, versions: Sequence[Version]) -> Labels:
    """What the newest version that asks it says."""
    return next((said.labels for v in reversed(versions) if (said := _asked(v, path)).labels), {})


def merged_values(said: Mapping[int, Values]) -> tuple[Values, Mapping[int, Values]]:
    """version -> choices, oldest first -> the choices of all, the newest's order and words first; and those of each
    version that said anything otherwise."""
    merged = dict[str, Labels]()
    for number in reversed(list(said)):
        for code, labels in said[number].items():
            merged.setdefault(code, labels)
    otherwise = {n for n, values in said.items() if any(merged[c] != t for c, t in values.items())}
    return merged, {number: said[number] for number in said if number in otherwise}
