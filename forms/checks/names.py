"""Types, groups and names of the survey sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from forms.checks.findings import Finding, find
from forms.design import END, TYPES, Design, Question, read_type

NAME = re.compile(r"[^\W\d][\w.\-\u17b4-\u17d3\u17dd]*")
NAME_LIMIT = 32  # characters of a variable in Stata; SPSS takes 64 bytes, SQLite and CSV any number
# What the tables of submissions call their own columns (ODK Central's), and the reserved root group.
RESERVED = (
    "meta", "KEY", "PARENT_KEY", "SubmissionDate", "SubmitterID", "SubmitterName", "ReviewState",
    "AttachmentsPresent", "AttachmentsExpected", "FormVersion", "DeviceID", "instanceID", "__id", "__system",
)  # fmt: skip
MORE_TYPES = ("select_one", "select_multiple", "select_one_from_file", "select_multiple_from_file", "rank",
              "begin_group", "end_group", "begin_repeat", "end_repeat")  # fmt: skip
OLD_TYPES = ("add", "select", "osm", "phone number", "number of", "uri:", "begin", "end", "get", "cascading")


def check_names(design: Design) -> Iterator[Finding]:
    yield from _check_groups(design)
    seen: dict[tuple[str, str], Question] = {}
    for question in design.questions:
        yield from _check_type(design, question)
        if question.kind == "close":
            continue
        yield from _check_name(design, question)
        if question.name:
            yield from _check_twice(design, question, seen)


def _check_type(design: Design, question: Question) -> Iterator[Finding]:
    header, written = design.header("type"), question.kind
    if not question.type:
        yield find("type.missing", design.survey, question.row, header)
    elif written not in (
        *TYPES,
        "select_one",
        "select_multiple",
        "rank",
        "begin_group",
        "begin_repeat",
        "close",
    ):
        if written.startswith(OLD_TYPES) and not written.startswith(("select_", "begin_", "end_")):
            return  # pyxform knows many spellings of old; it says itself what it does not know
        meant = get_close_matches(written.split(" ")[0], (*TYPES, *MORE_TYPES), n=1, cutoff=0.7)
        code = "type.unknown_meant" if meant else "type.unknown"
        more = {"meant": meant[0]} if meant else {}
        yield find(code, design.survey, question.row, header, type=question.type, **more)


def _check_groups(design: Design) -> Iterator[Finding]:
    open_: list[Question] = []
    for question in design.questions:
        if question.opens:
            open_.append(question)
        elif question.kind == "close":
            yield from _check_end(design, question, open_)
    for question in open_:
        end = "end_" + question.kind.removeprefix("begin_")
        yield find(
            "group.not_closed",
            design.survey,
            question.row,
            design.header("type"),
            type=question.type,
            end=end,
        )


def _check_end(design: Design, question: Question, open_: list[Question]) -> Iterator[Finding]:
    header = design.header("type")
    found = END.match(question.type.lower())
    kind = read_type(f"begin {found[1]}")[0] if found else ""
    if not open_:
        yield find("group.not_open", design.survey, question.row, header, type=question.type, begin=kind)
    elif open_.pop().kind != kind:
        begun = question.groups[-1]
        expected = "end_" + begun.kind.removeprefix("begin_")
        yield find(
            "group.crossed", design.survey, question.row, header,
            type=question.type, expected=expected, name=begun.name,
        )  # fmt: skip


def _check_name(design: Design, question: Question) -> Iterator[Finding]:
    name, header = question.name, design.header("name")
    if not name:
        if question.kind not in ("note", "audit", "") and question.type:
            yield find("name.missing", design.survey, question.row, header)
        return
    code, values = _fault(name, question)
    if code:
        yield find(code, design.survey, question.row, header, name=name, **values)


def _fault(name: str, question: Question) -> tuple[str, dict[str, int]]:
    if not NAME.fullmatch(name):
        return "name.invalid", {}
    if not name.isascii():
        return "name.not_ascii", {}
    if name in RESERVED and not question.groups:
        return "name.reserved", {}
    if "-" in name or "." in name:
        return "name.punctuation", {}
    if len(name) > NAME_LIMIT:
        return "name.too_long", {"length": len(name), "limit": NAME_LIMIT}
    return "", {}


def _check_twice(
    design: Design, question: Question, seen: dict[tuple[str, str], Question]
) -> Iterator[Finding]:
    place = "/".join(str(group.row.number) for group in question.groups)
    earlier = seen.setdefault((place, question.name.lower()), question)
    if earlier is question:
        return
    header, row = design.header("name"), earlier.row.number
    if earlier.name == question.name:
        yield find("name.duplicate", design.survey, question.row, header, name=question.name, other=row)
    else:
        yield find(
            "name.case_clash", design.survey, question.row, header,
            name=question.name, other=earlier.name, row_other=row,
        )  # fmt: skip
