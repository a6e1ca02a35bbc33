"""Every sentence that the code says to people is whole in Khmer and in English."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message

from i18n import LANGUAGES
from i18n.extraction import catalogue_path, extract, read_catalogue, sentences, texts, untranslated

# {name} of str.format and %(name)s of the pages; doubled signs are plain text.
PLACE = re.compile(r"(?<!\{)\{(\w+)\}(?!\})|%\((\w+)\)")
# Zero-width and bidirectional marks, soft hyphen, and the Khmer inherent vowels that nobody can see.
INVISIBLE = re.compile("[\u00ad\u17b4\u17b5\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
# What Unicode advises against, and marks that stand on nothing (a subscript sign before no letter).
MISSPELT = re.compile(
    "[\u17a3\u17a4\u17d3\u17d8]|\u17d2(?![\u1780-\u17b3])|(?<![\u1780-\u17d3])[\u17b6-\u17d3]"
)
KHMER = re.compile("[\u1780-\u17ff]")


@cache
def template() -> Catalog:
    return extract()


def places(text: str) -> set[str]:
    return {brace or percent for brace, percent in PLACE.findall(text)}


def flaws(message: Message) -> list[str]:
    """What a translator must still look at in one Khmer message."""
    wanted = set().union(*(places(form) for form in texts(message.id)))
    found = []
    for text in texts(message.string):
        if places(text) != wanted:
            found.append(f"places {sorted(wanted)} became {sorted(places(text))}")
        if INVISIBLE.search(text):
            found.append("an invisible character")
        if MISSPELT.search(text):
            found.append("a sign that Khmer is not written with")
        if "  " in text or text != text.strip():
            found.append("stray spaces")
        if not KHMER.search(text):
            found.append("no Khmer in it")
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_catalogue_holds_exactly_what_the_code_says(lang: str) -> None:
    said = {str(message.id) for message in sentences(template())}
    held = {str(message.id) for message in sentences(read_catalogue(lang))}
    assert sorted(said - held) == [], "run `make catalogues`"
    assert sorted(held - said) == [], "run `make catalogues`"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_row_is_empty_guessed_or_obsolete(lang: str) -> None:
    entries = read_catalogue(lang)
    assert untranslated(entries) == []
    assert [message.id for message in sentences(entries) if message.fuzzy] == []
    assert list(entries.obsolete) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sentence_stands_once_in_the_file(lang: str) -> None:
    # Read as text: the reader itself would silently keep one of two.
    rows = Counter(re.findall(r'^msgid (?!"")"(.*)"$', catalogue_path(lang).read_text("utf-8"), re.MULTILINE))
    assert [row for row, times in rows.items() if times > 1] == []


def test_khmer_keeps_every_place_and_is_cleanly_written() -> None:
    found = {str(message.id): flaws(message) for message in sentences(read_catalogue("km"))}
    assert {message: what for message, what in found.items() if what} == {}


def test_english_is_what_the_code_says() -> None:
    for message in sentences(read_catalogue("en")):
        assert message.string == message.id


@pytest.mark.parametrize(
    "text",
    [
        "មិនមានទម្រង់ទេ",
        "មិនមានទម្រង់ {form} ទេ",
        "មិនមាន\u200bទម្រង់ {form_id} ទេ",
        "មិនមាន  ទម្រង់ {form_id} ទេ",
        "មិនមានទម្រង់ {form_id} ទេ\u17d2",
        "\u17b6មិនមានទម្រង់ {form_id} ទេ",
        "No form {form_id}",
    ],
)
def test_a_flaw_in_khmer_is_seen(text: str) -> None:
    assert flaws(Message("No form {form_id}", text))


def test_sound_khmer_is_let_be() -> None:
    assert flaws(Message("No form {form_id}", "មិនមានទម្រង់ {form_id} ទេ")) == []
    assert flaws(Message(("{n} file", "{n} files"), ("ឯកសារ {n}",))) == []
