"""Every text in every language of the form: there, translated, up to date, and saying the same answers.

XLSForm has no fallback: a blank cell is shown as a blank. Each language is held against the English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from forms.checks.expressions import REFERENCE
from forms.checks.findings import Finding, find
from forms.columns import MEDIA, OUR_LANGUAGES, TEXTS, TRANSLATED, Header
from forms.design import Design
from forms.staleness import STAMPS_SHEET, Stamped, read_stamps
from forms.workbook import Row, Sheet
from i18n.khmer import has_khmer, strip_invisible

WORDS = re.compile(r"\b(?=\w*[a-z])[A-Za-z]{3,}")  # an acronym or a code reads the same in every language
PLAIN = re.compile(r"\$\{[^}]*\}|https?://\S+|<[^>]*>|\S+@\S+")
MARKDOWN = {
    "**…**": re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__"),
    "*…*": re.compile(r"(?<![*\w])\*[^*\s][^*\n]*\*(?!\*)|(?<![_\w])_[^_\s][^_\n]*_(?![_\w])"),
    "#": re.compile(r"^#{1,6} ", re.MULTILINE),
    "[…](…)": re.compile(r"\[[^\]\n]+\]\([^)\n]+\)"),
    "-": re.compile(r"^\s*[-*] ", re.MULTILINE),
    "<…>": re.compile(r"<[a-z][^>]*>", re.IGNORECASE),
}
Stamps = dict[tuple[str, str, str, str], Stamped]


@dataclass(frozen=True)
class Texts:
    """One text of the form in its languages. name: as forms/staleness.py keys it. cells: language code ->
    header and text, "" where it is blank."""

    sheet: Sheet
    row: Row
    name: str
    column: str
    cells: dict[str, tuple[Header, str]]

    @property
    def english(self) -> str:
        return self.cells["en"][1] if "en" in self.cells else ""


def check_translations(design: Design) -> Iterator[Finding]:
    yield from _check_columns(design)
    yield from _check_labels(design)
    stamps = _stamps(design)
    for texts in every_text(design):
        written = any(text for _, text in texts.cells.values())
        for code, (header, text) in texts.cells.items() if written else ():
            if not text:
                yield find("translation.blank", texts.sheet, texts.row, header, language=header.language)
            else:
                yield from _check_text(texts, code, header, text, stamps)


def _stamps(design: Design) -> Stamps:
    sheet = design.workbook.sheet(STAMPS_SHEET)
    if sheet is None:
        return {}
    texts = {(1, header.number): header.text for header in sheet.headers}
    texts.update({(row.number, column): text for row in sheet.rows for column, text in row.cells.items()})
    return read_stamps(texts)


def every_text(design: Design) -> Iterator[Texts]:
    """The texts of the survey and of the choices, row by row."""
    for question in design.questions:
        if question.kind != "close":
            yield from _texts(design.survey, question.row, question.name)
    for choices in design.lists.values():
        for choice in choices:
            yield from _texts(design.choices, choice.row, f"{choice.list}/{choice.name}")


def _texts(sheet: Sheet, row: Row, name: str) -> Iterator[Texts]:
    for column in TRANSLATED:
        headers = [header for header in sheet.columns(column) if header.language]
        if headers:
            cells = {h.code: (h, _seen(row.cells.get(h.number, ""))) for h in headers}
            yield Texts(sheet, row, name, column, cells)


def _seen(text: str) -> str:
    """The text, "" when there is nothing in it that anybody could see."""
    return text if strip_invisible(text).strip(" \t\r\n\u00a0") else ""


# --- columns and languages


def _check_columns(design: Design) -> Iterator[Finding]:
    sheets = [sheet for sheet in (design.survey, design.choices) if sheet.headers]
    spoken = [(sheet, h) for sheet in sheets for h in sheet.columns(*TRANSLATED) if h.language]
    seen: set[tuple[str, str]] = set()
    for sheet, header in spoken:
        if (sheet.name, header.language) not in seen:
            seen.add((sheet.name, header.language))
            yield from _check_language(sheet, header)
    yield from _check_default(design, list(dict.fromkeys(h.language for _, h in spoken)))
    codes = dict.fromkeys([*OUR_LANGUAGES, *(h.code for _, h in spoken)])
    names = {**{h.code: h.language for _, h in spoken}, **OUR_LANGUAGES}
    for sheet in sheets:
        yield from _check_languages(sheet, codes, names)


def _check_language(sheet: Sheet, header: Header) -> Iterator[Finding]:
    expected = OUR_LANGUAGES.get(header.code)
    if expected and header.language != expected:
        yield find("language.name", sheet, 1, header, language=header.language, expected=expected)
    elif not expected and "(" not in header.language:
        yield find("language.no_code", sheet, 1, header, language=header.language)


def _check_default(design: Design, languages: Sequence[str]) -> Iterator[Finding]:
    said = design.setting("default_language")
    found = design.settings.columns("default_language")
    if said and languages and said not in languages:
        yield find(
            "language.default", design.settings, design.settings.rows[0], found[0],
            language=said, known=", ".join(languages),
        )  # fmt: skip
    elif not said and len(languages) > 1:
        yield find("language.no_default", design.settings)


def _check_languages(sheet: Sheet, codes: dict[str, None], names: dict[str, str]) -> Iterator[Finding]:
    """Each column that has texts has them in all the form's languages, or, for media, in none."""
    for column in TRANSLATED:
        headers = [h for h in sheet.columns(column) if any(h.number in row.cells for row in sheet.rows)]
        spoken = {header.code for header in sheet.columns(column) if header.language}
        bare = [header for header in headers if not header.language]
        if not headers or (bare and column in MEDIA and not spoken):
            continue
        if bare and spoken:
            yield find("language.bare_column", sheet, 1, bare[0], header=bare[0].text)
        for code in codes:
            if code not in spoken:
                first = headers[0]
                missing = f"{column}::{names[code]}"
                yield find("translation.no_column", sheet, 1, first, header=first.text, missing=missing)


def _check_labels(design: Design) -> Iterator[Finding]:
    """What people see has something to be seen by, in some language."""
    shown = design.survey.columns("label", "hint", *MEDIA)
    label = design.header("label")
    for question in design.questions:
        silent = (
            design.text(question, "calculation") or design.text(question, "disabled") or not question.type
        )
        if silent or question.opens or not question.is_shown:
            continue
        if not any(_seen(question.row.cells.get(h.number, "")) for h in shown):
            yield find("label.missing", design.survey, question.row, label, name=question.name)
    labels = design.choices.columns("label", *MEDIA)
    for choice in (one for name, choices in design.lists.items() if name for one in choices):
        if choice.name and not any(_seen(choice.row.cells.get(h.number, "")) for h in labels):
            header = labels[0] if labels else None
            yield find("label.missing", design.choices, choice.row, header, name=choice.name)


# --- one text against the English


def _check_text(texts: Texts, code: str, header: Header, text: str, stamps: Stamps) -> Iterator[Finding]:
    sheet, row, english = texts.sheet, texts.row, texts.english
    if code == "en":
        if has_khmer(text) and not re.search("[A-Za-z]", PLAIN.sub("", text)) and texts.column in TEXTS:
            yield find("translation.not_english", sheet, row, header, text=_short(text))
        return
    kept = stamps.get((sheet.kind, texts.name, texts.column, code))
    if kept and english and kept.is_stale(english, text):
        yield find("translation.stale", sheet, row, header)
    if _same(text, english, texts.column):
        yield find("translation.identical", sheet, row, header, language=header.language, text=_short(text))
    elif code == "km" and texts.column in TEXTS and not has_khmer(text) and WORDS.search(PLAIN.sub("", text)):
        yield find("translation.not_khmer", sheet, row, header, text=_short(text))
    if english and texts.column in TEXTS:
        yield from _differing(texts, header, text, "translation.references", _references)
        yield from _differing(texts, header, text, "translation.markdown", _markdown)


def _same(text: str, english: str, column: str) -> bool:
    """Whether nobody translated it. A picture may serve all languages; a recording speaks one."""
    if text.split() != english.split() or column in ("image", "big-image"):
        return False
    return column in MEDIA or WORDS.search(PLAIN.sub("", text)) is not None


def _differing(
    texts: Texts, header: Header, text: str, code: str, count: Callable[[str], Counter[str]]
) -> Iterator[Finding]:
    here, there = count(text), count(texts.english)
    if here != there:
        yield find(
            code, texts.sheet, texts.row, header,
            language=header.language, here=_said(here), there=_said(there),
        )  # fmt: skip


def _references(text: str) -> Counter[str]:
    return Counter(f"${{{found[2]}}}" for found in REFERENCE.finditer(text))


def _markdown(text: str) -> Counter[str]:
    plain = REFERENCE.sub("", text)
    counts = {sign: len(pattern.findall(plain)) for sign, pattern in MARKDOWN.items()}
    return Counter({sign: count for sign, count in counts.items() if count})


def _said(counts: Counter[str]) -> str:
    """${a}, ${b} ×2; a dash for nothing."""
    return ", ".join(f"{sign} ×{n}" if n > 1 else sign for sign, n in counts.items()) or "–"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
