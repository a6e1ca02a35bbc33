"""Every page that can be reached by links from the first: none is dead, and each is fit to be read by everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from benchmarks.console_pages import Found, find_pages
from tests.browser.conftest import Screen
from tests.browser.season import Nation, served_season


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    with served_season(tmp_path_factory.mktemp("season")) as made:
        yield made


@pytest.fixture(scope="module")
def found(nation: Nation) -> Found:
    return find_pages(nation.app, nation.cookie)


def test_no_link_leads_nowhere(found: Found) -> None:
    assert found.dead == []
    assert len(found.pages) > 5, found.pages


def test_every_section_is_a_page(found: Found) -> None:
    addresses = {address for pages in found.pages.values() for address in pages}
    of_project = ("", "/submissions", "/conflicts", "/forms", "/people", "/exports")
    assert {"/", "/hubs", "/safety", *(f"/projects/1{path}" for path in of_project)} <= addresses


def test_every_page_is_fit_to_be_read(
    nation: Nation, found: Found, open_screen: Callable[[str], Screen], lang: str
) -> None:
    screen = open_screen(nation.address)
    name, _, value = nation.cookie.partition("=")
    screen.page.context.add_cookies(
        [{"name": n, "value": v, "url": nation.address} for n, v in ((name, value), ("lang", lang))]
    )
    unfit = {}
    for view, addresses in sorted(found.pages.items()):
        screen.page.goto(nation.address + addresses[0])
        try:
            screen.look(f"every-{view}")
        except AssertionError as fault:
            unfit[view] = str(fault)
    assert not unfit, "\n".join(f"{view}: {why[:500]}" for view, why in unfit.items())
