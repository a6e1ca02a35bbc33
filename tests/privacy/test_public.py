"""The public profile, against somebody who knows a lot and wants to find one person."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import Fault
from server.extracts.losses import Losses
from server.extracts.options import Choosing
from server.extracts.sheets import Cell
from server.extracts.stages import Stage
from server.privacy.levels import DEFAULTS, levelled
from server.privacy.public import LEAST_K, Public, check_public
from server.privacy.suppressing import OWNERS, Crowd, hide
from server.privacy.waves import Wave, Waves, unpacked
from tests.extracts.listed import ListedExtract
from tests.privacy.crowds import crowd, table, texts

K = LEAST_K


def public(
    extract: ListedExtract, k: int = K, waves: Waves | None = None, losses: Losses | None = None,
    provinces: frozenset[str] = frozenset(),
) -> Public:  # fmt: skip
    told = Losses() if losses is None else losses
    return Public(
        Stage(extract, levelled(extract.sheets, DEFAULTS)),
        k,
        Waves() if waves is None else waves,
        told,
        provinces,
    )


def shown(extract: ListedExtract, path: str = "", **more: object) -> list[tuple[Cell, ...]]:
    """The rows without their numbers."""
    return [
        tuple(cell for name, cell in row.items() if name not in ("KEY", "PARENT_KEY"))
        for row in table(public(extract, **more), path)  # type: ignore[arg-type]
    ]


def smallest(rows: list[tuple[Cell, ...]]) -> int:
    """The size of the smallest group in any combination of columns."""
    width = len(rows[0])
    return min(
        min(Counter(tuple(row[n] for n in columns) for row in rows).values())
        for size in range(1, width + 1)
        for columns in itertools.combinations(range(width), size)
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(K, 150))
def test_no_combination_of_what_is_shown_is_shared_by_fewer_than_k(seed: int, size: int) -> None:
    rows = shown(crowd(size, seed))
    assert len(rows) == size
    assert smallest(rows) >= K


def test_fewer_than_k_are_not_published_at_all() -> None:
    losses = Losses()
    assert table(public(crowd(K - 1, 1), losses=losses)) == []
    assert {loss.code: loss.count for loss in losses}["public.rows_held_back"] == K  # "up to"


def test_nothing_that_was_said_in_words_is_published() -> None:
    extract = crowd(200, 2)
    kept = texts(table(public(extract))) | texts(table(public(extract), "/person"))
    for column in (
        "full_name",
        "phone",
        "story",
        "greeting",
        "home",
        "face",
        "instanceName",
        "KEY",
        "SubmitterName",
    ):
        assert kept.isdisjoint({row[column] for row in table(extract)})
    assert list(public(extract).media()) == []


def test_something_is_left_to_work_with() -> None:
    rows = table(public(crowd(600, 3)))
    assert {row["Province"] for row in rows} >= {"07", "02"}
    assert {row["SubmissionDate"] for row in rows} >= {"2026-09", "2026-10", "2026-11"}
    assert sum(row["age"] is not None for row in rows) > 200


def test_ages_are_bands_and_days_are_months() -> None:
    rows = table(public(crowd(600, 4)))
    ages = {row["age"] for row in rows} - {None}
    assert ages <= {"0-14", "15-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"}
    assert {len(str(row["SubmissionDate"])) for row in rows if row["SubmissionDate"]} == {7}


def test_the_order_of_rows_tells_nothing_of_the_order_in_which_people_spoke() -> None:
    extract = crowd(80, 5)
    turned = crowd(80, 5)
    turned.rows = {path: list(reversed(rows)) for path, rows in turned.rows.items()}
    assert shown(extract) == shown(turned)
    assert [row["KEY"] for row in table(public(extract))] == [str(n) for n in range(1, 81)]


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_people_of_repeats_are_hidden_among_people_of_several_submissions(seed: int) -> None:
    extract = crowd(120, seed)
    rows = shown(extract, "/person")
    assert not rows or smallest(rows) >= K


def test_the_children_of_two_families_are_no_crowd() -> None:
    cells: list[Cell] = ["a"] * 12 + ["b"] * 30
    owners = [1] * 6 + [2] * 6 + list(range(10, 40))
    hidden = hide([cells], Crowd(K, owners), [True])
    assert hidden.columns[0] == [None] * 42
    assert OWNERS == 3


def test_an_answer_that_all_of_a_group_gave_is_not_told_of_the_group() -> None:
    places: list[Cell] = ["07"] * 20 + ["02"] * 20
    answers: list[Cell] = ["yes"] * 20 + ["yes", "no"] * 10
    wide = Crowd(10)
    assert hide([places, answers], wide, [True, False]).columns[1] == [None] * 20 + answers[20:]
    assert hide([places, answers], wide, [True, True]).columns[1] == answers


def test_one_hidden_value_never_stands_alone() -> None:
    """Or it could be counted off from the number of rows."""
    cells: list[Cell] = ["a"] * 40 + ["b"] * 15 + ["c"] * 3
    hidden = hide([cells], Crowd(K), [True]).columns[0]
    assert Counter(hidden) == {"a": 40, None: 18}


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(40, 120), st.integers(1, 30))
def test_two_exports_never_differ_by_fewer_than_k(seed: int, size: int, more: int) -> None:
    """What was published before stays as it was when some more have come; those who came wait to be many."""
    later, waves = crowd(size + more, seed), Waves()
    earlier = ListedExtract(later.sheets, {**later.rows, "": later.rows[""][more:]}, size=7)
    for path in ("", "/person"):
        first = Counter(shown(earlier, path, waves=waves))
        second = Counter(shown(later, path, waves=waves))
        assert first <= second
        new = second - first
        assert path or sum(new.values()) in (0, more)
        assert not new or min(new.values()) >= K
        waves = Waves()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.data())
def test_an_edit_a_withdrawal_or_a_change_of_mind_moves_no_figure(seed: int, data: st.DataObject) -> None:
    extract, waves = crowd(60, seed), Waves()
    before = shown(extract, waves=waves), shown(extract, "/person", waves=waves)
    rows = [list(row) for row in extract.rows[""]]
    for _ in range(data.draw(st.integers(1, 10))):
        row = data.draw(st.integers(0, len(rows) - 1))
        if data.draw(st.booleans()):
            del rows[row]
        else:
            rows[row][5:8] = ["33", "female", "no"]
    changed = ListedExtract(extract.sheets, {**extract.rows, "": rows}, size=7)
    assert (shown(changed, waves=waves), shown(changed, "/person", waves=waves)) == before


def test_a_wave_is_read_back_as_it_was_and_holds_no_row_of_few() -> None:
    waves = Waves()
    public(crowd(150, 7), waves=waves)
    (wave,) = waves.published
    assert unpacked(wave.packed()) == wave
    assert unpacked(wave.packed()).packed() == wave.packed()
    assert all(count >= K for figures in wave.sheets.values() for count in figures.rows.values())


def test_a_question_that_is_gone_or_new_leaves_older_waves_standing() -> None:
    extract, waves = crowd(150, 8), Waves()
    public(extract, waves=waves)
    columns = [c for c in extract.sheets[0].columns if c.name != "sex"]
    place = [c.name for c in extract.sheets[0].columns].index("sex")
    rows = [[*row[:place], *row[place + 1 :]] for row in extract.rows[""]]
    later = ListedExtract((replace(extract.sheets[0], columns=tuple(columns)), extract.sheets[1]),
                          {**extract.rows, "": rows})  # fmt: skip
    found = shown(later, waves=waves)
    assert len(found) == 150 and smallest(found) >= K


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_the_provinces_of_one_export_are_those_of_all_of_them(seed: int) -> None:
    """So that what is left after taking them away is what is published without a province."""
    extract = crowd(150, seed)
    whole = Counter(shown(extract))
    parts = [Counter(shown(extract, provinces=frozenset({code}))) for code in ("07", "02", "11")]
    rest = whole - sum(parts, Counter())
    assert sum(parts, Counter()) + rest == whole
    assert not rest or min(rest.values()) >= K


def test_a_smaller_k_or_another_than_before_is_refused() -> None:
    with pytest.raises(Fault) as refused:
        check_public(K - 1, Choosing(), Waves())
    assert refused.value.code == "public.k"
    with pytest.raises(Fault):
        check_public(K, Choosing(), Waves([Wave(K + 9, frozenset(), {})]))
    check_public(K + 9, Choosing(), Waves([Wave(K + 9, frozenset(), {})]))


@pytest.mark.parametrize(
    "choosing",
    [
        Choosing(review_states=frozenset({"approved"})),
        Choosing(facilitators=frozenset({"ក"})),
        Choosing(deleted=True),
    ],
)
def test_filters_that_could_single_people_out_are_refused(choosing: Choosing) -> None:
    with pytest.raises(Fault) as refused:
        check_public(K, choosing, Waves())
    assert refused.value.code == "public.filter"


def test_the_loss_is_told() -> None:
    losses = Losses()
    table(public(crowd(60, 6), losses=losses))
    told = {(loss.code, loss.column) for loss in losses}
    assert ("public.column_dropped", "story") in told
    assert any(code == "public.cells_hidden" for code, _column in told)


def test_no_number_beside_the_file_tells_of_one_person() -> None:
    """The note goes along with the file: what is told in it must not move by one either."""
    for size in range(30, 42):
        losses = Losses()
        public(crowd(size, 9), losses=losses)
        counted = [loss for loss in losses if loss.code != "public.column_dropped"]
        assert counted and all(loss.count % K == 0 for loss in counted)


def test_what_was_hidden_is_told_with_every_later_export_too() -> None:
    waves, told = Waves(), []
    for _ in range(2):
        losses = Losses()
        public(crowd(60, 10), waves=waves, losses=losses)
        told.append(list(losses))
    assert told[0] == told[1]


def test_what_the_tablet_filled_in_by_itself_is_not_published() -> None:
    extract = crowd(60, 11)
    columns = [
        replace(c, preload="timestamp start") if c.name == "age" else c for c in extract.sheets[0].columns
    ]
    extract.sheets = (replace(extract.sheets[0], columns=tuple(columns)), extract.sheets[1])
    assert "age" not in table(public(extract))[0]
