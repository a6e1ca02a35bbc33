"""From three empty laptops to one merged export, as coordinators would do it: in a browser, wholly in Khmer, without
the command line. One province is reached by network, the other by USB stick alone.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import zxingcpp
from PIL import Image

from forms.sample_answers import FORM_FOLDER
from forms.samples import make_instances
from server.opening import Opening
from tests.browser.conftest import SIZES, Screen
from tests.conftest import QUICK, served
from tests.web.tablet import BOUNDARY, OPENROSA, multipart

PASSWORD = "ទឹកដីព្រៃសមុទ្រ"
FORM = "wps_consultation"
PROVINCES = {"កំពត": "07", "បាត់ដំបង": "02"}
EACH = 4  # consultations of each province


class Office:
    """A laptop with a hub, and the coordinator at it."""

    def __init__(self, address: str, context: Any, name: str, steps: list[str]) -> None:
        self.address, self.name, self.steps = address, name, steps
        self.page = context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda fault: self.said.append(str(fault)))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.screen = Screen(self.page, "laptop", "km")

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.look(path)

    def press(self, selector: str) -> None:
        self.page.click(selector)
        self.look(selector)

    def look(self, what: str) -> None:
        """Every page on the way is fit to be read, and in Khmer."""
        self.steps.append(what)
        self.screen.look(f"provinces-{len(self.steps):02d}")
        assert self.page.locator(".fault").count() == 0, self.page.inner_text("main")
        assert re.search("[ក-៓]", self.page.inner_text("h1"))

    def save(self, selector: str, path: Path) -> Path:
        with self.page.expect_download() as coming:
            self.page.click(selector)
        coming.value.save_as(path)
        return path

    def bring(self, *paths: Path) -> None:
        """What was carried here on a stick."""
        self.open("/hubs/bundles")
        self.page.set_input_files("#files", [str(path) for path in paths])
        self.press("main form:has(#files) button")

    def begin(self, *, nation: bool) -> None:
        page = self.page
        self.open("/")
        page.fill("#name", self.name)
        page.fill("#display_name", f"អ្នកសម្របសម្រួល {self.name}")
        page.fill("#email", "sokha@hub.example")
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        if not nation:
            page.fill("#project", "")
            for box in page.locator("input[name=forms]:checked").all():
                box.uncheck()
        self.press("form.steps button[type=submit]")
        page.fill("#email", "sokha@hub.example")
        page.fill("#password", PASSWORD)
        self.press("main button[type=submit]")

    def tablet(self) -> dict[str, Any]:
        """Adds one, and scans its code as it stands on the card."""
        self.open("/projects/1/people")
        self.page.fill("#names", f"ក្រុម {self.name}")
        self.press("form[action$='/tablets'] button")
        self.page.goto(f"{self.page.url}&address={self.address}")
        picture = self.page.get_attribute(".slip img", "src").partition(",")[2]
        [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(base64.b64decode(picture))))
        said: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(code.text)))
        return said


@pytest.fixture
def offices(chromium: Any, tmp_path: Path) -> Iterator[dict[str, Office]]:
    width, height = SIZES["laptop"]
    steps: list[str] = []
    with ExitStack() as opened:
        made = {}
        for name in ("ជាតិ", *PROVINCES):
            opening = Opening(tmp_path / name, lambda app: None, **QUICK)
            opened.callback(opening.close)
            address = opened.enter_context(served(opening))
            context = chromium.new_context(viewport={"width": width, "height": height}, locale="km-KH")
            opened.callback(context.close)  # cookies do not know of ports: each laptop its own
            made[name] = Office(address, context, name, steps)
        yield made
        for office in made.values():
            assert office.said == [], office.name


def send(settings: dict[str, Any], province: str, seed: int) -> set[str]:
    """As ODK Collect on a tablet with these settings; instanceIDs that were told to be received."""
    door = settings["general"]["server_url"]
    with urlopen(Request(f"{door}/formList", headers=OPENROSA)) as answer:
        version = re.findall(r"<version>([^<]+)</version>", answer.read().decode())[0]
    told = set()
    samples = make_instances(
        seed=seed, n=EACH, province=province, version=version, media=FORM_FOLDER / "media"
    )
    for sample in samples:
        parts = [("xml_submission_file", "a.xml", sample.xml)]
        parts += [(name, name, data) for name, data in sample.attachments.items()]
        kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"
        request = Request(f"{door}/submission", multipart(parts), {**OPENROSA, "Content-Type": kind})
        with urlopen(request) as answer:
            assert answer.status == 201
        told.add(sample.instance_id)
    return told


def pair_by_network(nation: Office, province: Office) -> None:
    nation.open("/hubs/pair")
    nation.page.fill("#own", nation.address)
    nation.press("form[action$='/offer'] button[type=submit] >> nth=0")
    link = nation.page.inner_text("#link")
    province.open("/hubs/pair")
    province.page.fill("#code", link)
    province.press("form[action$='/take'] button")
    assert nation.page.locator("#waiting a").count() or nation.page.wait_for_selector("#waiting a")
    number = province.page.inner_text("dd code.letters")
    nation.press("#waiting a")
    assert nation.page.inner_text("dd code.letters") == number, "what both read out by telephone"


def pair_by_stick(nation: Office, province: Office, stick: Path) -> None:
    nation.open("/hubs/pair")
    offer = nation.save("button[formaction$='/file']", stick / "offer.json")
    province.open("/hubs/pair")
    province.page.set_input_files("#file", str(offer))
    reply = province.save("form[action$='/take'] button", stick / "reply.json")
    nation.open("/hubs/pair")
    nation.page.set_input_files("#file", str(reply))
    nation.press("form[action$='/take'] button")


def exchange(office: Office, other: str) -> None:
    office.open("/hubs")
    office.press(f"article a:has-text('{other}')")
    office.press("form[action$='/sync'] button")
    assert office.page.locator("#exchange strong").count() == 1


def carry(sender: Office, receiver: Office, stick: Path) -> None:
    """By stick, and the receipt back."""
    sender.open("/hubs")
    sender.press(f"article a:has-text('{receiver.name}')")
    bundle = sender.save("form[action$='/bundle'] button", stick / f"{sender.name}.bundle")
    receiver.bring(bundle)
    receipt = receiver.save("a[href*='/hubs/receipts/']", stick / f"{receiver.name}-receipt.bundle")
    sender.bring(receipt)


def test_two_provinces_become_one_export(offices: dict[str, Office], tmp_path: Path) -> None:
    nation, kampot, battambang = offices.values()
    stick = tmp_path / "stick"
    for office in offices.values():
        office.begin(nation=office is nation)
    pair_by_network(nation, kampot)
    exchange(kampot, nation.name)
    pair_by_stick(nation, battambang, stick)
    carry(nation, battambang, stick)
    told: set[str] = set()
    for seed, (office, code) in enumerate(((kampot, "07"), (battambang, "02")), start=11):
        told |= send(office.tablet(), code, seed)
        office.open("/projects/1/submissions")
        office.press("tbody a >> nth=0")
    exchange(kampot, nation.name)
    carry(battambang, nation, stick)
    nation.open("/")
    nation.open("/projects/1")
    nation.open("/projects/1/submissions")
    assert nation.page.locator("tbody tr").count() == len(told) == 2 * EACH
    kampot.open("/projects/1/submissions")
    kampot.press("tbody a >> nth=0")
    assert kampot.page.locator(".journey .confirmed").count() == 1, "the capital has it, by its receipt"
    rows = export(nation, tmp_path)
    assert {row["KEY"] for row in rows} <= told
    assert {row["Hub"] for row in rows} == set(PROVINCES)


def export(office: Office, folder: Path) -> list[dict[str, str]]:
    office.open("/projects/1/exports")
    office.press(f"a[href$='/forms/{FORM}/exports']")
    office.page.select_option("#format", "csv.zip")
    office.press("form.choices button.button[type=submit]")
    office.page.wait_for_selector("#job a[href$='/file']")
    path = office.save("#job a[href$='/file']", folder / "merged.zip")
    with zipfile.ZipFile(path) as packed:
        name = min((n for n in packed.namelist() if n.endswith(f"{FORM}.csv")), key=len)
        return list(csv.DictReader(io.StringIO(packed.read(name).decode("utf-8-sig"))))
