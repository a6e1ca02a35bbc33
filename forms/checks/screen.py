"""Texts that push the answers off a small screen, and messages nobody sees.

The lines are an estimate for a 7-inch tablet held upright (600 × 960 dp) at ODK Collect's default text
size: 53 Latin letters or 35 Khmer letters with their signs fill a line, and about 20 lines fill the screen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from forms.checks.expressions import REFERENCE
from forms.checks.findings import Finding, find
from forms.checks.translations import Texts, every_text
from forms.design import Design, Question
from i18n.khmer import has_khmer
from i18n.khmer_order import clusters

LATIN_LINE, KHMER_LINE = 53, 35
NOTE_LINES = 20  # a note has no answers below it: it may fill the screen
LINES = {"label": 12, "hint": 6, "constraint_message": 4, "required_message": 4}
GROUP_LINES, CHOICE_LINES = 3, 3
ANSWER = "0123456789"  # room for what is put in the place of a reference


def check_screen(design: Design) -> Iterator[Finding]:
    by_row = {question.row.number: question for question in design.questions}
    for texts in every_text(design):
        limit = _limit(texts, by_row)
        for header, text in texts.cells.values() if limit else ():
            needed = lines(text)
            if needed > limit:
                yield find(
                    "label.too_long", texts.sheet, texts.row, header,
                    language=header.language, lines=needed, limit=limit,
                )  # fmt: skip
    yield from _check_messages(design)


def _limit(texts: Texts, by_row: dict[int, Question]) -> int:
    if texts.sheet.kind == "choices":
        return CHOICE_LINES if texts.column == "label" else 0
    question = by_row[texts.row.number]
    if texts.column == "label" and question.kind == "note":
        return NOTE_LINES
    if texts.column == "label" and question.opens:
        return GROUP_LINES
    return LINES.get(texts.column, 0)


def lines(text: str) -> int:
    """How many lines a text takes on the tablet, about."""
    return sum(max(1, math.ceil(_width(line))) for line in REFERENCE.sub(ANSWER, text).splitlines())


def _width(line: str) -> float:
    """In lines."""
    if not has_khmer(line):
        return len(line) / LATIN_LINE
    width = 0.0
    for part in clusters(re.sub("[\u200b-\u200f]", "", line)):
        width += 1 / KHMER_LINE if has_khmer(part) else len(part) / LATIN_LINE
    return width


def _check_messages(design: Design) -> Iterator[Finding]:
    for question in design.questions:
        for rule, message in (("constraint", "constraint_message"), ("required", "required_message")):
            headers = design.survey.columns(message)
            written = [h for h in headers if question.row.cells.get(h.number, "").strip()]
            said = design.text(question, rule)
            if written and not said:
                yield find("message.unused", design.survey, question.row, written[0], column=rule)
            elif rule == "constraint" and said and not written:
                where = headers[0] if headers else design.header("constraint")
                yield find("message.constraint_missing", design.survey, question.row, where)
