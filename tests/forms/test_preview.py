"""Promises of the preview: all that is asked, in both languages, on a page that stands alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html

from forms.compile import compile_form
from forms.preview import preview
from forms.questions import read_questionnaire
from forms.starting import new_workbook
from forms.translations import library_forms
from i18n import translate
from tests.forms.workbooks import book_of, saved

HEADER = ("type", "name", "label::Khmer (km)", "label::English (en)", "relevant", "required")


def page_of(*rows: tuple[str | None, ...], lang: str = "en") -> html.HtmlElement:
    choices = [("list_name", "name", *HEADER[2:4]), ("yn", "yes", "បាទ/ចាស", "Yes"), ("yn", "no", "ទេ", "No")]
    return html.fromstring(
        preview(compile_form(saved(book_of(survey=[HEADER, *rows], choices=choices))).xform, lang)
    )


@pytest.mark.parametrize("path", library_forms(), ids=lambda p: p.parent.name)
def test_every_question_of_a_library_form_is_on_its_page_in_both_languages(path: Path) -> None:
    xform = compile_form(path).xform
    page = html.fromstring(preview(xform, "km"))
    for question in read_questionnaire(xform).questions():
        (card,) = page.xpath(f"//div[@id='{question.path}']")
        said = {p.get("lang"): p.text_content() for p in card.xpath("./p[contains(@class, 'label')]")}
        assert set(said) == {"km", "en"}, question.path
        assert len(card.xpath(".//li")) == (len(question.choices.items) if question.choices else 0)
    assert page.xpath("//script | //link | //img | //@src | //@href") == []


def test_what_is_asked_only_sometimes_says_when() -> None:
    page = page_of(("select_one yn", "agreed", "យល់ព្រម?", "Agreed?", None, "yes"),
                   ("begin_group", "more", "បន្ថែម", "More", "${agreed} = 'yes'"), ("text", "why", "ហេតុអ្វី?", "Why?"),
                   ("end_group",))  # fmt: skip
    assert page.xpath("//section/p[@class='rule']/code/text()") == ["${agreed} = 'yes'"]
    assert page.xpath("//div[@id='/agreed']/p[@lang='km']/text()") == ["យល់ព្រម? *"]
    assert [li.text_content().split() for li in page.xpath("//div[@id='/agreed']//li")] == [
        ["បាទ/ចាស", "Yes"],
        ["ទេ", "No"],
    ]


def test_answers_inside_a_label_are_named_as_the_designer_named_them() -> None:
    page = page_of(("begin_group", "g", "ក", "G"), ("text", "name", "ឈ្មោះ", "Name"),
                   ("note", "n", "សួស្តី ${name}", "Hello ${name}"), ("end_group",))  # fmt: skip
    assert page.xpath("//div[@id='/g/n']/p/text()") == ["សួស្តី ${name}", "Hello ${name}"]


def test_a_label_is_shown_as_it_is_and_never_run() -> None:
    page = page_of(("note", "n", "<script>ក</script>", "<b>x</b> & y"))
    assert page.xpath("//main//script | //main//b") == []
    assert page.xpath("//div[@id='/n']/p[@lang='en']/text()") == ["<b>x</b> & y"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [("integer", "a whole number"), ("date", "a date"), ("image", "a picture"), ("audio", "a sound recording"),
     ("file", "a file"), ("text", "a text"), ("geopoint", "a place on the map")],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["km", "en"])
def test_what_an_answer_must_be_is_said(kind: str, said: str, lang: str) -> None:
    page = page_of((kind, "q", "សំណួរ", "Question"), lang=lang)
    assert page.xpath("//p[@class='field']/text()") == [translate(said, lang)]


def test_one_language_can_be_hidden_without_a_script() -> None:
    page = preview(compile_form(new_workbook("visit", "1")).xform, "km").decode()
    assert "body:has(#only-km:checked) main :is(.en) { display: none; }" in page
    assert [r.get("id") for r in html.fromstring(page).xpath("//input[@type='radio']")] == [
        None,
        "only-km",
        "only-en",
    ]


def test_a_form_of_one_unnamed_language_has_a_page_too() -> None:
    rows = [("type", "name", "label"), ("text", "q", "សំណួរ")]
    page = html.fromstring(preview(compile_form(saved(book_of(survey=rows))).xform, "km"))
    assert page.xpath("//p[contains(@class, 'label')]/text()") == ["សំណួរ"]
    assert page.xpath("//input") == []
