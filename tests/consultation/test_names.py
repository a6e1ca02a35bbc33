"""Tables have names that people can type, that differ in any letter case, and that another form never takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.consultation.names import ENDINGS, distinct, in_order, part, table_name


def test_khmer_is_kept_and_everything_else_is_one_sign() -> None:
    assert table_name("ស្រូវ ២០២៦", "rice-form.v2", "plot") == "ស្រូវ_២០២៦__rice_form_v2__plot"
    assert part("  \u200b - ") == "x"
    assert table_name("SQLite", "a") == "_SQLite__a"


def test_whoever_comes_second_takes_no_name_from_the_first() -> None:
    alone = distinct({("p", "rice"): "p__rice"})
    both = distinct({("p", "rice"): "p__rice", ("q", "rice"): "P__Rice"})
    assert alone["p", "rice"] == "p__rice"
    assert both["p", "rice"] != "p__rice" != both["q", "rice"], "else it would lead to another's answers"
    assert distinct(dict(reversed(list(both.items())))) == both


def test_what_is_called_after_a_table_is_nobody_elses_name() -> None:
    found = distinct({1: "p__rice", 2: "p__rice_KM", 3: "p__rice_search_data"})
    names = [f"{name}{ending}".casefold() for name in found.values() for ending in ENDINGS]
    assert len(set(names)) == len(names)


names = st.lists(st.text(st.sampled_from("aAbBក_-x "), min_size=1, max_size=4), max_size=8)


@given(names, names)
def test_no_two_names_are_alike(wanted: list[str], taken: list[str]) -> None:
    found = distinct({n: table_name(name) for n, name in enumerate(wanted)}, taken)
    all_names = [f"{name}{ending}".casefold() for name in found.values() for ending in ENDINGS]
    assert len(set(all_names)) == len(all_names)
    assert not set(all_names) & {name.casefold() for name in taken}


@given(names, names)
def test_later_columns_rename_none_before_them(first: list[str], later: list[str]) -> None:
    held = in_order(first, ["KEY"])
    assert in_order([*first, *later], ["KEY"])[: len(first)] == held
    assert len({name.casefold() for name in [*held, "KEY"]}) == len(held) + 1
