"""Rows on a map: what GeoJSON and KML share. One feature for each row and question that names a place.

Longitude first, areas closed and counterclockwise (RFC 7946, 3.1.6). Numbers are handed on as they were written,
so that no place loses a digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress, pairwise

from server.exports.geojson import RING, Place, is_closed, read_places
from server.extracts.sheets import Batch, Cell, Column, Extract, Kind, Role, Sheet
from server.formats import Work

GEO = (Kind.POINT, Kind.LINE, Kind.AREA)
QUESTION, LABEL = "geo_question", "geo_label"
"""Properties beside those of the row: path of the question that the place answers, and what the question says."""


@dataclass(frozen=True, slots=True)
class Feature:
    """row: its number in the batch. key: of the row, None where the sheet has none. column: the question."""

    row: int
    key: Cell
    column: Column
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Layer:
    """A sheet that asks for places. asking: the numbers of those columns; key: of the one with the KEY."""

    sheet: Sheet
    asking: tuple[int, ...]
    key: int | None

    def batches(self, extract: Extract, work: Work) -> Iterator[tuple[list[Sequence[Cell]], list[Feature]]]:
        """The columns of the rows that can be drawn, and their features, in order of the rows."""
        for batch in extract.batches(self.sheet):
            features = sorted(self._features(batch, work), key=lambda feature: feature.row)
            drawn = {feature.row for feature in features}
            if features:
                yield _narrowed(batch, features, drawn)
            work.losses.add("row.no_place", self.sheet.name, count=len(batch) - len(drawn))
            work.count(self.sheet.name, len(drawn))

    def own_names(self) -> tuple[str, str]:
        """QUESTION and LABEL, or what these become where a question has such a name."""
        given = {column.name for column in self.sheet.columns}
        return _free(QUESTION, given), _free(LABEL, given)

    def _features(self, batch: Batch, work: Work) -> Iterator[Feature]:
        keys = [None] * len(batch) if self.key is None else batch.columns[self.key]
        for number in self.asking:
            column = self.sheet.columns[number]
            unsound = closed = 0
            for row, text in enumerate(batch.columns[number]):
                if text:
                    places, was_closed = read_shape(column.kind, text)
                    unsound += not places
                    closed += was_closed
                    if places:
                        yield Feature(row, keys[row], column, places)
            work.losses.add("place.unsound", self.sheet.name, column.name, unsound)
            work.losses.add("ring.closed", self.sheet.name, column.name, closed)


def _narrowed(
    batch: Batch, features: list[Feature], drawn: set[int]
) -> tuple[list[Sequence[Cell]], list[Feature]]:
    if len(drawn) == len(batch):
        return batch.columns, features
    chosen = [row in drawn for row in range(len(batch))]
    numbers = {row: number for number, row in enumerate(sorted(drawn))}
    columns: list[Sequence[Cell]] = [list(compress(cells, chosen)) for cells in batch.columns]
    return columns, [replace(feature, row=numbers[feature.row]) for feature in features]


def layers(extract: Extract, work: Work) -> list[Layer]:
    """The sheets that ask for places; those that do not are told."""
    found = []
    for sheet in extract.sheets:
        asking = tuple(n for n, column in enumerate(sheet.columns) if column.kind in GEO)
        key = next((n for n, column in enumerate(sheet.columns) if column.role is Role.KEY), None)
        if asking:
            found.append(Layer(sheet, asking, key))
        else:
            work.losses.add("sheet.no_place", sheet.name)
    return found


def read_shape(kind: Kind, text: str) -> tuple[Sequence[Place], bool]:
    """The places of a point, a line or an area, none when it cannot be drawn; and whether it took closing. Some
    devices end a line with ";"."""
    places = read_places(text.strip().rstrip(";"))
    if not places:
        return (), False
    if kind is Kind.POINT:
        return (places, False) if len(places) == 1 else ((), False)
    if kind is Kind.LINE:
        return (places, False) if len(places) > 1 else ((), False)
    return _ring(places)


def _ring(places: list[Place]) -> tuple[Sequence[Place], bool]:
    is_open = not is_closed(places)
    if is_open:
        places.append(places[0])
    if len(places) < RING:
        return (), False
    return (places if _turns_left(places) else places[::-1]), is_open


def _turns_left(places: Sequence[Place]) -> bool:
    """Whether the ring goes counterclockwise: by twice the area that it encloses (shoelace formula)."""
    corners = [(float(place[0]), float(place[1])) for place in places]
    x, y = corners[0]  # from a corner, not from the equator: or small areas drown in rounding
    turns = [(a - x) * (d - y) - (c - x) * (b - y) for (a, b), (c, d) in pairwise(corners)]
    return sum(turns) >= 0


def _free(name: str, given: set[str]) -> str:
    while name in given:
        name += "_"
    return name
