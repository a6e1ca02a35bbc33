"""A form from the workbook to the tablets, in a browser: refused, brought, tried out, published."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import zxingcpp
from PIL import Image

from server.hub import Hub
from server.projects import create_project
from tests.browser.conftest import Screen
from tests.conftest import EMAIL, PASSWORD
from tests.web.form_books import water


def test_a_form_is_brought_tried_out_and_published(
    hub: Hub, address: str, tmp_path: Path, open_screen: Callable[[str], Screen]
) -> None:
    create_project(hub, "ស្ត្រី សន្តិភាព")
    bad, good = tmp_path / "ខូច.xlsx", tmp_path / "ទឹក.xlsx"
    bad.write_bytes(b"\x89PNG not a workbook")
    good.write_bytes(water())
    screen = open_screen(address + "/projects/1/forms")
    page = screen.page
    page.on("dialog", lambda dialog: dialog.accept())
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    screen.look("forms-empty")
    page.set_input_files("input[type=file] >> nth=0", str(bad))
    page.click("form[enctype] button[type=submit]")
    assert page.locator("[role=alert], .fault").count() >= 1
    page.set_input_files("input[type=file] >> nth=0", str(good))
    page.click("form[enctype] button[type=submit]")
    screen.look("form-draft")
    page.click("a[href$='/draft/test']")
    screen.look("form-test")
    picture = page.get_attribute("#qr", "src").partition(",")[2]
    assert zxingcpp.read_barcodes(Image.open(io.BytesIO(base64.b64decode(picture))))
    page.go_back()
    page.click("form[action$='/publish'] button")
    screen.look("form-published")
    page.goto(address + "/projects/1/forms")
    screen.look("forms")
    page.goto(address + "/projects/1/bundled-forms")
    page.check("main input[type=checkbox] >> nth=0")
    page.click("main form button[type=submit]")
    assert page.locator(".told").count() >= 1
