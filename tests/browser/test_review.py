"""Reading, deciding, and a conflict from both sides to its end and back, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.demo_season import EMAIL
from tests.browser.conftest import Screen
from tests.browser.season import Nation, served_season
from tests.conftest import PASSWORD


@pytest.fixture
def nation(tmp_path: Path) -> Iterator[Nation]:
    with served_season(tmp_path) as made:
        yield made


@pytest.fixture
def screen(nation: Nation, open_screen: Callable[[str], Screen]) -> Screen:
    opened = open_screen(nation.address + "/projects/1/submissions")
    opened.page.fill("#email", EMAIL)
    opened.page.fill("#password", PASSWORD)
    opened.page.click("main button[type=submit]")
    opened.page.on("dialog", lambda dialog: dialog.accept())
    return opened


def test_submissions_are_found_read_and_decided_about(screen: Screen) -> None:
    page = screen.page
    page.fill("#q", "មន្ត្រីស្រី")
    page.click("form[role=search] button")
    assert page.locator("mark").count() > 1
    screen.look("submissions-found")
    page.fill("#q", "")
    page.select_option("#state", "received")
    page.click("form[role=search] button")
    for box in page.locator("input[name=chosen]").all()[:2]:
        box.check()
    page.select_option("#decision", "hasIssues")
    page.fill("#comment", "សួរម្ដងទៀត")
    page.click("form[action$='/review'] button[type=submit]")
    screen.look("submissions-decided")
    page.click("form[action$='/undo'] button")
    assert page.locator(".told").count() >= 1
    page.click("tbody a >> nth=0")
    page.locator("details.turn").first.click()
    screen.look("submission")
    page.click("form[action$='/review'] input[value=approved]")
    page.fill("form[action$='/review'] textarea", "បានអាន និងពិនិត្យ")
    page.click("form[action$='/review'] button[type=submit]")
    assert page.locator(".badge.state-approved").count() >= 1
    page.click("a[href$='/withdraw']")
    page.click("main form button[type=submit]")
    assert page.locator("#fault").count() == 1
    screen.look("submission-withdraw")
    page.check("input[name=sure]")
    page.click("main form button[type=submit]")
    assert page.locator(".told").count() == 1


def test_a_conflict_is_decided_and_the_decision_taken_back(screen: Screen, nation: Nation) -> None:
    page = screen.page
    page.goto(nation.address + "/projects/1/conflicts")
    screen.look("conflicts")
    page.click("section:has(#conflicts) a")
    screen.look("conflict")
    page.locator("fieldset.question input").nth(1).check()
    page.click("form:has(input[value=take]) button")
    screen.look("conflict-decided")
    page.locator("form[action$='/version'] button").click()
    assert page.locator(".told").count() == 1
    page.goto(nation.address + "/projects/1/conflicts")
    page.click("section:has(#parked) li:has(input) a")
    screen.look("parked")
    page.click("form[action$='/accept'] button")
    assert page.locator(".told").count() == 1


def test_figures_and_quotas_are_looked_at(screen: Screen, nation: Nation, tmp_path: Path) -> None:
    page = screen.page
    table = tmp_path / "quotas.csv"
    table.write_text("province,group,sex,target\n07,,female,300\n02,,,200\n", encoding="utf-8")
    page.goto(nation.address + "/projects/1")
    screen.look("consultation")
    page.click("a[href$='/quotas']")
    page.set_input_files("#file", str(table))
    page.click("form:has(#file) button")
    screen.look("consultation-quotas")
    assert page.locator(".tiles").count() == 1
    assert page.locator("table").count() > 3, "a table beside each picture"
