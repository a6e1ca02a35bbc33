"""Exchanging with another hub while one watches, stopping it, and a bundle that is too large for one file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server import upkeep
from server.accounts import assign, create_user
from server.app import create_app
from server.peers import find_peer, set_url
from server.roles import ADMIN, role_named
from tests.browser.conftest import Screen
from tests.conftest import EMAIL, PASSWORD, QUICK, served
from tests.server.season import answers, hand_in
from tests.server.test_syncing import Pair

LIMIT = 400_000  # bytes of a request
NATION, PROVINCE = "ជាតិ", "កំពត"


class Held:
    """An app that keeps uploads waiting until it is told to go on."""

    def __init__(self, app: Any) -> None:
        self.app, self.go, self.asked = app, threading.Event(), threading.Event()

    def __call__(self, environ: Any, start: Any) -> Any:
        if environ["PATH_INFO"].startswith("/hub/uploads"):
            self.asked.set()
            self.go.wait(20)
        return self.app(environ, start)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    made.sync()
    for hub in (made.nation, made.province):
        assign(hub, create_user(hub, EMAIL, PASSWORD, "សុខា"), role_named(ADMIN))
    for name, app in made.apps.items():
        app.extensions["samleng"].close()
        settings = {**QUICK, "background": name == PROVINCE, "max_content_length": LIMIT}
        made.apps[name] = create_app(tmp_path / name, **settings)
    yield made
    made.close()


def signed_in(screen: Screen) -> Any:
    screen.page.fill("#email", EMAIL)
    screen.page.fill("#password", PASSWORD)
    screen.page.click("main button[type=submit]")
    return screen.page


def test_an_exchange_is_watched_stopped_and_gone_on_with(
    pair: Pair, open_screen: Callable[[str], Screen]
) -> None:
    for number in range(3):
        hand_in(pair.province, answers(f"uuid:{number}"))
    peer, nation = find_peer(pair.province, NATION), Held(pair.apps[NATION])
    with served(nation) as there, served(pair.apps[PROVINCE]) as here:
        set_url(pair.province, peer, there)
        screen = open_screen(f"{here}/hubs")
        page = signed_in(screen)
        screen.look("hubs-waiting")
        page.click(f"a[href$='/hubs/{peer.id}']")
        page.click("form[action$='/sync'] button")
        assert nation.asked.wait(10)
        page.wait_for_selector("#exchange progress")
        page.reload()
        page.wait_for_selector("#exchange progress")
        screen.look("hubs-under-way")
        page.click("form[action$='/stop'] button")
        nation.go.set()
        page.wait_for_selector("#exchange form[action$='/sync']")
        page.click("form[action$='/sync'] button")
        page.wait_for_selector("#exchange form[action$='/sync']")
        page.wait_for_function(
            "document.querySelector('#exchange strong') && !document.querySelector('#exchange progress')"
        )
        assert pair.same()
        screen.look("hubs-done")


def test_a_failed_exchange_says_why_and_a_large_bundle_comes_in_parts(
    pair: Pair, open_screen: Callable[[str], Screen], tmp_path: Path
) -> None:
    for number in range(4):
        hand_in(pair.province, answers(f"uuid:{number}", photo="រូប.jpg"),
                **{"រូប.jpg": Random(number).randbytes(200_000)})  # fmt: skip
    pair.is_on = False
    with pytest.raises(Exception, match=r"peer\.unreachable"):
        pair.sync(tries=1)
    peer = find_peer(pair.province, NATION)
    with served(pair.apps[PROVINCE]) as here, served(pair.apps[NATION]) as there:
        screen = open_screen(f"{here}/hubs")
        page = signed_in(screen)
        screen.look("hubs-failed")
        page.click(f"a[href$='/hubs/{peer.id}']")
        screen.look("hubs-one-failed")
        page.click("form[action$='/bundle'] button")
        screen.look("hubs-parts")
        paths = []
        for number, link in enumerate(page.locator("main a[download]").all()):
            with page.expect_download() as coming:
                link.click()
            paths.append(tmp_path / f"{number}.bundle")
            coming.value.save_as(paths[-1])
        assert len(paths) > 1
        other = open_screen(f"{there}/hubs/bundles")  # 127.0.0.1 with another port: the same cookies
        page = signed_in(other)
        for path in paths:
            page.goto(f"{there}/hubs/bundles")
            page.set_input_files("#files", str(path))
            page.click("main form:has(#files) button")
            assert page.locator(".fault").count() == 0
        other.look("hubs-read")
    assert upkeep.verify(pair.nation).clean
