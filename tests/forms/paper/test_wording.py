"""Conditions in words, and as written where no words are known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.paper.expressions import read_expression
from forms.paper.wording import Wording, tag
from forms.questions import Choice, Choices, Question, Rules, Section

YES_NO = Choices(
    (Choice("yes", {"Khmer (km)": "បាទ/ចាស", "English (en)": "Yes"}), Choice("no", {"English (en)": "No"}))
)


def question(path: str, number: int, choices: Choices | None = None, **rules: str) -> Question:
    control = "input" if choices is None else "select1"
    return Question(path, number, control, {}, {}, {}, Rules(**rules), choices, (), {})  # type: ignore[arg-type]


ASKED = (question("/consent", 1, YES_NO), question("/people/age", 2), question("/people/code", 3))
WORDING = Wording("data", {one.path: one for one in ASKED})


@pytest.mark.parametrize(
    ("expression", "english", "khmer"),
    [
        (" /data/consent  = 'yes'", "question 1 is ‘Yes’", "សំណួរទី ១ ឆ្លើយ «បាទ/ចាស»"),
        ("'no' != /data/consent", "question 1 is not ‘No’", "សំណួរទី ១ មិនឆ្លើយ «No»"),
        ("../age >= 18", "the answer to question 2 is 18 or more", "ចម្លើយសំណួរទី ២ យ៉ាងតិច ១៨"),
        ("18 > ../age", "the answer to question 2 is less than 18", "ចម្លើយសំណួរទី ២ តិចជាង ១៨"),
        ("current()/../age = ''", "question 2 has no answer", "សំណួរទី ២ គ្មានចម្លើយ"),
        ("not(../age = '')", "question 2 has an answer", "សំណួរទី ២ មានចម្លើយ"),
        ("selected( /data/consent , 'no')", "‘No’ is chosen in question 1", "សំណួរទី ១ បានជ្រើស «No»"),
        ("not(selected(/data/consent, 'yes'))", "‘Yes’ is not chosen in question 1", "សំណួរទី ១ មិនបានជ្រើស «បាទ/ចាស»"),
        ("count-selected(/data/consent) > 1", "at least 2 answers are chosen in question 1",
         "សំណួរទី ១ បានជ្រើសចម្លើយយ៉ាងតិច ២"),
        ("../age = 3 and (../code = 4 or ../code = 5)",
         "question 2 is ‘3’, and (question 3 is ‘4’, or question 3 is ‘5’)",
         "សំណួរទី ២ ឆ្លើយ «៣» ហើយ(សំណួរទី ៣ ឆ្លើយ «៤» ឬសំណួរទី ៣ ឆ្លើយ «៥»)"),
    ],
)  # fmt: skip
def test_a_condition_is_said_in_both_languages(expression: str, english: str, khmer: str) -> None:
    assert WORDING.condition(expression, "/people/q", "en") == english
    assert WORDING.condition(expression, "/people/q", "km") == khmer


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("/data/people/age mod 2 = 1", "${age} mod 2 = 1"),
        ("../age + 1 > /data/consent", "${age} + 1 > ${consent}"),
        ("/data/unknown = 'x'", "${unknown} = 'x'"),
        ("../age < ../code", "${age} < ${code}"),
        ("position(..) = 1", "position(..) = 1"),
        ("((../age = 1", "((${age} = 1"),
        ("../../../../age = 1", "${age} = 1"),
    ],
)
def test_what_has_no_words_is_shown_as_written(expression: str, written: str) -> None:
    assert WORDING.condition(expression, "/people/q", "en") == written


@pytest.mark.parametrize(
    ("constraint", "english"),
    [
        (". >= 1 and . <= 40", "From 1 to 40."),
        (". <= 40 and . >= 1", "From 1 to 40."),
        (". > 0", "More than 0."),
        ("string-length(.) <= 100", "At most 100 letters."),
        (". <= today()", "Not later than today."),
        ("regex(., '^[0-9]+$')", "The answer must fit: regex(., '^[0-9]+$')"),
    ],
)
def test_a_simple_constraint_is_said(constraint: str, english: str) -> None:
    assert WORDING.limit(question("/x", 4, constraint=constraint), "en") == english


def test_a_constraint_without_words_leaves_them_to_the_forms_message() -> None:
    rules = Rules(constraint="regex(., '^F[0-9]{3}$')", constraint_messages={"English (en)": "Like F012."})
    assert WORDING.limit(Question("/x", 4, "input", {}, {}, {}, rules, None, (), {}), "en") == "Like F012."


def test_a_part_that_is_skipped_says_where_to_go_on() -> None:
    first = Section("/a", {}, Rules(relevant="/data/consent = 'yes'"), False, "", ASKED[:2])
    last = Section("/b", {}, Rules(), False, "", ASKED)
    assert WORDING.only_if(first, "en") == "Fill in this part only if question 1 is ‘Yes’."
    assert WORDING.otherwise(first, "en") == "If not, go on with question 3."
    assert WORDING.otherwise(last, "en") == "If not, go on to the end."


@pytest.mark.parametrize(
    ("language", "expected"),
    [("Khmer (km)", "km"), ("English (en-GB)", "en"), ("ខ្មែរ", "km"), ("English", "en"), ("French (fr)", "")],
)  # fmt: skip
def test_a_language_is_known_by_its_tag_or_name(language: str, expected: str) -> None:
    assert tag(language) == expected


@given(st.text(alphabet="()[]<>=!.,/'\" andornotselected()${}0123456789-+*|", max_size=80))
def test_no_expression_is_too_odd_to_be_shown(expression: str) -> None:
    read_expression(expression)
    for lang in ("km", "en"):
        assert isinstance(WORDING.condition(expression, "/people/q", lang), str)


def test_deep_brackets_are_left_as_written() -> None:
    assert read_expression("(" * 5000 + "1" + ")" * 5000) is None
    assert read_expression("not(" * 5000 + "1" + ")" * 5000) is None
