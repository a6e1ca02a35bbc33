"""The columns of an XLSForm: one name for each, whichever of its spellings a designer uses, and its language.

Names are those of xlsform.org; spellings are pyxform's aliases. Nothing here reads a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TEXTS = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
MEDIA = ("image", "big-image", "audio", "video")
TRANSLATED = (*TEXTS, *MEDIA)
EXPRESSIONS = ("relevant", "constraint", "calculation", "choice_filter", "repeat_count", "required",
               "read_only", "trigger")  # fmt: skip
SURVEY = (
    "type", "name", *TRANSLATED, *EXPRESSIONS, "default", "appearance", "parameters", "autoplay", "rows",
    "no_app_error_string", "save_to", "disabled", "sensitivity",
)  # fmt: skip
CHOICES = ("list_name", "name", "label", *MEDIA)
SETTINGS = (
    "form_title", "form_id", "version", "default_language", "instance_name", "public_key", "submission_url",
    "auto_send", "auto_delete", "client_editable", "allow_choice_duplicates", "clean_text_values", "style",
    "name", "namespaces", "instance_xmlns", "instance_id", "omit_instanceid", "add_none_option", "flat",
    "prefix", "delimiter", "compact_tag", "sensitivity",
)  # fmt: skip
KNOWN = {"survey": SURVEY, "choices": CHOICES, "external_choices": CHOICES, "settings": SETTINGS}
SPELLINGS = {
    "survey": {
        "caption": "label", "command": "type", "tag": "name", "value": "name", "relevance": "relevant",
        "calculate": "calculation", "readonly": "read_only", "constraining_message": "constraint_message",
        "requiredmsg": "required_message", "count": "repeat_count", "jr:count": "repeat_count",
        "noapperrorstring": "no_app_error_string", "bind::relevant": "relevant",
        "bind::constraint": "constraint", "bind::calculate": "calculation", "bind::required": "required",
        "bind::readonly": "read_only", "bind::jr:constraintmsg": "constraint_message",
        "bind::jr:requiredmsg": "required_message", "bind::samleng:sensitivity": "sensitivity",
        "control::appearance": "appearance", "body::appearance": "appearance",
    },
    "choices": {"caption": "label", "value": "name", "list name": "list_name"},
    "settings": {
        "title": "form_title", "set_form_title": "form_title", "id_string": "form_id",
        "set_form_id": "form_id", "attribute::samleng:sensitivity": "sensitivity",
    },
}  # fmt: skip
CODE = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\)\s*$")
KHMER_NAMES = ("khmer", "km", "kh", "khm", "ខ្មែរ", "ភាសាខ្មែរ", "cambodian")
ENGLISH_NAMES = ("english", "en", "eng", "anglais", "អង់គ្លេស", "ភាសាអង់គ្លេស")
OUR_LANGUAGES = {"km": "Khmer (km)", "en": "English (en)"}


@dataclass(frozen=True, slots=True)
class Header:
    """One column of a sheet. number: from 1. text: as it is written. name: the column's one name, or
    what is written when no XLSForm has it. language: what follows `::`, "" without."""

    number: int
    text: str
    name: str
    language: str

    @property
    def letter(self) -> str:
        return letter(self.number)

    @property
    def code(self) -> str:
        """km or en, however the language is written; the subtag of another, or its whole name."""
        return language_code(self.language)


def letter(number: int) -> str:
    """1 -> A, 27 -> AA: how spreadsheets call their columns."""
    said = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        said = chr(65 + rest) + said
    return said


def language_code(language: str) -> str:
    found = CODE.search(language)
    plain = CODE.sub("", language).strip().lower()
    said = found[1].lower() if found else plain
    for code, names in (("km", KHMER_NAMES), ("en", ENGLISH_NAMES)):
        if said in names or plain in names or said.partition("-")[0] == code:
            return code
    return said


def read_header(sheet: str, number: int, text: str, *, double: bool = True) -> Header:
    """The header of one cell. sheet: its name in small letters. double: whether some header of the
    sheet uses `::`; without, a single colon parts the language (pyxform does the same)."""
    parts = [part.strip() for part in re.split("::" if double else ":", " ".join(text.split()))]
    spellings, known = SPELLINGS.get(sheet, {}), KNOWN.get(sheet, ())
    if parts[0].lower() == "media" and len(parts) > 1:
        parts = parts[1:]
    whole = "::".join(part.lower() for part in parts[:2])
    if whole in spellings:
        return Header(number, text, spellings[whole], "::".join(parts[2:]))
    for said in (parts[0].lower(), "_".join(parts[0].lower().split())):
        name = spellings.get(said, said)
        if name in known:
            return Header(number, text, name, "::".join(parts[1:]) if name in TRANSLATED else "")
    return Header(number, text, text.strip(), "")
