"""From an empty folder to a signed-in coordinator, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.opening import Opening
from tests.browser.conftest import Screen
from tests.conftest import QUICK, served

PASSWORD = "ទឹកដីព្រៃសមុទ្រ"
SAID = {"name": "ខេត្តកំពត", "display_name": "សុខា", "email": "sokha@kampot.example"}
WELCOME = {"km": "ការពិគ្រោះយោបល់ស្តីពីស្ត្រី សន្តិភាព និងសន្តិសុខ", "en": "Women, peace and security"}


@pytest.fixture
def new_hub(tmp_path: Path) -> Iterator[str]:
    opening = Opening(tmp_path / "ថ្មី", lambda app: None, **QUICK)
    with served(opening) as address:
        yield address
    opening.close()


def test_a_coordinator_sets_up_a_hub_and_signs_in(
    new_hub: str, open_screen: Callable[[str], Screen], lang: str
) -> None:
    screen = open_screen(new_hub)
    page = screen.page
    screen.look("first-start")
    for name, said in SAID.items():
        page.fill(f"#{name}", said)
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD + "ទៀត")
    page.click("main button[type=submit]")
    assert page.locator("#fault").count() == 1
    assert page.input_value("#name") == SAID["name"]
    screen.look("first-start-refused")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("main button[type=submit]")
    screen.look("sign-in")
    page.fill("#email", SAID["email"])
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    assert WELCOME[lang] in page.inner_text("main")
    screen.look("home")


def test_one_click_changes_the_language(
    new_hub: str, open_screen: Callable[[str], Screen], lang: str
) -> None:
    page = open_screen(new_hub).page
    other = {"km": "en", "en": "km"}[lang]
    page.click(f"a[hreflang={other}]")
    assert page.evaluate("document.documentElement.lang") == other
