"""Text in the reader's language, whatever the language is called and however badly the call is filled in."""

from __future__ import annotations

import pytest

from i18n import catalogue, choose_language, mark, translate, translate_count

CLOSED = "This form is not accepting submissions."
NO_FORM = "There is no form {form_id} in this project. Check its spelling."
KHMER_NAME = "ទម្រង់ពិគ្រោះយោបល់"


def test_khmer_is_answered_to_khmer_readers_and_english_to_all_others() -> None:
    khmer = translate(CLOSED, "km")
    assert khmer != CLOSED
    assert "\u1780" <= khmer[0] <= "\u17ff"
    assert [translate(CLOSED, lang) for lang in ("en", "fr", "", "zz")] == [CLOSED] * 4


@pytest.mark.parametrize("tag", ["km", "KM", "km-KH", "km_KH.UTF-8", " km-Khmr-KH "])
def test_every_spelling_of_a_language_is_understood(tag: str) -> None:
    assert translate(CLOSED, tag) == translate(CLOSED, "km")


def test_values_are_filled_in_both_languages() -> None:
    for lang in ("km", "en"):
        text = translate(NO_FORM, lang, form_id=KHMER_NAME)
        assert KHMER_NAME in text
        assert "{" not in text


def test_a_value_that_looks_like_a_place_is_left_as_it_was_typed() -> None:
    assert "{lang}" in translate(NO_FORM, "en", form_id="{lang}")


def test_a_missing_value_does_not_cost_the_message() -> None:
    assert translate(NO_FORM, "en") == NO_FORM


def test_an_unknown_message_is_answered_as_it_is_written() -> None:
    assert translate("No catalogue holds {this}.", "km", this="x") == "No catalogue holds x."
    assert translate("", "km") == ""


def test_english_counts_and_khmer_does_not() -> None:
    forms = ("{n} attachment is still missing: {names}", "{n} attachments are still missing: {names}")
    assert translate_count(*forms, 1, "en", names="a.jpg") == "1 attachment is still missing: a.jpg"
    assert translate_count(*forms, 2, "en", names="a.jpg") == "2 attachments are still missing: a.jpg"
    one, two = (translate_count(*forms, n, "km", names="រូប.jpg") for n in (1, 2))
    assert one.replace("1", "2") == two
    assert "រូប.jpg" in one


def test_marking_changes_nothing() -> None:
    assert mark(CLOSED) is CLOSED


def test_a_catalogue_is_read_once() -> None:
    assert catalogue("km") is catalogue("km-KH")
    assert catalogue("fr") is catalogue("en")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (None, "km"),
        ("", "km"),
        ("en", "en"),
        ("km-KH,km;q=0.9,en;q=0.8", "km"),
        ("en-US,en;q=0.9,km;q=0.1", "en"),
        ("fr-FR, en;q=0.3, km;q=0.7", "km"),
        ("en;q=0", "km"),
        ("*", "km"),
        ("fr", "km"),
        ("en;q=", "en"),
        ("km;q=oops, en;q=0.2", "en"),
        ("km;q=0.5, en;q=0.5", "km"),
        (";;,,q=1", "km"),
    ],
)
def test_the_language_that_the_client_prefers_is_chosen(header: str | None, chosen: str) -> None:
    assert choose_language(header, "km") == chosen
