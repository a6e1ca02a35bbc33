"""Promises of forms.changes: what a new version does to the data is told, once, and nothing that it leaves alone."""

from __future__ import annotations

import pytest

from forms.changes import GROUPS, Change, changes, grouped
from forms.compile import compile_form
from i18n import LANGUAGES
from tests.forms.test_checks import book
from tests.forms.test_compared import COMPARED, LIST, OLD, REPEAT, Q, form


def told(old: str, new: str) -> list[Change]:
    return changes(compile_form(book(old)).xform, compile_form(book(new)).xform)


def codes(old: str, new: str) -> list[str]:
    return [one.code for one in told(old, new)]


def test_the_same_form_changes_nothing() -> None:
    assert told(OLD, OLD) == []
    assert told(OLD, OLD.replace("| f | 1 |", "| f | 2 |")) == []


NEW = {
    "added": form(Q, LIST, "text | village | ភូមិ | Village"),
    "added_silent": form(Q, LIST, "start | today | | "),
    "added_repeat": form(Q, LIST, REPEAT[0], "text | name | ឈ្មោះ | Name", REPEAT[1]),
    "choice_added": OLD.replace("| | c | b |", "| | c | x | ថ្មី | New |\n| | c | b |"),
    "label_changed": OLD.replace("សំណួរ", "សំណួរថ្មី"),
}


@pytest.mark.parametrize("code", NEW)
def test_what_only_becomes_more_or_reads_otherwise_is_told(code: str) -> None:
    found = told(OLD, NEW[code])
    assert [one.code for one in found][:1] == [code] or code in [one.code for one in found]
    one = next(one for one in found if one.code == code)
    for lang in LANGUAGES:
        assert "{" not in one.text(lang)
    assert not {"compared.removed", "compared.renamed"} & {each.code for each in found}


@pytest.mark.parametrize(
    "code", [code for code in COMPARED if code not in ("compared.other_form", "compared.same_version")]
)
def test_what_costs_data_is_told_as_the_check_tells_it(code: str) -> None:
    old, bad, _ = COMPARED[code]
    found = [one for one in told(old, bad) if one.code == code]
    assert found and all(one.group in GROUPS for one in found)
    assert all(one.text("km") != one.text("en") for one in found)


def test_a_question_that_was_renamed_is_not_also_new() -> None:
    old, bad, _ = COMPARED["compared.renamed"]
    assert codes(old, bad).count("compared.renamed") == 1
    assert "added" not in codes(old, bad)


def test_a_choice_that_was_renamed_is_not_also_new() -> None:
    old, bad, _ = COMPARED["compared.choice_renamed"]
    assert "choice_added" not in codes(old, bad)


def test_what_matters_most_comes_first() -> None:
    found = told(OLD, form(Q.replace("text", "integer").replace("សំណួរ", "ផ្សេង"), "text | v | ភូមិ | Village"))
    assert list(grouped(found)) == [group for group in GROUPS if group in {one.group for one in found}]
    assert found[0].code == "compared.retyped" and found[0].group == "refused"
