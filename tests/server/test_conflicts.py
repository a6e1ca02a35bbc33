"""Two provinces say things apart; a person decides once, and every hub comes to the same end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server import parked, review, upkeep
from server.conflicts import Conflict, decide, read_conflict
from server.errors import Fault, Problem
from server.hub import Hub
from server.store import conflicts, projects, submissions
from server.store.submissions import Submission
from sync.merge import COMMENT, EDIT
from tests.server.season import Country, answers, begin, hand_in, rice, told

BY = {"id": "person1", "name": "សុខា"}


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    """A nation and two provinces that hold one submission."""
    made = Country(tmp_path, ("ជាតិ", "កំពត", "កែប"))
    begin(made.hubs[0])
    hand_in(made.hubs[0], answers("uuid:a"))
    made.meet()
    yield made
    made.close()


def held(hub: Hub) -> Submission:
    found = submissions.find_submission(hub.read(), rice(hub).id, "uuid:a")
    assert found is not None
    return found


def seen(hub: Hub) -> Conflict:
    return read_conflict(hub, rice(hub), held(hub))


def listed(hub: Hub) -> list[dict[str, int]]:
    rows = conflicts.list_conflicts(hub.read(), projects.list_projects(hub.read())[0].id)
    return [row.kinds for row in rows]


def current(hub: Hub) -> str:
    return seen(hub).sides[0].instance_id


def edit_apart(country: Country) -> None:
    _, kampot, kep = country.hubs
    hand_in(kampot, answers("uuid:k", "ភូមិក", edits="uuid:a", photo="ក.jpg"), **{"ក.jpg": b"k" * 70_000})
    hand_in(kep, answers("uuid:p", "ភូមិខ", edits="uuid:a", photo="ខ.jpg"), **{"ខ.jpg": b"p" * 70_000})
    country.meet()


def agree(country: Country) -> None:
    country.meet()
    first, *others = [told(hub) for hub in country.hubs]
    assert others == [first] * 2
    assert [upkeep.compare(hub) for hub in country.hubs] == [[]] * 3


def test_edits_made_apart_are_listed_with_both_sides_everywhere(country: Country) -> None:
    edit_apart(country)
    for hub in country.hubs:
        assert listed(hub) == [{"versions": 2}]
        conflict = seen(hub)
        assert {v.instance_id for v in conflict.sides} == {"uuid:k", "uuid:p"}
        assert conflict.questions is not None
        assert {q.path: set(q.values) for q in conflict.questions} == {
            "/data/village": {"ភូមិក", "ភូមិខ"}, "/data/photo": {"ក.jpg", "ខ.jpg"},
        }  # fmt: skip


@pytest.mark.parametrize("choice", ["uuid:k", "uuid:p"])
def test_one_pick_ends_it_on_every_hub(country: Country, choice: str) -> None:
    edit_apart(country)
    decide(
        country.hubs[1], rice(country.hubs[1]), held(country.hubs[1]), {"pick": choice}, instance_id="", by=BY
    )
    agree(country)
    assert [listed(hub) for hub in country.hubs] == [[]] * 3
    assert [current(hub) for hub in country.hubs] == [choice] * 3
    assert held(country.hubs[0]).rivals == 0


def test_field_by_field_makes_a_version_with_the_files_of_what_was_taken(country: Country) -> None:
    edit_apart(country)
    nation = country.hubs[0]
    base, other = [v.instance_id for v in seen(nation).sides]
    said = {"take": {"/data/photo": other, "/data/village": base}}
    decide(nation, rice(nation), held(nation), said, instance_id="uuid:both", by=BY)
    agree(country)
    for hub in country.hubs:
        assert listed(hub) == []
        (side,) = seen(hub).sides
        assert (side.instance_id, side.deprecated_id) == ("uuid:both", base)
        photo = "ក.jpg" if other == "uuid:k" else "ខ.jpg"
        village = "ភូមិក" if base == "uuid:k" else "ភូមិខ"
        xml = hub.blobs.read(side.xml).decode()
        assert f"<village>{village}</village>" in xml
        assert f"<photo>{photo}</photo>" in xml
        assert hub.blobs.has(side.files[photo] or "")


def test_decisions_made_apart_are_a_conflict_again_and_nothing_is_lost(country: Country) -> None:
    edit_apart(country)
    for hub, choice in zip(country.hubs[1:], ("uuid:k", "uuid:p"), strict=True):
        decide(hub, rice(hub), held(hub), {"pick": choice}, instance_id="")
        assert listed(hub) == []
    agree(country)
    assert [listed(hub) for hub in country.hubs] == [[{"versions": 2}]] * 3
    nation = country.hubs[0]
    decide(nation, rice(nation), held(nation), {"pick": "uuid:p"}, instance_id="")
    agree(country)
    assert [current(hub) for hub in country.hubs] == ["uuid:p"] * 3
    assert [listed(hub) for hub in country.hubs] == [[]] * 3


def test_reviews_made_apart_are_listed_until_one_review_ends_it(country: Country) -> None:
    for hub, state in zip(country.hubs[1:], ("approved", "rejected"), strict=True):
        review.set_review_state(hub, rice(hub), held(hub), state, by=BY)
    country.meet()
    nation = country.hubs[0]
    assert listed(nation) == [{"review": 2}]
    assert {e.body["review_state"] for e in seen(nation).reviews} == {"approved", "rejected"}
    decide(nation, rice(nation), held(nation), {"reviewState": "hasIssues"}, instance_id="")
    agree(country)
    assert [listed(hub) for hub in country.hubs] == [[]] * 3
    assert {held(hub).review_state for hub in country.hubs} == {"hasIssues"}


@pytest.mark.parametrize("deleted", [True, False])
def test_what_was_said_about_a_deleted_submission_waits_for_a_person(country: Country, deleted: bool) -> None:
    _, kampot, kep = country.hubs
    review.delete_submission(kampot, rice(kampot), held(kampot), by=BY)
    review.add_comment(kep, rice(kep), held(kep), "សូមរក្សាទុក", by=BY)
    hand_in(kep, answers("uuid:p", "ភូមិខ", edits="uuid:a"))
    country.meet()
    for hub in country.hubs:
        assert listed(hub) == [{"deleted": 2}]
        assert {e.kind for e in seen(hub).apart} == {COMMENT, EDIT}
        assert held(hub).deleted_at is not None
    decide(kep, rice(kep), held(kep), {"deleted": deleted}, instance_id="", by=BY)
    agree(country)
    assert [listed(hub) for hub in country.hubs] == [[]] * 3
    assert {held(hub).deleted_at is not None for hub in country.hubs} == {deleted}


def test_other_answers_under_one_id_are_told_apart_by_their_bytes(country: Country) -> None:
    nation, kampot, kep = country.hubs
    for hub, village in ((kampot, "ភូមិក"), (kep, "ភូមិខ")):
        hand_in(hub, answers("uuid:e", village, edits="uuid:a"))
    country.meet()
    with pytest.raises(Fault) as caught:
        decide(nation, rice(nation), held(nation), {"pick": "uuid:e"}, instance_id="")
    assert caught.value.code == "conflict.same_id"
    choice = seen(nation).sides[1].xml
    decide(nation, rice(nation), held(nation), {"pick": choice}, instance_id="")
    agree(country)
    assert [seen(hub).sides[0].xml for hub in country.hubs] == [choice] * 3


def test_what_is_parked_is_accepted_once_for_every_hub(country: Country) -> None:
    nation, kampot, _ = country.hubs
    hand_in(kampot, answers("uuid:k", "ភូមិក", edits="uuid:a"))
    assert hand_in(kampot, answers("uuid:l", "ភូមិខ", edits="uuid:a")).parked == "edit.outdated"
    country.meet()
    project = projects.list_projects(nation.read())[0]
    (row,) = submissions.list_parked(nation.read(), project.id)
    parked.accept(nation, project, row.entry, by=BY)
    with pytest.raises(Fault) as caught:
        parked.accept(nation, project, row.entry, by=BY)
    assert caught.value.code == "parked.unknown"
    agree(country)
    for hub in country.hubs:
        assert submissions.list_parked(hub.read(), projects.list_projects(hub.read())[0].id) == []
        assert listed(hub) == [{"versions": 2}], "it says something else than what stands"


def test_what_waits_for_its_original_is_not_accepted_by_hand(country: Country) -> None:
    nation = country.hubs[0]
    hand_in(nation, answers("uuid:z", edits="uuid:y"))
    project = projects.list_projects(nation.read())[0]
    (row,) = submissions.list_parked(nation.read(), project.id)
    with pytest.raises(Fault) as caught:
        parked.accept(nation, project, row.entry)
    assert caught.value.code == "parked.waits"


@pytest.mark.parametrize(
    ("said", "code"),
    [({"pick": "uuid:a"}, "conflict.version"), ({"take": {"/data/nothing": "uuid:k"}}, "combine.no_question"),
     ({}, "400.3"), ({"pick": 7}, "400.3"), ({"take": {}}, "400.3"), ({"reviewState": "?"}, "400.8")],
)  # fmt: skip
def test_a_decision_that_cannot_be_changes_nothing(
    country: Country, said: dict[str, object], code: str
) -> None:
    edit_apart(country)
    nation = country.hubs[0]
    before = nation.ledger.head()
    with pytest.raises(Exception) as caught:
        decide(nation, rice(nation), held(nation), said, instance_id="uuid:new")
    assert getattr(caught.value, "code", None) == code
    assert nation.ledger.head() == before


def test_without_a_conflict_there_is_nothing_to_pick(country: Country) -> None:
    nation = country.hubs[0]
    assert seen(nation).kinds == {}
    with pytest.raises(Fault) as caught:
        decide(nation, rice(nation), held(nation), {"pick": "uuid:a"}, instance_id="")
    assert caught.value.code == "conflict.none"
    with pytest.raises(Problem):
        decide(nation, rice(nation), held(nation), {"keep": True}, instance_id="")
