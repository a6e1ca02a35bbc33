"""Sentences in the code -> the catalogues. For the people who write and translate; a hub never runs this.

`python -m i18n.extraction` takes new sentences in, drops those that the code no longer says, and lists what
is still without Khmer. English is the msgid itself, so that catalogue fills itself.
Nothing that changes by itself is written: no dates, no line numbers, always sorted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from i18n import FALLBACK, LANGUAGES

ROOT = Path(__file__).parent.parent
ROOMS = ("forms", "i18n", "server", "sync")
# `say` is how commands speak (server/commands/session.py).
KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None, "say": None, "translate": None, "translate_count": (1, 2)}
PLURALS = {"km": "nplurals=1; plural=0;", "en": "nplurals=2; plural=(n != 1);"}
HEADER = (
    'msgid ""\nmsgstr ""\n"Project-Id-Version: samleng\\n"\n"Language: {lang}\\n"\n"MIME-Version: 1.0\\n"\n'
    '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
    '"Plural-Forms: {plurals}\\n"\n\n'
)


def catalogue_path(lang: str) -> Path:
    return Path(__file__).parent / lang / "LC_MESSAGES" / "messages.po"


def extract(root: Path = ROOT) -> Catalog:
    """Every sentence that the rooms under `root` say to people, with the files that say it."""
    found = Catalog(fuzzy=False)
    with (root / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source, "babel.cfg")  # type: ignore[no-untyped-call]
    for room in ROOMS:
        rows = extract_from_dir(root / room, methods, options, keywords=KEYWORDS)
        for name, _, message, _, context in rows:
            found.add(message, locations=[(f"{room}/{Path(name).as_posix()}", 0)], context=context)
    return found


def update(lang: str, template: Catalog) -> Catalog:
    """The catalogue of `lang` with exactly the template's sentences, written back and returned."""
    entries = read_catalogue(lang)
    # A guessed translation that nobody looked at is worse than none.
    entries.update(template, no_fuzzy_matching=True)
    entries.obsolete.clear()
    if lang == FALLBACK:
        for message in sentences(entries):
            message.string = message.id
    catalogue_path(lang).write_bytes(written(entries, lang))
    return entries


def read_catalogue(lang: str) -> Catalog:
    with catalogue_path(lang).open("rb") as source:
        return read_po(source, locale=lang)


def sentences(entries: Catalog) -> Iterator[Message]:
    """The messages without the header, which gettext keeps as the empty one."""
    return (message for message in entries if message.id)


def untranslated(entries: Catalog) -> list[str]:
    """The English of every message that has no text, or lacks one of its plural forms."""
    return [texts(message.id)[0] for message in sentences(entries) if not all(texts(message.string))]


def texts(part: object) -> list[str]:
    """A message's id or string as its forms: one, or one for each plural."""
    forms = part if isinstance(part, list | tuple) else [part]
    return [str(form or "") for form in forms]


def written(entries: Catalog, lang: str, *, in_order: bool = False) -> bytes:
    """A .po file. in_order: messages as they come, and fuzzy ones with the English they were made from."""
    body = BytesIO()
    write_po(
        body, entries, omit_header=True, sort_output=not in_order, include_lineno=False, width=0,
        include_previous=in_order,
    )  # fmt: skip
    plurals = PLURALS.get(lang, PLURALS["km"])  # texts of forms have no plural
    return HEADER.format(lang=lang, plurals=plurals).encode() + body.getvalue()


def main() -> None:
    template = extract()
    for lang in LANGUAGES:
        entries = update(lang, template)
        missing = untranslated(entries)
        sys.stdout.write(f"{lang}: {len(entries)} sentences, {len(missing)} without text\n")
        sys.stdout.writelines(f"  {message}\n" for message in missing)


if __name__ == "__main__":
    main()
