"""What an analyst's options make of an extract: nothing lost, nothing invented, nothing shifted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.extracts.arranging import arranged
from server.extracts.gathering import gathered
from server.extracts.options import Options
from server.extracts.sheets import Cell, Kind, Role
from server.hub import Hub
from server.store.forms import Form
from tests.extracts.consulting import consultation, rows_of, submit

OLD = (
    "<start>2026-11-22T23:30:15.250Z</start><day>2026-11-23</day><consent>yes</consent>"
    "<place><province>07</province><gps>11.5 104.9 12 4.8</gps></place><needs>land school</needs><count>១២</count>"
    "<people><person><age>34</age><job><title>កសិករ</title></job><job><title>គ្រូ</title></job></person>"
    "<person><age>51</age></person></people>"
)
NEW = "<start>yesterday</start><consent>maybe</consent><needs>school flood</needs><place><gps>11.5 104.9</gps></place>"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Hub, Form]]:
    """Two submissions, one of each version, and between them one without answers."""
    hub, form = consultation(tmp_path)
    submit(hub, 1, OLD, "1")
    submit(hub, 2, "", "2")
    submit(hub, 3, NEW, "2")
    yield hub, form
    hub.close()


def rows(held: tuple[Hub, Form], path: str = "", **options: object) -> list[dict[str, Cell]]:
    """The oldest first: OLD, the blank one, NEW."""
    with gathered(*held) as extract:
        return rows_of(arranged(extract, Options(**options)), path)[::-1]  # type: ignore[arg-type]


def pick(row: dict[str, Cell], *names: str) -> list[Cell]:
    return [row[name] for name in names]


def test_moments_are_cambodian_beside_what_was_recorded(held: tuple[Hub, Form]) -> None:
    old, blank, new = rows(held)
    assert pick(old, "start", "start-recorded") == [
        "2026-11-23T06:30:15.250+07:00",
        "2026-11-22T23:30:15.250Z",
    ]
    assert pick(old, "SubmissionDate", "SubmissionDate-recorded") == [
        "2026-11-23T08:15:00.000+07:00", "2026-11-23T01:15:00.000Z",
    ]  # fmt: skip
    assert pick(new, "start", "start-recorded") == ["yesterday", "yesterday"]
    assert pick(blank, "start", "start-recorded") == [None, None]


def test_a_date_is_never_shifted(held: tuple[Hub, Form]) -> None:
    assert rows(held)[0]["day"] == "2026-11-23"


def test_times_may_stay_as_recorded(held: tuple[Hub, Form]) -> None:
    old, *_ = rows(held, times="recorded")
    assert old["start"] == "2026-11-22T23:30:15.250Z" and "start-recorded" not in old


def test_points_are_four_columns_or_whole(held: tuple[Hub, Form]) -> None:
    old, blank, new = rows(held)
    parts = [f"place-gps-{part}" for part in ("Latitude", "Longitude", "Altitude", "Accuracy")]
    assert pick(old, *parts) == ["11.5", "104.9", "12", "4.8"]
    assert pick(new, *parts) == ["11.5", "104.9", None, None]
    assert pick(blank, *parts) == [None] * 4
    assert rows(held, points="whole")[0]["place-gps"] == "11.5 104.9 12 4.8"


def test_labels_are_those_of_the_version_that_was_filled_in(held: tuple[Hub, Form]) -> None:
    old, blank, new = rows(held, values="labels", language="km")
    assert [old["needs"], blank["needs"], new["needs"]] == ["ដី; សាលា", None, "សាលារៀន; flood"]
    assert [old["consent"], new["consent"]] == ["បាទ/ចាស", "maybe"]
    assert [old["place-province"], old["Province"]] == ["កំពត", "កំពត"]
    assert rows(held, values="labels", language="km", labels_as="current")[0]["needs"] == "ដី; សាលារៀន"


def test_codes_and_labels_stand_side_by_side(held: tuple[Hub, Form]) -> None:
    old, *_ = rows(held, values="both")
    assert pick(old, "consent", "consent-label", "needs", "needs-label") == [
        "yes",
        "Yes",
        "land school",
        "Land; School",
    ]


def test_split_choices_of_an_unanswered_question_are_empty(held: tuple[Hub, Form]) -> None:
    old, blank, new = rows(held, selects="split")
    names = ["needs/school", "needs/water", "needs/health", "needs/land", "needs/flood"]
    assert [name for name in old if name.startswith("needs")] == names
    assert pick(old, *names) == ["1", "0", "0", "1", "0"]
    assert pick(new, *names) == ["1", "0", "0", "0", "1"]
    assert pick(blank, *names) == [None] * 5
    assert pick(rows(held, selects="both")[0], "needs", "needs/land") == ["land school", "1"]


def test_headers_are_labels_and_no_two_alike(held: tuple[Hub, Form]) -> None:
    old, *_ = rows(held, headers="labels", language="en", selects="split")
    assert pick(old, "Needs – Land", "Province", "KEY")[:2] == ["1", "07"]
    with gathered(*held) as extract:
        for sheet in arranged(extract, Options(headers="labels", repeats="wide")).sheets:
            names = [column.name for column in sheet.columns]
            assert len(set(names)) == len(names)


def test_without_group_names_questions_of_one_name_keep_theirs(held: tuple[Hub, Form]) -> None:
    old, *_ = rows(held, group_names=False, repeats="wide")
    assert pick(old, "province", "gps-Latitude", "person[2]-age") == ["07", "11.5", "51"]


def test_wide_has_as_many_columns_as_the_data_need(held: tuple[Hub, Form]) -> None:
    old, blank, _ = rows(held, repeats="wide")
    names = [
        "people-person[1]-age",
        "people-person[1]-job[1]-title",
        "people-person[1]-job[2]-title",
        "people-person[2]-age",
    ]
    assert [name for name in old if name.startswith("people")] == names
    assert pick(old, *names) == ["34", "កសិករ", "គ្រូ", "51"]
    assert pick(blank, *names) == [None] * 4


def test_long_has_a_row_for_each_innermost_and_one_where_there_is_none(held: tuple[Hub, Form]) -> None:
    found = rows(held, repeats="long")
    assert [pick(row, "count", "people-person-age", "people-person-job-title") for row in found[::-1]] == [
        [None, None, None], [None, None, None], ["១២", "34", "កសិករ"], ["១២", "34", "គ្រូ"], ["១២", "51", None],
    ]  # fmt: skip
    keys = [row["ROW_KEY"] for row in found]
    assert len(set(keys)) == len(keys)


def test_kinds_follow_what_was_made_of_a_column(held: tuple[Hub, Form]) -> None:
    with gathered(*held) as extract:
        root = arranged(extract, Options(selects="split", values="labels")).sheets[0]
    kinds = {column.name: (column.kind, column.role) for column in root.columns}
    assert kinds["start"] == (Kind.DATETIME, Role.ANSWER)
    assert kinds["start-recorded"] == (Kind.TEXT, Role.ORIGINAL)
    assert kinds["place-gps-Latitude"] == (Kind.DECIMAL, Role.ANSWER)
    assert kinds["needs/land"] == (Kind.FLAG, Role.ANSWER)
    assert kinds["consent"] == (Kind.TEXT, Role.ANSWER)
    assert kinds["Province"] == (Kind.TEXT, Role.PROVINCE)
