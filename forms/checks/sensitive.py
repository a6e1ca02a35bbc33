"""Sensitive forms: consent first and respected, and personal data tagged as such.

A form is sensitive when its settings say `restricted` or `identifying` in the column sensitivity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms.checks.expressions import references
from forms.checks.findings import Finding, find
from forms.design import Design, Question
from forms.personal import personal_word
from forms.sensitivity import DEFAULT, SENSITIVE, read_level

CONSENT = re.compile(r"(^|_)(consent|consented|assent)(_|$)", re.IGNORECASE)
PERSONAL_TYPES = (
    "geopoint", "geotrace", "geoshape", "start-geopoint", "background-geopoint", "image", "audio", "video",
    "background-audio", "phonenumber", "email",
)  # fmt: skip
TYPED = ("text", "integer", "decimal", "date", "barcode")  # what a person may write of a person


def check_sensitive(design: Design) -> Iterator[Finding]:
    yield from _check_values(design)
    sensitive = read_level(design.setting("sensitivity")) in SENSITIVE
    for question in design.questions:
        reason = personal(design, question)
        if reason and not _said(design, question):
            code = "sensitive.untagged" if sensitive else "sensitivity.untagged"
            header = design.header("sensitivity") or design.header("name")
            yield find(code, design.survey, question.row, header, name=question.name, reason=reason)
    if sensitive:
        yield from _check_consent(design)


def level(design: Design, question: Question) -> str:
    """How carefully the answer is to be kept: see forms/sensitivity.py."""
    return _said(design, question) or read_level(design.setting("sensitivity")) or DEFAULT


def personal(design: Design, question: Question) -> str:
    """Why a question seems to ask for personal data: a word of its name or label, or its type; or ""."""
    if question.kind in PERSONAL_TYPES:
        return question.kind
    return personal_word(question.name, _labels(design, question))[1] if question.kind in TYPED else ""


def _labels(design: Design, question: Question) -> list[str]:
    return [question.row.cells.get(header.number, "") for header in design.survey.columns("label")]


def _said(design: Design, question: Question) -> str | None:
    """The level that the question or its nearest group states."""
    for one in (question, *reversed(question.groups)):
        if found := read_level(design.text(one, "sensitivity")):
            return found
    return None


def _check_values(design: Design) -> Iterator[Finding]:
    for sheet in (design.survey, design.settings):
        for row, header, text in sheet.cells():
            if header.name == "sensitivity" and text.strip() and read_level(text) is None:
                yield find("sensitivity.value", sheet, row, header, value=text.strip())


def _check_consent(design: Design) -> Iterator[Finding]:
    consents = [
        q for q in design.questions if q.kind in ("select_one", "acknowledge") and CONSENT.search(q.name)
    ]
    if not consents:
        yield find("sensitive.no_consent", design.survey)
        return
    first, guarded = consents[0], {question.name for question in consents}
    for question in (q for q in design.questions if q.asks and q not in consents):
        if level(design, question) not in SENSITIVE:
            continue
        where = design.header("relevant") or design.header("name")
        if question.row.number < first.row.number:
            yield find(
                "sensitive.late_consent", design.survey, question.row, design.header("name"),
                name=question.name, consent=first.row.number,
            )  # fmt: skip
        elif not _is_guarded(design, question, guarded):
            reference = f"${{{first.name}}} = …"
            yield find(
                "sensitive.unguarded", design.survey, question.row, where,
                name=question.name, reference=reference,
            )  # fmt: skip
        else:
            guarded.add(question.name)  # what depends on its answer is only asked with consent


def _is_guarded(design: Design, question: Question, guarded: set[str]) -> bool:
    """Whether the question or a group around it is asked depending on consent."""
    texts = [design.text(one, "relevant") for one in (question, *question.groups)]
    return any(name in guarded for text in texts for name in references(text))
