"""A new hub is set up in a browser on its own computer, in the reader's language, and only once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from server.accounts import check_password, create_user
from server.hub import DATABASE, Hub
from server.opening import Opening
from server.projects import create_project
from server.store import forms
from server.store.actors import list_users
from server.store.projects import list_projects
from server.tablets import add_tablet
from tests.conftest import QUICK

HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8383"}
PASSWORD = "ទឹកដីព្រៃសមុទ្រ"
SAID: dict[str, Any] = {
    "name": "ខេត្តកំពត", "display_name": "សុខា", "email": "sokha@kampot.example", "password": PASSWORD, "again": PASSWORD,
    "project": "ការពិគ្រោះយោបល់", "forms": ["daily_log"],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ទិន្នន័យ"


@pytest.fixture
def opened() -> list[Flask]:
    return []


@pytest.fixture
def opening(folder: Path, opened: list[Flask]) -> Iterator[Opening]:
    made = Opening(folder, opened.append, **QUICK)
    yield made
    made.close()


@pytest.fixture
def browser(opening: Opening) -> Client:
    return Client(opening)


def ask(browser: Client, path: str = "/", lang: str = "km", **changed: str) -> TestResponse:
    return browser.get(path, environ_overrides={**HERE, "HTTP_ACCEPT_LANGUAGE": lang, **changed})


def say(
    browser: Client, lang: str = "km", *, environ: dict[str, str] | None = None, **changed: Any
) -> TestResponse:
    return browser.post(
        "/first-start",
        data={**SAID, **changed},
        environ_overrides={**HERE, "HTTP_ACCEPT_LANGUAGE": lang, **(environ or {})},
    )


def test_an_empty_folder_becomes_a_hub_that_one_can_sign_in_to(
    browser: Client, folder: Path, opened: list[Flask]
) -> None:
    assert "រៀបចំម៉ាស៊ីនមេនេះ" in ask(browser).text
    assert say(browser).status_code == 303
    hub: Hub = opened[0].extensions["samleng"].hub
    assert hub.data == folder
    assert hub.name == "ខេត្តកំពត"
    assert check_password(hub, "sokha@kampot.example", PASSWORD) is not None
    project = list_projects(hub.read())[0]
    assert project.name == "ការពិគ្រោះយោបល់"
    assert [form.xml_form_id for form in forms.list_forms(hub.read(), project.id)] == ["daily_log"]
    entered = browser.post(
        "/sign-in", data={"email": SAID["email"], "password": PASSWORD}, environ_overrides=HERE
    )
    assert entered.status_code == 303
    assert "ការពិគ្រោះយោបល់" in ask(browser).text


def test_the_page_speaks_the_readers_language_and_changes_it_by_a_click(browser: Client) -> None:
    assert "Set up this hub" in ask(browser, lang="en").text
    ask(browser, "/language/km", lang="en")
    page = ask(browser, lang="en").text
    assert "រៀបចំម៉ាស៊ីនមេនេះ" in page
    assert "ការពិគ្រោះយោបល់ស្តីពីស្ត្រី" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "  "}, "needs a name"),
        ({"again": "មួយទៀតមិនដូចគ្នា"}, "passwords differ"),
        ({"password": "short", "again": "short"}, "at least 10 characters"),
        ({"password": "password12", "again": "password12"}, "too easy to guess"),
        ({"email": "nobody"}, "email address"),
        ({"project": ""}, "published in a consultation"),
    ],
)
def test_what_cannot_be_used_is_told_and_makes_nothing(
    browser: Client, folder: Path, changed: dict[str, str], words: str
) -> None:
    answer = say(browser, "en", **changed)
    assert answer.status_code == 400
    assert words in answer.text
    assert PASSWORD not in answer.text
    assert SAID["display_name"] in answer.text
    assert not (folder / DATABASE).exists()


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"REMOTE_ADDR": "192.168.1.20"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_ORIGIN": "http://evil.example"},
        {"REMOTE_ADDR": "192.168.1.20", "HTTP_HOST": "127.0.0.1"},
    ],
)
def test_nobody_elsewhere_can_make_themselves_the_administrator(
    browser: Client, folder: Path, elsewhere: dict[str, str]
) -> None:
    assert say(browser, "en", environ=elsewhere).status_code == 403
    assert not (folder / DATABASE).exists()


def test_a_double_click_makes_one_hub(browser: Client, opening: Opening, opened: list[Flask]) -> None:
    clicks = [threading.Thread(target=lambda: say(Client(opening))) for _ in range(2)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert len(opened) == 1
    hub: Hub = opened[0].extensions["samleng"].hub
    assert [user.email for user in list_users(hub.read())] == ["sokha@kampot.example"]
    assert len(list_projects(hub.read())) == 1


def test_what_a_power_cut_left_half_made_is_finished(folder: Path, opened: list[Flask]) -> None:
    half = Hub.create(folder, "ខេត្តកំពត", **QUICK)
    create_user(half, SAID["email"], None)
    half.close()
    opening = Opening(folder, opened.append, **QUICK)
    assert say(Client(opening)).status_code == 303
    hub: Hub = opened[0].extensions["samleng"].hub
    assert check_password(hub, "sokha@kampot.example", PASSWORD) is not None
    opening.close()


def test_a_hub_that_stands_is_opened_at_once_and_never_set_up_again(data: Path, opened: list[Flask]) -> None:
    opening = Opening(data, opened.append, **QUICK)
    assert len(opened) == 1
    assert say(Client(opening)).status_code == 404
    opening.close()


def test_a_hub_that_tablets_send_to_is_served_whoever_may_sign_in(folder: Path, opened: list[Flask]) -> None:
    """Or they would be left with what they cannot hand over."""
    hub = Hub.create(folder, "ខេត្តកំពត", **QUICK)
    add_tablet(hub, create_project(hub, "ការពិគ្រោះយោបល់"), "ក្រុមទី១")
    hub.close()
    opening = Opening(folder, opened.append, **QUICK)
    assert len(opened) == 1
    opening.close()


def test_a_tablet_that_calls_too_early_is_told_to_come_again(browser: Client) -> None:
    assert ask(browser, "/healthz").status_code == 503
    sent = browser.post("/v1/key/abc/projects/1/submission", environ_overrides=HERE)
    assert sent.status_code == 503
