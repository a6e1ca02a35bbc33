"""The page of a form's exports: in the reader's language, and for those who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.accounts import assign, create_user
from server.hub import Hub
from server.roles import role_named
from server.store.projects import find_project
from tests.conftest import EMAIL, PASSWORD
from tests.web.conftest import EXAMPLE, Survey
from tests.web.test_console import csrf, enter


@pytest.fixture
def address(answered: Survey) -> str:
    return answered.path.removeprefix("/v1") + "/exports"


def begin(client: FlaskClient, address: str, **said: Any) -> Any:
    page = client.get(address).text
    return client.post(address, data={"__csrf": csrf(page), "format": "csv", "profile": "working", **said})


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient, address: str) -> None:
    page = client.get(address)
    assert page.status_code in (401, 403)
    assert 'type="password"' in page.text and "xlsx" not in page.text


def test_an_export_is_made_fetched_and_listed(client: FlaskClient, address: str) -> None:
    enter(client)
    answer = begin(client, address, bom="true")
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"], headers={"Accept-Language": "en"}).text
    assert "Ready: 2 rows." in page
    link = re.search(r'<a class="button" href="(/v1[^"]+/file)"', page)
    assert link is not None
    file = client.get(link[1]).data
    assert file.startswith("\ufeff".encode()) and EXAMPLE.encode() in file
    assert "សុខា" in page and "finished" in page
    for lang, word in (("km", "ការនាំចេញថ្មី"), ("en", "A new export")):
        assert word in client.get(address, headers={"Accept-Language": lang}).text


def test_boxes_that_are_not_ticked_say_no_and_lists_are_whole(client: FlaskClient, address: str) -> None:
    enter(client)
    answer = begin(client, address, review_state=["approved", "rejected"])
    page = client.get(answer.headers["Location"], headers={"Accept-Language": "en"}).text
    assert "Ready: 0 rows." in page
    assert "group_names: false" in page and "review_state: approved, rejected" in page


def test_what_cannot_be_is_told_on_the_page_with_the_rest_kept(client: FlaskClient, address: str) -> None:
    enter(client)
    answer = begin(client, address, profile="full", province="កំពត")
    assert answer.status_code == 400
    assert 'class="fault"' in answer.text and 'value="កំពត"' in answer.text
    assert 'value="full" checked' in answer.text


def test_a_file_is_deleted_from_the_page(client: FlaskClient, address: str) -> None:
    enter(client)
    place = begin(client, address).headers["Location"]
    page = client.get(place).text
    cancel = re.search(r'action="([^"]+/cancel)"', page)
    assert cancel is not None
    assert client.post(cancel[1]).status_code in (401, 403), "not from elsewhere"
    assert client.post(cancel[1], data={"__csrf": csrf(page)}).status_code == 303
    assert "/file" not in client.get(place).text


def test_full_is_not_offered_to_those_who_may_not(
    client: FlaskClient, hub: Hub, answered: Survey, address: str
) -> None:
    user = create_user(hub, "viewer@hub.example", PASSWORD, "អ្នកមើល")
    assign(
        hub, user, role_named("viewer"), find_project(hub.read(), int(answered.project.rpartition("/")[2]))
    )
    enter(client, "viewer@hub.example")
    assert 'value="full"' not in client.get(address).text
    assert begin(client, address, profile="full", reason="x").status_code == 403
    enter(client, EMAIL)
    assert 'value="full"' in client.get(address).text
