"""Every refusal has its status, its exit code, and its words in both languages. None leaks an answer."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sync.errors
from forms.errors import FormFault
from i18n import LANGUAGES, translate
from server.errors import Fault, Problem, Refusal
from server.faults import FAULTS
from server.notices import PARKED, receipt_text
from server.problems import PROBLEMS

ROOT = Path(__file__).parent.parent.parent
PLACE = re.compile(r"\{(\w+)\}")
# The API's documented codes, as its table groups them.
CENTRAL = [
    f"{status}.{number}"
    for status, numbers in {
        400: (*range(1, 5), *range(6, 9), *range(11, 20), *range(21, 30), *range(31, 40), *range(41, 45)),
        401: (2, 3, 5),
        403: (1, 2),
        404: (*range(1, 10), 11),
        406: (1,),
        409: (*range(1, 10), 11, 12, 13, 15, 16, 17, 18, 19, 21, 22, 23),
        500: range(1, 10),
        501: (1, 2, 3, 4, 5, 6, 8, 9, 11),
        502: range(1, 4),
    }.items()
    for number in numbers
]
EMAIL = "sok@example.org"


def test_every_code_of_central_is_here_and_no_other() -> None:
    assert sorted(PROBLEMS) == sorted(CENTRAL)


@pytest.mark.parametrize("code", CENTRAL)
def test_a_problem_answers_as_central_does(code: str) -> None:
    named = PROBLEMS[code].details
    problem = Problem(code, **{name: f"តម្លៃ {name}" for name in named})
    assert problem.status == int(code[:3])
    body = json.loads(json.dumps(problem.json()))
    assert body["code"] == float(code)
    assert repr(body["code"]) == code, "a code ending in 0 would lose it as a JSON number"
    assert isinstance(body["message"], str)
    assert body.get("details", {}) == {name: f"តម្លៃ {name}" for name in named}
    assert set(body) == {"message", "code"} | ({"details"} if named else set())


def test_a_taken_name_is_told_in_centrals_own_words() -> None:
    problem = Problem("409.3", fields=["projectId", "xmlFormId"], values=[1, "ស្រូវ"])
    assert problem.json() == {
        "message": "A resource already exists with projectId,xmlFormId value(s) of 1,ស្រូវ.",
        "code": 409.3,
        "details": {"fields": ["projectId", "xmlFormId"], "values": [1, "ស្រូវ"]},
    }
    assert Problem("401.2").json()["message"] == "Could not authenticate with the provided credentials."


def test_details_keep_their_types_and_leave_out_what_was_not_given() -> None:
    assert Problem("400.2", field="id").details == {"field": "id"}
    assert Problem("400.29", count=3).details == {"count": 3}
    assert Problem("400.3", expected=["email"]).details == {"expected": ["email"]}
    assert Problem("404.1").details is None
    assert Problem("404.1", field="not one of its details").details is None


def test_a_value_that_is_null_is_sent_as_null() -> None:
    assert Problem("400.8", field="state", value=None, reason="").details == {
        "field": "state",
        "value": None,
        "reason": "",
    }


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_a_fault_has_status_and_exit_code(code: str) -> None:
    fault = Fault(code)
    assert 400 <= fault.status < 600
    assert fault.exit_code in (1, 2, 3, 4)


def rows() -> list[tuple[str, str]]:
    return [(code, row.message) for table in (PROBLEMS, FAULTS) for code, row in table.items()]


@pytest.mark.parametrize(("code", "message"), [pytest.param(*row, id=row[0]) for row in rows()])
def test_each_message_is_filled_in_both_languages(code: str, message: str) -> None:
    values = {name: f"តម្លៃ-{name}" for name in PLACE.findall(message)}
    texts = [(Problem if code in PROBLEMS else Fault)(code, **values).text(lang) for lang in LANGUAGES]
    for text in texts:
        assert all(value in text for value in values.values())
        assert not PLACE.search(text)
    assert len(set(texts)) == 2


def test_a_problem_says_only_what_its_details_say() -> None:
    """But for a reason, which is a sentence of ours about them."""
    for row in PROBLEMS.values():
        assert set(PLACE.findall(row.message)) <= {*row.details, "reason"}, row.code


def test_a_code_without_a_row_is_refused_where_it_is_raised() -> None:
    for kind, code in [(Problem, "409.99"), (Fault, "submission.imagined")]:
        with pytest.raises(LookupError):
            kind(code)


def test_what_a_form_says_of_itself_can_be_told_by_the_hub() -> None:
    told = FormFault("gazetteer.unknown_place", place="1213")
    assert Fault(told.code, **told.values).text("km") == told.text("km")


def test_a_reason_is_told_in_the_readers_language_and_kept_in_english_for_programs() -> None:
    fault = Fault("file.unreadable", path="ស្រូវ.xlsx", reason="No such file or directory")
    assert "No such file" in fault.text("en")
    assert "No such file" not in fault.text("km")
    problem = Problem("400.8", field="state", value="x", reason="Permission denied")
    assert problem.json("km")["details"] == {"field": "state", "value": "x", "reason": "Permission denied"}


def test_a_reason_from_elsewhere_is_shown_as_it_came() -> None:
    for reason in ("unexpected { at 3", "{0!r", "រកមិនឃើញ"):
        assert reason in Fault("file.unreadable", path="a", reason=reason).text("km")


def test_a_log_line_holds_the_code_and_no_value() -> None:
    fault = Fault("email.taken", email=EMAIL)
    assert str(fault) == "email.taken"
    assert isinstance(fault, Refusal)
    assert EMAIL in fault.text("km")


# ---------------------------------------------------------------- what the tree raises


def raisers() -> dict[str, set[str]]:
    """Class name -> the codes it may carry. The other rooms' faults are told by the hub's table too."""
    ledger = {
        name
        for name, kind in inspect.getmembers(sync.errors, inspect.isclass)
        if kind.__module__ == "sync.errors"
    }
    told = {name: set(FAULTS) for name in ledger | {"Fault", "FormFault"}}
    return {**told, "Problem": set(PROBLEMS)}


def raised() -> Iterator[tuple[str, str, str, set[str] | None]]:
    """Place, class, code, names of the values given (None if from a mapping) of each literal call."""
    kinds = raisers()
    for path in sorted(path for room in ("forms", "sync", "server") for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in kinds:
                given = {keyword.arg for keyword in node.keywords}
                place = f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
                yield (
                    place,
                    name,
                    str(node.args[0].value),
                    None if None in given else {str(arg) for arg in given},
                )


def test_every_code_that_the_tree_raises_has_a_row() -> None:
    kinds = raisers()
    assert [f"{place} {code}" for place, name, code, _ in raised() if code not in kinds[name]] == []


def test_every_raise_fills_the_places_of_its_message() -> None:
    messages = dict(rows())
    empty = [
        f"{place} {code}: {sorted(wanted - given)}"
        for place, _, code, given in raised()
        if given is not None and code in messages and (wanted := set(PLACE.findall(messages[code]))) - given
    ]
    assert empty == []


# ---------------------------------------------------------------- what a tablet shows


@pytest.mark.parametrize("reason", [None, *PARKED])
@pytest.mark.parametrize("again", [False, True])
def test_a_receipt_says_in_both_languages_what_became_of_the_form(again: bool, reason: str | None) -> None:
    khmer, english = (receipt_text(lang, missing=[], again=again, parked=reason) for lang in LANGUAGES)
    assert khmer != english
    assert len(english) < 160, "a toast is short"
    for text, lang in ((khmer, "km"), (english, "en")):
        assert not PLACE.search(text)
        if reason:
            assert translate(PARKED[reason], lang) in text


def test_a_receipt_names_what_is_still_missing() -> None:
    for lang in LANGUAGES:
        text = receipt_text(lang, missing=["រូបថត.jpg", "សំឡេង.m4a"], again=False, parked=None)
        assert "2" in text
        assert "រូបថត.jpg, សំឡេង.m4a" in text
        assert text.startswith(receipt_text(lang, missing=[], again=False, parked=None))


def test_a_long_list_of_missing_files_is_cut_but_counted() -> None:
    text = receipt_text("km", missing=[f"រូប{n}.jpg" for n in range(40)], again=True, parked="form.closed")
    assert "40" in text
    assert "រូប2.jpg …" in text
    assert "រូប3.jpg" not in text
