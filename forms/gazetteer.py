"""Cambodia's provinces, districts, communes and villages, and the lists that forms choose from.

The data are official and open; where they come from and what was cleaned is told in
`library/gazetteer/SOURCE.md`. Lists are in the order of a Khmer dictionary, province by province.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from forms.errors import FormFault
from i18n.khmer_sorting import Key, sort_key

LEVELS = ("province", "district", "commune", "village")  # two more digits of code a level
LISTS = {level: f"{level}s.csv" for level in LEVELS}
SHIPPED = Path(__file__).parent / "library" / "gazetteer" / "gazetteer.csv"


@dataclass(frozen=True, slots=True)
class Place:
    """One place. code: 2, 4, 6 or 8 digits, beginning with its parent's; parent: "" for a province."""

    code: str
    parent: str
    level: str
    name_km: str
    name_en: str

    @property
    def label(self) -> str:
        """Both names. Clients show one `label` of an external list, whatever the language."""
        return f"{self.name_km} / {self.name_en}"


@cache
def places() -> dict[str, Place]:
    """Every place by code, parents before children, in the order of the codes within a level."""
    with SHIPPED.open(encoding="utf-8", newline="") as source:
        return {row["code"]: Place(**row) for row in csv.DictReader(source)}


@cache
def provinces() -> tuple[Place, ...]:
    """The provinces alone: they stand first, and reading all villages takes a tenth of a second."""
    with SHIPPED.open(encoding="utf-8", newline="") as source:
        rows = itertools.takewhile(lambda row: row["level"] == "province", csv.DictReader(source))
        return tuple(Place(**row) for row in rows)


def place(code: str) -> Place:
    """Raises FormFault gazetteer.unknown_place."""
    try:
        return places()[code]
    except KeyError:
        raise FormFault("gazetteer.unknown_place", place=code) from None


def places_in(codes: Iterable[str] | None, level: str) -> list[Place]:
    """The places of one level inside places of higher levels (or those themselves); None: all."""
    inside = None if codes is None else tuple(place(code).code for code in codes)
    return [
        p for p in places().values() if p.level == level and (inside is None or p.code.startswith(inside))
    ]


def province_named(said: str) -> Place:
    """By code, or by name in either language, capitals and spaces aside.

    Raises FormFault gazetteer.unknown_place.
    """
    try:
        return _provinces_by_name()[_folded(said)]
    except KeyError:
        raise FormFault("gazetteer.unknown_place", place=said) from None


@cache
def _provinces_by_name() -> dict[str, Place]:
    return {_folded(name): one for one in provinces() for name in (one.name_en, one.name_km, one.code)}


def _folded(name: str) -> str:
    return "".join(name.split()).lower()


def in_khmer_order(chosen: Iterable[Place]) -> list[Place]:
    """As a Khmer atlas lists them: provinces in the order of the dictionary, in each its districts …"""
    keys: dict[str, tuple[tuple[Key, str], ...]] = {}

    def key(one: Place) -> tuple[tuple[Key, str], ...]:
        if one.code not in keys:
            above = key(places()[one.parent]) if one.parent else ()
            keys[one.code] = (*above, (sort_key(one.name_km), one.code))  # names repeat: 154 villages are ថ្មី
        return keys[one.code]

    return sorted(chosen, key=key)


def write_lists(out: Path, provinces: Sequence[str] | None = None) -> tuple[Path, ...]:
    """Write provinces.csv, districts.csv, communes.csv and villages.csv for `select_one_from_file`.

    provinces: codes to which the lists are narrowed; None: the whole country. In Khmer order.
    Columns: `name` (the code), `label` (Khmer / English), the parent's code under its level's name,
    and except for villages, where it would double a file that tablets fetch over bad links,
    `label_km` and `label_en`. Headers are XML names: any other breaks clients.
    Raises FormFault gazetteer.unknown_place.
    """
    out.mkdir(parents=True, exist_ok=True)
    return tuple(_write_list(out / LISTS[level], level, places_in(provinces, level)) for level in LEVELS)


def _write_list(file: Path, level: str, chosen: Iterable[Place]) -> Path:
    parents = LEVELS[: LEVELS.index(level)][-1:]
    lean = level == "village"
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["name", "label", *parents, *([] if lean else ["label_km", "label_en"])])
    for one in in_khmer_order(chosen):
        languages = [] if lean else [one.name_km, one.name_en]
        rows.writerow([one.code, one.label, *([one.parent] if parents else []), *languages])
    file.write_bytes(text.getvalue().encode())
    return file
