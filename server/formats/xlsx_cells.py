"""Cells of a worksheet as XML, made by columns.

Of `<c r="B7"` the reference differs from row to row and the rest hardly does, so the rest, the tail, is made once
for a text and looked up for all others: an export of millions of cells calls no function of ours for most of them.
Excel takes a cell for a formula only in an element of its own (`<f>`), which nothing here writes.
Rules: ECMA-376 part 1, 18.3.1.4 (c), 22.9.2.19 (ST_Xstring), 18.17.4.1 (dates).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from i18n.khmer import digits_to_ascii
from server.extracts.sheets import Cell, Column, Kind
from server.extracts.typed import dates, datetimes, times

# What XML cannot hold or would not give back, and "_x000D_", which would be read as the sign that it stands for.
# Carriage returns are among them: an XML reader makes line feeds of them.
ODD = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
# Whether to look for them at all: less than half the time.
SUSPECT = re.compile("[&<>_\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
SAID = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
# As a tablet's program writes 1.0E-5; what a person types as 1e5 stays.
JAVA_NUMBER = re.compile(r"(-?[0-9]\.[0-9]+)E(-?[0-9]{1,2})")
DIGITS = 15  # that a number of Excel keeps
MONTH_THREE = date(1900, 3, 1)  # before it Excel counts a 29 February 1900 that never was, and others do not
DAY_ZERO = date(1899, 12, 30)
CAMBODIA_OFFSET = timedelta(hours=7)
STYLES = {"header": 1, "date": 2, "datetime": 3, "time": 4, "wrapped": 5, "link": 6, "title": 7, "number": 8}
KEPT = 5000  # tails a column, before they are forgotten
SHARED, SHARED_LONGEST = 30_000, 60  # strings told once for the whole workbook, and characters of each
SHARED_KINDS = (Kind.CHOICE, Kind.CHOICES, Kind.RANK)
Make = Callable[[str], str | None]
"""text -> tail, None when the text is not of the type."""


def escaped(text: str) -> str:
    """As an ST_Xstring: every sign survives, also those that XML forbids."""
    return ODD.sub(_said, text) if SUSPECT.search(text) else text


def _said(found: re.Match[str]) -> str:
    sign = found[0]
    return SAID.get(sign) or f"_x{ord(sign):04X}_"


def attribute(text: str) -> str:
    return escaped(text).replace('"', "&quot;")


def string_element(text: str) -> str:
    """`<t>`. Readers drop blanks at both ends unless they are told not to."""
    return f"<t{'' if text.strip() == text else _PRESERVE}>{escaped(text)}</t>"


_PRESERVE = ' xml:space="preserve"'


def text_tail(text: str) -> str:
    return f'" t="inlineStr"><is>{string_element(text)}</is></c>'


def styled(text: str, style: str) -> str:
    return f'" s="{STYLES[style]}" t="inlineStr"><is>{string_element(text)}</is></c>'


class Shared:
    """The strings that many cells have in common: shorter files, which open sooner."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def tail(self, text: str) -> str:
        place = self.places.get(text)
        if place is None:
            if len(self.places) >= SHARED or len(text) > SHARED_LONGEST:
                return text_tail(text)
            place = self.places[text] = len(self.places)
        return f'" t="s"><v>{place}</v></c>'


def number_tail(text: str) -> str | None:
    """None where a number of Excel would say something else: more than 15 digits, leading zeros, "+5", 1e5."""
    said = digits_to_ascii(text).strip()
    java = JAVA_NUMBER.fullmatch(said)
    digits = java[1] if java else said
    if java is None and NUMBER.fullmatch(said) is None:
        return None
    if len(digits.lstrip("-0.").replace(".", "")) > DIGITS:
        return None
    return f'" s="{STYLES["number"]}"><v>{said}</v></c>'


def date_tail(text: str) -> str | None:
    (read,), _ = dates([text])
    return None if read is None or read < MONTH_THREE else f'" s="{STYLES["date"]}"><v>{_days(read)}</v></c>'


def datetime_tail(text: str) -> str | None:
    """The wall time in Cambodia; a moment recorded with another offset stays text, since a cell has no offset."""
    (read,), _ = datetimes([text])
    if read is None or read.utcoffset() != CAMBODIA_OFFSET or read.date() < MONTH_THREE:
        return None
    return f'" s="{STYLES["datetime"]}"><v>{_days(read.date()) + _of_day(read):.10f}</v></c>'


def time_tail(text: str) -> str | None:
    (read,), _ = times([text])
    if read is None or read.utcoffset() not in (None, CAMBODIA_OFFSET):
        return None
    return f'" s="{STYLES["time"]}"><v>{_of_day(read):.10f}</v></c>'


def _days(read: date) -> int:
    return (read - DAY_ZERO).days


def _of_day(read: time | datetime) -> float:
    return (read.hour * 3600 + read.minute * 60 + read.second + read.microsecond / 1e6) / 86400


TYPED: dict[Kind, Make] = {
    Kind.INTEGER: number_tail,
    Kind.DECIMAL: number_tail,
    Kind.FLAG: number_tail,
    Kind.DATE: date_tail,
    Kind.DATETIME: datetime_tail,
    Kind.TIME: time_tail,
}
MOMENTS = (Kind.DATETIME, Kind.TIME)


class Tails(dict[str, str]):
    """text -> tail, of one column. odd: texts of a typed column that are not of its type and stay text."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self.odd: set[str] = set()

    def __missing__(self, text: str) -> str:
        tail = self._make(text)
        if tail is None:
            self.odd.add(text)
            tail = text_tail(text)
        self[text] = tail
        return tail

    def forget(self) -> None:
        if len(self) > KEPT:
            self.clear()
            self.odd.clear()


def tails_of(column: Column, shared: Shared, *, wall_times: bool) -> Tails:
    """wall_times: whether times are shown as a clock in Cambodia; else they stay as they were recorded."""
    if column.kind in MOMENTS and not wall_times:
        return Tails(text_tail)
    if column.kind in SHARED_KINDS:
        return Tails(shared.tail)
    return Tails(TYPED.get(column.kind, text_tail))


def cells(letters: str, numbers: Sequence[str], texts: Sequence[Cell], tails: Tails) -> tuple[list[str], int]:
    """The cells of one column, "" for empty ones, and how many stay text though the column has a type."""
    tails.forget()
    opening = f'<c r="{letters}'
    made = [
        f"{opening}{number}{tails[text]}" if text else "" for number, text in zip(numbers, texts, strict=True)
    ]
    return made, sum(text in tails.odd for text in texts) if tails.odd else 0


def letters_of(place: int) -> str:
    """0 -> A, 26 -> AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name
