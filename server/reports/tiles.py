"""Cambodia's 25 provinces as a grid of equal squares, each about where it lies: small provinces are seen like large
ones. Our own drawing."""

from __future__ import annotations

GRID = (
    ("", "", "22", "13", "19", "16"),
    ("", "01", "17", "06", "10", "11"),
    ("24", "02", "04", "03", "25", ""),
    ("", "15", "05", "12", "14", "20"),
    ("", "09", "07", "21", "08", ""),
    ("", "18", "23", "", "", ""),
)
PLACES = {code: (r, c) for r, row in enumerate(GRID) for c, code in enumerate(row) if code}
