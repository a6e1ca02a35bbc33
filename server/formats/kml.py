"""KML 2.2 (OGC 07-147r2): a folder a sheet, a placemark for each row and question that names a place.

Answers are typed data by a schema a sheet. Nothing is drawn from the network: no icons, no styles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import quoteattr

from server.extracts.sheets import Cell, Column, Extract, Kind
from server.extracts.typed import typed
from server.formats import Part, Work
from server.formats.geography import Feature, Layer, layers

TYPES = {Kind.INTEGER: "int", Kind.DECIMAL: "double", Kind.FLAG: "bool"}
Columns = Sequence[Sequence[Cell]]
INT = 2**31  # KML's int is that of XML Schema
NAME = "/meta/instanceName"  # what a form calls its submissions
# What XML 1.0 cannot hold, not even by number.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
RING = "<outerBoundaryIs><LinearRing><coordinates>{}</coordinates></LinearRing></outerBoundaryIs>"
SHAPES = {
    Kind.POINT: "<Point><coordinates>{}</coordinates></Point>",
    Kind.LINE: "<LineString><coordinates>{}</coordinates></LineString>",
    Kind.AREA: f"<Polygon>{RING}</Polygon>",
}


def write(extract: Extract, work: Work) -> Iterator[Part]:
    yield Part("", _pieces(extract, work))


def _pieces(extract: Extract, work: Work) -> Iterator[bytes]:
    said = "\n".join(f"{name}: {value}" for name, value in work.imprint.lines().items())
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{escaped(extract.title)}</name><description>{escaped(said)}</description>\n"
    ).encode()
    found = layers(extract, work)
    for number, layer in enumerate(found):
        yield _schema(number, layer, work).encode()
    for number, layer in enumerate(found):
        label = layer.sheet.labels.get(work.options.language) or layer.sheet.name
        yield f"<Folder><name>{escaped(label)}</name>\n".encode()
        for columns, features in layer.batches(extract, work):
            yield "".join(_placemarks(number, layer, columns, features, work)).encode()
        yield b"</Folder>\n"
    yield b"</Document></kml>\n"


def escaped(text: str) -> str:
    """As the text of an element. A carriage return by number: readers make a line feed of it otherwise."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return _ILLEGAL.sub("", text)


def _schema(number: int, layer: Layer, work: Work) -> str:
    fields = "".join(_field(column, work) for column in layer.sheet.columns)
    own = "".join(f'<SimpleField type="string" name={_attribute(name)}/>' for name in layer.own_names())
    return f'<Schema name={_attribute(layer.sheet.name)} id="sheet{number}">{fields}{own}</Schema>\n'


def _field(column: Column, work: Work) -> str:
    kind = TYPES.get(column.kind, "string")
    label = column.labels.get(work.options.language)
    shown = f"<displayName>{escaped(label)}</displayName>" if label else ""
    return f'<SimpleField type="{kind}" name={_attribute(column.name)}>{shown}</SimpleField>'


def _attribute(text: str) -> str:
    return quoteattr(_ILLEGAL.sub("", text))


def _placemarks(
    number: int, layer: Layer, columns: Columns, features: Sequence[Feature], work: Work
) -> Iterator[str]:
    rows = list(map("".join, zip(*_data(layer, columns, work), strict=True)))
    names = _names(layer, columns)
    asked = {layer.sheet.columns[n].path: _asked(layer, layer.sheet.columns[n], work) for n in layer.asking}
    for one in features:
        shape = SHAPES[one.column.kind].format(" ".join(map(",".join, one.places)))
        yield (
            f"<Placemark><name>{escaped(names[one.row] or '')}</name>"
            f'<ExtendedData><SchemaData schemaUrl="#sheet{number}">{rows[one.row]}{asked[one.column.path]}'
            f"</SchemaData></ExtendedData>{shape}</Placemark>\n"
        )


def _asked(layer: Layer, column: Column, work: Work) -> str:
    """Which question a place answers, as data of its own."""
    said = (column.path, column.labels.get(work.options.language, column.name))
    pairs = zip(layer.own_names(), said, strict=True)
    return "".join(
        f"<SimpleData name={_attribute(name)}>{escaped(text)}</SimpleData>" for name, text in pairs
    )


def _names(layer: Layer, columns: Columns) -> Sequence[Cell]:
    """What each row is called: as the form says, else its KEY."""
    keys: Sequence[Cell] = [None] * len(columns[0]) if layer.key is None else columns[layer.key]
    for column, cells in zip(layer.sheet.columns, columns, strict=True):
        if column.path == NAME:
            return [name or key for name, key in zip(cells, keys, strict=True)]
    return keys


def _data(layer: Layer, columns: Columns, work: Work) -> Iterator[Sequence[str]]:
    """Each column's cells as elements; nothing for what was not answered."""
    for column, cells in zip(layer.sheet.columns, columns, strict=True):
        start = f"<SimpleData name={_attribute(column.name)}>"
        texts = (
            _numbers(layer, column, cells, work)
            if column.kind in TYPES
            else _texts(layer, column, cells, work)
        )
        yield [f"{start}{text}</SimpleData>" if text else "" for text in texts]


def _numbers(layer: Layer, column: Column, cells: Sequence[Cell], work: Work) -> Sequence[Cell]:
    values, count = typed(column.kind, cells)
    if column.kind is Kind.INTEGER:
        wide = [value is not None and not -INT <= value < INT for value in values]
        values = [None if too_wide else value for value, too_wide in zip(values, wide, strict=True)]
        count += sum(wide)
    work.losses.add("value.not_typed", layer.sheet.name, column.name, count)
    if column.kind is Kind.FLAG:
        values = [None if value is None else int(value) for value in values]
    return [None if value is None else str(value) for value in values]


def _texts(layer: Layer, column: Column, cells: Sequence[Cell], work: Work) -> Sequence[Cell]:
    joined = "".join(filter(None, cells))
    if not _SPECIAL.search(joined):
        return cells
    work.losses.add("character.not_xml", layer.sheet.name, column.name, len(_ILLEGAL.findall(joined)))
    return [cell and escaped(cell) for cell in cells]
