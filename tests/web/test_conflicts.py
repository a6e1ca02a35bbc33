"""…/conflicts and …/conflict: seen and ended through the API, by those who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import PASSWORD
from tests.server.season import answers, hand_in
from tests.web.tablet import Season

Ask = Callable[..., Any]


@pytest.fixture
def base(season: Season) -> str:
    """A project's address; in it an edit that was set aside because another was quicker."""
    hand_in(season.hub, answers("uuid:a"))
    hand_in(season.hub, answers("uuid:b", "ភូមិក", edits="uuid:a"))
    hand_in(season.hub, answers("uuid:c", "ភូមិខ", edits="uuid:a"))
    return f"/v1/projects/{season.project.id}"


def accept(as_admin: Ask, base: str) -> Any:
    (row,) = as_admin("GET", f"{base}/parked").get_json()
    return as_admin("POST", f"{base}/parked/{row['id']}/accept")


def test_accepted_it_is_a_conflict_that_is_listed_and_shown(as_admin: Ask, base: str) -> None:
    assert accept(as_admin, base).get_json() == {"success": True}
    assert as_admin("GET", f"{base}/parked").get_json() == []
    (row,) = as_admin("GET", f"{base}/conflicts").get_json()
    assert (row["instanceId"], row["kinds"]) == ("uuid:a", {"versions": 2})
    assert as_admin("GET", f"{base}/forms/rice/conflicts").get_json() == [row]
    said = as_admin("GET", f"{base}/forms/rice/submissions/uuid:a/conflict").get_json()
    assert [v["current"] for v in said["versions"]] == [True, False]
    (question,) = said["questions"]
    assert (question["path"], set(question["values"])) == ("/data/village", {"ភូមិក", "ភូមិខ"})
    assert question["label"] == {"km": "ឈ្មោះភូមិ", "en": "Name of the village"}


def test_a_post_ends_it(as_admin: Ask, base: str) -> None:
    accept(as_admin, base)
    one = f"{base}/forms/rice/submissions/uuid:a"
    said = as_admin("GET", f"{one}/conflict").get_json()
    other = said["versions"][1]["instanceId"]
    after = as_admin("POST", f"{one}/conflict", {"take": {"/data/village": other}}).get_json()
    assert after["kinds"] == {}
    assert after["versions"][0]["instanceId"] not in ("uuid:a", "uuid:b", "uuid:c")
    assert as_admin("GET", f"{base}/conflicts").get_json() == []
    again = as_admin("POST", f"{one}/conflict", {"pick": other})
    assert (again.status_code, again.get_json()["details"]) == (409, {"fault": "conflict.none"})


def test_who_only_reads_sees_it_and_decides_nothing(
    as_admin: Ask, base: str, as_user: Callable[[str], Ask]
) -> None:
    accept(as_admin, base)
    said = {"email": "dara@kep.example", "password": PASSWORD}
    dara = as_admin("POST", "/v1/users", said).get_json()["id"]
    as_admin("POST", f"{base}/assignments/viewer/{dara}")
    viewer = as_user("dara@kep.example")
    one = f"{base}/forms/rice/submissions/uuid:a/conflict"
    assert len(viewer("GET", f"{base}/conflicts").get_json()) == 1
    assert viewer("GET", one).status_code == 200
    assert viewer("POST", one, {"pick": "uuid:b"}).status_code == 403
    assert viewer("POST", one, {"deleted": True}).status_code == 403
    assert viewer("POST", f"{base}/parked/{'0' * 64}/accept").status_code == 403


def test_what_is_not_there_is_a_404(as_admin: Ask, base: str) -> None:
    assert as_admin("GET", f"{base}/forms/rice/submissions/uuid:x/conflict").status_code == 404
    assert as_admin("POST", f"{base}/parked/{'0' * 64}/accept").status_code == 404
    assert as_admin("GET", "/v1/projects/99/conflicts").status_code == 404


@pytest.mark.parametrize("body", [{}, {"pick": 1}, {"take": []}, {"what": 1}])
def test_a_post_that_decides_nothing_is_refused(as_admin: Ask, base: str, body: dict[str, Any]) -> None:
    one = f"{base}/forms/rice/submissions/uuid:a/conflict"
    answer = as_admin("POST", one, body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, 400.3)
