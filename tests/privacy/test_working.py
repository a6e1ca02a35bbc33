"""The working profile: answers and places stay, nobody's name does, and one person is one pseudonym everywhere."""

from __future__ import annotations

from dataclasses import replace

from server.extracts.losses import Losses
from server.privacy.levels import DEFAULTS
from server.privacy.pseudonyms import Pseudonyms
from server.privacy.working import Working
from tests.extracts.listed import ListedExtract
from tests.privacy.crowds import NAMES, ROOT, crowd, table, texts

KEY = bytes(range(32))


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
