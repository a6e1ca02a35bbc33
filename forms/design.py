"""A form as its designer wrote it: questions with their groups, choice lists and settings, each with its row.

Reads a Workbook leniently, whatever is wrong with it: what does not fit is left for the checks to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from forms.columns import Header
from forms.workbook import Row, Sheet, Workbook

BEGIN = re.compile(r"begin[ _]+(group|repeat|loop|lgroup|looped group)\b", re.IGNORECASE)
END = re.compile(r"end[ _]+(group|repeat|loop|lgroup|looped group)\b", re.IGNORECASE)
REPEATS = ("repeat", "lgroup", "looped group")
SELECT = re.compile(
    r"(select_one_from_file|select one from file|select_multiple_from_file|select multiple from file"
    r"|select_one_external|select one external|select_one|select one from|select one|select1"
    r"|add select one prompt using|select_multiple|select multiple|select all that apply from"
    r"|select all that apply|add select multiple prompt using|rank)\s+(\S+)(\s+(?:or[_ ]other|or specify other))?\s*$",
    re.IGNORECASE,
)
OUTSIDE = re.compile(
    r"\w+_(from_file|external)\b|select (one|multiple) (from file|external)\b", re.IGNORECASE
)
METADATA = (
    "start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "subscriberid",
    "simserial", "imei", "start-geopoint", "background-audio",
)  # fmt: skip
SILENT = (*METADATA, "calculate", "hidden", "csv-external", "xml-external", "background-geopoint")
TYPES = (
    *SILENT, "text", "string", "integer", "int", "decimal", "range", "date", "time", "datetime", "note",
    "geopoint", "geotrace", "geoshape", "image", "photo", "audio", "video", "file", "barcode",
    "acknowledge", "trigger", "osm", "percentage",
)  # fmt: skip
YES = ("yes", "true", "true()")


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the survey sheet that is more than blank.

    kind: the type's one name: text, select_one, select_multiple, rank, begin_group, begin_repeat, close, …;
    what is written, in small letters, when no form has it. list: of a select, or its file. groups: the
    rows of the groups around it, from outside; for the end of a group, the group itself is the last.
    """

    row: Row
    type: str
    kind: str
    list: str
    other: bool
    name: str
    groups: tuple[Question, ...] = field(repr=False)

    @property
    def path(self) -> str:
        return "".join(f"/{group.name}" for group in (*self.groups, self))

    @property
    def opens(self) -> bool:
        return self.kind in ("begin_group", "begin_repeat")

    @property
    def is_select(self) -> bool:
        return self.kind in ("select_one", "select_multiple", "rank")

    @property
    def from_file(self) -> bool:
        return self.is_select and OUTSIDE.match(self.type) is not None

    @property
    def is_shown(self) -> bool:
        """Whether people see something of it."""
        return self.kind not in SILENT and self.kind != "close"

    @property
    def asks(self) -> bool:
        """Whether people answer it."""
        return self.is_shown and not self.opens and self.kind != "note"

    @property
    def repeats(self) -> tuple[Question, ...]:
        return tuple(group for group in self.groups if group.kind == "begin_repeat")


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of the choices sheet."""

    row: Row
    list: str
    name: str


@dataclass(frozen=True)
class Design:
    """A workbook understood as a form. sheets that it lacks are empty ones."""

    workbook: Workbook
    survey: Sheet
    choices: Sheet
    settings: Sheet

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return tuple(_read_questions(self.survey))

    @cached_property
    def lists(self) -> Mapping[str, list[Choice]]:
        """Choices by list, in the order of the sheet. Rows without a list are under ""."""
        found: dict[str, list[Choice]] = {}
        for row in self.choices.rows:
            name, listed = self.choices.text(row, "name"), self.choices.text(row, "list_name")
            found.setdefault(listed, []).append(Choice(row, listed, name))
        if not any(choice.name for choice in found.get("", ())):
            found.pop("", None)  # rows of notes, or blank ones
        return found

    @cached_property
    def by_name(self) -> Mapping[str, list[Question]]:
        """Questions and groups by name; ends and nameless ones left out."""
        found: dict[str, list[Question]] = {}
        for question in self.questions:
            if question.name and question.kind != "close":
                found.setdefault(question.name, []).append(question)
        return found

    def text(self, question: Question, column: str) -> str:
        return self.survey.text(question.row, column)

    def setting(self, name: str) -> str:
        return self.settings.text(self.settings.rows[0], name) if self.settings.rows else ""

    def says_yes(self, setting: str) -> bool:
        return self.setting(setting).lower() in YES

    def header(self, column: str) -> Header | None:
        found = self.survey.columns(column)
        return found[0] if found else None


def read_design(workbook: Workbook) -> Design:
    empty = [Sheet(kind, False, (), ()) for kind in ("survey", "choices", "settings")]
    survey, choices, settings = (workbook.sheet(sheet.kind) or sheet for sheet in empty)
    return Design(workbook, survey, choices, settings)


def _read_questions(sheet: Sheet) -> Iterator[Question]:
    groups: list[Question] = []
    for row in sheet.rows:
        said = " ".join(sheet.text(row, "type").split())
        kind, listed, other = read_type(said)
        name = sheet.text(row, "name")
        blank = not said and not name and not any(sheet.text(row, c.name) for c in sheet.columns("label"))
        if blank or sheet.text(row, "disabled").lower() in YES:
            continue  # pyxform passes over both
        if kind == "audit":
            name = "audit"
        question = Question(row, said, kind, listed, other, name, tuple(groups))
        yield question
        if question.opens:
            groups.append(question)
        elif kind == "close" and groups:
            groups.pop()


def read_type(said: str) -> tuple[str, str, bool]:
    """(kind, list, whether `or_other`) of what stands in the type column."""
    plain = " ".join(said.lower().split())
    if found := BEGIN.match(plain):
        return ("begin_repeat" if found[1] in REPEATS else "begin_group"), "", False
    if END.match(plain):
        return "close", "", False
    if found := SELECT.match(" ".join(said.split())):
        return _select(found[1].lower()), found[2], bool(found[3])
    plain = {"photo": "image", "string": "text", "int": "integer", "trigger": "acknowledge"}.get(plain, plain)
    return (plain.split()[0] if plain.startswith(("osm ", "range ")) else plain), "", False


def _select(words: str) -> str:
    if words == "rank":
        return "rank"
    return "select_multiple" if "multiple" in words or "all that" in words else "select_one"
