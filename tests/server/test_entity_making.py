"""What submissions make of entities: once, in order, all or none, and never at the tablet's cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import review, upkeep
from server.clock import Clock
from server.dataset_settings import change_settings
from server.entities import delete_entity, purge_entities, update_entity
from server.entity_waiting import force_held
from server.hub import Hub
from server.store import entities, forms, projects, submissions
from server.store.forms import Form
from server.store.submissions import Submission
from tests.server.plots import (
    BRANCH,
    OTHER,
    PLOT,
    begin,
    entity,
    errors,
    kinds,
    line,
    offline,
    plots,
    send,
    visit,
)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = begin(tmp_path / "hub")
    yield made
    made.close()


def test_a_submission_makes_an_entity(hub: Hub) -> None:
    assert send(hub, visit("uuid:1", create="1", label="ស្រែ ១", stage="សំណាប")).parked is None
    [first] = line(hub)
    assert (first.version, first.label, first.values) == (1, "ស្រែ ១", {"stage": "សំណាប"})
    assert kinds(hub, "uuid:1") == ["submission.create", "entity.create"]


def test_an_update_changes_what_was_asked_and_nothing_else(hub: Hub) -> None:
    send(hub, visit("uuid:1", create="1", label="ស្រែ ១", stage="a", area="2"))
    send(hub, visit("uuid:2", update="1", baseVersion="1", stage="", label=" "))
    assert line(hub)[-1].values == {"stage": "", "area": "2"}
    assert line(hub)[-1].label == "ស្រែ ១"
    assert line(hub)[-1].brought == {"stage": ""}


def test_a_submission_makes_entities_once_however_often_it_is_edited(hub: Hub) -> None:
    send(hub, visit("uuid:1", create="1", label="ស្រែ ១"))
    send(hub, visit("uuid:2", edits="uuid:1", plot=OTHER, create="1", label="ស្រែ ២"))
    assert len(line(hub)) == 1
    assert entity(hub, OTHER) is None


def test_an_edit_makes_what_the_first_version_did_not(hub: Hub) -> None:
    send(hub, visit("uuid:1", create="false", label="ស្រែ ១"))
    assert entity(hub) is None
    send(hub, visit("uuid:2", edits="uuid:1", create="true", label="ស្រែ ១"))
    assert len(line(hub)) == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"create": "1"}, "400.2"),  # no label
        ({"create": "1", "label": "x", "plot": "12345678-1234-1123-8234-123456789abc"}, "400.11"),
        ({"create": "1", "label": "x", "plot": ""}, "400.11"),
        ({"update": "1"}, "400.2"),
        ({"update": "1", "baseVersion": "v1"}, "400.11"),
        ({"update": "1", "baseVersion": "9", "plot": OTHER}, "404.8"),
        ({"update": "1", "baseVersion": "9"}, "404.9"),
        ({"update": "1", "baseVersion": "1", "trunkVersion": "1"}, "400.2"),  # no branch
        ({"update": "1", "baseVersion": "1", "trunkVersion": "7", "branchId": BRANCH}, "404.9"),
        ({"create": "1", "label": "x"}, "409.3"),
    ],
)
def test_what_cannot_be_done_is_noted_and_the_tablet_is_answered(
    hub: Hub, said: dict[str, str], code: str
) -> None:
    send(hub, visit("uuid:0", create="1", label="ស្រែ ១"))
    assert send(hub, visit("uuid:1", **said)).parked is None
    assert errors(hub) == [code]
    assert len(line(hub)) == 1


def test_what_the_form_does_not_permit_is_noted(tmp_path: Path) -> None:
    hub = begin(tmp_path / "create", actions='create=""')
    send(hub, visit("uuid:1", create="1", label="ស្រែ ១"))
    send(hub, visit("uuid:2", update="1", baseVersion="1", stage="b"))
    assert errors(hub) == ["403.2"]
    hub.close()


def test_an_update_with_create_beside_it_makes_what_is_not_there(hub: Hub) -> None:
    send(hub, visit("uuid:1", create="1", update="1", baseVersion="", label="ស្រែ ១"))
    send(hub, visit("uuid:2", create="1", update="1", baseVersion="1", stage="b"))
    assert [v.version for v in line(hub)] == [1, 2]
    assert errors(hub) == []


def test_deleted_entities_are_neither_changed_nor_made_again(hub: Hub) -> None:
    send(hub, visit("uuid:1", create="1", label="ស្រែ ១"))
    held = entity(hub)
    assert held is not None
    delete_entity(hub, plots(hub), held, by=None)
    send(hub, visit("uuid:2", update="1", baseVersion="1", stage="b"))
    send(hub, visit("uuid:3", create="1", label="ស្រែ ១"))
    assert errors(hub) == ["404.11", "409.19"]


# Approval


def approve(hub: Hub, instance_id: str, state: str = "approved") -> None:
    review.set_review_state(hub, form(hub), submission(hub, instance_id), state)


def form(hub: Hub) -> Form:
    found = forms.find_form(hub.read(), projects.list_projects(hub.read())[0].id, "visit")
    assert found is not None
    return found


def submission(hub: Hub, instance_id: str) -> Submission:
    found = submissions.find_submission(hub.read(), form(hub).id, instance_id)
    assert found is not None
    return found


def test_a_list_that_needs_approval_waits_for_it(hub: Hub) -> None:
    change_settings(hub, plots(hub), {}, {"approvalRequired": True}, None)
    send(hub, visit("uuid:1", create="1", label="ស្រែ ១"))
    assert entity(hub) is None
    approve(hub, "uuid:1", "rejected")
    assert entity(hub) is None
    approve(hub, "uuid:1")
    approve(hub, "uuid:1")
    assert len(line(hub)) == 1


def test_what_waited_is_made_when_approval_is_no_longer_asked_for(hub: Hub) -> None:
    change_settings(hub, plots(hub), {}, {"approvalRequired": True}, None)
    send(hub, visit("uuid:1", create="1", label="ស្រែ ១"))
    send(hub, visit("uuid:2", plot=OTHER, create="1", label="ស្រែ ២"))
    approve(hub, "uuid:2", "rejected")
    change_settings(hub, plots(hub), {}, {"approvalRequired": False}, "true")
    assert entity(hub) is not None
    assert entity(hub, OTHER) is None


# Offline


def test_a_branch_in_order_makes_a_version_a_visit_and_no_conflict(hub: Hub) -> None:
    send(hub, visit("uuid:0", create="1", label="ស្រែ ១", stage="a"))
    for base in (1, 2, 3):
        send(hub, offline(f"uuid:{base}", base, stage=f"s{base}"))
    assert [(v.version, v.base, v.branch_base) for v in line(hub)[1:]] == [(2, 1, 1), (3, 2, 2), (4, 3, 3)]
    held = entity(hub)
    assert held is not None
    assert held.conflict is None


def test_a_visit_that_came_too_early_waits_for_the_one_before(hub: Hub) -> None:
    send(hub, visit("uuid:0", create="1", label="ស្រែ ១", stage="a"))
    send(hub, offline("uuid:3", 3, stage="c"))
    send(hub, offline("uuid:2", 2, stage="b"))
    assert len(line(hub)) == 1
    send(hub, offline("uuid:1", 1, stage="first"))
    assert [v.values["stage"] for v in line(hub)] == ["a", "first", "b", "c"]
    assert kinds(hub, "uuid:2") == [
        "submission.create",
        "submission.backlog.hold",
        "submission.backlog.reprocess",
        "entity.update.version",
    ]
    assert entities.list_held(hub.read()) == []


def test_an_update_that_came_before_its_create_waits_for_it(hub: Hub) -> None:
    send(hub, offline("uuid:2", 1, trunk="", stage="b"))
    assert entity(hub) is None
    send(hub, visit("uuid:1", create="1", label="ស្រែ ១", stage="a"))
    assert [v.values["stage"] for v in line(hub)] == ["a", "b"]


def test_an_office_that_edits_meanwhile_makes_a_conflict(hub: Hub) -> None:
    send(hub, visit("uuid:0", create="1", label="ស្រែ ១", stage="a"))
    held = entity(hub)
    assert held is not None
    update_entity(
        hub, plots(hub), held, {"data": {"stage": "office"}}, ["stage", "area"], base="1", force=False,
        resolve=False, by=None, agent=None,
    )  # fmt: skip
    send(hub, offline("uuid:1", 1, stage="b"))
    send(hub, offline("uuid:2", 2, stage="c"))
    assert [(v.version, v.base, v.conflict) for v in line(hub)[2:]] == [(3, 1, "hard"), (4, 3, "soft")]
    now = entity(hub)
    assert now is not None
    assert now.conflict == "hard"


def test_what_waits_five_days_is_applied_without_what_it_waits_for(hub: Hub) -> None:
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    hub.clock = Clock(lambda: start)
    send(hub, visit("uuid:0", create="1", label="ស្រែ ១", stage="a"))
    send(hub, offline("uuid:3", 3, stage="c"))
    assert force_held(hub, start + timedelta(days=5)) == 0
    assert force_held(hub, start + timedelta(days=6)) == 1
    assert [v.values["stage"] for v in line(hub)] == ["a", "c"]
    assert kinds(hub, "uuid:3")[-2:] == ["submission.backlog.force", "entity.update.version"]


def test_a_forced_update_makes_the_entity_and_its_late_create_updates_it(hub: Hub) -> None:
    send(hub, offline("uuid:2", 2, trunk="", stage="b"))
    assert force_held(hub) == 1
    [first] = line(hub)
    assert (first.label, first.values, first.branch_base) == ("auto generated", {"stage": "b"}, 2)
    send(hub, visit("uuid:1", create="1", label="ស្រែ ១", stage="a"))
    assert line(hub)[1].label == "ស្រែ ១"
    assert (line(hub)[1].conflict, line(hub)[1].base) == ("hard", 1)


def test_what_was_deleted_meanwhile_is_not_forced(hub: Hub) -> None:
    send(hub, offline("uuid:2", 2, trunk="", stage="b"))
    review.delete_submission(hub, form(hub), submission(hub, "uuid:2"))
    force_held(hub)
    assert entity(hub) is None


# Several in one submission, and keeping house

TREES = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:entities="http://www.opendatakit.org/xforms/entities" xmlns:jr="http://openrosa.org/javarosa"><h:head>
 <h:title>ដើមឈើ</h:title><model entities:entities-version="2025.1.0"><instance><data id="trees" version="1">
 <tree jr:template=""><kind/><meta><entity dataset="trees" id="" create=""><label/></entity></meta></tree>
 <meta><instanceID/></meta></data></instance>
 <bind nodeset="/data/tree/kind" type="string" entities:saveto="kind"/></model></h:head>
 <h:body><repeat nodeset="/data/tree"><input ref="/data/tree/kind"/></repeat></h:body></h:html>"""


def trees(instance_id: str, *made: tuple[str, str]) -> bytes:
    rows = "".join(
        f'<tree><kind>{label}</kind><meta><entity dataset="trees" id="{uuid}" create="1"><label>{label}</label>'
        "</entity></meta></tree>"
        for uuid, label in made
    )
    return f'<data id="trees" version="1">{rows}<meta><instanceID>{instance_id}</instanceID></meta></data>'.encode()


@pytest.fixture
def forest(hub: Hub) -> Hub:
    from server.definition import read_definition
    from server.publish import create_form

    project = projects.list_projects(hub.read())[0]
    create_form(hub, project, read_definition(hub, TREES.encode()), publish=True)
    return hub


def test_each_turn_of_a_repeat_makes_an_entity(forest: Hub) -> None:
    send(forest, trees("uuid:1", (PLOT, "ស្វាយ"), (OTHER, "ដូង")))
    assert [line(forest, uuid)[0].values for uuid in (PLOT, OTHER)] == [{"kind": "ស្វាយ"}, {"kind": "ដូង"}]


def test_one_that_fails_lets_none_of_its_submission_be_made(forest: Hub) -> None:
    send(forest, trees("uuid:1", (PLOT, "ស្វាយ"), (OTHER, ""), ("no-uuid", "ដូង")))
    assert errors(forest) == ["400.43"]
    assert (entity(forest, PLOT), entity(forest, OTHER)) == (None, None)


def test_a_rebuild_changes_nothing(forest: Hub) -> None:
    send(forest, trees("uuid:t", (OTHER, "ស្វាយ"), ("12345678-1234-4123-8234-123456789aaa", "ដូង")))
    send(forest, visit("uuid:0", create="1", label="ស្រែ ១", stage="a"))
    send(forest, offline("uuid:3", 3, stage="c"))
    send(forest, visit("uuid:4", create="1"))
    held = entity(forest, OTHER)
    assert held is not None
    delete_entity(forest, plots(forest), held, by=None)
    assert upkeep.compare(forest) == []
    assert purge_entities(forest, older=False) == 1
    assert upkeep.compare(forest) == []
    assert entity(forest, OTHER) is None


def test_the_trash_is_emptied_after_thirty_days_and_its_uuids_are_never_taken_again(hub: Hub) -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    hub.clock = Clock(lambda: now)
    send(hub, visit("uuid:1", create="1", label="ស្រែ ១"))
    held = entity(hub)
    assert held is not None
    delete_entity(hub, plots(hub), held, by=None)
    now += timedelta(days=30)
    assert purge_entities(hub) == 0
    now += timedelta(days=1)
    assert purge_entities(hub) == 1
    assert entity(hub) is None
    send(hub, visit("uuid:2", create="1", label="ស្រែ ១"))
    assert errors(hub) == ["409.19"]


def test_a_form_without_entities_is_never_looked_through(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from server import entity_making
    from tests.server.season import answers, hand_in, publish

    publish(hub, projects.list_projects(hub.read())[0])
    monkeypatch.setattr(entity_making, "catch_up", lambda hub: pytest.fail("looked through"))
    assert hand_in(hub, answers("uuid:9")).parked is None
