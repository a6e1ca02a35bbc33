"""A form as a page to read through before it is published: questions in order, in both languages.

It asks nothing and stores nothing. Conditions are shown as the designer wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping

from forms.codebook import as_written, texts_as_written
from forms.pages import render
from forms.questions import Question, Questionnaire, Section, read_questionnaire
from forms.texts import language_code
from i18n import mark, translate

HEADING = mark("Preview of the form")
FIELDS = {
    "int": mark("a whole number"),
    "decimal": mark("a number"),
    "date": mark("a date"),
    "time": mark("a time"),
    "dateTime": mark("a date and a time"),
    "geopoint": mark("a place on the map"),
    "geotrace": mark("a line on the map"),
    "geoshape": mark("an area on the map"),
    "barcode": mark("a barcode"),
}
UPLOADS = {"image": mark("a picture"), "audio": mark("a sound recording"), "video": mark("a video")}
SHOWN_FILE = mark("a file")
TEXT = mark("a text")


def preview(xform: bytes, lang: str) -> bytes:
    """The page; its own words are in `lang`. Raises FormFault form.*."""
    form = read_questionnaire(xform)
    codes = [code for language in form.languages if (code := language_code(language))]
    page = render(
        "preview.html", lang, form=form, title=form.title or form.form_id, heading=translate(HEADING, lang),
        form_id=form.form_id, version=form.version, codes=list(dict.fromkeys(codes)), is_section=_is_section,
        expects=lambda one: translate(expected(one), lang), when=lambda said: as_written(said, form.root),
        names=_names(form), written=texts_as_written,
    )  # fmt: skip
    return page.encode()


def expected(one: Question) -> str:
    """What a question without choices takes, in English."""
    if one.control == "upload":
        return UPLOADS.get(one.settings.get("mediatype", "").partition("/")[0], SHOWN_FILE)
    return FIELDS.get(one.rules.type, TEXT)


def _names(form: Questionnaire) -> Mapping[str, str]:
    """What a language is called on the page's switch."""
    return {code: language for language in form.languages if (code := language_code(language))}


def _is_section(item: Question | Section) -> bool:
    return isinstance(item, Section)
