"""The catalogues (.po) that form translators work in: one a language, for any number of forms.

A message is one text of one form: its English is the msgid, its place the context. Plain gettext, so
that Poedit, Weblate, pybabel or a text editor serve.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from forms.errors import FormFault
from forms.texts import FormTexts, Text, read_texts
from i18n.extraction import sentences, written

TEMPLATE = "forms.pot"
GUESSED = {"python-format", "python-brace-format"}  # Babel takes "50 % of" and "${name}" for Python's


def catalogue_path(folder: Path, language: str) -> Path:
    return folder / language / "LC_MESSAGES" / "forms.po"


def context(form: FormTexts, text: Text) -> str:
    """ "wps_consultation:survey:consent:label" """
    return ":".join((form.form_id, text.sheet, text.key, text.column))


def template(forms: list[FormTexts]) -> Catalog:
    """Every text of the forms, none translated."""
    made = Catalog(fuzzy=False)
    for form in forms:
        for text in form.texts:
            made.add(text.english, auto_comments=text.about, context=context(form, text))
    return made


def read_catalogue(path: Path) -> Catalog:
    """Empty when there is none yet. Raises FormFault po.unreadable."""
    if not path.is_file():
        return Catalog(fuzzy=False)
    try:
        with path.open("rb") as source:
            return parse_catalogue(source, str(path))
    except OSError:
        raise FormFault("po.unreadable", path=str(path), line=0) from None


def parse_catalogue(source: IO[bytes], name: str) -> Catalog:
    """name: what it is called when it cannot be read. Raises FormFault po.unreadable."""
    try:
        return read_po(source, abort_invalid=True)
    except (PoFileError, ValueError, LookupError) as fault:
        raise FormFault("po.unreadable", path=name, line=getattr(fault, "lineno", None) or 0) from None


def write_catalogue(path: Path, entries: Catalog, language: str) -> None:
    """The file is there whole or not at all; what it says is the same whoever writes it, and when."""
    said = catalogue_bytes(entries, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    growing = path.with_name(path.name + ".part")
    growing.write_bytes(said)
    growing.replace(path)


def catalogue_bytes(entries: Catalog, language: str) -> bytes:
    for message in [*sentences(entries), *entries.obsolete.values()]:
        message.flags -= GUESSED
        # Babel reads the earlier English ("#| msgid …") as a note of the translator.
        message.user_comments = [note for note in message.user_comments if not note.startswith("|")]
    return written(entries, language, in_order=True)


def extract_xlsform(
    fileobj: IO[bytes], keywords: object, comment_tags: object, options: dict[str, Any]
) -> list[tuple[int, str, tuple[str, str], tuple[str, ...]]]:
    """The Babel extractor `xlsform`: (row, "pgettext", (context, English), comments) for each text.

    A form without an id in its settings is named by its file, which Babel does not tell: it gets the
    option `form_id`, else "form". A broken workbook yields nothing and is named by `form check`.
    """
    source = BytesIO(fileobj.read())
    form = read_texts(source.getvalue(), str(options.get("form_id", "form")))
    return [(t.row, "pgettext", (context(form, t), t.english), t.about) for t in form.texts]
