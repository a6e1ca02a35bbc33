"""Opening a hub to its network, and shutting it, by a click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from server.door import Door
from tests.browser.conftest import Screen
from tests.conftest import EMAIL, PASSWORD


def test_a_hub_is_opened_and_shut(
    app: Flask, address: str, tmp_path: Path, open_screen: Callable[[str], Screen]
) -> None:
    door = app.extensions["samleng"].door = Door(tmp_path)
    screen = open_screen(address + "/network")
    page = screen.page
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    assert page.url.endswith("/network"), "signing in leads on to where one was going"
    screen.look("network-shut")
    page.click("form[action$='/network/open'] button")
    assert door.is_open
    assert page.locator(".told").count() == 1
    screen.look("network-open")
    page.click("form[action$='/network/shut'] button")
    assert not door.is_open
