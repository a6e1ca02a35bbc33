"""A made-up consultation of any size as an extract, and a report read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from lxml import html

from server.extracts.sheets import Cell, Column, Kind, Role, Sheet
from server.reports.chapters import Wishes
from server.reports.writing import report_format
from tests.extracts.listed import YES_NO, ListedExtract
from tests.extracts.works import make_work

PROVINCES = {"07": {"km": "កំពត", "en": "Kampot"}, "02": {"km": "បាត់ដំបង", "en": "Battambang"},
             "11": {"km": "មណ្ឌលគិរី", "en": "Mondul Kiri"}}  # fmt: skip
SEXES = {"female": {"km": "ស្រី", "en": "Female"}, "male": {"km": "ប្រុស", "en": "Male"}}
AGES = {"15_24": {"km": "១៥–២៤ ឆ្នាំ", "en": "15–24"}, "25_over": {"km": "២៥ ឆ្នាំឡើងទៅ", "en": "25 and over"}}
GROUPS = {"police": {"km": "នគរបាល", "en": "Police"}, "teacher": {"km": "គ្រូបង្រៀន", "en": "Teacher"},
          "vendor": {"km": "អាជីវករ", "en": "Trader"}}  # fmt: skip
NEEDS = {"water": {"km": "ទឹកស្អាត", "en": "Water"}, "land": {"km": "ដីធ្លី", "en": "Land"}}
ROOT = Sheet("", "wps", None, (
    Column("SubmissionDate", Kind.DATETIME, role=Role.PROVENANCE),
    Column("consent", Kind.CHOICE, "/consent", {"km": "យល់ព្រម?", "en": "Consent?"}, YES_NO),
    Column("needs", Kind.CHOICES, "/talk/needs", {"km": "ត្រូវការអ្វី?", "en": "What is needed?"}, NEEDS),
    Column("safe", Kind.CHOICE, "/talk/safe", {"km": "មានសុវត្ថិភាពទេ?", "en": "Is it **safe**?"}, YES_NO),
    Column("order", Kind.RANK, "/talk/order", {"km": "លំដាប់", "en": "Order"}, NEEDS),
    Column("hours", Kind.INTEGER, "/talk/hours", {"km": "ម៉ោង", "en": "Hours"}),
    Column("story", Kind.TEXT, "/talk/story", {"km": "រឿងរ៉ាវ", "en": "Story"}),
    Column("consent_quote", Kind.CHOICE, "/consent_quote", {"km": "ដកស្រង់?", "en": "Quote?"}, YES_NO),
    Column("quote", Kind.TEXT, "/quote", {"km": "សម្ដី", "en": "Quote"}, sensitivity="restricted"),
    Column("KEY", Kind.TEXT, role=Role.KEY),
    Column("Status", Kind.TEXT, role=Role.PROVENANCE),
    Column("ReviewState", Kind.CHOICE, role=Role.PROVENANCE),
    Column("Hub", Kind.TEXT, role=Role.PROVENANCE),
    Column("Province", Kind.CHOICE, role=Role.PROVINCE, values=PROVINCES),
))  # fmt: skip
PEOPLE = Sheet("/person", "person", "", (
    Column("sex", Kind.CHOICE, "/person/sex", {"km": "ភេទ", "en": "Sex"}, SEXES, table="/person"),
    Column("age_band", Kind.CHOICE, "/person/age_band", {"km": "អាយុ", "en": "Age"}, AGES, table="/person"),
    Column("stakeholder", Kind.CHOICE, "/person/stakeholder", {"km": "ក្រុម", "en": "Group"}, GROUPS, table="/person"),
    Column("PARENT_KEY", Kind.TEXT, role=Role.PARENT, table="/person"),
    Column("KEY", Kind.TEXT, role=Role.KEY, table="/person"),
), {"km": "អ្នកចូលរួម", "en": "Participant"})  # fmt: skip
QUOTED = "យើងចង់បានទឹកស្អាត និងផ្លូវដែលមានភ្លើងបំភ្លឺ"
SECTIONS = {"/talk": {"km": "ការពិភាក្សា", "en": "The talk"}}


def consultation(size: int, seed: int = 1, **fixed: Cell) -> ListedExtract:
    """size: submissions, each of one to five people. fixed: column of the root -> the same cell in every row."""
    rng = Random(seed)
    roots, people = [], []
    for n in range(size):
        row = _root(rng, n)
        for name, cell in fixed.items():
            row[next(place for place, c in enumerate(ROOT.columns) if c.name == name)] = cell
        roots.append(row)
        for m in range(rng.randint(1, 5)):
            key = row[9]
            people.append([
                rng.choices(list(SEXES), (4, 1))[0], rng.choice([*AGES, None]), rng.choices(list(GROUPS), (1, 3, 9))[0],
                key, f"{key}/person[{m + 1}]",
            ])  # fmt: skip
    return ListedExtract((ROOT, PEOPLE), {"": roots, "/person": people}, size=500)


def _root(rng: Random, n: int) -> list[Cell]:
    may = rng.choice(["yes", "no", None])
    return [
        f"2026-11-{1 + n % 28:02}T08:15:00.000+07:00", "yes", rng.choice(["water", "water land", None]),
        rng.choices(["yes", "no", None], (50, 2, 5))[0], rng.choice(["water land", "land water", None]),
        str(rng.randint(0, 12)), "រឿងសម្ងាត់របស់ខ្ញុំ", may, f"{QUOTED} ({may} {n})", f"uuid:{n:032x}", None, None,
        "កំពត", rng.choices(list(PROVINCES), (30, 10, 1))[0],
    ]  # fmt: skip


def written(extract: Any, folder: Path, ending: str = "html", **wishes: Any) -> bytes:
    work = make_work(folder, f"report.{ending}")
    form = report_format(ending, Wishes(**{"sections": SECTIONS, **wishes}))
    (part,) = form.writer()(extract, work)
    return b"".join(part.pieces)


def page(extract: Any, folder: Path, **wishes: Any) -> Any:
    return html.fromstring(written(extract, folder, **{"languages": ("en",), **wishes}).decode())


def tables(page: Any) -> dict[str, list[list[str]]]:
    """caption -> rows of texts, a picture as the title that it has."""
    return {
        text(one.find("caption")): [list(_cells(row)) for row in one.iter("tr")] for one in page.iter("table")
    }


def _cells(row: Any) -> Iterator[str]:
    for cell in row:
        yield text(cell)


def text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def counts(extract: ListedExtract, column: str, sheet: Sheet = ROOT) -> Sequence[Cell]:
    place = next(n for n, c in enumerate(sheet.columns) if c.name == column)
    return [row[place] for row in extract.rows[sheet.path]]
