"""Tablets and people in a browser: added, their cards looked at as they are printed, and sent away."""

from __future__ import annotations

from collections.abc import Callable

from server.hub import Hub
from server.projects import create_project
from tests.browser.conftest import PICTURES, SIZES, Screen
from tests.conftest import EMAIL, PASSWORD


def test_tablets_and_people_are_let_in(hub: Hub, address: str, open_screen: Callable[[str], Screen]) -> None:
    create_project(hub, "ស្ត្រី សន្តិភាព និងសន្តិសុខ")
    screen = open_screen(f"{address}/projects/1/people")
    page = screen.page
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    screen.look("people-empty")
    page.fill("#names", "សុខ ភារម្យ\nចាន់ ធី")
    page.click("form[action$='/tablets'] button")
    screen.look("tablet-cards")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})  # a sheet of A4
    page.screenshot(path=PICTURES / f"tablet-cards-print-{screen.name}-{screen.lang}.png", full_page=True)
    page.emulate_media(media="screen")
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[screen.name], strict=True)))
    page.goto(f"{address}/projects/1/people")
    screen.look("people")
    page.click("table a >> nth=0")
    page.click("details summary >> nth=-1")
    screen.look("tablet")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("form[action$='/revoke'] button")
    assert page.locator(".told").count() == 1
    page.goto(f"{address}/people")
    page.fill("#name", "ដារ៉ា")
    page.fill("#email", "dara@kampot.example")
    screen.look("users")
    page.click("main form:has(#email) button")
    page.click("form[action$='/link'] button")
    screen.look("user")
