"""Words in open answers are found however they were typed, shown as they were typed, by those who may read them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from server import cli, review
from server.consultation.searching import MOST, Result, excerpt, search
from server.errors import Fault
from server.hub import Hub
from server.store import submissions
from server.store.consultation import NAME
from server.store.forms import Form
from server.withdrawal import withdraw
from tests.extracts.consulting import consultation, name_of
from tests.extracts.consulting import submit as hand_over
from tests.server.season import QUICK

WATER = "យើងត្រូវការទឹក\u200bស្អាត ព្រោះភូមិយើងនៅឆ្ងាយ"
KANDAL = "ខ្ញុំមកពីខេត្តកណ្តាល"  # subscript ត; the gazetteer writes ដ


def submit(hub: Hub, number: int, inside: str, *more: str, edits: int = 0) -> str:
    """Of somebody who agreed to take part, unless the answers say otherwise."""
    agreed = "" if "<consent>" in inside else "<consent>yes</consent>"
    return hand_over(hub, number, agreed + inside, *more, edits=edits)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Hub, Form]]:
    hub, form = consultation(tmp_path)
    submit(hub, 1, f"<story>{WATER}</story><hope>សាលារៀន</hope>")
    submit(
        hub,
        2,
        f"<story>{KANDAL}</story><people><person><age>3</age><job><title>អ្នកលក់ទឹក</title></job></person></people>",
    )
    submit(hub, 3, "<needs>water</needs><story>The pump is BROKEN since 2024</story>")
    yield hub, form
    hub.close()


def find(held: tuple[Hub, Form], words: str, limit: int = 20) -> Result:
    hub, form = held
    return search(hub, words, [form.id], limit)


def said(result: Result) -> list[tuple[str, str]]:
    return [(found.path, found.snippet) for found in result.answers]


def test_a_word_is_found_with_its_question_its_row_and_its_place(held: tuple[Hub, Form]) -> None:
    first, second = find(held, "ទឹក").answers
    assert (first.path, first.key) == ("/people/person/job/title", f"{name_of(2)}/people/person[1]/job[1]")
    assert (second.path, second.key, second.form_id) == ("/story", name_of(1), "wps")
    assert second.snippet == WATER, "as it was typed, with its zero-width space"
    assert [second.snippet[start:end] for start, end in second.marks] == ["ទឹក"]


@pytest.mark.parametrize(("words", "numbers"), [
    ("កណ្ដាល", [2]), ("ទឹកស្អាត", [1]), ("ទឹក សាលា", [1]), ("broken", [3]), ("PUMP ២០២៤", [3]), ("ទ", [2, 1]),
    ("រៀ", [1]), ("ខេត្តខេត្ត", []), ("ឆ្ង", [1]), ("2024", [3]), ("water", []), ("ទឹក ដី", []), ("ស្អ", [1]),
])  # fmt: skip
def test_what_a_person_looks_for_finds_what_was_said(
    held: tuple[Hub, Form], words: str, numbers: list[int]
) -> None:
    found = find(held, words).answers
    assert list(dict.fromkeys(one.submission for one in found)) == [name_of(n) for n in numbers]


def test_all_words_must_be_said_in_one_submission_in_whichever_answers(held: tuple[Hub, Form]) -> None:
    assert [path for path, _ in said(find(held, "ទឹក សាលា"))] == ["/story", "/hope"]


@pytest.mark.parametrize("words", ["", "  ", "។៕", '"', "* AND -", "\u200b"])
def test_nothing_to_look_for_is_said(held: tuple[Hub, Form], words: str) -> None:
    if words == "* AND -":
        assert find(held, words).answers == ()
        return
    with pytest.raises(Fault) as caught:
        find(held, words)
    assert caught.value.code == "search.empty"


@given(words=st.text(max_size=20))
def test_no_query_breaks_it(query_hub: tuple[Hub, Form], words: str) -> None:
    try:
        assert len(find(query_hub, words).answers) <= MOST
    except Fault as fault:
        assert fault.code == "search.empty"


@pytest.fixture(scope="module")
def query_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Form]]:
    hub, form = consultation(tmp_path_factory.mktemp("hub"))
    submit(hub, 1, f"<story>{WATER}</story>")
    yield hub, form
    hub.close()


def test_no_more_is_shown_than_was_asked_for(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    for number in range(10, 40):
        submit(hub, number, f"<story>ទឹក {number}</story>")
    result = find(held, "ទឹក", 5)
    assert result.more
    assert [found.snippet for found in result.answers] == [f"ទឹក {n}" for n in (39, 38, 37, 36, 35)]
    assert not find(held, "ទឹក", 100).more


def test_what_was_taken_back_or_changed_is_not_found(held: tuple[Hub, Form]) -> None:
    hub, form = held
    assert said(find(held, "ទឹកស្អាត"))
    withdraw(hub, form, name_of(1))
    assert said(find(held, "ទឹកស្អាត")) == []
    submit(hub, 9, "<story>ដីស្រែ</story>", edits=3)
    assert said(find(held, "pump")) == []
    row = submissions.find_submission(hub.read(), form.id, name_of(3))
    assert row is not None
    assert said(find(held, "ដីស្រែ"))
    review.delete_submission(hub, form, row)
    assert said(find(held, "ដីស្រែ")) == []


def test_a_broken_index_is_made_anew(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    before = said(find(held, "ទឹក"))
    with closing(sqlite3.connect(hub.data / NAME)) as db:
        (index,) = db.execute("SELECT name FROM sqlite_master WHERE name LIKE '%_search_data'").fetchone()
        db.execute(f'DELETE FROM "{index}"')
        db.commit()
    assert said(find(held, "ទឹក")) == before


def test_choices_and_made_up_values_are_not_open_answers(held: tuple[Hub, Form]) -> None:
    assert said(find(held, "water")) == []


def test_a_snippet_cuts_no_letter_from_what_hangs_on_it() -> None:
    text = "ស្ត្រី" * 40
    at = len("ស្ត្រី") * 20
    snippet, marks = excerpt(text, [(at, at + 6)])
    assert snippet.strip("…") == "ស្ត្រី" * (len(snippet.strip("…")) // 6)
    assert [snippet[start:end] for start, end in marks] == ["ស្ត្រី"]


# Doors


def run(hub: Hub, *words: str) -> Any:
    return CliRunner().invoke(cli.main, ["--data", str(hub.data), "--lang", "km", *words])


def test_the_command_shows_question_key_and_words(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    done = run(hub, "search", "ទឹក", "--project", "1", "--form", "wps", "--limit", "1")
    assert done.exit_code == 0
    assert f"{name_of(2)}/people/person[1]/job[1]" in done.output
    assert "អ្នកលក់ទឹក" in done.output
    document = json.loads(run(hub, "search", "--json", "កណ្ដាល").stdout)
    assert [one["snippet"] for one in document["answers"]] == [KANDAL]
    assert run(hub, "search", "គ្មាន").exit_code == 1
    assert run(hub, "search", "ទឹក", "--form", "none").exit_code != 0


def test_the_command_says_where_it_is_and_what_it_holds(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    told = json.loads(run(hub, "consultation", "--json").stdout)
    assert (told["current"], told["forms"]) == (False, [])
    told = json.loads(run(hub, "consultation", "--json", "--update").stdout)
    assert told["current"] is True
    assert list(told["forms"][0]["rows"].values()) == [3, 1, 1]
    assert "wps" in run(hub, "consultation").output


def test_a_hub_without_it_says_so(held: tuple[Hub, Form]) -> None:
    hub, form = held
    hub.close()
    without = Hub(hub.data, consultation=False, **QUICK)  # type: ignore[arg-type]
    with pytest.raises(Fault) as caught:
        search(without, "ទឹក", [form.id])
    assert caught.value.code == "search.off"
    without.close()


def test_who_may_not_read_answers_finds_none(
    hub: Hub, as_admin: Callable[..., Any], as_user: Callable[[str], Callable[..., Any]]
) -> None:
    from tests.server.season import answers, begin, hand_in

    begin(hub)
    hand_in(hub, answers("uuid:a", "ភូមិថ្មី"))
    asked = "/v1/projects/1/search?q=ភូមិ"
    answer = as_admin("GET", asked)
    assert answer.status_code == 200
    (found,) = answer.get_json()["answers"]
    assert (found["instanceId"], found["path"], found["marks"]) == ("uuid:a", "/village", [[0, 4]])
    assert found["labels"] == {"km": "ឈ្មោះភូមិ", "en": "Name of the village"}
    assert as_admin("GET", f"{asked}&form=rice&limit=1").get_json()["answers"] == [found]
    assert as_admin("GET", f"{asked}&form=none").status_code == 404
    assert as_admin("GET", "/v1/projects/9/search?q=ក").status_code == 404
    assert as_admin("GET", "/v1/projects/1/search").status_code == 400
    as_admin("POST", "/v1/users", {"email": "other@kampot.example", "password": "ពាក្យសម្ងាត់វែង"})
    for path in (asked, f"{asked}&form=rice"):
        assert as_user("other@kampot.example")("GET", path).status_code == 403
