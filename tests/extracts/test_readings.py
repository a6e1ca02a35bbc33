"""Answers as values: what is of its type is read, also in Khmer digits, and nothing else is guessed."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from server.formats.readings import day, decimal, integer, milliseconds, moment, point, time_of_day, wall_time


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("១២", 12), (" 7 ", 7), ("-3", -3), ("007", 7), ("9223372036854775807", 2**63 - 1)],
)
def test_a_whole_number_is_read(text: str, number: int) -> None:
    assert integer(text) == number


@pytest.mark.parametrize(
    "text", ["", "1e5", "1.0", "twelve", "១២នាក់", "9223372036854775808", "1_000", "9" * 5000]
)
def test_what_is_no_whole_number_is_none(text: str) -> None:
    assert integer(text) is None


def test_decimals_are_read_as_tablets_write_them() -> None:
    assert [decimal(text) for text in ("1.50", "១.៥", ".5", "1.0E-5")] == [1.5, 1.5, 0.5, 1e-05]
    assert [decimal(text) for text in ("1,5", "nan", "inf", "1e999", "0x10", "1" * 5000)] == [None] * 6


def test_days_and_moments_need_their_whole_shape() -> None:
    assert day("២០២៦-១១-២៣") == date(2026, 11, 23)
    assert [day(text) for text in ("2026-02-30", "20261123", "2026-W48-1")] == [None] * 3
    assert [moment(text) for text in ("2026-11-23T08:15:00", "2026-11-23", "2026-11-23T25:00:00Z")] == [
        None
    ] * 3
    assert milliseconds("2026-11-23T08:15:00.250+07:00") == milliseconds("2026-11-23T01:15:00.250Z")


def test_a_wall_time_is_cambodias_and_never_shifted() -> None:
    assert wall_time("2026-11-23T08:15:00.000+07") == datetime(2026, 11, 23, 8, 15)  # noqa: DTZ001
    assert wall_time("2026-11-23T01:15:00.000Z") is None
    assert time_of_day("08:15:00.000+07:00") == time_of_day("08:15") == time(8, 15)
    assert time_of_day("08:15:00.000Z") is None


def test_a_point_may_lack_its_height_but_not_its_place() -> None:
    assert point("11.5 104.9") == {"latitude": 11.5, "longitude": 104.9, "altitude": None, "accuracy": None}
    assert [point(text) for text in ("11.5", "11.5 east", "1 2 3 4 5", "")] == [None] * 4
