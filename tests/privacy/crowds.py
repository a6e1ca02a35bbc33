"""Made-up consultations for trying to find people in what is published."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from server.extracts.sheets import Cell, Column, Kind, Role, Sheet
from tests.extracts.listed import YES_NO, ListedExtract

SEXES = {"female": {"km": "ស្រី", "en": "Female"}, "male": {"km": "ប្រុស", "en": "Male"}}
PLACES = {
    "07": {"km": "កំពត", "en": "Kampot"},
    "02": {"km": "បាត់ដំបង", "en": "Battambang"},
    "11": {"km": "មណ្ឌលគិរី", "en": "Mondul Kiri"},
}
NAMES = ("សុខា", "ចាន់ធី", "ដារ៉ា", "ស្រីមុំ", "វិចិត្រ", "បុប្ផា")

ROOT = Sheet("", "wps", None, (
    Column("SubmissionDate", Kind.DATETIME, role=Role.PROVENANCE),
    Column("consent", Kind.CHOICE, "/consent", {"en": "Consent?"}, YES_NO, tagged=True),
    Column("province", Kind.CHOICE, "/province", {"en": "Province"}, PLACES, sensitivity="public", tagged=True),
    Column("full_name", Kind.TEXT, "/full_name", {"km": "ឈ្មោះពេញ", "en": "Full name"}),
    Column("phone", Kind.TEXT, "/phone", {"km": "លេខទូរស័ព្ទ", "en": "Phone number"}),
    Column("age", Kind.INTEGER, "/age", {"km": "អាយុ", "en": "Age"}),
    Column("sex", Kind.CHOICE, "/sex", {"en": "Sex"}, SEXES),
    Column("safe", Kind.CHOICE, "/safe", {"en": "Do you feel safe?"}, YES_NO),
    Column("story", Kind.TEXT, "/story", {"en": "Story"}, sensitivity="restricted", tagged=True),
    Column("greeting", Kind.TEXT, "/greeting", reads=("/full_name",)),
    Column("home", Kind.POINT, "/home", {"en": "Home"}),
    Column("face", Kind.FILE, "/face", {"en": "Portrait"}, sensitivity="identifying", tagged=True),
    Column("instanceName", Kind.TEXT, "/meta/instanceName"),
    Column("KEY", Kind.TEXT, role=Role.KEY),
    Column("SubmitterName", Kind.TEXT, role=Role.PROVENANCE),
    Column("Status", Kind.TEXT, role=Role.PROVENANCE),
    Column("DeviceID", Kind.TEXT, role=Role.PROVENANCE),
    Column("Province", Kind.CHOICE, role=Role.PROVINCE, values=PLACES),
))  # fmt: skip
PEOPLE = Sheet("/person", "person", "", (
    Column("child_age", Kind.INTEGER, "/person/child_age", {"en": "Age"}, table="/person"),
    Column("child_sex", Kind.CHOICE, "/person/child_sex", {"en": "Sex"}, SEXES, table="/person"),
    Column("PARENT_KEY", Kind.TEXT, role=Role.PARENT, table="/person"),
    Column("KEY", Kind.TEXT, role=Role.KEY, table="/person"),
))  # fmt: skip


def crowd(size: int, seed: int, *, refusing: float = 0.0) -> ListedExtract:
    """`size` submissions, newest first, with none to three people each."""
    random = Random(seed)
    rows: list[list[Cell]] = []
    people: list[list[Cell]] = []
    for number in range(size, 0, -1):
        rows.append(_row(random, number, refusing))
        key = rows[-1][13]
        for person in range(1, random.randint(0, 3) + 1):
            sex = random.choice([*SEXES, None])
            people.append([str(random.randint(0, 17)), sex, key, f"{key}/person[{person}]"])
    files = {(f"uuid:{n}", f"face-{n}.jpg"): b"jpeg" for n in range(1, size + 1)}
    return ListedExtract((ROOT, PEOPLE), {"": rows, "/person": people}, files=files, size=7)


def _row(random: Random, number: int, refusing: float) -> list[Cell]:
    name = random.choice(NAMES)
    place = random.choices([*PLACES, None], [6, 3, 1, 1])[0]
    day = f"2026-{random.choice((9, 10, 11)):02}-{random.randint(1, 28):02}T08:15:00.000+07:00"
    return [
        day, "no" if random.random() < refusing else "yes", place, name, f"012 {number:06}",
        str(random.randint(15, 90)), random.choice([*SEXES, None]), random.choices(["yes", "no", None], [8, 2, 1])[0],
        f"{name}និយាយថា៖ ទឹកឡើងខ្ពស់", f"សូមស្វាគមន៍ {name}", f"11.{number} 104.{number} 0 5",
        f"face-{number}.jpg",
        f"ការសម្ភាស {name}", f"uuid:{number}", "ថេប្លេតទី១", None, "collect:abc", place,
    ]  # fmt: skip


def table(extract: object, path: str = "") -> list[dict[str, Cell]]:
    """The rows of a sheet by the names of its columns."""
    sheet = next(s for s in extract.sheets if s.path == path)  # type: ignore[attr-defined]
    names = [column.name for column in sheet.columns]
    found: list[dict[str, Cell]] = []
    for batch in extract.batches(sheet):  # type: ignore[attr-defined]
        found += [dict(zip(names, row, strict=True)) for row in zip(*batch.columns, strict=True)]
    return found


def texts(rows: Sequence[dict[str, Cell]]) -> set[str]:
    return {cell for row in rows for cell in row.values() if cell}
