"""The audit log: what happened, who did it and what was noted with it, as ODK Central's clients read it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from server import upkeep
from server.clock import Clock
from server.hub import Hub
from tests.web.conftest import A, B, Hands, Survey, named

Ask = Callable[..., Any]
NOTES = "X-Action-Notes"


@pytest.fixture(autouse=True)
def hands(hub: Hub) -> Hands:
    """Later than all that the hub was made with: the log goes by the time at which things were said."""
    held = Hands(datetime(2027, 1, 2, tzinfo=UTC))
    hub.clock = Clock(lambda: held.at)
    return held


def lines(as_admin: Ask, query: str = "") -> list[dict[str, Any]]:
    answer = as_admin("GET", f"/v1/audits{query}")
    assert answer.status_code == 200, answer.get_json()
    found: list[dict[str, Any]] = answer.get_json()
    return found


def actions(as_admin: Ask, query: str = "") -> list[str]:
    return [line["action"] for line in lines(as_admin, query)]


def test_only_an_administrator_reads_the_log(as_user: Callable[[str], Ask], as_admin: Ask) -> None:
    as_admin("POST", "/v1/users", {"email": "chan@kampot.example", "password": "ពាក្យសម្ងាត់វែង"})
    answer = as_user("chan@kampot.example")("GET", "/v1/audits")
    assert (answer.status_code, answer.get_json()["code"]) == (403, 403.1)


def test_the_newest_comes_first_with_who_and_what(as_admin: Ask) -> None:
    made = as_admin("POST", "/v1/projects", {"name": "កំពត"}).get_json()
    as_admin("PATCH", f"/v1/projects/{made['id']}", {"name": "កំពត ២០២៦"})
    me = as_admin("GET", "/v1/users/current").get_json()["id"]
    second, first = lines(as_admin)[:2]
    assert list(first) == ["actorId", "action", "acteeId", "details", "loggedAt", "notes"]
    assert (first["action"], first["details"]) == ("project.create", {"data": {"name": "កំពត"}})
    assert (second["action"], second["details"]) == ("project.update", {"data": {"name": "កំពត ២០២៦"}})
    assert first["actorId"] == second["actorId"] == me
    assert first["acteeId"] == second["acteeId"]
    assert first["notes"] is None


def test_extended_lines_bring_the_actor_and_what_it_was_about(as_admin: Ask, rice: Survey) -> None:
    published = as_admin(
        "GET", "/v1/audits?action=form.update.publish", headers={"X-Extended-Metadata": "true"}
    ).get_json()
    assert published[0]["actor"]["displayName"] == "សុខា"
    assert (published[0]["actee"]["xmlFormId"], published[0]["actee"]["version"]) == ("rice", "7")


def test_what_was_said_of_an_entity_is_about_its_list(as_admin: Ask, rice: Survey) -> None:
    as_admin("POST", f"{rice.project}/datasets", {"name": "plots"})
    as_admin("POST", f"{rice.project}/datasets/plots/entities", {"label": "ស្រែ ១"})
    extended = {"X-Extended-Metadata": "true"}
    for action in ("entity", "dataset"):
        line = as_admin("GET", f"/v1/audits?action={action}", headers=extended).get_json()[0]
        assert line["actee"]["name"] == "plots"


def test_what_is_in_the_trash_is_still_named(as_admin: Ask, rice: Survey) -> None:
    as_admin("DELETE", rice.path)
    newest = as_admin("GET", "/v1/audits?limit=1", headers={"X-Extended-Metadata": "true"}).get_json()[0]
    assert newest["action"] == "form.delete"
    assert newest["actee"]["deletedAt"]


def test_notes_go_with_every_entry_of_the_request(as_admin: Ask, rice: Survey) -> None:
    xml = rice.instance(A).encode()
    headers = {NOTES: "%E1%9E%94%E1%9E%B6%E1%9E%93%20checked%21", "Content-Type": "text/xml"}
    as_admin("POST", f"{rice.path}/submissions", data=xml, headers=headers)
    as_admin("PATCH", f"{rice.path}/submissions/{A}", {"reviewState": "approved"})
    reviewed, created = lines(as_admin, "?action=submission")
    assert created["notes"] == "បាន checked!"
    assert reviewed["notes"] is None


def test_notes_that_are_no_text_change_nothing(as_admin: Ask) -> None:
    answer = as_admin("POST", "/v1/projects", {"name": "x"}, headers={NOTES: "fun%ae"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, 400.6)
    assert answer.get_json()["details"] == {"field": "x-action-notes"}
    assert as_admin("GET", "/v1/projects").get_json() == []


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("project", ["project.create"]),
        ("form", ["form.update.publish", "form.create"]),
        ("field_key", ["field_key.assignment.create", "field_key.create"]),
        ("submission", ["submission.create"]),
        ("form.create", ["form.create"]),
        ("entity", []),
        ("no.such.action", []),
    ],
)
def test_a_group_is_all_actions_of_its_kind(
    as_admin: Ask, rice: Survey, group: str, expected: list[str]
) -> None:
    rice.send(A)
    assert actions(as_admin, f"?action={group}") == expected


def test_nonverbose_leaves_out_what_tablets_do(as_admin: Ask, rice: Survey) -> None:
    rice.send(A, files={"photo.jpg": b"jpeg"})
    assert not [a for a in actions(as_admin, "?action=nonverbose") if a.startswith("submission.")]
    assert "form.create" in actions(as_admin, "?action=nonverbose")


def test_a_span_begins_with_its_start_and_ends_before_its_end(
    as_admin: Ask, rice: Survey, hands: Hands
) -> None:
    begin = hands.at
    for hour in range(4):
        hands.at = begin + timedelta(hours=hour)
        rice.send(f"uuid:{hour}")
    of = "action=submission.create"
    spans = {
        f"?{of}&start=2027-01-02T02:00Z": [3, 2],
        f"?{of}&start=2027-01-02T01:00:00.5Z": [3, 2],
        f"?{of}&start=2027-01-02Z&end=2027-01-02T01:00Z": [0],
        f"?{of}&start=2027-1-2&end=2027-01-02T10:00%2B07:00": [2, 1, 0],
        f"?{of}&end=2027-01-02": [],
    }
    for query, hours in spans.items():
        assert [line["details"]["instanceId"] for line in lines(as_admin, query)] == [
            f"uuid:{h}" for h in hours
        ]


@pytest.mark.parametrize("query", ["start=yesterday", "end=2027-02-30Z", "limit=some", "offset=-1"])
def test_a_query_that_cannot_be_understood_is_refused(as_admin: Ask, query: str) -> None:
    answer = as_admin("GET", f"/v1/audits?{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (400, 400.11)


@pytest.mark.parametrize("of", ["", "&action=submission", "&action=nonverbose"])
def test_pages_together_are_the_whole_log(as_admin: Ask, rice: Survey, of: str) -> None:
    for n in range(5):
        rice.send(f"uuid:{n}", named("សុខ"))
    whole = lines(as_admin, f"?{of[1:]}")
    paged = [
        line
        for offset in range(0, len(whole) + 1, 3)
        for line in lines(as_admin, f"?limit=3&offset={offset}{of}")
    ]
    assert paged == whole


def test_files_that_came_with_a_submission_have_lines_of_their_own(as_admin: Ask, rice: Survey) -> None:
    xml = "<farm><name>សុខ</name></farm><pests>rat</pests><photo>ស្រែ.jpg</photo>"
    rice.send(A, xml, files={"ស្រែ.jpg": b"one"})
    rice.send(A, xml, files={"ស្រែ.jpg": b"two"})
    newer, older, created = lines(as_admin, "?action=submission")
    assert created["action"] == "submission.create"
    assert newer["details"]["name"] == older["details"]["name"] == "ស្រែ.jpg"
    assert newer["details"]["newBlobId"] != older["details"]["newBlobId"]
    assert newer["details"]["submissionDefId"] == created["details"]["submissionDefId"]


def test_one_submission_bears_one_number_through_its_life(as_admin: Ask, rice: Survey) -> None:
    rice.send(A)
    rice.send(B, deprecated=A)
    as_admin("PATCH", f"{rice.path}/submissions/{A}", {"reviewState": "hasIssues"})
    as_admin("DELETE", f"{rice.path}/submissions/{A}")
    deleted, reviewed, edited, created = (line["details"] for line in lines(as_admin, "?action=submission"))
    numbers = {said["submissionId"] for said in (deleted, reviewed, edited, created)}
    assert len(numbers) == 1
    assert (created["instanceId"], edited["instanceId"]) == (A, B)
    assert reviewed["submissionDefId"] == edited["submissionDefId"] != created["submissionDefId"]
    assert reviewed["reviewState"] == "hasIssues"


def test_a_published_draft_keeps_its_number(as_admin: Ask, rice: Survey) -> None:
    as_admin("POST", f"{rice.path}/draft")
    as_admin("POST", f"{rice.path}/draft/publish?version=8")
    second, drafted, first = (line["details"] for line in lines(as_admin, "?action=form")[:3])
    assert second == {"newDefId": drafted["newDraftDefId"], "oldDefId": first["newDefId"]}
    assert first["oldDefId"] is None


def test_no_line_tells_a_password_or_a_token(as_admin: Ask, as_user: Callable[[str], Ask]) -> None:
    said = {"email": "chan@kampot.example", "password": "ពាក្យសម្ងាត់វែង"}
    number = as_admin("POST", "/v1/users", said).get_json()["id"]
    as_user(said["email"])(
        "PUT", f"/v1/users/{number}/password", {"old": said["password"], "new": "ពាក្យសម្ងាត់ថ្មី"}
    )
    changed, created = lines(as_admin, "?action=user.update")[0], lines(as_admin, "?action=user.create")[0]
    assert changed["details"] == {"data": {"password": True}}
    data = {"actorId": number, "email": said["email"], "password": None, "lastLoginAt": None}
    assert created["details"] == {"data": data}
    assert "$" not in as_admin("GET", "/v1/audits?action=user").get_data(as_text=True)


def test_an_export_is_logged_once_it_gives_something(as_admin: Ask, rice: Survey) -> None:
    rice.send(A)
    first = rice.get("/submissions.csv")
    assert rice.get("/submissions.csv", If_None_Match=first.headers["ETag"]).status_code == 304
    logged = lines(as_admin, "?action=form.submission.export")
    assert len(logged) == 1
    assert logged[0]["details"] is None


def test_what_was_withdrawn_is_in_no_line(as_admin: Ask, rice: Survey) -> None:
    rice.send(A, named("ចាន់ ធារី"), files={"ធារី.jpg": b"face"})
    as_admin("POST", f"{rice.path}/submissions/{A}/comments", {"body": "x"}, headers={NOTES: "theary"})
    as_admin("PATCH", f"{rice.path}/submissions/{A}", {"reviewState": "approved"}, headers={NOTES: "theary"})
    assert "theary" in as_admin("GET", "/v1/audits").get_data(as_text=True)  # the index knows of it
    as_admin("POST", f"{rice.path}/submissions/{A}/withdraw")
    assert "theary" not in as_admin("GET", "/v1/audits").get_data(as_text=True)
    assert actions(as_admin, "?action=submission") == ["submission.purge"]


def test_a_late_file_of_what_was_withdrawn_is_in_no_line(as_admin: Ask, rice: Survey) -> None:
    rice.send(A)
    as_admin("POST", f"{rice.path}/submissions/{A}/withdraw")
    rice.send(A, files={"ធារី.jpg": b"face"})
    assert actions(as_admin, "?action=submission") == ["submission.purge"]


def test_what_is_held_for_a_person_is_told_apart(as_admin: Ask, rice: Survey) -> None:
    rice.send(A)
    rice.send(A, named("other"))
    newest = lines(as_admin, "?action=submission")[0]
    assert newest["action"] == "submission.park"
    assert newest["details"] == {"instanceId": A, "reason": "content.differs"}


def test_the_index_is_made_anew_from_the_ledger(as_admin: Ask, rice: Survey, hub: Hub) -> None:
    rice.send(A, files={"photo.jpg": b"jpeg"})
    before = lines(as_admin)
    assert upkeep.compare(hub) == []
    upkeep.rebuild(hub)
    assert lines(as_admin)[-len(before) :] == before


def test_the_hubs_own_machinery_is_not_told(as_admin: Ask) -> None:
    assert not [action for action in actions(as_admin) if action.startswith("hub.")]


def test_a_tablets_post_keeps_its_notes(client: FlaskClient, as_admin: Ask, rice: Survey) -> None:
    parts = {"xml_submission_file": (io.BytesIO(rice.instance(A).encode()), "s.xml", "text/xml")}
    door = rice.project.replace("/v1/", f"/v1/key/{rice.tablet['token']}/")
    headers = {"X-OpenRosa-Version": "1.0", NOTES: "in the field"}
    assert client.post(f"{door}/submission", data=parts, headers=headers).status_code == 201
    assert lines(as_admin, "?action=submission.create")[0]["notes"] == "in the field"
