"""People are found by what is like their name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.likeness import likeness, similarity, trigrams, word_similarity

TEXT = st.text(alphabet="កខគាិីុabc@. ", max_size=20)


def test_groups_of_three_are_those_of_postgresql() -> None:
    # show_trgm('cat') and show_trgm('foo|bar') in the documentation of pg_trgm
    assert sorted(trigrams("cat")) == ["  c", " ca", "at ", "cat"]
    assert sorted(trigrams("foo|bar")) == ["  b", "  f", " ba", " fo", "ar ", "bar", "foo", "oo "]


def test_a_word_is_found_in_a_text_as_postgresql_does() -> None:
    # word_similarity('word', 'two words') = 0.8 in the documentation of pg_trgm
    assert word_similarity("word", "two words") == pytest.approx(0.8)


@given(TEXT, TEXT)
def test_likeness_is_nothing_to_two_and_the_same_is_most_alike(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 2
    assert similarity(one, other) == pytest.approx(similarity(other, one))
    assert likeness(one, one) == (2 if list(trigrams(one)) else 0)


def test_signs_around_a_khmer_letter_belong_to_its_word() -> None:
    assert likeness("សុខា", "សុខា") == 2
    assert 0 < likeness("សុខា", "សុខុម") < 2
    assert likeness("សុខា", "ដារ៉ា") == 0
