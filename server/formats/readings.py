"""What an answer says when it is of its column's type: shared by the formats that have types.

Each function gives None for what is not of the type; nothing is guessed, rounded or cut. Khmer digits count as
digits, blanks around as nothing. Times of the day and moments are those of Cambodia, which has kept one offset.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from i18n.khmer import digits_to_ascii

CAMBODIA = timezone(timedelta(hours=7))
CAMBODIA_OFFSET = timedelta(hours=7)
INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CLOCK = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
MOMENT = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{CLOCK}{OFFSET}")
TIME = re.compile(rf"{CLOCK}{OFFSET}?")
LONGEST = 80  # characters of a number: beyond, it is a text
INT64 = 1 << 63
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain(text: str) -> str:
    """As the patterns here read it."""
    return digits_to_ascii(text).strip()


def integer(text: str) -> int | None:
    """Of 64 bits."""
    said = plain(text)
    if INTEGER.fullmatch(said) is None:
        return None
    number = int(said)
    return number if -INT64 <= number < INT64 else None


def decimal(text: str) -> float | None:
    """The nearest double; None beyond its range."""
    said = plain(text)
    if len(said) > LONGEST or DECIMAL.fullmatch(said) is None:
        return None
    number = float(said)
    return number if abs(number) != float("inf") else None


def day(text: str) -> date | None:
    said = plain(text)
    if DAY.fullmatch(said) is None:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """With its offset: without one, nobody knows which moment it is. To the microsecond."""
    said = plain(text)
    if MOMENT.fullmatch(said) is None:
        return None
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        return None


def milliseconds(text: str) -> int | None:
    """Of a moment since 1970, UTC."""
    said = moment(text)
    return None if said is None else (said - EPOCH) // timedelta(milliseconds=1)


def wall_time(text: str) -> datetime | None:
    """What a clock in Cambodia showed, for a moment that was recorded with its offset; None for another's, which
    would have to be shifted."""
    said = moment(text)
    return said.replace(tzinfo=None) if said is not None and said.utcoffset() == CAMBODIA_OFFSET else None


def time_of_day(text: str) -> time | None:
    """As a clock in Cambodia showed it; without an offset it is taken for one."""
    said = plain(text)
    if TIME.fullmatch(said) is None:
        return None
    try:
        read = time.fromisoformat(said)
    except ValueError:
        return None
    return read.replace(tzinfo=None) if read.utcoffset() in (None, CAMBODIA_OFFSET) else None


def point(text: str) -> dict[str, float | None] | None:
    """ODK's "latitude longitude altitude accuracy", of which the last two may be missing."""
    parts = [decimal(part) for part in text.split()]
    if not 2 <= len(parts) <= 4 or None in parts:
        return None
    names = ("latitude", "longitude", "altitude", "accuracy")
    return dict(zip(names, [*parts, None, None], strict=False))
