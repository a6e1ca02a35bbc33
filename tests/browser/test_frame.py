"""What goes wrong while somebody writes: a double click, a session that ends, a link that breaks. Nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from server import accounts
from server.hub import Hub
from server.store import projects
from tests.browser.conftest import Screen
from tests.conftest import EMAIL, PASSWORD

NAME, ABOUT = "ការពិគ្រោះ <២០២៦>", "បន្ទាត់ទីមួយ\nបន្ទាត់ទីពីរ"


@pytest.fixture
def screen(address: str, open_screen: Callable[[str], Screen]) -> Screen:
    """Signed in, with a form half filled in."""
    opened = open_screen(address + "/projects/new")
    sign_in(opened.page)
    opened.page.fill("#name", NAME)
    opened.page.fill("#description", ABOUT)
    return opened


def sign_in(page: Any) -> None:
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")


def made(hub: Hub) -> list[tuple[str, str]]:
    found = projects.list_projects(hub.read())
    return [(one.name, (one.description or "").replace("\r\n", "\n")) for one in found]


def test_a_double_click_makes_one(screen: Screen, hub: Hub) -> None:
    screen.page.dblclick("main form button[type=submit]")
    screen.page.wait_for_url(re.compile(r"/projects/1/forms$"))
    assert made(hub) == [(NAME, ABOUT)]


def test_a_session_that_ends_in_a_form_loses_nothing(screen: Screen, hub: Hub) -> None:
    page = screen.page
    cookie = next(c["value"] for c in page.context.cookies() if c["name"] == "session")
    accounts.end_session(hub, cookie.replace("%24", "$"), None)
    page.click("main form button[type=submit]")
    screen.look("session-ended")
    assert made(hub) == []
    sign_in(page)
    screen.look("session-ended-again")
    assert made(hub) == []
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile(r"/projects/1/forms$"))
    assert made(hub) == [(NAME, ABOUT)]


def test_a_link_that_breaks_loses_nothing(screen: Screen, hub: Hub, address: str) -> None:
    page = screen.page
    page.context.set_offline(True)
    page.click("main form button[type=submit]")
    page.wait_for_url("chrome-error://**")
    page.context.set_offline(False)
    page.goto(address + "/projects/new")
    assert page.input_value("#name") == NAME
    assert page.input_value("#description") == ABOUT
    screen.look("link-broke")
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile(r"/projects/1/forms$"))
    assert made(hub) == [(NAME, ABOUT)]
    page.goto(address + "/projects/new")
    assert page.input_value("#name") == "", "what arrived is not given back"


def test_an_answer_that_is_lost_doubles_nothing(screen: Screen, hub: Hub, address: str) -> None:
    page = screen.page
    page.route("**/projects/new", lambda route: (route.fetch(max_redirects=0), route.abort()))
    page.click("main form button[type=submit]")
    page.wait_for_url("chrome-error://**")
    assert made(hub) == [(NAME, ABOUT)], "it arrived; the answer did not"
    page.unroute("**/projects/new")
    page.context.clear_cookies(name="sent")
    page.goto(address + "/projects/new")
    assert page.input_value("#name") == NAME
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile(r"/projects/1/forms$"))
    assert made(hub) == [(NAME, ABOUT)]
