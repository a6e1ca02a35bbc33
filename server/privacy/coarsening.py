"""What the public profile shows of each question: place as province, age as band, date as month, other numbers as
bands, choices as they are; free text, media, exact places and whatever is restricted or identifies, not at all."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from forms.gazetteer import provinces
from server.extracts.sheets import Cell, Column, Kind, Labels, Role, Sheet
from server.extracts.typed import decimals

AGES = (0, 15, 18, 25, 35, 45, 55, 65)
NUMBERS = (0, 1, 5, 10, 20, 50, 100, 200, 500, 1000)
AGE = re.compile(r"(^|_)age(_|$)|អាយុ", re.IGNORECASE)
SHOWN = ("public", "internal")
CODE = re.compile(r"[0-9]{2}(?:[0-9]{2}){1,3}\Z")  # of a district, a commune or a village in the gazetteer
WHOLE = 0.9  # of a list's codes that must be the gazetteer's for it to be a list of places
Coarsen = Callable[[Sequence[Cell]], list[Cell]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A column as it is published. place: of the column that it is made from. rank: the least first is the most
    useful. harmless: as in `suppressing.hide`."""

    column: Column
    place: int
    coarsen: Coarsen
    rank: int
    harmless: bool


def shown_columns(sheet: Sheet) -> list[Shown]:
    """Those that are published, in the order of the sheet."""
    found = [_shown(column, place) for place, column in enumerate(sheet.columns)]
    return [one for one in found if one is not None]


def _shown(column: Column, place: int) -> Shown | None:
    if column.role is Role.PROVINCE:
        return Shown(column, place, list, 0, True)
    if column.role is Role.PROVENANCE and column.name == "SubmissionDate":
        return Shown(_noted(column, "month"), place, months, 1, True)
    if column.role is not Role.ANSWER or column.sensitivity not in SHOWN or column.path.startswith("/meta/"):
        return None
    if column.preload:  # nobody was asked: when a tablet began and ended
        return None
    return _answer(column, place)


def _answer(column: Column, place: int) -> Shown | None:
    harmless = column.sensitivity == "public"
    rank = 2 if harmless else 4
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return Shown(_noted(column, "month"), place, months, 3, True)
    if column.kind in (Kind.INTEGER, Kind.DECIMAL):
        is_age = AGE.search(" ".join([column.path.rpartition("/")[2], *column.labels.values()]))
        edges = AGES if is_age else NUMBERS
        banded = replace(_noted(column, "band"), kind=Kind.CHOICE, values=_bands(edges), values_by_version={})
        return Shown(banded, place, _banding(edges), 2 if is_age else rank, harmless)
    if column.kind is Kind.CHOICE and _are_places(column.values):
        coarse = replace(_noted(column, "province"), values=_provinces(), values_by_version={})
        return Shown(coarse, place, to_provinces, 2, True)
    if column.kind in (Kind.CHOICE, Kind.CHOICES, Kind.FLAG) and column.values:
        return Shown(column, place, _known(column), rank, harmless)
    return None


def _noted(column: Column, code: str) -> Column:
    return replace(column, kind=Kind.TEXT, note=(*column.note, code))


def _known(column: Column) -> Coarsen:
    """Codes of the form alone: what else stands there may be a text. Several in one order, so that the order in
    which somebody tapped tells nothing."""
    known = column.values
    memo: dict[Cell, Cell] = {None: None}

    def coarsen(cells: Sequence[Cell]) -> list[Cell]:
        for cell in set(cells) - memo.keys():
            memo[cell] = " ".join(code for code in known if code in set((cell or "").split())) or None
        return [memo[cell] for cell in cells]

    return coarsen


def months(cells: Sequence[Cell]) -> list[Cell]:
    """ "2026-11-23…" -> "2026-11"; what is no date is left out. Of a moment the month in Cambodia."""
    memo: dict[Cell, Cell] = {None: None}
    for cell in set(cells) - memo.keys():
        memo[cell] = _month(cell or "")
    return [memo[cell] for cell in cells]


def _month(text: str) -> Cell:
    from datetime import date, datetime

    from server.extracts.typed import CAMBODIA

    try:
        if len(text) <= 10:
            return date.fromisoformat(text).isoformat()[:7]
        return datetime.fromisoformat(text).astimezone(CAMBODIA).isoformat()[:7]
    except (ValueError, OverflowError):
        return None


def _banding(edges: Sequence[int]) -> Coarsen:
    names = list(_bands(edges))

    def coarsen(cells: Sequence[Cell]) -> list[Cell]:
        values, _bad = decimals(cells)
        return [None if v is None or v < edges[0] else names[bisect_right(edges, v) - 1] for v in values]

    return coarsen


def _bands(edges: Sequence[int]) -> dict[str, Labels]:
    """ "15-17" -> labels; the last band is "65+", one of a single number that number."""
    ends = [*(edge - 1 for edge in edges[1:]), None]
    names = [
        f"{edge}+" if end is None else str(edge) if edge == end else f"{edge}-{end}"
        for edge, end in zip(edges, ends, strict=True)
    ]
    return {name: {"km": name, "en": name} for name in names}


def _are_places(values: Mapping[str, Labels]) -> bool:
    if not values:
        return False
    codes = {place.code for place in provinces()}
    fitting = sum(bool(CODE.match(code)) and code[:2] in codes for code in values)
    return fitting >= WHOLE * len(values)


def to_provinces(cells: Sequence[Cell]) -> list[Cell]:
    codes = {place.code for place in provinces()}
    return [cell[:2] if cell and cell[:2] in codes else None for cell in cells]


def _provinces() -> dict[str, Labels]:
    return {place.code: {"km": place.name_km, "en": place.name_en} for place in provinces()}
