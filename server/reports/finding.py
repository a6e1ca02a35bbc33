"""Which questions of a form tell who took part, and which may be shown. By names, for any form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forms.checks.sensitive import CONSENT
from forms.gazetteer import provinces
from server.extracts.sheets import Column, Extract, Kind, Labels, Role, Sheet
from server.privacy.consent import consent_column, quote_column
from server.privacy.roots import key_place

CHOICES_LIMIT = 40  # a longer list is one of places or people, in which a row stands for few
TRAITS = {
    "sex": re.compile(r"^(sex|gender|sex_.*|.*_sex|ភេទ)$", re.IGNORECASE),
    "age": re.compile(r"^(age|age_.*|.*_age|អាយុ)$", re.IGNORECASE),
    "group": re.compile(r"^(stakeholder|stakeholder_(group|type)|background|institution|group_type)$", re.IGNORECASE),
    "disability": re.compile(r"^(disability|has_disability|disabled|with_disability)$", re.IGNORECASE),
}  # fmt: skip
FUNCTIONING = re.compile(r"^wg_")  # the Washington Group's questions
QUOTE = re.compile(r"^(quote|quotation|quote_text)$", re.IGNORECASE)
COUNTED = frozenset({Kind.CHOICE, Kind.CHOICES, Kind.RANK, Kind.FLAG, Kind.INTEGER, Kind.DECIMAL})


@dataclass(frozen=True, slots=True)
class People:
    """Where somebody is a row: the root or a repeat. places: trait -> place of its column; functioning: those of the
    Washington Group's questions."""

    sheet: Sheet
    places: Mapping[str, int]
    functioning: Sequence[int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to be shown. place: of its column in the sheet. section: path and labels of the outermost groups, from
    outside."""

    column: Column
    place: int
    sections: tuple[tuple[str, Labels], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """places in the root: province, received, status, state (of review), hub, version, key, consent, quote, may_quote;
    None where the form has none."""

    root: Sheet
    people: People | None
    questions: Mapping[str, Sequence[Asked]]  # path of the sheet -> questions
    places: Mapping[str, int | None]
    left_out: int  # questions that are not shown


def make_plan(extract: Extract, sections: Mapping[str, Labels]) -> Plan:
    """sections: what groups are called, by path."""
    root = extract.sheets[0]
    people = _find_people(extract.sheets)
    taken = (
        {(people.sheet.path, n) for n in (*people.places.values(), *people.functioning)} if people else set()
    )
    asked, left = dict[str, list[Asked]](), 0
    for sheet in extract.sheets:
        for place, column in enumerate(sheet.columns):
            if (
                column.role is not Role.ANSWER
                or column.path.startswith("/meta/")
                or (sheet.path, place) in taken
            ):
                continue
            if not _may_show(column):
                left += bool(column.labels)
            elif not _is_consent(column):
                asked.setdefault(sheet.path, []).append(Asked(column, place, _around(column.path, sections)))
    return Plan(root, people, asked, _places(root), left)


def _may_show(column: Column) -> bool:
    if column.sensitivity == "identifying" or column.kind not in COUNTED:
        return False
    if column.kind in (Kind.INTEGER, Kind.DECIMAL):
        return bool(column.labels)  # what somebody was asked; calculations are the form's own affair
    if column.kind is Kind.FLAG:
        return True
    return 0 < len(column.values) <= CHOICES_LIMIT and not column.values.keys() <= province_codes()


def province_codes() -> frozenset[str]:
    return frozenset(place.code for place in provinces())


def _is_consent(column: Column) -> bool:
    return bool(CONSENT.search(_name(column)))


def _around(path: str, sections: Mapping[str, Labels]) -> tuple[tuple[str, Labels], ...]:
    steps = path.split("/")[1:-1]
    outer = ["/" + "/".join(steps[: n + 1]) for n in range(len(steps))]
    return tuple((one, sections[one]) for one in outer if sections.get(one))


def _find_people(sheets: Sequence[Sheet]) -> People | None:
    found = [one for sheet in sheets if (one := _people(sheet)).places]
    return max(found, key=lambda one: len(one.places)) if found else None


def _people(sheet: Sheet) -> People:
    places: dict[str, int] = {}
    for n, column in enumerate(sheet.columns):
        trait = _trait(column)
        if trait and trait not in places:
            places[trait] = n
    functioning = [
        n for n, c in enumerate(sheet.columns) if FUNCTIONING.match(_name(c)) and c.kind is Kind.CHOICE
    ]
    return People(sheet, places, functioning)


def _trait(column: Column) -> str:
    fits = column.kind is Kind.CHOICE and 0 < len(column.values) <= CHOICES_LIMIT
    is_number = column.kind is Kind.INTEGER
    if column.role is not Role.ANSWER or column.sensitivity == "identifying":
        return ""
    name = _name(column)
    for trait, pattern in TRAITS.items():
        if pattern.match(name) and (fits or (trait == "age" and is_number)):
            return trait
    return ""


def _places(root: Sheet) -> dict[str, int | None]:
    by_name = {c.name: n for n, c in enumerate(root.columns) if c.role is Role.PROVENANCE}
    names = {
        "received": "SubmissionDate",
        "state": "ReviewState",
        "hub": "Hub",
        "version": "FormVersion",
        "status": "Status",
    }
    found: dict[str, int | None] = {trait: by_name.get(name) for trait, name in names.items()}
    province = next((n for n, c in enumerate(root.columns) if c.role is Role.PROVINCE), None)
    return {**found, "province": province, "key": key_place(root), "consent": consent_column(root),
            "may_quote": quote_column(root), "quote": next(_quotes(root), None)}  # fmt: skip


def _quotes(root: Sheet) -> Iterator[int]:
    for n, column in enumerate(root.columns):
        is_text = column.role is Role.ANSWER and column.kind is Kind.TEXT
        if is_text and column.sensitivity != "identifying" and QUOTE.match(_name(column)):
            yield n


def _name(column: Column) -> str:
    return column.path.rpartition("/")[2]
