"""What a phone has to fetch before it shows something, on the hub's own Wi-Fi: little."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import LOCALES, SIZES
from tests.browser.season import Nation, served_season

LIMIT = 300_000  # bytes with fonts, as they cross the network
PAGES = ("/", "/projects/1", "/projects/1/submissions", "/projects/1/people")


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    with served_season(tmp_path_factory.mktemp("season")) as made:
        yield made


@pytest.mark.parametrize("path", PAGES)
def test_a_first_load_is_small_with_its_fonts(nation: Nation, chromium: Any, path: str, lang: str) -> None:
    width, height = SIZES["phone"]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale=LOCALES[lang])
    name, _, value = nation.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": nation.address}])
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[int] = []
    wire.on("Network.loadingFinished", lambda said: sizes.append(said["encodedDataLength"]))
    page.goto(nation.address + path, wait_until="networkidle")
    context.close()
    assert len(sizes) >= 4, "the page, its sheet and its scripts"
    assert sum(sizes) < LIMIT, sizes
