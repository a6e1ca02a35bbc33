"""What Lighthouse says of the pages that coordinators use most: accessible to everybody, and well made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from server.demo_season import FORM_ID
from tests.browser.conftest import CHROMIUM
from tests.browser.lighthouse import NODE, PROGRAM, audit
from tests.browser.season import Nation, served_season

FORM = f"/projects/1/forms/{quote(FORM_ID)}"
PAGES = ("/projects/1/submissions", "/", "/projects/1", "/projects/1/conflicts", "/projects/1/forms", FORM,
         f"{FORM}/exports", "/projects/1/people", "/hubs", "/safety/audit")  # fmt: skip
LOOKED_AT = PAGES if os.environ.get("CI") else PAGES[:1]  # five seconds each


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    if NODE is None or CHROMIUM is None or not PROGRAM.exists():
        pytest.skip("Node.js, Lighthouse (see .ci/prepare) or Chromium is not installed")
    with served_season(tmp_path_factory.mktemp("season")) as made:
        yield made


@pytest.mark.parametrize("path", LOOKED_AT)
def test_a_page_is_accessible_and_well_made(nation: Nation, path: str, lang: str, tmp_path: Path) -> None:
    size = {"km": "phone", "en": "laptop"}[lang]
    cookie = f"{nation.cookie}; lang={lang}"
    scores, found = audit(nation.address + path, cookie, str(CHROMIUM), size, tmp_path)
    assert scores["accessibility"] == 1, found
    assert scores["best-practices"] >= 0.95, found
