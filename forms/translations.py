"""A form's texts into the translators' catalogues, and their translations back into its workbook.

One rule says which side wins: the workbook. A catalogue fills cells that are blank, and cells that are
stale because their English has changed since (`forms/staleness.py`). To have a catalogue's translation
instead of one that stands, blank the cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message

from forms.catalogues import context, template
from forms.cells import CELL_LIMIT, Sheet, is_writable
from forms.staleness import STAMPS_SHEET, Stamped, stamp, stamp_rows
from forms.texts import FormTexts, Text, header_row
from i18n.extraction import sentences

LIBRARY = Path(__file__).parent / "library"
NEAR = 0.75  # how alike two English texts must be for the translation of one to be proposed for the other


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a form is in one language. `ready`: blank or stale cells that a merge would fill now."""

    form_id: str
    language: str
    total: int
    blank: int
    stale: int
    ready: int

    @property
    def translated(self) -> int:
        return self.total - self.blank - self.stale

    @property
    def percent(self) -> int:
        """Whole percent, rounded down: 100 means that nothing is left."""
        return 100 * self.translated // self.total if self.total else 100


@dataclass(frozen=True, slots=True)
class Left:
    """A translation that was not taken. reason: differs (the workbook has its own), formula (the cell is
    computed, or hidden in a merged area), too_long, unwritable (holds what no workbook can)."""

    context: str
    row: int
    language: str
    reason: str


@dataclass
class Merged:
    """What a merge came to. source: the workbook's bytes, the very same when nothing changed."""

    source: bytes = b""
    filled: int = 0
    renewed: int = 0
    left: list[Left] = field(default_factory=list)


def library_forms() -> list[Path]:
    return sorted(LIBRARY.glob("*/form.xlsx"))


def update(entries: Catalog, forms: list[FormTexts], language: str) -> Catalog:
    """The catalogue of a language with exactly the texts of these forms, those of other forms as they were.

    What stands in the workbook goes in. A stale translation, or one of a similar English text, goes in as
    fuzzy, with the English that it was made from; gettext and `merge` pass over fuzzy ones until a
    translator has looked. Notes are kept, and so is what no form asks for any more, as obsolete.
    """
    held, memory = _Held(entries), _memory(entries, forms, language)
    made = template(forms)
    for form in forms:
        for text in form.texts:
            message = made.get(text.english, context(form, text))
            assert message is not None, text
            _fill(message, form, text, language, held, memory)
    ours = tuple(f"{form.form_id}:" for form in forms)
    others = []
    for key, message in held.by_key.items():
        mine = str(message.context).startswith(ours)
        if not mine and key not in held.obsolete:
            others.append(message)
        elif message.string and made.get(str(message.id), message.context) is None:
            made.obsolete[key] = message
    return _ordered([*sentences(made), *others], made.obsolete)


def _ordered(messages: list[Message], obsolete: dict[Any, Message]) -> Catalog:
    """By form, within a form as they come: the file is the same whichever form was updated last."""
    made = Catalog(fuzzy=False)
    for message in sorted(messages, key=lambda m: str(m.context).partition(":")[0]):
        made[message.id] = message
    made.obsolete.update(sorted(obsolete.items(), key=lambda item: str(item[1].context)))
    return made


def merge(form: FormTexts, catalogues: Mapping[str, Catalog]) -> Merged:
    """Writes translations into the form's blank and stale cells, by language code, and stamps every cell
    that is translated. Columns that are missing are added; nothing else of the workbook changes."""
    done = Merged()
    stamps = dict(form.stamps)
    for language, entries in sorted(catalogues.items()):
        for text in form.texts:
            said = _merged(form, text, language, entries, done)
            stale = said is None and form.is_stale(text, language)
            if now := said or text.translations.get(language):
                if not stale:
                    stamps[text.cell(language)] = Stamped(
                        *text.cell(language), stamp=stamp(text.english), text=stamp(now)
                    )
            else:
                stamps.pop(text.cell(language), None)
    cells = {t.cell(language) for t in form.texts for language in t.translations.keys() | catalogues.keys()}
    stamps = {cell: one for cell, one in stamps.items() if cell in cells}
    if stamps != form.stamps:
        form.book.put_hidden_sheet(STAMPS_SHEET, stamp_rows(stamps.values()))
    done.source = form.book.saved()
    return done


def progress(form: FormTexts, language: str, entries: Catalog | None = None) -> Progress:
    blank = [t for t in form.texts if language not in t.translations]
    stale = [t for t in form.texts if form.is_stale(t, language)]
    ready = sum(bool(entries and _translation(entries, context(form, t), t)) for t in (*blank, *stale))
    return Progress(form.form_id, language, len(form.texts), len(blank), len(stale), ready)


def languages_of(forms: Iterable[FormTexts]) -> list[str]:
    """Khmer, and whatever else the forms are translated into."""
    return sorted({"km"}.union(*(form.languages() for form in forms)))


class _Held:
    """The messages of a catalogue, by key and by context, obsolete ones too."""

    def __init__(self, entries: Catalog) -> None:
        self.obsolete = set(entries.obsolete)
        self.by_key: dict[Any, Message] = {}
        self.by_context: dict[str, Message] = {}
        for message in [*entries.obsolete.values(), *sentences(entries)]:
            self.by_key[message.id, message.context] = message
            if message.string:
                self.by_context[message.context or ""] = message


def _memory(entries: Catalog, forms: list[FormTexts], language: str) -> dict[str, str]:
    """{English: translation} of everything that somebody stands by."""
    found = {str(m.id): str(m.string) for m in sentences(entries) if m.string and not m.fuzzy}
    for form in forms:
        for text in form.texts:
            if language in text.translations and not form.is_stale(text, language):
                found[text.english] = text.translations[language]
    return found


def _fill(
    message: Message, form: FormTexts, text: Text, language: str, held: _Held, memory: Mapping[str, str]
) -> None:
    said, stale = text.translations.get(language, ""), form.is_stale(text, language)
    exact = held.by_key.get((message.id, message.context))
    before = held.by_context.get(message.context or "")
    if known := exact or before:
        message.user_comments = list(known.user_comments)
    if said and not stale:
        message.string = said
    elif exact is not None and exact.string:
        message.string, message.flags = exact.string, set(exact.flags)
        message.previous_id = list(exact.previous_id)
    elif said or before is not None:
        english = str(before.id) if before is not None else ""
        _propose(message, said or str(before.string if before else ""), english)
    elif near := get_close_matches(text.english, memory, 1, NEAR):
        _propose(message, memory[near[0]], near[0])


def _propose(message: Message, said: str, english: str) -> None:
    message.string = said
    message.flags.add("fuzzy")
    message.previous_id = [english] if english and english != message.id else []


def _translation(entries: Catalog, place: str, text: Text) -> str:
    """What the catalogue says of just this English in just this place, if somebody stands by it."""
    found = entries.get(text.english, place)
    return str(found.string or "") if found is not None and not found.fuzzy else ""


def _merged(form: FormTexts, text: Text, language: str, entries: Catalog, done: Merged) -> str | None:
    """The translation that was taken for one cell, if any."""
    place = context(form, text)
    said, held = _translation(entries, place, text), text.translations.get(language)
    stale = form.is_stale(text, language)
    if not said.strip() or (held == said and not stale):
        return None
    reason = _hindrance(form, text, language, said) if held is None or stale else "differs"
    if reason:
        done.left.append(Left(place, text.row, language, reason))
        return None
    if held is None:
        done.filled += 1
    else:
        done.renewed += 1
    if held != said:
        sheet, column = _column(form, text, language)
        sheet.write((text.row, column), said, (text.row, form.columns[text.sheet, text.column, "en"]))
    return said


def _hindrance(form: FormTexts, text: Text, language: str, said: str) -> str:
    if not is_writable(said):
        return "unwritable"
    if len(said) > CELL_LIMIT:
        return "too_long"
    sheet, column = form.book.sheet(text.sheet), form.columns.get((text.sheet, text.column, language))
    return "" if sheet is None or column is None or sheet.takes((text.row, column)) else "formula"


def _column(form: FormTexts, text: Text, language: str) -> tuple[Sheet, int]:
    """Where this sort of text stands in this language; a new column at the end when there is none."""
    sheet = form.book.sheet(text.sheet)
    assert sheet is not None, text.sheet
    place = (text.sheet, text.column, language)
    if place not in form.columns:
        last = max(column for _, column in (*sheet.texts, *sheet.xml.cells))
        first = header_row(sheet)
        english = form.columns[text.sheet, text.column, "en"]
        divided = [said for (row, _), said in sheet.texts.items() if row == first and ":" in said]
        divider = "::" if not divided or any("::" in said for said in divided) else ":"
        sheet.write((first, last + 1), f"{text.column}{divider}{_name(form, language)}", (first, english))
        form.columns[place] = last + 1
    return sheet, form.columns[place]


def _name(form: FormTexts, language: str) -> str:
    """As the form's headers call the language: "Khmer (km)"."""
    if form.headers.get(language):
        return form.headers[language]
    try:
        name = Locale.parse(language, sep="-").get_display_name("en")
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name or language} ({language})"


def shares(all_progress: Iterable[Progress]) -> Iterator[dict[str, object]]:
    """As programs read it."""
    for one in all_progress:
        yield {
            "form_id": one.form_id,
            "language": one.language,
            "percent": one.percent,
            "total": one.total,
            "translated": one.translated,
            "stale": one.stale,
            "blank": one.blank,
            "ready": one.ready,
        }
