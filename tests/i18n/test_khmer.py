"""Derived keys of Khmer text: what looks alike compares alike, all else stays as it was typed."""

from __future__ import annotations

import pytest

from i18n.khmer import digits_to_ascii, strip_invisible


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("១២៣៤៥៦៧៨៩០", "1234567890"),
        ("ភូមិ១២", "ភូមិ12"),
        ("25 នាក់", "25 នាក់"),
        ("១២,៥", "12,5"),
        ("", ""),
    ],
)
def test_khmer_digits_become_ascii_and_nothing_else_changes(typed: str, key: str) -> None:
    assert digits_to_ascii(typed) == key


def test_a_number_written_in_khmer_reads_as_the_same_number() -> None:
    assert int(digits_to_ascii("២០២៦")) == 2026


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u200c", "\u200d", "\ufeff", "\u00ad", "\u2060", "\u17b5", "\u200f"]
)
def test_words_that_look_alike_have_one_key(unseen: str) -> None:
    assert strip_invisible(f"កំពង់{unseen}ចាម{unseen}") == "កំពង់ចាម"


def test_what_can_be_seen_stays() -> None:
    # Subscripts, shifters and ordinary spaces are the writing itself.
    for text in ("ព្រះសីហនុ", "ស៊ីញ៉េ ភ្នំពេញ", "ឧត្ដរមានជ័យ", "A B\tC\n"):
        assert strip_invisible(text) == text
