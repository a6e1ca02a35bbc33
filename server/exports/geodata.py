"""ODK's places ("lat lon alt acc", several parted by ";") as GeoJSON and as well-known text.

ODK writes latitude first, both formats want longitude first.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

Number = int | float
_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")

BLANK = (None, None, None, None)
_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,300})")


def number(text: str) -> Number | None:
    """The number that a text begins with, whole ones as int (JSON shows 2, not 2.0); None without one."""
    found = _NUMBER.match(text)
    if found is None:
        return None
    value = float(found[1])
    if value.is_integer():
        return int(value) if abs(value) < 2**53 else value
    return value if abs(value) != float("inf") else None


def whole(text: str) -> Number | None:
    """The whole number that a text begins with; None without one."""
    if len(text) < 19 and text.isdecimal() and text.isascii():
        return int(text)  # nearly always
    found = _WHOLE.match(text)
    if found is None:
        return None
    value = int(found[1])
    return value if abs(value) < 2**63 else float(value)  # JSON writers hold 64 bits


def geojson(kind: str, text: str) -> dict[str, Any] | None:
    """kind: geopoint, geotrace or geoshape. None when the text names no place."""
    points = _points(kind, text)
    if not points:
        return None
    places = [place for place, _ in points]
    accuracies = [accuracy for _, accuracy in points]
    if kind == "geopoint":
        properties: dict[str, Any] = {"accuracy": accuracies[0]} if accuracies[0] is not None else {}
        shape: dict[str, Any] = {"type": "Point", "coordinates": places[0]}
    else:
        # One for each point, so that they line up; no accuracy and accuracy 0 are both null.
        properties = {"accuracies": [a or None for a in accuracies]} if any(accuracies) else {}
        line = kind == "geotrace"
        shape = {"type": "LineString" if line else "Polygon", "coordinates": places if line else [places]}
    return {**shape, "properties": properties} if properties else shape


def wkt(kind: str, text: str) -> str | None:
    """The same as well-known text, without accuracies."""
    points = _points(kind, text)
    if not points:
        return None
    inside = ",".join(" ".join(orjson.dumps(n).decode() for n in place) for place, _ in points)
    return {
        "geopoint": f"POINT ({inside})",
        "geotrace": f"LINESTRING ({inside})",
        "geoshape": f"POLYGON (({inside}))",
    }[kind]


def _points(kind: str, text: str) -> list[tuple[list[Number], Number | None]]:
    """([lon, lat] or [lon, lat, alt], accuracy) of each point that can be read."""
    found = []
    for point in [text] if kind == "geopoint" else text.split(";"):
        parts = [number(n) for n in point.split()]
        latitude, longitude, altitude, accuracy = parts if len(parts) == 4 else (*parts, *BLANK)[:4]
        if latitude is not None and longitude is not None:
            place = [longitude, latitude] if altitude is None else [longitude, latitude, altitude]
            found.append((place, accuracy))
    return found
