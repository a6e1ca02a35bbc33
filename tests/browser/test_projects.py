"""A consultation in a browser: made, set up, and found again in the menu."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.conftest import Screen
from tests.conftest import EMAIL, PASSWORD


def test_a_consultation_is_made_and_set_up(address: str, open_screen: Callable[[str], Screen]) -> None:
    screen = open_screen(address + "/projects/new")
    page = screen.page
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    screen.look("project-new")
    page.fill("#name", "ស្ត្រី សន្តិភាព និងសន្តិសុខ")
    page.click("main form button[type=submit]")
    page.goto(address + "/account")
    page.click(".switch summary")
    screen.look("project-menu")
    page.click(".switch a[href$='/settings']")
    page.locator("details summary").nth(1).click()
    page.locator("details summary").nth(2).click()
    screen.look("project-settings")
    page.fill("#typed", "ផ្សេង")
    page.click("form[action$='/delete'] button")
    assert page.locator("#fault").count() == 1
    assert page.input_value("#name") == "ស្ត្រី សន្តិភាព និងសន្តិសុខ"
    page.fill("#name", "ឈ្មោះថ្មី")
    page.locator("form[action$='/settings'] button").click()
    assert page.locator(".told").count() == 1
    assert page.input_value("#name") == "ឈ្មោះថ្មី"
