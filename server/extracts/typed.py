"""Cells of text as numbers, days and moments, a column at a time: what every format with types does alike.

Digits may be of any script, since people answer ១២ as well as 12. What is not of its type becomes None and is
counted, for the format to tell of (`value.not_typed`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, TypeVar

from i18n.khmer import digits_to_ascii
from server.extracts.sheets import Cell, Kind

CAMBODIA = timezone(timedelta(hours=7))  # the whole year: no summer time
EDGES = frozenset((1, 9999))  # years in which clocks elsewhere may show what none in Cambodia can
INTEGER_LIMIT = 2**63  # what 64 bits hold, as files with types do
T = TypeVar("T")
Typed = tuple[list[T | None], int]
"""The values, None where nothing was answered or where it is not of the type; and how many of the latter."""


def typed(kind: Kind, cells: Sequence[Cell]) -> Typed[Any]:
    """By the kind of the column. Kinds that are text in every format come back as they are."""
    reader = READERS.get(kind)
    return reader(cells) if reader else (list(cells), 0)


def integers(cells: Sequence[Cell]) -> Typed[int]:
    return _read(cells, int, _integer)


def decimals(cells: Sequence[Cell]) -> Typed[float]:
    return _read(cells, float, _decimal)


def dates(cells: Sequence[Cell]) -> Typed[date]:
    return _read(cells, date.fromisoformat, lambda text: date.fromisoformat(digits_to_ascii(text).strip()))


def datetimes(cells: Sequence[Cell]) -> Typed[datetime]:
    """With the offset that was recorded. One without is not of the type: nobody knows which moment it is. Nor is one
    that is past the last year there is when clocks in Cambodia show it."""
    return _read(cells, datetime.fromisoformat, _moment)


def times(cells: Sequence[Cell]) -> Typed[time]:
    return _read(cells, time.fromisoformat, lambda text: time.fromisoformat(digits_to_ascii(text).strip()))


def flags(cells: Sequence[Cell]) -> Typed[bool]:
    return _read(cells, _FLAGS.__getitem__, lambda text: _FLAGS[text.strip().lower()])


def in_cambodia(moments: Sequence[datetime | None]) -> list[datetime | None]:
    """The same moments as clocks in Cambodia show them, without an offset: for files that know none."""
    return [None if one is None else one.astimezone(CAMBODIA).replace(tzinfo=None) for one in moments]


_FLAGS = {"1": True, "0": False, "true": True, "false": False}


def _read(cells: Sequence[Cell], quick: Callable[[str], T], careful: Callable[[str], T]) -> Typed[T]:
    """quick: right for almost every column, for which nothing more is asked. careful: for each cell of the others;
    raises ValueError, KeyError or OverflowError for one that is not of the type."""
    try:
        found = [None if cell is None else quick(cell) for cell in cells]
        if _is_plain(found, cells):
            return found, 0
    except (ValueError, KeyError):
        pass
    values = [None if cell is None else _or_none(careful, cell) for cell in cells]
    return values, values.count(None) - list(cells).count(None)


def _is_plain(found: Sequence[object], cells: Sequence[Cell]) -> bool:
    """Whether the quick way read nothing that Python alone takes for a value: 1_000, nan, a moment without offset."""
    first = next((value for value in found if value is not None), None)
    if isinstance(first, datetime):
        moments: list[datetime] = [value for value in found if value is not None]  # type: ignore[misc]
        return None not in [m.tzinfo for m in moments] and EDGES.isdisjoint([m.year for m in moments])
    if isinstance(first, int | float):
        answered = list(filter(None, cells))
        return "_" not in " ".join(answered) and all(map(math.isfinite, filter(None, found))) and _fit(found)  # type: ignore[arg-type]
    return True


def _fit(found: Sequence[Any]) -> bool:
    numbers = [value for value in found if value is not None]
    return isinstance(numbers[0], float) or max(map(abs, numbers)) < INTEGER_LIMIT


def _or_none(careful: Callable[[str], T], cell: str) -> T | None:
    try:
        return careful(cell)
    except (ValueError, KeyError, OverflowError):
        return None


def _integer(text: str) -> int:
    value = int(_number(text))
    if abs(value) >= INTEGER_LIMIT:
        raise OverflowError
    return value


def _decimal(text: str) -> float:
    value = float(_number(text))
    if not math.isfinite(value):
        raise ValueError
    return value


def _number(text: str) -> str:
    if "_" in text:
        raise ValueError
    return text


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(digits_to_ascii(text).strip())
    if moment.tzinfo is None:
        raise ValueError
    moment.astimezone(CAMBODIA)  # raises OverflowError: formats without offsets could not write it
    return moment


READERS: dict[Kind, Callable[[Sequence[Cell]], Typed[Any]]] = {
    Kind.INTEGER: integers,
    Kind.DECIMAL: decimals,
    Kind.DATE: dates,
    Kind.DATETIME: datetimes,
    Kind.TIME: times,
    Kind.FLAG: flags,
}
