"""A Khmer word is found however it was typed, and shown as it was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.khmer_search import TOO_MANY, _tokens, holds, places, query_keys, search_key

ALIKE = [
    ("កណ្ដាល", "កណ្តាល"),  # subscript ដ and ត
    ("ស្ត្រី", "ស្រ្តី"),  # the order of subscripts
    ("ស្ត្រី", "ស្រ្ដី"),
    ("ខ្ញុំ", "ខុ្ញំ"),  # a vowel before the subscript
    ("កើត", "កេីត"),  # one vowel typed as two
    ("កោះ", "កេាះ"),
    ("កោះ", "កាេះ"),
    ("កាំ", "កំា"),
    ("ស៊ី", "សុី"),  # a shifter typed as the vowel that it looks like
    ("ស៊ី", "សី៊"),
    ("ប៉ី", "បុី"),
    ("ការងារ", "ការ\u200bងារ"),
    ("ការងារ", "កា\u200bរងារ"),
    ("អង្គការ", "\u17a3ង្គការ"),
    ("ភូមិ១២", "ភូមិ12"),
    ("ភូមិ១២", "ភូមិ ១២"),
    ("ឲ្យ", "ឱ្យ"),
    ("Kampot", "KAMPOT"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_spellings_that_look_alike_have_one_key(one: str, other: str) -> None:
    assert one != other
    assert search_key(one) == search_key(other) != ""


@pytest.mark.parametrize(("one", "other"), [("កក", "កខ"), ("ប៉ា", "ប៊ា"), ("ទឹក", "ទឺក"), ("ម៉ៃ", "មៃ")])
def test_other_words_have_other_keys(one: str, other: str) -> None:
    assert search_key(one) != search_key(other)


@pytest.mark.parametrize("word", ["ទឹក", "ពេទ្យ", "ថ្នាំ", "ស្អាត", "12", "pump", "ក្រុង"])
def test_a_word_is_found_inside_a_sentence_without_blanks(word: str) -> None:
    text = "យើងត្រូវការទឹក\u200bស្អាត និងថ្នាំពេទ្យ នៅក្រុង​ទី១២។ The Pump is broken"
    (key,) = query_keys(word)
    assert holds(search_key(text), key)
    ((start, end),) = places(text, [key])
    assert search_key(text[start:end]) == key


def test_what_is_not_written_is_not_found() -> None:
    key = search_key("ថ្នាំពេទ្យ និងទឹកស្អាត")
    assert [word for word in ("ម៉ៃ", "ពេទ", "នាំ", "ទឺក") if holds(key, search_key(word))] == []


def test_the_beginning_of_a_word_is_found_when_that_is_asked_for() -> None:
    key = search_key("បញ្ហា")
    assert not holds(key, search_key("បញ្ហ"))
    assert holds(key, search_key("បញ្ហ"), begun=True)
    assert places("បញ្ហា", [search_key("បញ្ហ")], begun=True) == [(0, 5)]


def test_a_query_is_cut_into_its_words_and_not_endless() -> None:
    assert query_keys(" ទឹក  ។ ស្អាត ទឹក ") == [search_key("ទឹក"), search_key("ស្អាត")]
    assert len(query_keys(" ".join(f"ពាក្យ{n}" for n in range(99)))) == TOO_MANY
    assert query_keys("។ - ៕") == []


KHMER = st.text(
    st.sampled_from([chr(n) for n in range(0x1780, 0x17FA)] + list("\u200b\u200c\u200d aZ1-_é😀\n")),
    max_size=30,
)


@given(KHMER)
def test_a_text_and_its_tokens_have_one_key(text: str) -> None:
    assert " ".join(token.key for token in _tokens(text)) == search_key(text)
    assert search_key(search_key(text)) == search_key(text)


@given(KHMER, st.data())
def test_whatever_stands_in_a_text_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    tokens = list(_tokens(text))
    if not tokens:
        return
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, len(tokens) - 1))
    wanted = " ".join(token.key for token in tokens[first : last + 1])
    assert holds(search_key(text), wanted)
    assert (tokens[first].start, tokens[last].end) in places(text, [wanted])
