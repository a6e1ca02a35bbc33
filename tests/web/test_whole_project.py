"""PUT /v1/projects/N: a project said in one piece, as ODK Central takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server.hub import Hub
from server.upkeep import compare
from tests.conftest import PASSWORD
from tests.web.conftest import Survey

Ask = Callable[..., TestResponse]
NAME = "ការពិគ្រោះយោបល់ កំពត"


@pytest.fixture
def two(make_survey: Callable[..., Survey]) -> tuple[Survey, Survey]:
    """Two forms of one project; the tablet has both."""
    return make_survey("rice"), make_survey("fish")


def put(survey: Survey, forms: Any = None, **more: Any) -> TestResponse:
    body = {"name": NAME, **more} | ({} if forms is None else {"forms": forms})
    answer: TestResponse = survey.ask("PUT", survey.project, body)
    return answer


def refusal(answer: TestResponse) -> tuple[float, Any]:
    said = answer.get_json()
    assert answer.status_code == int(said["code"]), said
    return said["code"], said.get("details")


def holders(survey: Survey) -> list[dict[str, int]]:
    rows: list[dict[str, int]] = survey.get("/assignments").get_json()
    return rows


def test_what_is_not_said_of_the_project_is_emptied(rice: Survey) -> None:
    answer = put(rice, name="ស្រូវ", archived=True, description="ខេត្តកំពត").get_json()
    assert (answer["name"], answer["archived"], answer["description"]) == ("ស្រូវ", True, "ខេត្តកំពត")
    answer = put(rice, name="ស្រូវ").get_json()
    assert (answer["archived"], answer["description"]) == (None, None)
    assert refusal(rice.ask("PUT", rice.project, {"archived": True})) == (400.2, {"field": "name"})


def test_states_and_assignments_of_all_forms_change_together(two: tuple[Survey, Survey], hub: Hub) -> None:
    rice, fish = two
    tablet = rice.tablet["id"]
    forms = [
        {"xmlFormId": "rice", "state": "closing", "assignments": []},
        {"xmlFormId": "fish", "state": "closed", "assignments": [{"actorId": tablet, "roleId": 6}]},
    ]
    assert put(rice, forms).status_code == 200
    assert [s.get("").get_json()["state"] for s in two] == ["closing", "closed"]
    assert (holders(rice), holders(fish)) == ([], [{"actorId": tablet, "roleId": 6}])
    assert compare(hub) == []


def test_assignments_that_are_not_said_stay(two: tuple[Survey, Survey]) -> None:
    rice, fish = two
    before = holders(rice), holders(fish)
    assert (
        put(rice, [{"xmlFormId": "fish"}, {"xmlFormId": "rice", "webformsEnabled": True}]).status_code == 200
    )
    assert (holders(rice), holders(fish)) == before
    assert [s.get("").get_json()["webformsEnabled"] for s in two] == [True, False]


@pytest.mark.parametrize(
    ("forms", "code", "details"),
    [
        ([], 501.2, None),
        ([{"xmlFormId": "rice"}, {"xmlFormId": "ត្រី"}], 501.2, None),
        ([{"xmlFormId": "rice"}, {"xmlFormId": ["fish"]}], 501.2, None),
        ([{"xmlFormId": "rice"}, "fish"], 501.2, None),
        ([{"xmlFormId": "rice"}, {"xmlFormId": "rice"}], 400.8, "xmlFormId"),
        ([{"xmlFormId": "rice"}, {"xmlFormId": "fish", "state": "បិទ"}], 400.8, "state"),
        ([{"xmlFormId": "rice"}, {"xmlFormId": "fish", "assignments": [{"roleId": 2}]}], 400.2, "assignment actorId"),
        ([{"xmlFormId": "rice"}, {"xmlFormId": "fish", "assignments": [{"actorId": 5}]}], 400.2, "assignment roleId"),
        ([{"xmlFormId": "rice"}, {"xmlFormId": "fish", "assignments": [None]}], 400.2, "assignment actorId"),
        (
            [{"xmlFormId": "rice"}, {"xmlFormId": "fish", "assignments": [{"actorId": 5, "roleId": 99}]}],
            400.14,
            "roleId",
        ),
        (
            [{"xmlFormId": "rice"}, {"xmlFormId": "fish", "assignments": [{"actorId": 5, "roleId": 2}]}],
            400.14,
            "actorId",
        ),
        (
            [{"xmlFormId": "rice"}, {"xmlFormId": "fish", "assignments": [{"actorId": "ក", "roleId": 2}]}],
            400.11,
            "actorId",
        ),
    ],
)  # fmt: skip
def test_one_wrong_word_changes_nothing(
    two: tuple[Survey, Survey], hub: Hub, forms: Any, code: float, details: str | None
) -> None:
    for form in forms:
        if isinstance(form, dict) and form["xmlFormId"] == "rice":
            form.update({"state": "closed", "assignments": []})
    before = hub.ledger.head()
    said = refusal(put(two[0], forms, name="ស្រូវ"))
    assert (said[0], said[1]["field"] if said[1] else None) == (code, details)
    assert hub.ledger.head() == before


def test_nobody_gives_by_it_what_he_does_not_have(
    rice: Survey, hub: Hub, as_admin: Ask, as_user: Any
) -> None:
    user = as_admin("POST", "/v1/users", {"email": "sok@example.org", "password": PASSWORD}).get_json()
    as_admin("POST", f"{rice.project}/assignments/manager/{user['id']}")
    as_sok, before = as_user("sok@example.org"), hub.ledger.head()
    forms = [{"xmlFormId": "rice", "assignments": [{"actorId": user["id"], "roleId": 1}]}]
    assert refusal(as_sok("PUT", rice.project, {"name": NAME, "forms": forms}))[0] == 403.1
    assert hub.ledger.head() == before
    forms[0]["assignments"][0]["roleId"] = 6  # type: ignore[index]
    assert as_sok("PUT", rice.project, {"name": NAME, "forms": forms}).status_code == 200
    as_admin("DELETE", f"{rice.project}/assignments/manager/{user['id']}")
    as_admin("POST", f"{rice.project}/assignments/viewer/{user['id']}")
    assert refusal(as_sok("PUT", rice.project, {"name": NAME}))[0] == 403.1
