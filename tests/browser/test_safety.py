"""A backup made on one laptop and restored on another, in a browser; the log and who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from server.hub import Hub
from server.opening import Opening
from server.projects import create_project
from tests.browser.conftest import Screen
from tests.conftest import EMAIL, PASSWORD, QUICK, served

SEAL = "ផ្កាឈូក ១២៣ ទឹក"
NAME = "ស្ត្រី សន្តិភាព"


def enter(screen: Screen) -> None:
    screen.page.fill("#email", EMAIL)
    screen.page.fill("#password", PASSWORD)
    screen.page.click("main button[type=submit]")


def test_a_backup_is_made_and_restored_elsewhere(
    hub: Hub, address: str, tmp_path: Path, open_screen: Callable[[str], Screen]
) -> None:
    create_project(hub, NAME)
    screen = open_screen(address + "/safety")
    page = screen.page
    enter(screen)
    screen.look("safety")
    page.click("a[href$='/safety/audit']")
    screen.look("safety-audit")
    page.goto(address + "/safety/sessions")
    screen.look("safety-sessions")
    page.goto(address + "/safety/backup")
    screen.look("safety-backup")
    page.fill("#passphrase", SEAL)
    page.fill("#again", SEAL)
    with page.expect_download() as coming:
        page.click("form[action$='/safety/backup'] button")
    coming.value.save_as(tmp_path / "backup.sealed")
    page.set_input_files("#file", str(tmp_path / "backup.sealed"))
    page.fill("#its", SEAL)
    page.click("form[action$='/check'] button")
    assert page.locator(".told").count() == 1
    opening = Opening(tmp_path / "ថ្មី", lambda app: None, **QUICK)
    with served(opening) as elsewhere:
        page.goto(elsewhere)
        page.click("details summary")
        page.set_input_files("#file", str(tmp_path / "backup.sealed"))
        page.fill("#seal", "ខុស")
        page.click("form[action$='/restore'] button")
        assert page.locator("#fault").count() == 1
        screen.look("restore-refused")
        page.click("details summary") if not page.locator("#seal").is_visible() else None
        page.set_input_files("#file", str(tmp_path / "backup.sealed"))
        page.fill("#seal", SEAL)
        page.click("form[action$='/restore'] button")
        page.context.clear_cookies(name="session")
        page.goto(elsewhere)
        enter(screen)
        assert NAME in page.inner_text("main")
    opening.close()
