"""No small number can be worked out from what is shown: tried by solving for what a reader could know."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from server.reports.hiding import Cross, Shield, chosen, is_small, protect

K = 4  # small enough that every possibility can be counted
COUNTS = st.lists(st.integers(0, 12), min_size=1, max_size=5)


def possible(counts: list[int], shield: Shield, place: int) -> set[int]:
    """Every value that the number at `place` could have, for somebody who knows the sum and the rule."""
    hidden = [n for n in range(len(counts)) if shield.hides(n)]
    total = sum(counts[n] for n in hidden)
    spans = [range(1, K) if n in shield.small else range(K, total + 1) for n in hidden]
    at = hidden.index(place)
    return {values[at] for values in product(*spans) if sum(values) == total}


@settings(max_examples=300, deadline=None)
@given(COUNTS)
def test_every_small_number_of_a_table_could_be_any_small_number(counts: list[int]) -> None:
    shield = protect(counts, K)
    for place, count in enumerate(counts):
        if is_small(count, K):
            assert shield.hides(place)
            if not shield.whole:
                assert possible(counts, shield, place) == set(range(1, K))


@given(COUNTS)
def test_a_table_without_small_numbers_is_shown_whole(counts: list[int]) -> None:
    sound = [count for count in counts if not is_small(count, K)]
    assert not any(protect(sound, K).hides(place) for place in range(len(sound)))


def test_what_is_forced_never_stands_alone() -> None:
    shield = protect([30, 20, 15], 11, frozenset({2}))
    assert shield.hides(2) and shield.hides(1) and not shield.hides(0)


def test_a_choice_that_nearly_all_made_is_hidden_too() -> None:
    assert not chosen(95, 100, 11), "5 did not choose it"
    assert not chosen(5, 100, 11)
    assert chosen(50, 100, 11) and chosen(100, 100, 11) and chosen(0, 100, 11)


def solutions(counts: list[list[int]], cross: Cross, most: int) -> list[tuple[tuple[int, ...], ...]]:
    """All tables that a reader cannot tell from the true one: they agree in what is shown, in the sums that are shown,
    and in which numbers are said to be small."""
    rows = [
        [
            row
            for row in product(*(_span(counts, cross, r, c, most) for c in range(len(counts[0]))))
            if cross.rows.hides(r) or sum(row) == sum(counts[r])
        ]
        for r in range(len(counts))
    ]
    return [table for table in product(*rows) if _fits(table, counts, cross)]


def _span(counts: list[list[int]], cross: Cross, r: int, c: int, most: int) -> range:
    if cross.shows(r, c):
        return range(counts[r][c], counts[r][c] + 1)
    return range(1, K) if cross.is_small(r, c) else range(most + 1)


def _fits(table: tuple[tuple[int, ...], ...], counts: list[list[int]], cross: Cross) -> bool:
    sums = [sum(column) for column in zip(*table, strict=True)]
    true = [sum(column) for column in zip(*counts, strict=True)]
    shown = [n for n in range(len(sums)) if not cross.columns.hides(n)]
    return sum(sums) == sum(true) and all(sums[n] == true[n] for n in shown)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 3).flatmap(lambda width: st.lists(
    st.lists(st.integers(0, 5), min_size=width, max_size=width), min_size=2, max_size=2)))  # fmt: skip
def test_no_small_number_of_a_cross_table_can_be_solved_for(counts: list[list[int]]) -> None:
    rows = protect([sum(row) for row in counts], K)
    columns = protect([sum(column) for column in zip(*counts, strict=True)], K)
    cross = Cross(counts, K, rows, columns)
    if cross.whole:
        return
    known = None
    for r, row in enumerate(counts):
        for c, count in enumerate(row):
            if not is_small(count, K):
                continue
            assert not cross.shows(r, c)
            known = known or solutions(counts, cross, 9)
            values = {table[r][c] for table in known}
            assert set(range(1, K)) <= values


def test_a_cross_table_shows_what_harms_nobody() -> None:
    counts = [[200, 100], [150, 90], [80, 70]]
    none = protect([sum(row) for row in counts], 11)
    cross = Cross(counts, 11, none, protect([430, 260], 11))
    assert all(cross.shows(r, c) for r in range(3) for c in range(2))


def test_one_small_number_takes_three_others_with_it() -> None:
    counts = [[200, 5, 60], [150, 90, 40], [80, 70, 50]]
    cross = Cross(counts, 11, protect([265, 280, 200], 11), protect([430, 165, 150], 11))
    hidden = {(r, c) for r in range(3) for c in range(3) if not cross.shows(r, c)}
    assert (0, 1) in hidden and len(hidden) == 4
    assert cross.is_small(0, 1)
    assert len({r for r, _ in hidden}) == len({c for _, c in hidden}) == 2
