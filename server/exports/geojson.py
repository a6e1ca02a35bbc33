"""Submissions on a map: GeoJSON, one feature a submission that names a place.

Stricter than OData's geodata (`geodata.py`), as ODK Central is here: a point off the globe, a line of
one point or a ring that is not closed is no geometry, and its submission is left out. Numbers are
handed on as they were written, so that none loses a digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import orjson

from forms.fields import Field, Schema, Table
from server.exports.columns import Cell
from server.exports.odata_rows import RecordQueue
from server.exports.rows import Source

GEO = ("geopoint", "geotrace", "geoshape")
SHAPES = {"geopoint": "Point", "geotrace": "LineString", "geoshape": "Polygon"}
RING = 4  # the least that encloses anything: three points, and the first again
CHUNK_BYTES = 64 * 1024
_NUMBER = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"  # as JSON has it: no leading zeros
_POINT = re.compile(rf"(-?{_NUMBER})\s+(-?{_NUMBER})(?:\s+(-?{_NUMBER}))?(?:\s+{_NUMBER})?")
Place = tuple[str, ...]  # longitude, latitude and perhaps altitude, as JSON numbers


def default_field(schema: Schema) -> Field | None:
    """The form version's first place that is asked for once."""
    return next((f for f in schema.fields if f.type in GEO and f.table == 0), None)


def geometry(field: Field, texts: Iterable[Cell]) -> str | None:
    """The geometry of one field of one submission, as JSON; None without any that is sound.

    texts: one, or in a repeat one a turn; then all of them make one geometry of many.
    """
    found = [shape for text in texts if text and (shape := _coordinates(field.type, text))]
    if not found:
        return None
    kind = SHAPES[field.type]
    if field.table:
        return f'{{"type":"Multi{kind}","coordinates":[{",".join(found)}]}}'
    return f'{{"type":"{kind}","coordinates":{found[0]}}}'


def feature(name: str, geometries: Sequence[str], path: str | None) -> bytes:
    """name: the instanceID. path: of the field, when the hub chose it."""
    shape = geometries[0]
    if len(geometries) > 1:
        shape = f'{{"type":"GeometryCollection","geometries":[{",".join(geometries)}]}}'
    said = orjson.dumps({"fieldpath": path} if path else None)
    head = b'{"type":"Feature","id":' + orjson.dumps(name)
    return head + b',"geometry":' + shape.encode() + b',"properties":' + said + b"}"


def collection(features: Iterable[bytes]) -> Iterator[bytes]:
    """The whole document, some 64 KB at a time."""
    held, size, opening = [], 0, b'{"type":"FeatureCollection","features":['
    for one in features:
        held.append(one)
        size += len(one)
        if size > CHUNK_BYTES:
            yield opening + b",".join(held)
            held, size, opening = [], 0, b","
    yield (opening if held or opening != b"," else b"") + b",".join(held) + b"]}"


def features_of(source: Source, path: str | None) -> Iterator[bytes]:
    """A feature a submission, in the source's order. path: of the field wanted; None = each form
    version's default."""
    schemas = source.schemas()
    fields = {n: _wanted(schema, path) for n, schema in schemas.items()}
    columns = {n: _column(schemas[n], field) for n, field in fields.items() if field is not None}
    queues = {t.path: RecordQueue(source.repeats(t.path)) for t, _ in columns.values() if t.path}
    for head, record in source.submissions():
        taken = {repeat: queue.take(head.instance_id) for repeat, queue in queues.items()}
        field = fields.get(head.schema)
        if record is None or field is None:
            continue
        table, place = columns[head.schema]
        rows = orjson.loads(record)
        if table.path:
            below = taken[table.path]
            rows, place = (orjson.loads(below[1]) if below else []), place + 1  # after the key suffix
        if (shape := geometry(field, (row[place] for row in rows))) is not None:
            yield feature(head.instance_id, [shape], None if path else field.path)


def features_in(
    name: str, schema: Schema, tables: Sequence[Sequence[Sequence[Cell]]], paths: Sequence[str]
) -> Iterator[bytes]:
    """The feature of one version of a submission, if any. tables: as `forms.instance.Reading` has them.
    paths: of the fields wanted; none = the default."""
    fields = [_wanted(schema, path) for path in paths] if paths else [default_field(schema)]
    found = []
    for field in fields:
        if field is not None:
            table, place = _column(schema, field)
            cells = (row[place + 1 if table.path else place] for row in tables[table.number])
            if (shape := geometry(field, cells)) is not None:
                found.append((field.path, shape))
    if found:
        yield feature(name, [shape for _, shape in found], None if paths else found[0][0])


def _wanted(schema: Schema, path: str | None) -> Field | None:
    if path is None:
        return default_field(schema)
    return next((f for f in schema.fields if f.path == path and f.type in GEO), None)


def _column(schema: Schema, field: Field) -> tuple[Table, int]:
    table = schema.tables[field.table]
    return table, next(n for n, f in enumerate(table.columns) if f.path == field.path)


def read_places(text: str) -> list[Place] | None:
    """The places of "lat lon alt acc;…"; None when any of them is no place on the globe."""
    places = [_place(part) for part in text.split(";")]
    return None if None in places else places  # type: ignore[return-value]


def written(places: Sequence[Place]) -> str:
    """As a JSON list."""
    return f"[{','.join(map(_point, places))}]"


def is_closed(places: Sequence[Place]) -> bool:
    """Whether the first and the last are one place, however they are written."""
    return list(map(Decimal, places[0])) == list(map(Decimal, places[-1]))


def _coordinates(kind: str, text: str) -> str | None:
    places = read_places(text)
    if places is None:
        return None
    if kind == "geopoint":
        return _point(places[0]) if len(places) == 1 else None
    if kind == "geotrace":
        return written(places) if len(places) > 1 else None
    return f"[{written(places)}]" if len(places) >= RING and is_closed(places) else None


def _point(place: Place) -> str:
    return f"[{','.join(place)}]"


def _place(text: str) -> Place | None:
    """ODK writes latitude first, GeoJSON longitude."""
    found = _POINT.fullmatch(text.strip())
    if found is None:
        return None
    latitude, longitude, altitude = found.groups()
    if abs(Decimal(latitude)) > 90 or abs(Decimal(longitude)) > 180:
        return None
    return (longitude, latitude) if altitude is None else (longitude, latitude, altitude)
