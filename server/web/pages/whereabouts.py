"""Where in Cambodia a point lies, drawn without any map from elsewhere: an outline of our own, and a dot."""

from __future__ import annotations

from dataclasses import dataclass

# Longitude and latitude along the border, to about ten kilometres: enough to see which corner of the country it is.
BORDER = (
    (102.92, 11.63), (102.75, 12.05), (102.50, 12.67), (102.35, 13.30), (102.56, 13.66), (102.92, 14.02),
    (103.20, 14.33), (104.00, 14.37), (104.80, 14.40), (105.20, 14.34), (105.55, 14.13), (105.95, 13.92),
    (106.05, 14.10), (106.50, 14.45), (107.05, 14.43), (107.53, 14.70), (107.50, 14.00), (107.42, 13.50),
    (107.60, 12.95), (107.53, 12.35), (106.90, 12.06), (106.42, 11.97), (106.43, 11.67), (105.87, 11.62),
    (106.18, 11.08), (105.77, 11.00), (105.10, 10.95), (104.88, 10.53), (104.45, 10.42), (103.98, 10.60),
    (103.52, 10.60), (103.65, 11.05), (103.15, 10.93), (102.98, 11.35),
)  # fmt: skip
WEST, EAST, SOUTH, NORTH = 102.1, 107.9, 10.1, 14.9
SCALE = 60  # units a degree
SHRINK = 0.976  # a degree of longitude at 12.5° north, against one of latitude


@dataclass(frozen=True, slots=True)
class Drawing:
    """`border`: points of the outline as SVG writes them; `x`, `y`: the dot; `inside`: whether it is in the picture."""

    width: int
    height: int
    border: str
    x: float
    y: float
    inside: bool


def draw(latitude: float, longitude: float) -> Drawing:
    x, y = _place(longitude, latitude)
    border = " ".join("{:.0f},{:.0f}".format(*_place(*point)) for point in BORDER)
    inside = WEST <= longitude <= EAST and SOUTH <= latitude <= NORTH
    width, height = round((EAST - WEST) * SCALE * SHRINK), round((NORTH - SOUTH) * SCALE)
    return Drawing(width, height, border, round(x, 1), round(y, 1), inside)


def _place(longitude: float, latitude: float) -> tuple[float, float]:
    return (longitude - WEST) * SCALE * SHRINK, (NORTH - latitude) * SCALE
