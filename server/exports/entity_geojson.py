"""Entities on a map: GeoJSON, one feature an entity whose property `geometry` names a place.

The kind is told by the points: one is a point, several a line, and a line that ends where it began a polygon.
What is off the globe, or no number, is no geometry, as in ODK Central; its entity is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import orjson

PROPERTY = "geometry"
RING = 4  # the least that encloses anything: three points, and the first again
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
Place = list[float]


def shape_of(text: str) -> dict[str, object] | None:
    """The geometry of "lat lon alt acc; …"; None when any of it is unsound."""
    places = [_place(part) for part in text.split(";")]
    sound = [place for place in places if place is not None]
    if len(sound) < len(places):
        return None
    if len(sound) == 1:
        return {"type": "Point", "coordinates": sound[0]}
    if len(sound) >= RING and sound[0] == sound[-1]:
        return {"type": "Polygon", "coordinates": [sound]}
    return {"type": "LineString", "coordinates": sound}


def _place(text: str) -> Place | None:
    """ODK writes latitude first, GeoJSON longitude."""
    parts = text.split()
    if not 2 <= len(parts) <= 4 or not all(map(_NUMBER.fullmatch, parts)):
        return None
    latitude, longitude, *altitude = (orjson.loads(part) for part in parts[:3])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return [longitude, latitude, *altitude]


def feature_collection(entities: Iterable[tuple[str, str]], limit: int | None = None) -> Iterator[bytes]:
    """The document, piece by piece. entities: (uuid, value of PROPERTY); limit: how many are looked at."""
    opening = b'{"type":"FeatureCollection","features":['
    for place, (uuid, text) in enumerate(entities):
        if place == limit:
            break
        shape = shape_of(text)
        if shape is not None:
            made = {"type": "Feature", "id": uuid, "properties": None, "geometry": shape}
            yield opening + orjson.dumps(made)
            opening = b","
    yield (b"" if opening == b"," else opening) + b"]}"
