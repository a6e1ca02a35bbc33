"""Moments as clocks in Cambodia show them: +07:00 the whole year. A date is never shifted, and a moment that
cannot be read, or says no offset, stays as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time

from server.extracts.sheets import Cell, Kind
from server.extracts.typed import CAMBODIA

OFFSET = "+07:00"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:[0-5]\d:[0-5]\d\.\d{3}Z")  # how hubs and Central write moments
SHORT = re.compile(r"([+-]\d\d)(\d\d)?$")  # "+07", "+0700": as some devices write offsets


def in_cambodia(kind: Kind, cells: Sequence[Cell]) -> list[Cell]:
    """kind: DATETIME or TIME."""
    shifted = _Moments().of if kind is Kind.DATETIME else _time
    return [cell if cell is None or cell.endswith(OFFSET) else shifted(cell) for cell in cells]


class _Moments:
    """A batch has few different hours, and reading one costs most: "2026-11-23T23" -> "2026-11-24T06"."""

    def __init__(self) -> None:
        self._hours = dict[str, str]()

    def of(self, text: str) -> str:
        if len(text) != 24 or not STAMP.fullmatch(text):
            return _moment(text)
        hour = self._hours.get(text[:13])
        if hour is None:
            shifted = _moment(text)
            if shifted == text:
                return text
            hour = self._hours[text[:13]] = shifted[:13]
        return f"{hour}{text[13:-1]}{OFFSET}"


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(SHORT.sub(_whole, text.strip()))
        if moment.tzinfo is None:
            return text
        return moment.astimezone(CAMBODIA).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):
        return text


def _time(text: str) -> str:
    """The day is not known, and none of the offsets in use changes within one."""
    try:
        clock = time.fromisoformat(SHORT.sub(_whole, text.strip()))
        if clock.tzinfo is None:
            return text
        moment = datetime.combine(date(2000, 1, 2), clock).astimezone(CAMBODIA)
        return moment.timetz().isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):
        return text


def _whole(offset: re.Match[str]) -> str:
    return f"{offset[1]}:{offset[2] or '00'}"
