"""…/submissions/ID/withdraw, and what tablets and programs are told afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import PASSWORD
from tests.server.season import answers, hand_in
from tests.web.tablet import Season

Ask = Callable[..., Any]


@pytest.fixture
def one(season: Season) -> str:
    """The address of a submission with an edit."""
    hand_in(season.hub, answers("uuid:a"))
    hand_in(season.hub, answers("uuid:b", "ភូមិក", edits="uuid:a"))
    return f"/v1/projects/{season.project.id}/forms/rice/submissions/uuid:a"


def test_it_is_gone_for_everybody(as_admin: Ask, one: str, season: Season) -> None:
    assert as_admin("POST", f"{one}/withdraw", {"reason": "សំណើរបស់ម្ចាស់"}).get_json() == {"success": True}
    for rest in ("", ".xml", "/versions", "/versions/uuid:b.xml", "/comments", "/conflict", "/attachments"):
        assert as_admin("GET", one + rest).status_code == 404, rest
    assert as_admin("GET", one.rpartition("/")[0]).get_json() == []
    again = as_admin("POST", f"{one}/withdraw")
    assert (again.status_code, again.get_json()["details"]) == (409, {"fault": "submission.withdrawn"})
    headers = {"Content-Type": "application/xml"}
    entered = as_admin("POST", one.rpartition("/")[0], data=answers("uuid:a"), headers=headers)
    assert entered.get_json()["code"] == 409.3


@pytest.mark.parametrize("lang", ["en", "km"])
def test_a_tablet_that_sends_it_again_is_thanked(as_admin: Ask, one: str, season: Season, lang: str) -> None:
    as_admin("POST", f"{one}/withdraw")
    head = season.hub.ledger.head()
    answer = season.tablet.post(answers("uuid:a", photo="a.jpg"), {"a.jpg": b"x" * 70_000}, lang=lang)
    assert answer.status_code == 201
    assert b'nature="submit_success"' in answer.data
    assert ("withdrawn" in answer.data.decode()) == (lang == "en")
    assert season.hub.ledger.head() == head
    assert [p for p in season.hub.blobs.folder.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("reason", [7, ["x"], "ក" * 201])
def test_a_reason_that_cannot_be_withdraws_nothing(as_admin: Ask, one: str, reason: object) -> None:
    assert as_admin("POST", f"{one}/withdraw", {"reason": reason}).status_code == 400
    assert as_admin("GET", one).status_code == 200


def test_it_needs_the_right_to_delete(as_admin: Ask, one: str, as_user: Callable[[str], Ask]) -> None:
    said = {"email": "dara@kep.example", "password": PASSWORD}
    dara = as_admin("POST", "/v1/users", said).get_json()["id"]
    as_admin("POST", f"{one.partition('/forms')[0]}/assignments/viewer/{dara}")
    assert as_user("dara@kep.example")("POST", f"{one}/withdraw").status_code == 403
    assert as_admin("GET", one).status_code == 200


def test_what_was_never_here_is_a_404(as_admin: Ask, one: str) -> None:
    assert as_admin("POST", one.replace("uuid:a", "uuid:x") + "/withdraw").status_code == 404
