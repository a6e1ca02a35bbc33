"""A real browser on a served hub: in both languages, on a phone and on a laptop.

Whatever a test does, the page must ask no other host for anything, say nothing on the console, and pass axe
(WCAG 2.2 AA) wherever `look` is called. Pictures go to build/pictures, to be looked at.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SIZES = {"phone": (390, 844), "laptop": (1280, 800)}
LOCALES = {"km": "km-KH", "en": "en-GB"}
EVERYDAY = [("phone", "km"), ("laptop", "en")]
PICTURES = Path("build") / "pictures"
REFUSED = re.compile(
    r"Failed to load resource: the server responded with a status of 4\d\d"
)  # a page that says so
TOO_WIDE = """[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass
class Screen:
    """A browser window. `page`: Playwright's."""

    page: Any
    name: str
    lang: str

    def look(self, what: str) -> None:
        """Takes a picture, and lets axe find what keeps somebody from using the page."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{what}-{self.name}-{self.lang}.png", full_page=True)
        found = axe_api.Axe().run(self.page, options=RULES).response["violations"]
        assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
        wide = self.page.evaluate(TOO_WIDE)
        assert not wide or self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), wide
        assert self.page.evaluate("document.documentElement.lang") == self.lang


@pytest.fixture(scope="module")  # while it is open, nothing else in this thread may begin an event loop
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright_api.sync_playwright() as driver:
        sandbox = [] if os.name == "nt" or os.geteuid() else ["--no-sandbox"]  # as root it has none
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield browser
        browser.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`size` and `lang`: all four windows in CI, every day those two in which most people look."""
    if "size" in metafunc.fixturenames:
        windows = list(itertools.product(SIZES, LOCALES)) if os.environ.get("CI") else EVERYDAY
        metafunc.parametrize(("size", "lang"), windows)
    elif "lang" in metafunc.fixturenames:
        metafunc.parametrize("lang", LOCALES)


@pytest.fixture
def open_screen(chromium: Any, size: str, lang: str) -> Iterator[Callable[[str], Screen]]:
    """open_screen(address): a new window on it."""
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale=LOCALES[lang])
    said: list[str] = []
    asked: list[str] = []

    def opened(address: str) -> Screen:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda fault: said.append(str(fault)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return Screen(page, size, lang)

    yield opened
    context.close()
    assert [text for text in said if not REFUSED.match(text)] == []
    assert {url.split("/")[2].partition(":")[0] for url in asked if url.startswith("http")} <= {"127.0.0.1"}
