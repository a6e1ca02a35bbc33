"""Translations held against the glossary: one English term, one Khmer one, in all forms.

The Khmer of the glossary is the shortest form that every right translation contains, so that a sentence may
go on from it. Where two terms overlap, the longer one counts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from forms.checks.findings import Finding, find
from forms.checks.translations import every_text
from forms.design import Design
from i18n.khmer import strip_invisible

GLOSSARY = files("forms") / "library" / "glossary.csv"


@dataclass(frozen=True, slots=True)
class Term:
    english: str
    khmer: str
    pattern: re.Pattern[str]


@cache
def glossary() -> tuple[Term, ...]:
    """The longest English first."""
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    rows = [(row["english"].strip(), row["khmer"].strip()) for row in csv.DictReader(lines)]
    ordered = sorted(rows, key=lambda row: (-len(row[0]), row[0]))
    return tuple(Term(english, khmer, _pattern(english)) for english, khmer in ordered)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$-]){re.escape(english)}(?:s|es)?(?![\w-])", re.IGNORECASE)


def check_terms(design: Design) -> Iterator[Finding]:
    for texts in every_text(design):
        if "km" not in texts.cells or not texts.english:
            continue
        header, khmer = texts.cells["km"]
        for term in missing_terms(texts.english, khmer) if khmer else ():
            yield find(
                "translation.term", texts.sheet, texts.row, header, english=term.english, khmer=term.khmer
            )


def missing_terms(english: str, khmer: str) -> list[Term]:
    """Terms of the glossary that the English has and the Khmer says otherwise."""
    plain, missing = strip_invisible(khmer), list[Term]()
    for term in glossary():
        english, times = term.pattern.subn(" ", english)
        if times and term.khmer not in plain:
            missing.append(term)
    return missing
