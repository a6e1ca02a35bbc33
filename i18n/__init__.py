"""Text for people, in Khmer and English.

The room's rule: it imports nothing of ours. Catalogues are the .po files beside this one, read when first
needed; no compiled copy is kept, so what a translator edits is what a person sees.

A msgid is the English sentence, with named places in braces: "No form {form_id} in this project."
"""

from __future__ import annotations

import gettext
import re
from functools import cache
from io import BytesIO
from pathlib import Path

LANGUAGES = ("km", "en")
FALLBACK = "en"


class _Kept(dict[str, object]):
    """Leaves a place without a value as it is written: a badly filled message is still a message."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def mark(message: str) -> str:
    """The message itself; tells the extraction that it must be in the catalogues."""
    return message


def translate(message: str, lang: str, /, **values: object) -> str:
    """The message in `lang`, its {places} filled from `values`.

    lang: "km", "en", or a tag such as "km-KH" or "km_KH.UTF-8"; any other language gets English.
    A message that no catalogue holds is answered in English, as it is written in the code.
    """
    # gettext answers the catalogue's header for the empty msgid.
    found = catalogue(lang).gettext(message) if message else ""
    return found.format_map(_Kept(values))


def translate_count(singular: str, plural: str, n: int, lang: str, /, **values: object) -> str:
    """As `translate`, for a message about `n` things; `{n}` is filled by itself. Khmer has one form."""
    return catalogue(lang).ngettext(singular, plural, n).format_map(_Kept(values, n=n))


def choose_language(accept_language: str | None, default: str) -> str:
    """Which of our languages an Accept-Language header (RFC 9110 §12.5.4) prefers, else `default`.

    Equal weights go to the one named first. Weight 0 means "not this one".
    """
    if not accept_language:
        return default
    best, weight = default, 0.0
    for part in accept_language.split(","):
        tag, _, q = part.partition(";")
        lang, wanted = _base(tag), _weight(q)
        if lang in LANGUAGES and wanted > weight:
            best, weight = lang, wanted
    return best


def catalogue(lang: str) -> gettext.GNUTranslations:
    """The catalogue of a language, for Jinja's `install_gettext_callables` and for `translate`."""
    base = _base(lang)
    return _read(base if base in LANGUAGES else FALLBACK)


def _base(tag: str) -> str:
    """The language alone: km of km-KH, km_KH.UTF-8 or KM."""
    return re.split(r"[-_.@]", tag.strip().lower(), maxsplit=1)[0]


def _weight(parameter: str) -> float:
    value = parameter.strip().lower().removeprefix("q=")
    return float(value) if re.fullmatch(r"[01](\.\d{0,3})?", value) else 1.0 if not value else 0.0


@cache
def _read(lang: str) -> gettext.GNUTranslations:
    # Babel takes tens of milliseconds to load: commands that print nothing need not pay for it.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (Path(__file__).parent / lang / "LC_MESSAGES" / "messages.po").open("rb") as source:
        entries = read_po(source, locale=lang)
    compiled = BytesIO()
    write_mo(compiled, entries)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
