"""GeoJSON (RFC 7946): one feature for each row and question that names a place, with the row's answers by type.

A feature's id is the row's KEY; where a sheet has several questions for a place, with "#" and the question's path
behind it, since ids must differ. The answer as it was given stays among the properties: the accuracy is in it alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from server.exports.geojson import written
from server.extracts.messages import told
from server.extracts.sheets import Cell, Extract, Kind
from server.extracts.typed import typed
from server.formats import Part, Work
from server.formats.geography import Feature, Layer, layers

SHAPES = {Kind.POINT: "Point", Kind.LINE: "LineString", Kind.AREA: "Polygon"}
Columns = Sequence[Sequence[Cell]]
NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLAG)


def write(extract: Extract, work: Work) -> Iterator[Part]:
    yield Part("", _pieces(extract, work))


def _pieces(extract: Extract, work: Work) -> Iterator[bytes]:
    """Its imprint stands before the features; what could not be carried over is known only after them."""
    said = {
        "type": "FeatureCollection",
        "name": extract.form_id,
        "title": extract.title,
        "export": work.imprint.lines(),
    }
    yield orjson.dumps(said)[:-1] + b',"features":['
    comma = b""
    for layer in layers(extract, work):
        for columns, features in layer.batches(extract, work):
            yield comma + _features(layer, columns, features, work)
            comma = b",\n"
    yield b'],"losses":' + orjson.dumps([told(loss) for loss in work.losses]) + b"}\n"


def _features(layer: Layer, columns: Columns, features: Sequence[Feature], work: Work) -> bytes:
    question, label = layer.own_names()
    names = [column.name for column in layer.sheet.columns]
    rows = list(zip(*_typed(layer, columns, work), strict=True))
    made = [
        {
            "type": "Feature",
            "id": one.key if len(layer.asking) == 1 else f"{one.key or ''}#{one.column.path}",
            "geometry": {"type": SHAPES[one.column.kind], "coordinates": _coordinates(one)},
            "properties": {
                **dict(zip(names, rows[one.row], strict=True)),
                question: one.column.path,
                label: one.column.labels.get(work.options.language, one.column.name),
            },
        }
        for one in features
    ]
    return orjson.dumps(made)[1:-1]


def _typed(layer: Layer, columns: Columns, work: Work) -> Iterator[Sequence[Any]]:
    for column, cells in zip(layer.sheet.columns, columns, strict=True):
        if column.kind not in NUMBERS:
            yield cells
            continue
        values, count = typed(column.kind, cells)
        work.losses.add("value.not_typed", layer.sheet.name, column.name, count)
        # Split choices are 1 and 0 in every format: they are added up.
        yield (
            [None if value is None else int(value) for value in values]
            if column.kind is Kind.FLAG
            else values
        )


def _coordinates(feature: Feature) -> orjson.Fragment:
    text = written(feature.places)
    shape = {Kind.POINT: text[1:-1], Kind.LINE: text, Kind.AREA: f"[{text}]"}
    return orjson.Fragment(shape[feature.column.kind])
