"""Promises of the comparison with the published version: what happens to merged data is said before it does."""

from __future__ import annotations

import pytest

from forms.compile import compile_form
from forms.lint import Report, check_form
from tests.forms.check_cases import HEAD, KM
from tests.forms.test_checks import book


def form(*lines: str, version: str = "1", form_id: str = "f") -> str:
    """lines: type | name | Khmer | English. The list c offers what CHOICES says."""
    body = "\n".join(f"| | {line} |" for line in lines)
    return f"""
{HEAD}
{body}
| choices | list_name | name | {KM} | label::English (en) |
| | c | a | ក | Apple |
| | c | b | ខ | Bean |
| settings | form_id | version | default_language |
| | {form_id} | {version} | Khmer (km) |
"""


Q, LIST = "text | q | សំណួរ | Question", "select_one c | s | ជ្រើស | Choose"
OLD = form(Q, LIST)
GROUP = ("begin_group | g | ក្រុម | Group", "end_group | | | ")
REPEAT = ("begin_repeat | g | ក្រុម | Group", "end_repeat | | | ")

# code -> old form, new form with the fault, new form that narrowly has it not
COMPARED: dict[str, tuple[str, str, str]] = {
    "compared.other_form": (OLD, form(Q, LIST, form_id="F"), OLD),
    "compared.same_version": (OLD, form(Q, LIST, "note | n | ក | N"), form(Q, LIST, "note | n | ក | N", version="2")),
    "compared.removed": (OLD, form(LIST, version="2"), form(LIST, Q, version="2")),
    "compared.renamed": (OLD, form("text | q2 | សំណួរ | Asked", LIST), form("text | q2 | ផ្សេង | Other", LIST)),
    "compared.changed_case": (OLD, form(Q.replace("| q", "| Q"), LIST), OLD),
    "compared.moved": (OLD, form(GROUP[0], Q, GROUP[1], LIST), form(Q, LIST, GROUP[0], "note | n | ក | N", GROUP[1])),
    "compared.retyped": (OLD, form(Q.replace("text", "integer"), LIST), form(LIST, Q)),
    "compared.became_text": (
        form(Q.replace("text", "integer"), LIST), OLD, form(Q.replace("text", "decimal"), LIST)),
    "compared.select_changed": (OLD, form(Q, LIST.replace("one", "multiple")), form(LIST, Q)),
    "compared.repeat_changed": (
        OLD, form(REPEAT[0], Q, REPEAT[1], LIST), form(GROUP[0], Q, GROUP[1], LIST)),
    "compared.choice_removed": (OLD, OLD.replace("| | c | b | ខ | Bean |", ""), OLD.replace("Bean", "Beans")),
    "compared.choice_renamed": (OLD, OLD.replace("| b |", "| b2 |"), OLD.replace("| b | ខ | Bean", "| b2 | គ | Corn")),
    "compared.choice_changed": (
        OLD, OLD.replace("ខ | Bean", "គ | Corn"), OLD.replace("Bean", "Beans")),
}  # fmt: skip


def compared(old: str, new: str) -> Report:
    return check_form(book(new), published=compile_form(book(old)).xform, java=False)


@pytest.mark.parametrize("code", COMPARED)
def test_the_change_is_told_and_its_neighbour_is_not(code: str) -> None:
    old, bad, good = COMPARED[code]
    told = [finding for finding in compared(old, bad).findings if finding.code == code]
    assert len(told) == 1
    assert told[0].sheet in ("survey", "choices", "settings") and told[0].column
    assert code not in {finding.code for finding in compared(old, good).findings}


def test_a_form_compared_with_itself_has_no_finding() -> None:
    assert compared(OLD, OLD).findings == ()


def test_a_retyped_question_is_an_error_in_its_row() -> None:
    (told,) = [
        f for f in compared(*COMPARED["compared.retyped"][:2]).findings if f.code == "compared.retyped"
    ]
    assert (told.cell, told.values["old"], told.values["new"]) == ("survey!A2", "string", "int")


def test_a_renamed_choice_stands_on_the_choices_sheet() -> None:
    report = compared(*COMPARED["compared.choice_renamed"][:2])
    (told,) = [f for f in report.findings if f.code == "compared.choice_renamed"]
    assert (told.cell, told.values["old"], told.values["new"]) == ("choices!B3", "b", "b2")
