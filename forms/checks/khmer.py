"""Khmer as it is typed: order of signs, what nobody sees, what only looks alike, digits that do not count."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from forms.checks.expressions import blank_strings
from forms.checks.findings import Finding, find
from forms.columns import EXPRESSIONS, Header
from forms.design import Design
from forms.workbook import Row, Sheet
from i18n.khmer import digits_to_ascii, has_khmer, invisible_in
from i18n.khmer_order import DA, DEPRECATED, TA, clusters, misorders

Cell = tuple[Sheet, Row, Header, str]
CODES = ("type", "name", "list_name", "form_id", "default_language", *EXPRESSIONS)  # read by programs
NUMERIC = ("integer", "decimal", "range")
DIGITS = re.compile("[\u17e0-\u17e9]+(?:[.,][\u17e0-\u17e9]+)?")
MIXED_DIGITS = re.compile("[\u17e0-\u17e9]+[0-9][0-9\u17e0-\u17e9]*|[0-9]+[\u17e0-\u17e9][0-9\u17e0-\u17e9]*")
WORD = re.compile(r"[^\W\d_]+")
ALIKE = ("LATIN", "CYRILLIC", "GREEK")


def check_khmer(design: Design) -> Iterator[Finding]:
    cells = list(_cells(design))
    for cell in cells:
        yield from _check_order(cell)
        yield from _check_unseen(cell)
        yield from _check_alike(cell)
    yield from _check_mixed(cells)
    yield from _check_digits(design)


def _cells(design: Design) -> Iterator[Cell]:
    for sheet in design.workbook.sheets:
        if sheet.kind in ("survey", "choices", "settings", "external_choices", "entities"):
            for row, header, text in sheet.cells():
                yield sheet, row, header, text


def code_points(text: str) -> str:
    return " ".join(f"U+{ord(sign):04X}" for sign in text)


def _check_order(cell: Cell) -> Iterator[Finding]:
    sheet, row, header, text = cell
    if not has_khmer(text):
        return
    for wrong in {fault.found: fault for fault in misorders(text)}.values():
        yield find(
            "khmer.order", sheet, row, header,
            found=wrong.found, expected=wrong.expected, codes=code_points(wrong.found),
        )  # fmt: skip
    for sign in dict.fromkeys(sign for sign in text if sign in DEPRECATED):
        yield find(
            "khmer.deprecated", sheet, row, header,
            found=sign, codes=code_points(sign), expected=DEPRECATED[sign],
        )  # fmt: skip


def _check_unseen(cell: Cell) -> Iterator[Finding]:
    sheet, row, header, text = cell
    unseen = invisible_in(text)
    if unseen:
        names = ", ".join(f"U+{ord(s):04X} {unicodedata.name(s, 'unnamed').lower()}" for s in unseen)
        code = "khmer.invisible_code" if header.name in CODES else "khmer.invisible"
        yield find(code, sheet, row, header, characters=names)


def _check_alike(cell: Cell) -> Iterator[Finding]:
    sheet, row, header, text = cell
    for found in MIXED_DIGITS.findall(text):
        yield find("khmer.mixed_digits", sheet, row, header, found=found)
    if text.isascii():
        return
    for word in WORD.findall(text):
        scripts = {script: s for s in word if (script := unicodedata.name(s, "").split(" ")[0]) in ALIKE}
        if len(scripts) > 1:
            said = ", ".join(f"{s} = {unicodedata.name(s).lower()}" for s in scripts.values())
            yield find("text.lookalike", sheet, row, header, word=word, characters=said)


def _check_mixed(cells: list[Cell]) -> Iterator[Finding]:
    """Subscript ត and ដ look the same. Where the neighbours are the same too, it is one word spelt twice."""
    spelt: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    places: dict[tuple[tuple[str, str, str], str], dict[tuple[str, int, int], Cell]] = defaultdict(dict)
    for cell in (c for c in cells if TA in c[3] or DA in c[3]):
        parts = [part if has_khmer(part) else "" for part in clusters(cell[3])]
        for n, part in enumerate(parts):
            if TA in part or DA in part:
                around = "".join(parts[max(0, n - 1) : n]), "".join(parts[n + 1 : n + 2])
                near = around[0], part.replace(DA, TA), around[1]
                spelt[near][part] += 1
                places[near, part][cell[0].name, cell[1].number, cell[2].number] = cell
    for near, ways in spelt.items():
        if len(ways) > 1:
            rare = min(ways, key=lambda way: (ways[way], DA in way))
            yield from _mixed("".join(near).replace(rare.replace(DA, TA), rare), places[near, rare].values())


def _mixed(word: str, cells: Iterable[Cell]) -> Iterator[Finding]:
    sign, other = ("្ដ", "្ត") if DA in word else ("្ត", "្ដ")
    for sheet, row, header, _ in cells:
        yield find("khmer.mixed", sheet, row, header, found=word, sign=sign, other=other)


def _check_digits(design: Design) -> Iterator[Finding]:
    for question in design.questions:
        for header in design.survey.columns(*EXPRESSIONS, "default", "parameters"):
            text = question.row.cells.get(header.number, "")
            if header.name == "default" and question.kind not in NUMERIC:
                continue
            for found in DIGITS.findall(blank_strings(text)):
                yield find(
                    "khmer.digits", design.survey, question.row, header,
                    found=found, expected=digits_to_ascii(found),
                )  # fmt: skip
