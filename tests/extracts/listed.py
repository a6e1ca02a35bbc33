"""An extract out of lists, and a consultation in Khmer to put in it: what formats are tried on."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from server.exports.rows import Media
from server.extracts.sheets import Batch, Cell, Column, Kind, Role, Sheet

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"
YES_NO = {"yes": {"km": "បាទ/ចាស", "en": "Yes"}, "no": {"km": "ទេ", "en": "No"}}
PROVINCES = {"07": {"km": "កំពត", "en": "Kampot"}, "02": {"km": "បាត់ដំបង", "en": "Battambang"}}


@dataclass
class ListedExtract:
    """rows: path of the sheet -> its rows."""

    sheets: tuple[Sheet, ...]
    rows: Mapping[str, Sequence[Sequence[Cell]]]
    form_id: str = "wps"
    title: str = "ការពិគ្រោះយោបល់ / Consultation"
    versions: Mapping[int, str] = field(default_factory=lambda: {1: "2026112401"})
    files: Mapping[tuple[str, str], bytes] = field(default_factory=dict)
    size: int = 2  # rows a batch: small, so that seams are crossed

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        rows = self.rows[sheet.path]
        for first in range(0, len(rows), self.size):
            some = rows[first : first + self.size]
            yield Batch([list(cells) for cells in zip(*some, strict=True)], [1] * len(some))

    def media(self) -> Iterator[Media]:
        for (instance_id, name), content in self.files.items():
            yield Media(instance_id, name, lambda content=content: io.BytesIO(content))  # type: ignore[misc]


ROOT = Sheet("", "wps", None, (
    Column("SubmissionDate", Kind.DATETIME, role=Role.PROVENANCE),
    Column("consent", Kind.CHOICE, "/consent", {"km": "យល់ព្រម?", "en": "Consent?"}, YES_NO),
    Column("place-province", Kind.CHOICE, "/place/province", {"km": "ខេត្ត", "en": "Province"}, PROVINCES,
           sensitivity="public"),
    Column("women", Kind.INTEGER, "/women", {"km": "ចំនួនស្ត្រី", "en": "Women"}),
    Column("story", Kind.TEXT, "/story", {"km": "រឿងរ៉ាវ", "en": "Story"}, sensitivity="restricted"),
    Column("photo", Kind.FILE, "/photo", {"km": "រូបថត", "en": "Photo"}, sensitivity="restricted"),
    Column("KEY", Kind.TEXT, role=Role.KEY),
    Column("Province", Kind.TEXT, role=Role.PROVINCE),
    Column("Hub", Kind.TEXT, role=Role.PROVENANCE),
))  # fmt: skip
PEOPLE = Sheet("/person", "person", "", (
    Column("age", Kind.INTEGER, "/person/age", {"km": "អាយុ", "en": "Age"}, table="/person"),
    Column("PARENT_KEY", Kind.TEXT, role=Role.PARENT, table="/person"),
    Column("KEY", Kind.TEXT, role=Role.KEY, table="/person"),
), {"km": "អ្នកចូលរួម", "en": "Participant"})  # fmt: skip


def consultation() -> ListedExtract:
    """Two submissions in Khmer with three people, one photo, a long text with line breaks, and a formula."""
    rows = {
        "": [
            ["2026-11-23T08:15:00.000+07:00", "yes", "07", "12", 'គាត់និយាយថា "ទឹក, ដី"\nបន្ទាត់ទីពីរ', "ផ្ទះ.jpg", A,
             "07", "កំពត"],
            ["2026-11-22T08:15:00.000+07:00", "yes", "02", None, "=1+1", None, B, "02", "បាត់ដំបង"],
        ],
        "/person": [
            ["34", A, f"{A}/person[1]"], [None, A, f"{A}/person[2]"], ["51", B, f"{B}/person[1]"],
        ],
    }  # fmt: skip
    return ListedExtract((ROOT, PEOPLE), rows, files={(A, "ផ្ទះ.jpg"): b"\xff\xd8photo"})
