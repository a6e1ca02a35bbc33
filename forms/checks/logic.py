"""References that lead nowhere, and conditions that can never hold."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial

from forms.checks.contradictions import never
from forms.checks.expressions import MALFORMED, REFERENCE, comparisons, unclosed
from forms.checks.findings import Finding, find
from forms.columns import EXPRESSIONS, TEXTS, Header
from forms.design import Design, Question
from forms.workbook import Row, Sheet

REFERRING = (*TEXTS, *EXPRESSIONS, "default", "parameters", "appearance")


def check_logic(design: Design) -> Iterator[Finding]:
    for sheet, row, header, text in _referring(design):
        yield from _check_references(design, sheet, row, header, text)
    for question in design.questions:
        for header in design.survey.columns(*EXPRESSIONS):
            text = question.row.cells.get(header.number, "")
            if found := unclosed(text):
                yield find("logic.unbalanced", design.survey, question.row, header, found=found)
            yield from _check_choices(design, question, header, text)
        if question.kind != "close":
            yield from _check_never(design, question)


def _referring(design: Design) -> Iterator[tuple[Sheet, Row, Header, str]]:
    for row, header, text in design.survey.cells():
        if header.name in REFERRING:
            yield design.survey, row, header, text
    for sheet in (design.choices, design.settings, design.workbook.sheet("entities")):
        if sheet is not None:
            for row, header, text in sheet.cells():
                yield sheet, row, header, text


def _check_references(design: Design, sheet: Sheet, row: Row, header: Header, text: str) -> Iterator[Finding]:
    if "$" not in text:
        return
    for found in MALFORMED.findall(text):
        if not REFERENCE.fullmatch(found):
            yield find("reference.malformed", sheet, row, header, found=found)
    for match in {found[0]: found for found in REFERENCE.finditer(text)}.values():
        known = design.by_name.get(match[2], [])
        values = {"reference": match[0], "name": match[2]}
        if not known:
            meant = get_close_matches(match[2], design.by_name, n=1, cutoff=0.75)
            code = "reference.unknown_meant" if meant else "reference.unknown"
            yield find(code, sheet, row, header, **values, **({"meant": meant[0]} if meant else {}))
        elif len(known) > 1:
            rows = ", ".join(str(question.row.number) for question in known)
            yield find("reference.ambiguous", sheet, row, header, **values, rows=rows)


def _check_choices(design: Design, question: Question, header: Header, text: str) -> Iterator[Finding]:
    """A comparison with a choice that its question does not offer."""
    for name, value, _ in comparisons(text):
        asked = _asked(design, question, name)
        names = _offered(design, asked)
        if asked is None or names is None or value == "":
            continue
        missing = [part for part in _parts(value, asked) if not _is_among(part, names)]
        if missing:
            yield find(
                "logic.unknown_choice", design.survey, question.row, header,
                choice=_plain(missing[0]), name=asked.name, list=asked.list,
            )  # fmt: skip


def _asked(design: Design, question: Question, name: str) -> Question | None:
    if name == ".":
        return question
    known = design.by_name.get(name, [])
    return known[0] if len(known) == 1 else None


def _offered(design: Design, asked: Question | None) -> set[str] | None:
    """The choices of a select; None when it is none, or when they are not all in the workbook."""
    if asked is None or not asked.is_select or asked.from_file or asked.list not in design.lists:
        return None
    if "${" in asked.list or "search(" in design.text(asked, "appearance"):
        return None
    names = {choice.name for choice in design.lists[asked.list]}
    return names | {"other"} if asked.other else names


def _parts(value: str | float, asked: Question) -> list[str | float]:
    if isinstance(value, str) and asked.kind != "select_one":
        return list(value.split())
    return [value]


def _is_among(value: str | float, names: set[str]) -> bool:
    return value in names or any(_number(value) is not None and _number(value) == _number(n) for n in names)


def _number(value: str | float) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _plain(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else value


def _check_never(design: Design, question: Question) -> Iterator[Finding]:
    kinds = partial(_kind, design, question)
    relevant = design.text(question, "relevant")
    if relevant:
        around = [design.text(group, "relevant") for group in question.groups]
        own = never([relevant], kinds)
        reason = own or never([text for text in (*around, relevant) if text], kinds)
        if reason:
            header = design.header("relevant")
            yield find("logic.never_shown", design.survey, question.row, header, conditions=reason)
    constraint = design.text(question, "constraint")
    if constraint and (reason := never([constraint], kinds)):
        header = design.header("constraint")
        yield find("logic.never_valid", design.survey, question.row, header, conditions=reason)


def _kind(design: Design, question: Question, name: str) -> str:
    """The kind of a name as `question` sees it; "" where it means several nodes: from outside a repeat
    all its turns are compared, and two of them may differ."""
    asked = _asked(design, question, name)
    if asked is None or not _repeats(asked) <= _repeats(question):
        return ""
    return asked.kind


def _repeats(question: Question) -> set[int]:
    return {group.row.number for group in question.repeats}
