"""Moments in Cambodia's time: the same moment, to the minute of the offset; what cannot be read stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.extracts.cambodian import in_cambodia
from server.extracts.sheets import Kind

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(
    min_value=datetime(1900, 1, 2), max_value=datetime(2199, 1, 1), timezones=OFFSETS  # noqa: DTZ001 offsets are drawn
)  # fmt: skip


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("2026-11-23T01:15:00.000Z", "2026-11-23T08:15:00.000+07:00"),
        ("2026-12-31T23:59:59.999Z", "2027-01-01T06:59:59.999+07:00"),
        ("2026-11-23T08:15:00.123+07:00", "2026-11-23T08:15:00.123+07:00"),
        ("2026-11-23T08:15:00.000+07", "2026-11-23T08:15:00.000+07:00"),
        ("2026-11-23T07:00:00.000+05:45", "2026-11-23T08:15:00.000+07:00"),
        ("2026-11-22T20:45:00-0430", "2026-11-23T08:15:00.000+07:00"),
        ("2026-11-23T08:15:00", "2026-11-23T08:15:00"),
        ("2026-02-30T01:15:00.000Z", "2026-02-30T01:15:00.000Z"),
        ("2026-11-23T25:00:00.000Z", "2026-11-23T25:00:00.000Z"),
        ("2026-11-23T01:75:00.000Z", "2026-11-23T01:75:00.000Z"),
        ("2026-11-23", "2026-11-23"),
        ("9999-12-31T23:00:00.000Z", "9999-12-31T23:00:00.000Z"),
        ("២៣ វិច្ឆិកា", "២៣ វិច្ឆិកា"),
        (None, None),
    ],
)
def test_a_moment_is_shown_in_cambodias_time_or_left_alone(recorded: str | None, shown: str | None) -> None:
    assert in_cambodia(Kind.DATETIME, [recorded]) == [shown]


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("08:15:00.000+07:00", "08:15:00.000+07:00"),
        ("23:30:00.000Z", "06:30:00.000+07:00"),
        ("08:15:00.000+07", "08:15:00.000+07:00"),
        ("08:15", "08:15"),
        ("noon", "noon"),
    ],
)
def test_a_time_of_day_too(recorded: str, shown: str) -> None:
    assert in_cambodia(Kind.TIME, [recorded]) == [shown]


@given(st.lists(MOMENTS))
def test_no_moment_is_moved(moments: list[datetime]) -> None:
    recorded = [moment.isoformat(timespec="milliseconds") for moment in moments]
    utc = [moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z" for moment in moments]
    shown = in_cambodia(Kind.DATETIME, [*recorded, *utc])
    assert all(text is not None and text.endswith("+07:00") for text in shown)
    wanted = [datetime.fromisoformat(text) for text in recorded]
    assert [datetime.fromisoformat(text or "") for text in shown] == wanted + wanted
