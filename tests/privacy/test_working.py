"""The working profile: answers and places stay, nobody's name does, and one person is one pseudonym everywhere."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.extracts.losses import Losses
from server.extracts.sheets import Column, Kind, Role, Sheet
from server.privacy.levels import DEFAULTS, levelled
from server.privacy.pseudonyms import Pseudonyms
from server.privacy.working import Working
from tests.extracts.listed import A, B, ListedExtract
from tests.privacy.crowds import NAMES, ROOT, crowd, table, texts

KEY = bytes(range(32))
PINNED = ["P-XCH3ZATWL76X", "P-NM2J7LJSFHPD", "P-YTGM3ONPHNIX"]  # what the first release gave


def working(extract: ListedExtract, losses: Losses | None = None, **levels: str) -> Working:
    return Working(extract, Pseudonyms(KEY), {**DEFAULTS, **levels}, Losses() if losses is None else losses)


def test_no_name_and_no_number_leaves_anywhere() -> None:
    extract = crowd(60, 1)
    shown = " ".join(texts(table(working(extract))))
    assert not [name for name in NAMES if name in shown]
    assert "012 0000" not in shown
    assert "ថេប្លេតទី១" not in shown
    assert "collect:abc" not in shown


def test_what_is_made_from_a_name_goes_with_it() -> None:
    sheet = working(crowd(5, 1)).sheets[0]
    notes = {column.name: column.note for column in sheet.columns if column.note}
    assert {name for name, note in notes.items() if "pseudonym" in note} == {
        "full_name", "phone", "greeting", "face", "instanceName", "SubmitterName", "DeviceID",
    }  # fmt: skip


def test_a_story_that_names_its_teller_has_the_pseudonym_instead() -> None:
    losses = Losses()
    extract = crowd(40, 2)
    rows = table(working(extract, losses))
    assert all(row["story"] == f"{row['full_name']}និយាយថា៖ ទឹកឡើងខ្ពស់" for row in rows)
    assert {(loss.code, loss.column): loss.count for loss in losses}[("private.named_in_text", "story")] == 40


def test_dates_and_places_are_as_they_were_given() -> None:
    extract = crowd(30, 3)
    before, after = table(extract), table(working(extract))
    for column in ("SubmissionDate", "province", "home", "age", "sex", "safe", "KEY", "Province"):
        assert [row[column] for row in after] == [row[column] for row in before]


def test_one_person_is_one_pseudonym_however_the_name_was_typed() -> None:
    made = Pseudonyms(KEY)
    as_typed = ["ស្រីមុំ", "ស្រី\u200bមុំ", " ស្រីមុំ "]
    assert len(set(made.of(as_typed))) == 1
    assert made.of(["Sok Dara"]) == made.of(["sok  dara"])
    assert made.of(["សុខា"]) != made.of(["សុខ"])


def test_pseudonyms_of_another_project_tell_nothing() -> None:
    mine, theirs = Pseudonyms(KEY), Pseudonyms(bytes(32))
    assert set(mine.of(NAMES)).isdisjoint(theirs.of(NAMES))
    assert mine.of(NAMES) == Pseudonyms(KEY).of(NAMES)
    assert mine.of([None]) == [None]


def test_a_portrait_stays_behind_and_a_photo_of_the_place_goes_along() -> None:
    extract = crowd(12, 4)
    losses = Losses()
    assert list(working(extract, losses).media()) == []
    assert {loss.code: loss.count for loss in losses} == {"private.file_left_out": 12}
    plain = [
        replace(c, sensitivity="internal", tagged=False) if c.name == "face" else c for c in ROOT.columns
    ]
    extract.sheets = (replace(ROOT, columns=tuple(plain)), extract.sheets[1])
    assert len(list(working(extract).media())) == 12
    assert list(working(extract, recordings="identifying").media()) == []


def test_a_project_can_say_that_places_identify() -> None:
    rows = table(working(crowd(8, 5), places="identifying"))
    assert {row["home"] for row in rows} == {None}


def sheet_of(columns: str, *more: Column) -> Sheet:
    """A root with plain texts of these names."""
    plain = [Column(name, Kind.TEXT, f"/{name}") for name in columns.split()]
    return Sheet("", "wps", None, (*plain, *more, Column("KEY", Kind.TEXT, role=Role.KEY)))


def test_a_name_is_found_in_any_text_of_its_submission_however_it_is_written() -> None:
    root = sheet_of("full_name story village")
    people = Sheet("/person", "person", "", (
        Column("first_name", Kind.TEXT, "/person/first_name", table="/person"),
        Column("note", Kind.TEXT, "/person/note", table="/person"),
        Column("PARENT_KEY", Kind.TEXT, role=Role.PARENT), Column("KEY", Kind.TEXT, role=Role.KEY),
    ))  # fmt: skip
    rows = {
        "": [["ចាន់ សុភ័ក្ដ្រា", "ចាន់\u200bសុភ័ក្តា មក; ដារ៉ាក៏មក", "ត្រពាំង", A],
             ["Sok Dara", "SOK-DARA ate; Sokdaravy too", None, B]],
        "/person": [["ដារ៉ា", "បងចាន់សុភ័ក្តា", A, f"{A}/person[1]"], ["Sok", "Sokha", B, f"{B}/person[1]"]],
    }  # fmt: skip
    rows[""][0][0] = "ចាន់ សុភ័ក្ដា"
    extract = ListedExtract((root, people), rows)
    found, ours = working(extract), Pseudonyms(KEY).one
    assert [row["story"] for row in table(found)] == [
        f"{ours('ចាន់ សុភ័ក្ដា')} មក; {ours('ដារ៉ា')}ក៏មក", f"{ours('Sok Dara')} ate; Sokdaravy too"
    ]  # fmt: skip
    assert [row["note"] for row in table(found, "/person")] == [f"បង{ours('ចាន់ សុភ័ក្ដា')}", "Sokha"]


@pytest.mark.parametrize("typed", ["012 345 678", "០១២៣៤៥៦៧៨", "+855 12-345-678", "0085512345678"])
def test_one_telephone_is_one_pseudonym(typed: str) -> None:
    assert Pseudonyms(KEY).one(typed) == Pseudonyms(KEY).one("012345678")


def test_pseudonyms_never_change_from_one_release_to_the_next() -> None:
    assert [Pseudonyms(KEY).one(name) for name in ("ចាន់ សុខា", "Sok Dara", "012 345 678")] == PINNED


@given(st.lists(st.text(alphabet="កខដតសរ្ាិុំ៉​ ០1aA-", max_size=12), max_size=8))
def test_any_answer_has_a_pseudonym_that_does_not_hold_it(answers: list[str]) -> None:
    made = Pseudonyms(KEY).of(answers)
    assert all(re.fullmatch("P-[A-Z2-7]{12}", text or "") for text in made)
    assert made == Pseudonyms(KEY).of(answers)


def test_a_form_that_is_restricted_as_a_whole_still_hides_its_names() -> None:
    inherited = Column("full_name", Kind.TEXT, "/full_name", sensitivity="restricted")
    said = Column("nickname", Kind.TEXT, "/nickname", sensitivity="internal", tagged=True)
    levels = {c.name: c.sensitivity for c in levelled((sheet_of("", inherited, said),), DEFAULTS)[0].columns}
    assert (levels["full_name"], levels["nickname"]) == ("identifying", "internal")


def test_what_the_device_fills_in_is_hidden_by_whatever_name() -> None:
    more = [
        Column("tablet", Kind.TEXT, "/tablet", preload="property deviceid"),
        Column("audit", Kind.FILE, "/meta/audit"),
        Column("sim_serial", Kind.TEXT, "/sim_serial"),
        Column("chosen_name", Kind.CHOICE, "/chosen_name"),
        Column("start", Kind.DATETIME, "/start", preload="timestamp start"),
    ]
    notes = {c.name for c in working(ListedExtract((sheet_of("", *more),), {})).sheets[0].columns if c.note}
    assert notes == {"tablet", "audit", "sim_serial", "chosen_name"}


def test_a_file_that_no_question_names_stays_behind() -> None:
    root = sheet_of("", Column("place", Kind.FILE, "/place", sensitivity="internal", tagged=True))
    files = {(A, "ទីកន្លែង.jpg"): b"", (A, "audit.csv"): b"", (B, "ទីកន្លែង.jpg"): b""}
    extract = ListedExtract((root,), {"": [["ទីកន្លែង.jpg", A], [None, B]]}, files=files)
    assert [(m.instance_id, m.name) for m in working(extract).media()] == [(A, "ទីកន្លែង.jpg")]


def test_losses_are_counted_once_however_often_it_is_read() -> None:
    losses = Losses()
    found = working(crowd(10, 6), losses)
    for _ in range(3):
        table(found)
        list(found.media())
    assert {loss.code: loss.count for loss in losses} == {
        "private.named_in_text": 10,
        "private.file_left_out": 10,
    }
