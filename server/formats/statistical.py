"""What SPSS and Stata have in common: a first pass over a sheet that finds what each column needs, names that both
take, and labels that fit.

Codes stay what they are in the CSV. Nothing is cut in silence: a text too long for one variable goes on in the next,
and a label too long for the format is shortened between two letters as people see them, told, and whole in the
codebook.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from server.extracts.sheets import Batch, Cell, Column, Extract, Kind, Sheet
from server.extracts.typed import in_cambodia, typed
from server.formats import Work

EXACT = 2**53  # whole numbers beyond have no double of their own
DIGITS = 15  # of a decimal that a double gives back as it was
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.FLAG})
CODES = frozenset({Kind.CHOICE})
PLAIN = re.compile(r"(?:0|-?[1-9][0-9]{0,8})\Z")  # a code that is the number it looks like
LARGEST = 1e300  # of a decimal: both programs have missing values a little further
FIRST, LAST = date(1582, 10, 15).toordinal(), date.max.toordinal()  # days that both programs know
DAY_US = 86_400_000_000
PIECE = 1 << 22  # bytes of rows that are worked on at once, however wide they are
SLACK = 64  # bytes by which a piece of a text may be shorter than it could be
SUBSCRIPT = "\u17d2"
ZERO_WIDTH = "\u200b\u200c\u200d"


@dataclass(slots=True)
class Variable:
    """A column as the file holds it. numeric: whether its cells are numbers; coded: numbers that are codes. width:
    of the longest text, UTF-8 bytes; given, size: how many texts there are, and their bytes. name: of the variable."""

    column: Column
    place: int
    numeric: bool
    coded: bool = False
    width: int = 1
    given: int = 0
    size: int = 0
    name: str = ""
    unsound: int = 0
    blanks: int = 0


@dataclass(slots=True)
class Plan:
    """A sheet after the first pass. rows: how many there are."""

    sheet: Sheet
    variables: list[Variable]
    rows: int = 0
    names: set[str] = field(default_factory=set)


def plan(extract: Extract, sheet: Sheet, work: Work) -> Plan:
    """Reads the sheet once. It may be cancelled meanwhile."""
    made = Plan(
        sheet, [Variable(c, n, c.kind in NUMBERS, c.kind in CODES) for n, c in enumerate(sheet.columns)]
    )
    for one in made.variables:
        if one.coded:
            one.numeric = one.coded = bool(one.column.values) and all(map(PLAIN.match, one.column.values))
    for batch in extract.batches(sheet):
        made.rows += len(batch)
        work.count(sheet.name, 0)
        for one in made.variables:
            _measure(one, batch.columns[one.place])
    return made


def _measure(one: Variable, cells: Sequence[Cell]) -> None:
    given = [cell for cell in cells if cell is not None]
    if not given:
        return
    sizes = [len(cell) if cell.isascii() else len(cell.encode("utf-8", "replace")) for cell in given]
    one.width, one.given, one.size = max(one.width, *sizes), one.given + len(given), one.size + sum(sizes)
    if not one.numeric:
        one.blanks += sum([cell[-1:] == " " for cell in given])
    if one.coded and not all(map(PLAIN.match, given)):
        one.numeric = one.coded = False
    elif one.numeric and one.column.kind in (Kind.INTEGER, Kind.DECIMAL) and not _is_exact(one, given):
        one.numeric = False  # a long number would change: it stays the text that it is


def _is_exact(one: Variable, cells: Sequence[str]) -> bool:
    """Whether each comes back from a double as the number that it is, and is none that stands for a missing one."""
    if one.column.kind is Kind.DECIMAL and "e" in "".join(cells).lower():
        values, _bad = typed(Kind.DECIMAL, cells)
        if not all(1 / LARGEST < abs(value) < LARGEST for value in values if value):
            return False
    if max(map(len, cells)) <= DIGITS:
        return True
    if one.column.kind is Kind.INTEGER:
        values, _bad = typed(Kind.INTEGER, cells)
        return all(value is None or abs(value) <= EXACT for value in values)
    return all(sum(sign.isdigit() for sign in cell) <= DIGITS for cell in cells)


def numbers(one: Variable, cells: Sequence[Cell]) -> list[Any]:
    """The values of a numeric variable, moments as clocks in Cambodia show them; None for what is missing, or not of
    its type or a day that the programs do not know, which is counted."""
    if one.coded:
        return [None if cell is None else int(cell) for cell in cells]
    values, bad = typed(one.column.kind, cells)
    one.unsound += bad
    if one.column.kind in (Kind.DATE, Kind.DATETIME):
        values = _known_days(one, values)
    return in_cambodia(values) if one.column.kind is Kind.DATETIME else values


def _known_days(one: Variable, values: list[Any]) -> list[Any]:
    days = [value.toordinal() for value in values if value is not None]
    last = LAST - (one.column.kind is Kind.DATETIME)  # a moment may be of the next day in Cambodia
    if not days or (min(days) >= FIRST and max(days) <= last):
        return values
    known = [value if value and FIRST <= value.toordinal() <= last else None for value in values]
    one.unsound += known.count(None) - values.count(None)
    return known


def slices(batch: Batch, width: int) -> Iterator[Batch]:
    """The batch in pieces that need little memory. width: bytes of a row."""
    step = max(1, PIECE // max(width, 1))
    if len(batch) <= step:
        yield batch
        return
    for first in range(0, len(batch), step):
        end = first + step
        yield Batch([cells[first:end] for cells in batch.columns], batch.versions[first:end])


def variable_label(one: Variable, made: Plan, work: Work, limit: int, unit: str = "bytes") -> str:
    """The question, or the column's name where there is none."""
    said = one.column.labels.get(work.options.language) or next(iter(one.column.labels.values()), "")
    label = shortened(said or one.column.name, limit, unit)
    if label != " ".join((said or one.column.name).split()):
        work.losses.add("label.shortened", made.sheet.name, one.column.name)
    return label


def value_labels(
    one: Variable, made: Plan, work: Work, limit: int, width: int = 0
) -> Iterator[tuple[str, bytes]]:
    """(code, label) of each choice in the form's order. width: bytes of the variable's texts, 0 of any length: a longer
    code was chosen by nobody."""
    for code, said in one.column.values.items():
        if width and len(code.encode("utf-8", "replace")) > width:
            continue
        text = said.get(work.options.language) or next(iter(said.values()), "") or code
        label = shortened(text, limit)
        if label != " ".join(text.split()):
            work.losses.add("value_label.shortened", made.sheet.name, one.column.name)
        yield code, label.encode("utf-8", "replace")


def counted(values: Sequence[Any], missing: float, count: Callable[[Any], float] = float) -> list[float]:
    """Values as the numbers of a file."""
    return [missing if value is None else count(value) for value in values]


def microseconds(value: date | time) -> int:
    """On the clock, without an offset: of a day or moment since the day before 1 January of the year 1, of a time
    since midnight."""
    days = value.toordinal() if isinstance(value, date) else 0
    clock = value.time() if isinstance(value, datetime) else value
    if not isinstance(clock, time):
        return days * DAY_US
    seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
    return days * DAY_US + seconds * 1_000_000 + clock.microsecond


def tell_unsound(made: Plan, work: Work) -> None:
    for one in made.variables:
        work.losses.add("value.not_typed", made.sheet.name, one.column.name, one.unsound)


def remember_names(made: Plan, one: Variable, names: Sequence[str], work: Work) -> None:
    """For the codebook: all variables in which the column stands."""
    one.name = names[0]
    work.names[made.sheet.path, one.column.name] = " ".join(names)


def mangled(name: str, number: int, taken: set[str], limit: int, reserved: re.Pattern[str]) -> str:
    """A name that both programs take: Latin letters, figures and _, not one that is taken in any letter case. A name
    of which nothing would be left, as of one in Khmer, becomes v12 by its place."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
    if not plain:
        plain = f"v{number}"
    if not plain[0].isalpha():
        plain = f"v_{plain}"
    if reserved.fullmatch(plain.upper()):
        plain = f"{plain}_"
    found, nth = plain[:limit], 1
    while found.lower() in taken:
        nth += 1
        end = f"_{nth}"
        found = plain[: limit - len(end)] + end
    taken.add(found.lower())
    return found


def shortened(text: str, limit: int, unit: str = "bytes") -> str:
    """The text, or as much of it as fits, cut before a letter with all that hangs on it. unit: bytes of UTF-8, or
    characters."""
    text = " ".join(text.split())
    if _size(text, unit) <= limit:
        return text
    held = ""
    for cluster in clusters(text):
        if _size(held + cluster, unit) > limit - _size("…", unit):
            break
        held += cluster
    return held.rstrip() + "…"


def _size(text: str, unit: str) -> int:
    return len(text.encode("utf-8", "replace")) if unit == "bytes" else len(text)


def clusters(text: str) -> Iterator[str]:
    """Letters as people see them: what is drawn above, below or behind one belongs to it."""
    held = ""
    for sign in text:
        hangs = (
            unicodedata.category(sign) in ("Mn", "Mc", "Me") or sign in ZERO_WIDTH or held.endswith(SUBSCRIPT)
        )
        if held and not hangs:
            yield held
            held = ""
        held += sign
    if held:
        yield held


def cut(text: bytes, limit: int) -> list[bytes]:
    """UTF-8 in pieces of at most `limit` bytes, each whole characters. None but the last ends with a blank, if that
    can be: a text variable does not keep it."""
    found = []
    while len(text) > limit:
        end = limit
        while text[end] & 0xC0 == 0x80:
            end -= 1
        seam = len(text[:end].rstrip(b" "))
        if seam > limit - SLACK:
            end = seam
        found.append(text[:end])
        text = text[end:]
    return [*found, text]
