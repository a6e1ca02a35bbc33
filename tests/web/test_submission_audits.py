"""…/submissions/ID/audits: what happened to one submission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.test_submissions import FORM, XML, answers, refusal

PATH = "/v1/projects/1/forms/rice/submissions"


@pytest.fixture
def path(as_admin: Callable[..., Any]) -> str:
    as_admin("POST", "/v1/projects", {"name": "ស្រូវ"})
    as_admin("POST", "/v1/projects/1/forms?publish=true", data=FORM, headers=XML)
    for name in ("uuid:a", "uuid:other"):
        as_admin("POST", PATH, data=answers(name, photo="ស្រែ.jpg"), headers=XML)
    return f"{PATH}/uuid:a"


def test_everything_about_the_submission_is_told_newest_first(as_admin: Any, path: str) -> None:
    as_admin("PATCH", path, {"reviewState": "rejected"})
    as_admin("PUT", path, data=answers("uuid:b", replaces="uuid:a"), headers=XML)
    as_admin("DELETE", path)
    as_admin("POST", f"{path}/restore")
    as_admin("POST", f"{path}/comments", {"body": "ពិនិត្យហើយ"})
    told = as_admin("GET", f"{path}/audits").get_json()
    assert [line["action"] for line in told] == [
        "submission.restore",
        "submission.delete",
        "submission.update.version",
        "submission.update",
        "submission.create",
    ]
    number = told[-1]["details"]["submissionId"]
    assert {line["details"]["submissionId"] for line in told} == {number}
    assert told[2]["details"]["instanceId"] == "uuid:b"
    assert told[3]["details"]["reviewState"] == "rejected"
    assert set(told[0]) == {"actorId", "action", "acteeId", "details", "loggedAt", "notes"}


def test_files_are_told_of_the_form_and_not_here(as_admin: Any, path: str) -> None:
    as_admin("POST", f"{path}/attachments/ស្រែ.jpg", data=b"\xff\xd8")
    assert [line["action"] for line in as_admin("GET", f"{path}/audits").get_json()] == ["submission.create"]
    listed = as_admin("GET", "/v1/audits?action=submission.attachment.update").get_json()
    assert listed[0]["details"]["name"] == "ស្រែ.jpg"


def test_actors_are_named_when_asked_for(as_admin: Any, path: str) -> None:
    line = as_admin("GET", f"{path}/audits", headers={"X-Extended-Metadata": "true"}).get_json()[0]
    assert line["actor"]["displayName"] == "សុខា"
    assert "actee" not in line


def test_notes_and_pages(as_admin: Any, path: str) -> None:
    for state, note in (("approved", "one"), ("hasIssues", "two")):
        as_admin("PATCH", path, {"reviewState": state}, headers={"X-Action-Notes": note})
    page = as_admin("GET", f"{path}/audits?limit=1&offset=1").get_json()
    assert [line["notes"] for line in page] == ["one"]
    assert refusal(as_admin("GET", f"{path}/audits?limit=x"))[0] == 400.11


def test_only_of_a_submission_that_is_here(as_admin: Any, path: str) -> None:
    assert refusal(as_admin("GET", f"{PATH}/uuid:none/audits"))[0] == 404.1
    as_admin("DELETE", path)
    assert refusal(as_admin("GET", f"{path}/audits"))[0] == 404.1
