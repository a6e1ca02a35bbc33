"""Promises of the Khmer order: that of CLDR, to the last of the country's place names.

The digests are of lists that ICU 72 sorted (`Collator("km")`, then by code point where it sees no
difference), compared here without ICU, which is too heavy to install with the tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from random import Random

import pytest

from forms.gazetteer import places, places_in
from i18n.khmer_sorting import sort_key

SIGNS = [chr(n) for n in range(0x1780, 0x17DE) if n not in (0x17B4, 0x17B5)] + list(" -().,/'0123abzABZé")


def digest_of_order(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(words, key=sort_key)).encode()).hexdigest()


def test_every_place_name_of_the_country_stands_where_icu_puts_it() -> None:
    names = {place.name_km for place in places().values()}
    assert len(names) == 9878
    assert digest_of_order(names) == "5337ae1a74b7bf192ecd6628c1297f9b89f5f76f5ac2f233678b7135feb9f7ac"


def test_any_string_of_khmer_and_latin_stands_where_icu_puts_it() -> None:
    rng = Random(20261124)
    words = {"".join(rng.choices(SIGNS, k=rng.randint(1, 6))) for _ in range(20000)}
    assert len(words) == 16305
    assert digest_of_order(words) == "fc67be6546c4b0b67c2f6c98c2a6cb430b4eb29223c13add3407601ba3462274"


def test_provinces_are_found_where_a_dictionary_has_them() -> None:
    names = [place.name_km for place in places_in(None, "province")]
    assert sorted(names, key=sort_key) != sorted(names)
    assert sorted(names, key=sort_key)[-3:] == ["ស្ទឹងត្រែង", "ស្វាយរៀង", "ឧត្ដរមានជ័យ"]


@pytest.mark.parametrize(
    "words",
    [
        ("ក", "កក", "កា", "កិ", "កៅ", "កុំ", "កំ", "កាំ", "កះ", "ក្ក", "ខ"),  # letters, vowels, then subscripts
        ("រ", "ឫ", "ឬ", "ល", "ឭ", "ឮ", "វ"),  # old vowels behind the letter that they sound like
        ("អិ", "ឥ", "អី", "ឦ"),  # an independent vowel stands with its spelling
        ("ព", "ភ", "រ", "រ្ព", "ព៌", "រ្ភ", "ល"),  # a robat is a ra written above: its letter stands under ra
        ("ក", "ក់", "កក"),  # a sign counts only between words that are otherwise alike
        ("- ១", "១", "10", "២", "ក", "a", "A", "B"),
    ],
)
def test_words_stand_in_this_order(words: tuple[str, ...]) -> None:
    shuffled = sorted(words, reverse=True)
    assert sorted(shuffled, key=sort_key) == list(words)


def test_what_nobody_sees_moves_no_word() -> None:
    assert sort_key("កំពង់\u200bចាម")[:3] == sort_key("កំពង់ចាម")[:3]
    assert sort_key("ភូមិ ១២")[:3] == sort_key("ភូមិ 12")[:3]


def test_other_scripts_follow_and_break_nothing() -> None:
    assert sorted(["пэ", "z", "ក", "日本", ""], key=sort_key) == ["", "ក", "z", "пэ", "日本"]
