"""Text as numbers and days: any script's digits, nothing cut, what is something else counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.khmer import digits_to_khmer
from server.extracts.sheets import Kind
from server.extracts.typed import datetimes, in_cambodia, typed


@pytest.mark.parametrize(
    ("kind", "cells", "values", "others"),
    [
        (Kind.INTEGER, ["12", None, "១២", " 7 ", "-3"], [12, None, 12, 7, -3], 0),
        (Kind.INTEGER, ["12", "ដប់ពីរ", "1_000", "1.5", "9" * 30], [12, None, None, None, None], 4),
        (Kind.DECIMAL, ["-1.26", "១.៥", "0", None], [-1.26, 1.5, 0.0, None], 0),
        (Kind.DECIMAL, ["nan", "inf", "1,5", "2"], [None, None, None, 2.0], 3),
        (Kind.DATE, ["2026-11-23", "២០២៦-១១-២៣"], [date(2026, 11, 23)] * 2, 0),
        (Kind.DATE, ["2026-13-01", "ថ្ងៃនេះ"], [None, None], 2),
        (Kind.TIME, ["08:15:00", "later"], [time(8, 15), None], 1),
        (Kind.FLAG, ["1", "0", None, "true", "yes"], [True, False, None, True, None], 1),
        (Kind.TEXT, ["ក", None], ["ក", None], 0),
        (Kind.INTEGER, [None, None], [None, None], 0),
        (Kind.INTEGER, [], [], 0),
    ],
)
def test_what_is_of_its_type_is_read_and_the_rest_counted(
    kind: Kind, cells: list[str | None], values: list[object], others: int
) -> None:
    assert typed(kind, cells) == (values, others)


def test_a_moment_keeps_its_offset_and_shows_as_clocks_in_cambodia_do() -> None:
    found, others = datetimes(
        ["2026-11-23T23:30:00.000Z", "2026-11-24T06:30:00.000+07:00", "2026-11-24T06:30:00"]
    )
    assert others == 1
    assert found[0] == found[1] == datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert [str(one) for one in in_cambodia(found)] == ["2026-11-24 06:30:00"] * 2 + ["None"]


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00.000+12:00"])
def test_a_moment_that_no_clock_in_cambodia_shows_is_counted(moment: str) -> None:
    found, others = datetimes([moment, "2026-11-24T06:30:00Z"])
    assert others == 1
    assert [str(one) for one in in_cambodia(found)] == ["None", "2026-11-24 13:30:00"]


@given(st.lists(st.none() | st.integers(-(2**63) + 1, 2**63 - 1)))
def test_every_integer_comes_back_in_either_digits(numbers: list[int | None]) -> None:
    texts = [None if n is None else str(n) for n in numbers]
    khmer = [None if text is None else digits_to_khmer(text) for text in texts]
    assert typed(Kind.INTEGER, texts) == typed(Kind.INTEGER, khmer) == (numbers, 0)


@given(st.lists(st.none() | st.text()))
def test_any_text_is_read_or_counted(cells: list[str | None]) -> None:
    for kind in Kind:
        values, others = typed(kind, cells)
        assert len(values) == len(cells)
        assert sum(v is None for v in values) == sum(c is None for c in cells) + others
