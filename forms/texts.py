"""The texts of an XLSForm that people translate, and where in the workbook each of them stands.

Names of media files are not texts: they are chosen by whoever records them, and stay in the workbook.
Columns and their other names: XLSForm as pyxform 4 reads it (its `aliases` and `sheet_headers`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from forms.cells import Book, Sheet
from forms.staleness import STAMPS_SHEET, Stamped, read_stamps, stamp

SOURCE = "en"
SHEETS = ("survey", "choices", "external_choices")
TEXT_COLUMNS = {
    "label": "label",
    "caption": "label",
    "hint": "hint",
    "guidance_hint": "guidance_hint",
    "required_message": "required_message",
    "requiredmsg": "required_message",
    "jr:requiredmsg": "required_message",
    "constraint_message": "constraint_message",
    "constraining_message": "constraint_message",
    "jr:constraintmsg": "constraint_message",
    "no_app_error_string": "no_app_error_string",
    "noapperrorstring": "no_app_error_string",
}
OTHER_COLUMNS = {"command": "type", "tag": "name", "value": "name"}
NAMED = {"khmer": "km", "ខ្មែរ": "km", "ភាសាខ្មែរ": "km", "english": "en"}
CODE = re.compile(r"\(([A-Za-z]{2,3}(?:[-_]\w+)*)\)\s*$")
SHOWN_CHOICES = 8


@dataclass(frozen=True, slots=True)
class Text:
    """One text. key: what names its row, unique in its sheet. column: "label", "hint" …
    translations: {language code: text}, blanks left out. about: what a translator should know, one a line."""

    sheet: str
    key: str
    column: str
    row: int
    english: str
    translations: Mapping[str, str]
    about: tuple[str, ...] = ()

    def cell(self, language: str) -> tuple[str, str, str, str]:
        return self.sheet, self.key, self.column, language


@dataclass
class FormTexts:
    """All texts of one form that have an English text, in the order of the workbook.
    columns: {(sheet, column, language code): number of the column}."""

    form_id: str
    book: Book
    texts: list[Text] = field(default_factory=list)
    columns: dict[tuple[str, str, str], int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    stamps: dict[tuple[str, str, str, str], Stamped] = field(default_factory=dict)

    def languages(self) -> list[str]:
        """Codes of the languages that texts are translated into."""
        return sorted({language for _, _, language in self.columns} - {SOURCE})

    def is_stale(self, text: Text, language: str) -> bool:
        held, said = self.stamps.get(text.cell(language)), text.translations.get(language)
        return held is not None and said is not None and held.is_stale(text.english, said)


def read_texts(source: bytes, name: str = "form") -> FormTexts:
    """name: the form's id when its settings give none, as pyxform takes it from the file's name.
    Raises FormFault xlsform.unreadable, xlsform.too_large."""
    book = Book(source)
    settings = _settings(book)
    found = FormTexts(settings.get("form_id") or settings.get("id_string") or name, book)
    default = language_code(settings.get("default_language", "")) or SOURCE
    tables = [_Table(n, sheet, default) for n in SHEETS if (sheet := book.sheet(n)) is not None]
    options = _options(tables)
    for table in tables:
        found.columns |= {(table.name, *place): column for place, column in table.columns.items()}
        found.headers = {**table.headers, **found.headers}
        found.texts += table.texts(options)
    if (kept := book.sheet(STAMPS_SHEET)) is not None:
        found.stamps = read_stamps(kept.texts)
    return found


def read_file(path: Path) -> FormTexts:
    return read_texts(path.read_bytes(), path.stem)


def header_row(sheet: Sheet) -> int:
    """The first row that has any text."""
    return min((row for row, _ in sheet.texts), default=1)


@dataclass(frozen=True, slots=True)
class Header:
    """A header taken apart: "label::Khmer (km)" is column "label", language "Khmer (km)"."""

    column: str
    language: str | None


def read_headers(sheet: Sheet) -> dict[int, Header]:
    """By number of the column."""
    first = header_row(sheet)
    said = {column: text for (row, column), text in sheet.texts.items() if row == first}
    divider = "::" if any("::" in text for text in said.values()) else ":"
    return {column: _header(text, divider) for column, text in sorted(said.items())}


def _header(said: str, divider: str) -> Header:
    # The colon of "jr:constraintMsg" is part of a name, not a divider.
    tokens = [token.strip().replace("\0", ":") for token in said.replace("jr:", "jr\0").split(divider)]
    if tokens[0] == "bind" and len(tokens) > 1:
        tokens = tokens[1:]
    name = "_".join(tokens[0].split()).lower()
    name = TEXT_COLUMNS.get(name) or OTHER_COLUMNS.get(name, name)
    return Header(name, tokens[1] if len(tokens) > 1 else None)


def language_code(language: str) -> str:
    """ "Khmer (km)" -> "km"; "" for a language without a code that we know."""
    found = CODE.search(language)
    return found[1].lower() if found else NAMED.get(language.strip().lower(), "")


def _settings(book: Book) -> dict[str, str]:
    sheet = book.sheet("settings")
    if sheet is None:
        return {}
    row = header_row(sheet) + 1
    return {h.column: sheet.texts.get((row, c), "").strip() for c, h in read_headers(sheet).items()}


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    type: str
    name: str
    list_name: str


class _Table:
    """One sheet of the form, its columns found."""

    def __init__(self, name: str, sheet: Sheet, default: str) -> None:
        self.name, self.sheet = name, sheet
        self.plain: dict[str, int] = {}
        self.columns: dict[tuple[str, str], int] = {}
        self.headers: dict[str, str] = {}
        for column, header in read_headers(sheet).items():
            if header.column not in TEXT_COLUMNS.values():
                self.plain.setdefault(header.column, column)
            elif language := default if header.language is None else language_code(header.language):
                self.columns.setdefault((header.column, language), column)
                self.headers.setdefault(language, header.language or "")
        first = header_row(sheet)
        self.rows = [self._row(number) for number in sorted({r for r, _ in sheet.texts if r > first})]

    def _row(self, number: int) -> _Row:
        said = (
            self.sheet.texts.get((number, self.plain.get(c, 0)), "") for c in ("type", "name", "list_name")
        )
        return _Row(number, *(" ".join(text.split()) for text in said))

    def said(self, row: _Row, column: str, language: str) -> str:
        text = self.sheet.texts.get((row.number, self.columns.get((column, language), 0)), "")
        return text if text.strip() else ""

    def texts(self, options: Mapping[str, str]) -> Iterator[Text]:
        keys = self._keys()
        names = list(dict.fromkeys(column for column, _ in self.columns))
        languages = sorted({language for _, language in self.columns} - {SOURCE})
        for row in self.rows:
            for column in names:
                if english := self.said(row, column, SOURCE):
                    said = {lang: text for lang in languages if (text := self.said(row, column, lang))}
                    about = tuple(self._about(row, column, english, options))
                    yield Text(self.name, keys[row.number], column, row.number, english, said, about)

    def _keys(self) -> dict[int, str]:
        """What names each row, whatever rows are put before it: its name; where names meet, its path;
        a stamp of its English where it has none; and a number if all that is not enough."""
        short = {row.number: self._short(row) for row in self.rows}
        times = Counter(short.values())
        paths = self._paths() if self.name == "survey" else {}
        keys: dict[int, str] = {}
        taken: Counter[str] = Counter()
        for number, key in short.items():
            said = paths.get(number, key) if times[key] > 1 else key
            taken[said] += 1
            keys[number] = said if taken[said] == 1 else f"{said}~{taken[said]}"
        return keys

    def _short(self, row: _Row) -> str:
        name = row.name or "@" + stamp(self.said(row, "label", SOURCE))
        return name if self.name == "survey" else f"{row.list_name}/{name}"

    def _paths(self) -> dict[int, str]:
        inside: list[str] = []
        found = {}
        for row in self.rows:
            kind = row.type.lower().replace("_", " ")
            if kind.startswith("end "):
                del inside[-1:]
            found[row.number] = "/".join([*inside, self._short(row)])
            if kind.startswith("begin "):
                inside.append(row.name)
        return found

    def _about(self, row: _Row, column: str, english: str, options: Mapping[str, str]) -> Iterator[str]:
        if self.name != "survey":
            yield f"choice of: {row.list_name}"
        else:
            yield f"type: {row.type}"
            if column == "label" and (listed := options.get(row.type.rpartition(" ")[2])):
                yield f"choices: {listed}"
        yield f"length: {len(english)} characters in English; best no more than {_room(len(english))}"


def _room(length: int) -> int:
    """Characters that a translation may take before it pushes others off a small screen: half as many
    again, as Khmer writes vowels and subscripts as characters of their own."""
    return max(12, length + length // 2)


def _options(tables: list[_Table]) -> dict[str, str]:
    """{list: its choices in English, the first few}."""
    lists: dict[str, list[str]] = {}
    for table in tables:
        for row in table.rows if table.name != "survey" else ():
            said = " ".join(table.said(row, "label", SOURCE).split())
            lists.setdefault(row.list_name, []).append(said or row.name)
    return {
        name: " | ".join(all_[:SHOWN_CHOICES]) + (" | …" if len(all_) > SHOWN_CHOICES else "")
        for name, all_ in lists.items()
    }
