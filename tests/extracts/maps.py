"""Places on a map of Kampot: points, a walk and a rice field, sound and unsound."""

from __future__ import annotations

from dataclasses import replace

from server.extracts.sheets import Column, Kind, Role, Sheet
from tests.extracts.listed import A, B, ListedExtract

ROOT = Sheet("", "wps", None, (
    Column("women", Kind.INTEGER, "/women", {"km": "ចំនួនស្ត្រី", "en": "Women"}),
    Column("area_ha", Kind.DECIMAL, "/area_ha"),
    Column("needs/water", Kind.FLAG, "/needs"),
    Column("story", Kind.TEXT, "/story", {"km": "រឿងរ៉ាវ", "en": "Story"}),
    Column("gps", Kind.POINT, "/place/gps", {"km": "ទីតាំង", "en": "Where are you?"}),
    Column("KEY", Kind.TEXT, role=Role.KEY),
))  # fmt: skip
FIELDS = Sheet("/field", "field", "", (
    Column("border", Kind.AREA, "/field/border", {"km": "ព្រំស្រែ", "en": "Border of the field"}, table="/field"),
    Column("way", Kind.LINE, "/field/way", {"km": "ផ្លូវ", "en": "Way to it"}, table="/field"),
    Column("PARENT_KEY", Kind.TEXT, role=Role.PARENT, table="/field"),
    Column("KEY", Kind.TEXT, role=Role.KEY, table="/field"),
), {"km": "ស្រែ", "en": "Rice fields"})  # fmt: skip
PEOPLE = Sheet("/person", "person", "", (Column("KEY", Kind.TEXT, role=Role.KEY),))
CLOCKWISE = "10.60 104.20 0 0;10.61 104.20 0 0;10.61 104.21 0 0;10.60 104.21 0 0;10.60 104.20 0 0"
OPEN = "10.60 104.20;10.60 104.21;10.61 104.21"
C = "uuid:cccccccc-0000-4000-8000-000000000003"


def places() -> ListedExtract:
    rows = {
        "": [
            ["12", "0.50", "1", 'ទឹក & ដី <ស្រែ>\r\n"យើង"', "10.6104000 104.1815 12.5 4.8", A],
            ["ដប់ពីរ", "1_0", "0", None, "95.0 104.18 0 0", B],
            ["៣", None, None, "a\x0bb", "-10.5 -104.25", C],
        ],
        "/field": [
            [CLOCKWISE, "10.6 104.2 1 2;10.7 104.3 1 2;", A, f"{A}/field[1]"],
            [OPEN, None, A, f"{A}/field[2]"],
            [None, "10.6 104.2 1 2", B, f"{B}/field[1]"],
        ],
        "/person": [[f"{A}/person[1]"]],
    }
    return replace(ListedExtract((ROOT, FIELDS, PEOPLE), rows), title="ផែនទី & ដី")
