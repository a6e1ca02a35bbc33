"""Somebody's own page in a browser: the second factor from the picture to the first sign-in."""

from __future__ import annotations

from collections.abc import Callable

import pyotp

from tests.browser.conftest import Screen
from tests.conftest import EMAIL, PASSWORD


def enter(screen: Screen) -> None:
    screen.page.fill("#email", EMAIL)
    screen.page.fill("#password", PASSWORD)
    screen.page.click("main button[type=submit]")


def test_a_second_factor_is_set_up_and_asked_for(address: str, open_screen: Callable[[str], Screen]) -> None:
    screen = open_screen(address)
    page = screen.page
    enter(screen)
    page.goto(f"{address}/account")
    screen.look("account")
    page.click("a[href$='/account/second-factor']")
    screen.look("second-factor")
    secret = page.inner_text("code.letters")
    page.fill("#code", "000000")
    page.click("main button[type=submit]")
    assert page.locator("#fault").count() == 1
    assert page.inner_text("code.letters") == secret
    page.fill("#code", pyotp.TOTP(secret).now())
    page.click("main button[type=submit]")
    screen.look("recovery-codes")
    recovery = page.inner_text(".codes li:first-child")
    page.click("main a.button")
    page.click("header form button")
    enter(screen)
    screen.look("sign-in-code")
    page.fill("#code", recovery)
    page.click("main button[type=submit]")
    page.goto(f"{address}/account")
    screen.look("account-with-factor")
