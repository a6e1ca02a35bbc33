"""What SPSS and Stata have in common: a first pass over a sheet that finds what each column needs, names that both
take, and labels that fit.

Codes stay what they are in the CSV. Nothing is cut in silence: a text too long for one variable goes on in the next,
and a label too long for the format is shortened between two letters as people see them, told, and whole in the
codebook.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from server.extracts.sheets import Cell, Column, Extract, Kind, Sheet
from server.extracts.typed import typed
from server.formats import Work

EXACT = 2**53  # whole numbers beyond have no double of their own
DIGITS = 15  # of a decimal that a double gives back as it was
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.FLAG})
CODES = frozenset({Kind.CHOICE})
PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,8})\Z")  # a code that is the number it looks like
SUBSCRIPT = "\u17d2"
ZERO_WIDTH = "\u200b\u200c\u200d"


@dataclass(slots=True)
class Variable:
    """A column as the file holds it. numeric: whether its cells are numbers; coded: numbers that are codes. width:
    of the longest text, UTF-8 bytes. name: of the variable."""

    column: Column
    place: int
    numeric: bool
    coded: bool = False
    width: int = 1
    name: str = ""
    unsound: int = 0


@dataclass(slots=True)
class Plan:
    """A sheet after the first pass. rows: how many there are."""

    sheet: Sheet
    variables: list[Variable]
    rows: int = 0
    names: set[str] = field(default_factory=set)


def plan(extract: Extract, sheet: Sheet) -> Plan:
    """Reads the sheet once."""
    made = Plan(
        sheet, [Variable(c, n, c.kind in NUMBERS, c.kind in CODES) for n, c in enumerate(sheet.columns)]
    )
    for one in made.variables:
        if one.coded:
            one.numeric = one.coded = bool(one.column.values) and all(map(PLAIN.match, one.column.values))
    for batch in extract.batches(sheet):
        made.rows += len(batch)
        for one in made.variables:
            _measure(one, batch.columns[one.place])
    return made


def _measure(one: Variable, cells: Sequence[Cell]) -> None:
    given = [cell for cell in cells if cell is not None]
    if not given:
        return
    one.width = max(one.width, *(len(cell.encode("utf-8", "replace")) for cell in given))
    if one.coded and not all(map(PLAIN.match, given)):
        one.numeric = one.coded = False
    elif one.numeric and one.column.kind in (Kind.INTEGER, Kind.DECIMAL) and not _is_exact(one, given):
        one.numeric = False  # a long number would change: it stays the text that it is


def _is_exact(one: Variable, cells: Sequence[str]) -> bool:
    if one.column.kind is Kind.INTEGER:
        values, _bad = typed(Kind.INTEGER, cells)
        return all(value is None or abs(value) <= EXACT for value in values)
    return all(sum(sign.isdigit() for sign in cell) <= DIGITS for cell in cells)


def numbers(one: Variable, cells: Sequence[Cell]) -> list:
    """The values of a numeric variable, None for what is missing or not of its type, which is counted."""
    if one.coded:
        return [None if cell is None else int(cell) for cell in cells]
    values, bad = typed(one.column.kind, cells)
    one.unsound += bad
    return values


def tell_unsound(made: Plan, work: Work) -> None:
    for one in made.variables:
        work.losses.add("value.not_typed", made.sheet.name, one.column.name, one.unsound)


def mangled(name: str, number: int, taken: set[str], limit: int, reserved: frozenset[str]) -> str:
    """A name that both programs take: Latin letters, figures and _, not one that is taken in any letter case. A name
    of which nothing would be left, as of one in Khmer, becomes v12 by its place."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
    if not plain:
        plain = f"v{number}"
    if not plain[0].isalpha():
        plain = f"v_{plain}"
    if plain.upper() in reserved:
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
    """UTF-8 in pieces of at most `limit` bytes, each whole characters."""
    found = []
    while len(text) > limit:
        end = limit
        while text[end] & 0xC0 == 0x80:
            end -= 1
        found.append(text[:end])
        text = text[end:]
    return [*found, text]
