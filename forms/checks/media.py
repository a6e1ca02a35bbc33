"""The files that a form names: there, and readable by tablets. Reads nothing: told what the folder holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from forms.checks.findings import Finding, find
from forms.columns import MEDIA
from forms.design import Design, Question

COLUMN = re.compile(r"[^\W\d][\w.-]*")


def check_media(design: Design, files: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    """files: name -> the columns of a CSV file, () of any other, for each file of the media folder."""
    for sheet in (design.survey, design.choices):
        for row, header, text in sheet.cells():
            name = text.strip()
            if header.name in MEDIA and name and name not in files and "${" not in name:
                yield find("media.missing", sheet, row, header, file=name)
    for question in design.questions:
        if question.from_file and "external" not in question.type.lower():
            yield from _check_list(design, question, files)


def _check_list(
    design: Design, question: Question, files: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    where, name = design.header("type"), question.list
    if name not in files:
        yield find("media.missing", design.survey, question.row, where, file=name)
        return
    columns = files[name]
    if not name.endswith(".csv"):
        return
    for column in columns:
        if not COLUMN.fullmatch(column):
            yield find("media.column_name", design.survey, question.row, where, column=column, file=name)
    for column in _needed(design, question):
        if column not in columns:
            yield find(
                "media.column_missing", design.survey, question.row, where,
                file=name, column=column, columns=", ".join(columns),
            )  # fmt: skip


def _needed(design: Design, question: Question) -> Iterator[str]:
    """The columns that a list's choices are made of: its names and labels, as `parameters` may rename."""
    said = dict(re.findall(r"(value|label)\s*=\s*([^\s,;]+)", design.text(question, "parameters")))
    yield said.get("value", "name")
    yield said.get("label", "label")
