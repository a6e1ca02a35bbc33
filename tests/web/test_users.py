"""Web users, as ODK Central's clients see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from server.hub import Hub

PASSWORD = "ពាក្យសម្ងាត់វែង"
KEYS = ["id", "type", "displayName", "createdAt", "updatedAt", "deletedAt", "email", "lastLoginAt"]
Ask = Callable[..., Any]


@pytest.fixture
def dara(as_admin: Ask) -> dict[str, Any]:
    body = {"email": "Dara@kampot.example", "password": PASSWORD, "displayName": "ដារ៉ា"}
    made: dict[str, Any] = as_admin("POST", "/v1/users", body).get_json()
    return made


def test_a_new_user_answers_with_every_key(dara: dict[str, Any]) -> None:
    assert list(dara) == KEYS
    assert (dara["type"], dara["displayName"], dara["email"]) == ("user", "ដារ៉ា", "dara@kampot.example")
    assert (dara["updatedAt"], dara["deletedAt"], dara["lastLoginAt"]) == (None, None, None)
    assert 0 < dara["id"] < 2**31


def test_signing_in_is_noted(as_admin: Ask, as_user: Callable[[str], Ask], dara: dict[str, Any]) -> None:
    as_user("dara@kampot.example")
    assert as_admin("GET", f"/v1/users/{dara['id']}").get_json()["lastLoginAt"].endswith("Z")


def test_without_a_name_the_address_is_shown(as_admin: Ask) -> None:
    made = as_admin("POST", "/v1/users", {"email": "a@b.example"}).get_json()
    assert made["displayName"] == "a@b.example"


def test_a_user_without_password_cannot_sign_in(as_admin: Ask, client: FlaskClient) -> None:
    as_admin("POST", "/v1/users", {"email": "a@b.example", "password": ""})
    for password in ("", "None", PASSWORD):
        answer = client.post("/v1/sessions", json={"email": "a@b.example", "password": password})
        assert answer.status_code in (400, 401)


def test_an_address_is_taken_in_any_letter_case(as_admin: Ask, dara: dict[str, Any]) -> None:
    answer = as_admin("POST", "/v1/users", {"email": "DARA@KAMPOT.EXAMPLE", "password": PASSWORD})
    said = answer.get_json()
    assert (answer.status_code, said["code"]) == (409, 409.3)
    assert said["details"] == {"fields": ["email"], "values": ["dara@kampot.example"]}
    assert said["message"] == "A resource already exists with email value(s) of dara@kampot.example."


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 400.2),
        ({"email": "  "}, 400.2),
        ({"email": 7}, 400.11),
        ({"email": "dara"}, 400.11),
        ({"email": "a@b.example", "password": "ខ្លី"}, 400.21),
        ({"email": "a@b.example", "password": "123456789"}, 400.21),
        ({"email": "a@b.example", "password": "វ" * 25}, 400.38),
        ({"email": "a@b.example", "password": ["x"]}, 400.11),
    ],
)
def test_what_cannot_be_a_user_is_refused(as_admin: Ask, body: dict[str, Any], code: float) -> None:
    answer = as_admin("POST", "/v1/users", body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, code)
    assert len(as_admin("GET", "/v1/users").get_json()) == 1


def test_a_password_of_seventy_two_bytes_is_taken(as_admin: Ask, client: FlaskClient) -> None:
    body = {"email": "a@b.example", "password": "កាំរស្មីទឹកភ្លៀងមេឃភ្នំ៧"}
    as_admin("POST", "/v1/users", body)
    assert client.post("/v1/sessions", json=body).status_code == 200


@pytest.mark.parametrize(
    ("password", "warning"),
    [
        ("hunter2!!!", "This is similar to a commonly used password"),
        ("aaaaaaaaaaaa", 'Repeats like "aaa" are easy to guess'),
        ("abcdefghijkl", 'Sequences like "abc" or "6543" are easy to guess'),
        ("qwertyuiop", "This is a top-100 common password"),
    ],
)
def test_a_password_that_is_easy_to_guess_says_why(as_admin: Ask, password: str, warning: str) -> None:
    body = {"email": "a@b.example", "password": password}
    said = as_admin("POST", "/v1/users", body).get_json()
    assert (said["code"], said["details"]["warning"]) == (400.44, warning)
    assert said["message"] == f"The password is too easy to guess: {warning[0].lower()}{warning[1:]}"
    assert "Add another word or two. Uncommon words are better." in said["details"]["suggestions"]
    khmer = as_admin("POST", "/v1/users", body, headers={"Accept-Language": "km"}).get_json()
    assert khmer["message"].startswith("ពាក្យសម្ងាត់ងាយទាយពេក៖ ")
    assert khmer["details"] == said["details"]
    assert len(as_admin("GET", "/v1/users").get_json()) == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("ដារ", ["ដារ៉ា"]),
        ("kampot", ["ដារ៉ា", "សុខា"]),
        ("sokha kampot", ["សុខា", "ដារ៉ា"]),
        ("kampots", ["ដារ៉ា", "សុខា"]),
        ("%", []),
        ("_", []),
        ("\\", []),
    ],
)
def test_who_is_like_what_is_asked_for_is_found(
    as_admin: Ask, dara: dict[str, Any], asked: str, found: list[str]
) -> None:
    said = as_admin("GET", f"/v1/users?q={quote(asked)}").get_json()
    assert [user["displayName"] for user in said] == found


def test_users_are_listed_by_address_and_found_by_part_of_a_name(as_admin: Ask, dara: dict[str, Any]) -> None:
    def emails(path: str) -> list[str]:
        return [user["email"] for user in as_admin("GET", path).get_json()]

    both = ["dara@kampot.example", "sokha@kampot.example"]
    assert emails("/v1/users") == both
    assert emails("/v1/users?q=ដារ") == ["dara@kampot.example"]
    assert emails("/v1/users?q=DARA@kampot.example") == ["dara@kampot.example"]
    assert emails("/v1/users?q=nobody") == []


def test_without_rights_only_an_exact_address_finds_somebody(
    as_user: Callable[[str], Ask], dara: dict[str, Any], client: FlaskClient
) -> None:
    as_dara = as_user("dara@kampot.example")
    assert as_dara("GET", "/v1/users").get_json() == []
    assert as_dara("GET", "/v1/users?q=sokha").get_json() == []
    assert len(as_dara("GET", "/v1/users?q=sokha@kampot.example").get_json()) == 1
    assert client.get("/v1/users").get_json()["code"] == 401.2


def test_current_tells_what_one_may_do(as_admin: Ask) -> None:
    plain = as_admin("GET", "/v1/users/current").get_json()
    more = as_admin("GET", "/v1/users/current", headers={"X-Extended-Metadata": "true"}).get_json()
    assert list(plain) == KEYS
    assert list(more) == ["verbs", "preferences", *KEYS]
    assert {"user.create", "project.create", "config.set", "submission.update"} <= set(more["verbs"])
    assert more["preferences"] == {"site": {}, "projects": {}}


def test_everybody_may_change_the_own_name_and_nobody_elses(
    as_admin: Ask, as_user: Callable[[str], Ask], dara: dict[str, Any]
) -> None:
    as_dara = as_user("dara@kampot.example")
    admin = as_admin("GET", "/v1/users/current").get_json()
    own = as_dara("PATCH", f"/v1/users/{dara['id']}", {"displayName": "ដារ៉ា ថ្មី", "id": 7, "type": "x"})
    assert (own.get_json()["displayName"], own.get_json()["id"]) == ("ដារ៉ា ថ្មី", dara["id"])
    assert own.get_json()["updatedAt"] is not None
    assert as_dara("PATCH", f"/v1/users/{admin['id']}", {"displayName": "x"}).get_json()["code"] == 403.1
    assert as_dara("GET", f"/v1/users/{admin['id']}").get_json()["code"] == 403.1
    assert as_dara("DELETE", f"/v1/users/{dara['id']}").get_json()["code"] == 403.1


def test_changes_one_after_another_all_stand(as_admin: Ask, dara: dict[str, Any]) -> None:
    path = f"/v1/users/{dara['id']}"
    for nth in range(8):
        as_admin("PATCH", path, {"displayName": f"ដារ៉ា {nth}"})
        as_admin("PATCH", path, {"email": f"dara{nth}@kampot.example"})
        said = as_admin("GET", path).get_json()
        assert (said["displayName"], said["email"]) == (f"ដារ៉ា {nth}", f"dara{nth}@kampot.example")


def test_an_address_is_not_changed_to_that_of_another(as_admin: Ask, dara: dict[str, Any]) -> None:
    path = f"/v1/users/{dara['id']}"
    assert as_admin("PATCH", path, {"email": "sokha@kampot.example"}).get_json()["code"] == 409.3
    assert as_admin("PATCH", path, {"email": "DARA@kampot.example"}).status_code == 200
    assert as_admin("PATCH", path, {"displayName": None}).get_json()["code"] == 400.2


def test_a_new_password_ends_the_other_sessions(
    client: FlaskClient, as_user: Callable[[str], Ask], dara: dict[str, Any]
) -> None:
    first, second = as_user("dara@kampot.example"), as_user("dara@kampot.example")
    path = f"/v1/users/{dara['id']}/password"
    assert first("PUT", path, {"old": "ខុសហើយខុសទៀត", "new": "ថ្មីណាស់ណា១"}).get_json()["code"] == 401.2
    assert first("PUT", path, {"old": PASSWORD, "new": "ខ្លី"}).get_json()["code"] == 400.21
    assert first("PUT", path, {"new": "ថ្មីណាស់ណា១"}).get_json()["code"] == 401.2
    assert first("PUT", path, {"old": PASSWORD, "new": "ថ្មីណាស់ណា១"}).get_json() == {"success": True}
    assert first("GET", "/v1/users/current").status_code == 200
    assert second("GET", "/v1/users/current").status_code == 401
    body = {"email": "dara@kampot.example", "password": "ថ្មីណាស់ណា១"}
    assert client.post("/v1/sessions", json=body).status_code == 200


def test_a_deleted_user_is_out_and_the_address_free(
    as_admin: Ask, as_user: Callable[[str], Ask], client: FlaskClient, dara: dict[str, Any]
) -> None:
    as_admin("POST", f"/v1/assignments/viewer/{dara['id']}")
    as_dara = as_user("dara@kampot.example")
    assert as_admin("DELETE", f"/v1/users/{dara['id']}").get_json() == {"success": True}
    assert as_dara("GET", "/v1/users/current").get_json()["code"] == 401.2
    assert as_admin("GET", f"/v1/users/{dara['id']}").get_json()["code"] == 404.1
    assert as_admin("DELETE", f"/v1/users/{dara['id']}").get_json()["code"] == 404.1
    assert as_admin("GET", "/v1/assignments/viewer").get_json() == []
    again = as_admin("POST", "/v1/users", {"email": "dara@kampot.example", "password": PASSWORD})
    assert again.status_code == 200
    assert again.get_json()["id"] != dara["id"]


@pytest.mark.parametrize(
    ("number", "code"), [("999999999", 404.1), ("9" * 40, 400.22), ("abc", 400.11), ("៥", 400.11)]
)
def test_a_user_that_is_none(as_admin: Ask, number: str, code: float) -> None:
    assert as_admin("GET", f"/v1/users/{number}").get_json()["code"] == code


def test_neither_password_nor_token_is_in_the_ledger(
    hub: Hub, admin_token: str, dara: dict[str, Any]
) -> None:
    said = b"".join(entry.header for _, entry in hub.ledger.entries_after(0, 1000))
    assert admin_token.encode() not in said
    assert PASSWORD.encode() not in said


def test_accounts_stay_on_their_hub(hub: Hub, as_admin: Ask, dara: dict[str, Any]) -> None:
    from sync.ledger import travels

    as_admin("POST", f"/v1/assignments/viewer/{dara['id']}")
    as_admin("PATCH", f"/v1/users/{dara['id']}", {"displayName": "ដារ៉ា"})
    as_admin("DELETE", f"/v1/users/{dara['id']}")
    kinds = {entry.kind for _, entry in hub.ledger.entries_after(0, 1000)}
    assert "user.delete" in kinds
    assert {kind for kind in kinds if travels(kind)} == {"hub.introduce"}
