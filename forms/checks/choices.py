"""The choice lists: used and there, each choice once, under a name that tables can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms.checks.findings import Finding, find
from forms.design import Choice, Design

# Lists in the form itself are parsed each time it is opened: 14,576 choices took 6 s on a fast computer
# (reference measurements of a browser), a CSV file of as many 3 s.
MOST_CHOICES = 1000
USE_ANYWHERE = re.compile(
    r"instance\(\s*['\"]([^'\"]+)['\"]\s*\)|tick_labelset\s*=\s*(\S+)|reference-geometry\s*=\s*(\S+)"
)


def check_choices(design: Design) -> Iterator[Finding]:
    yield from _check_use(design)
    header = design.choices.columns("list_name")
    for name, choices in design.lists.items():
        first = choices[0].row
        if name and len(choices) > MOST_CHOICES:
            yield find(
                "choices.many", design.choices, first, header[0] if header else None,
                list=name, count=len(choices), limit=MOST_CHOICES,
            )  # fmt: skip
        yield from _check_list(design, name, choices)


def _check_use(design: Design) -> Iterator[Finding]:
    header = design.header("type")
    used = set()
    for question in design.questions:
        if question.is_select and not question.from_file:
            used.add(question.list)
            if question.list not in design.lists and "${" not in question.list:
                yield find("choices.list_missing", design.survey, question.row, header, list=question.list)
    for _, _, text in design.survey.cells():
        used.update(name for found in USE_ANYWHERE.findall(text) for name in found if name)
    listed = design.choices.columns("list_name")
    for name, choices in design.lists.items():
        if name and name not in used:
            yield find("choices.list_unused", design.choices, choices[0].row, listed[0], list=name)


def _check_list(design: Design, name: str, choices: list[Choice]) -> Iterator[Finding]:
    column = design.choices.columns("name")
    header = column[0] if column else None
    many = any(q.list == name and q.kind != "select_one" for q in design.questions)
    seen: dict[str, Choice] = {}
    for choice in choices:
        if not name:
            listed = design.choices.columns("list_name")
            where = listed[0] if listed else None
            yield find("choices.no_list", design.choices, choice.row, where, name=choice.name)
        elif not choice.name:
            yield find("choices.no_name", design.choices, choice.row, header, list=name)
        elif choice.name in seen and not design.says_yes("allow_choice_duplicates"):
            yield find(
                "choices.duplicate", design.choices, choice.row, header,
                list=name, name=choice.name, other=seen[choice.name].row.number,
            )  # fmt: skip
        elif many and re.search(r"\s", choice.name):
            yield find("choices.name_space", design.choices, choice.row, header, name=choice.name)
        elif not choice.name.isascii():
            yield find("choices.name_not_ascii", design.choices, choice.row, header, name=choice.name)
        seen.setdefault(choice.name, choice)
    asking = [question for question in design.questions if question.list == name]
    if name and not any(design.text(question, "choice_filter") for question in asking):
        yield from _check_labels(design, name, choices)


def _check_labels(design: Design, name: str, choices: list[Choice]) -> Iterator[Finding]:
    """Two choices that read the same. Not where a filter shows a part of the list: villages share names."""
    for header in design.choices.columns("label"):
        seen: dict[str, int] = {}
        for choice in choices:
            label = " ".join(choice.row.cells.get(header.number, "").split())
            other = seen.setdefault(label, choice.row.number)
            if label and other != choice.row.number:
                yield find(
                    "choices.duplicate_label", design.choices, choice.row, header,
                    list=name, label=label, other=other, language=header.language or header.text,
                )  # fmt: skip
