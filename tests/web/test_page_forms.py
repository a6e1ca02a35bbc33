"""The pages of forms: what is brought is looked at whole, an error changes nothing, and only some may."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image

from forms import compile as compiling
from server import publish
from server.accounts import assign, by_of, create_user
from server.datasets import create_dataset
from server.hub import Hub
from server.projects import create_project
from server.roles import role_named
from server.store import forms
from server.store.forms import Form
from server.store.projects import Project
from tests.conftest import EMAIL, PASSWORD
from tests.web.form_books import FIRST, TITLE, broken, second, water, with_list
from tests.web.test_console import csrf, enter

EN = {"Accept-Language": "en", "Accept": "text/html"}
VILLAGES = "name,label\nk1,ភូមិត្រពាំង\n".encode()
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture(autouse=True)
def without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on most laptops; ODK Validate takes a second a form, and tests/forms has it."""
    monkeypatch.setattr(compiling.shutil, "which", lambda name: None)


@pytest.fixture
def project(hub: Hub) -> Project:
    return create_project(hub, "ការពិគ្រោះយោបល់ កំពត")


@pytest.fixture
def console(client: FlaskClient, project: Project) -> Console:
    enter(client)
    return Console(client, project)


class Console:
    """Somebody at the pages of one project's forms."""

    def __init__(self, client: FlaskClient, project: Project) -> None:
        self.client, self.project = client, project
        self.forms = f"/projects/{project.id}/forms"

    def see(self, path: str = "", status: int = 200) -> str:
        answer = self.client.get(f"{self.forms}{path}", headers=EN)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return str(answer.text)

    def post(self, path: str, page_of: str | None = None, **said: Any) -> Any:
        """page_of: the page that the form stands on."""
        page = self.see(path.rpartition("/")[0] if page_of is None else page_of)
        data = {"__csrf": csrf(page), **said}
        return self.client.post(f"{self.forms}{path}", data=data, headers=EN)

    def bring(
        self, source: bytes, path: str = "", *, name: str = "ទឹក.xlsx", files: Any = (), **said: Any
    ) -> Any:
        sent = [(io.BytesIO(data), filename) for filename, data in files]
        return self.post(path, said.pop("page", path), form=(io.BytesIO(source), name), files=sent, **said)

    def begin(self) -> Any:
        answer = self.bring(water())
        assert answer.status_code == 303, answer.text
        return answer

    def seen(self, path: str = "/water/draft") -> str:
        found = re.search(r'name="seen" value="([^"]*)"', self.see(path))
        assert found is not None
        return found[1]

    def publish(self, version: str = "2026112301") -> Any:
        page = self.see("/water/draft")
        data = {"__csrf": csrf(page), "seen": self.seen(), "version": version}
        return self.client.post(f"{self.forms}/water/draft/publish", data=data, headers=EN)


def form_of(hub: Hub, project: Project, form_id: str = "water") -> Form:
    found = forms.find_form(hub.read(), project.id, form_id)
    assert found is not None
    return found


def head(hub: Hub) -> int:
    from server.store.ledger_sqlite import head as newest

    return newest(hub.read())


def test_a_stranger_learns_nothing_of_forms(client: FlaskClient, hub: Hub, project: Project) -> None:
    for path in (
        "",
        "/water",
        "/water/draft",
        "/water/draft/test",
        "/water/translations",
        "/water/print.pdf",
    ):
        answer = client.get(f"/projects/{project.id}/forms{path}", headers=EN)
        assert answer.status_code == 401 and project.name not in answer.text


def test_a_workbook_becomes_a_draft_that_is_published(console: Console, hub: Hub, project: Project) -> None:
    answer = console.begin()
    assert answer.location.endswith("/forms/water/draft")
    page = console.see("/water/draft")
    assert TITLE in page and "Nothing is published yet, so nothing changes" in page
    assert 'value="2026112301"' in page
    assert "A draft waits" in console.see()
    assert form_of(hub, project).current_id is None
    answer = console.publish()
    assert answer.status_code == 303, answer.text
    page = console.see("/water")
    assert "Version 2026112301 is published." in page and "សុខា" in page
    assert "the one that is out" in page
    listed = console.see()
    assert "2026112301" in listed and "100 %" in listed and "A draft waits" not in listed


def test_errors_are_told_by_cell_and_change_nothing(console: Console, hub: Hub) -> None:
    before = head(hub)
    answer = console.bring(broken())
    assert answer.status_code == 400
    assert re.search(r"<strong>survey</strong><br>row 3<br>column C", answer.text)
    assert "no question has the name “nobody”" in answer.text
    assert "The text is missing in" in answer.text and "ទឹក.xlsx" in answer.text
    assert head(hub) == before
    khmer = console.client.post(
        console.forms,
        data={"__csrf": csrf(answer.text), "form": (io.BytesIO(broken()), "a.xlsx")},
        headers={"Accept-Language": "km"},
    )
    assert "ជួរដេក 3" in khmer.text and "is missing" not in khmer.text


def test_a_bad_new_version_leaves_the_draft_and_what_is_out(
    console: Console, hub: Hub, project: Project
) -> None:
    console.begin()
    console.publish()
    before, held = head(hub), form_of(hub, project)
    page = console.see("/water")
    data = {"__csrf": csrf(page), "seen": "", "form": (io.BytesIO(broken()), "b.xlsx")}
    answer = console.client.post(f"{console.forms}/water/draft", data=data, headers=EN)
    assert answer.status_code == 400 and "b.xlsx was not taken" in answer.text
    assert "A new version" in answer.text, "it can be brought again on the same page"
    assert head(hub) == before and form_of(hub, project) == held


def test_warnings_are_shown_and_stop_nothing(console: Console) -> None:
    spaced = water(FIRST[0], ("integer", "people", "តើមានប៉ុន្មាននាក់? ", "How many people?"))
    assert console.bring(spaced).status_code == 303
    page = console.see("/water/draft")
    assert "begins or ends with a space" in page and "Warnings: 1." in page


def test_findings_are_worked_out_again_after_a_restart(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server import form_uploads
    from server.known import Known

    spaced = water(FIRST[0], ("integer", "people", "តើមានប៉ុន្មាននាក់? ", "How many people?"))
    console.bring(spaced)
    monkeypatch.setattr(form_uploads, "_reports", Known())
    page = console.see("/water/draft")
    assert "begins or ends" not in page and 'hx-get="/projects/' in page
    assert "begins or ends" in console.see("/water/draft/findings?part")
    assert "begins or ends" in console.see("/water/draft/findings")


BAD = {
    "a photo": ("ស្រូវ.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 100, "is not a kind of XLSForm"),
    "a photo that claims to be a workbook": (
        "a.xlsx",
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        "is no readable spreadsheet",
    ),
    "nothing": ("a.xlsx", b"", "No file with a form was chosen"),
    "no name": ("", b"", "No file with a form was chosen"),
    "macros": ("a.xlsm", water(), "holds macros"),
    "a table": ("a.csv", b"type,name\n", "cannot hold a whole form"),
    "protected": (
        "a.xlsx",
        b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
        "protected by a password",
    ),
    "a broken XForm": ("a.xml", b"<html", "not well-formed XML"),
    "a page": ("a.xml", b"<html/>", "is no XForm"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_form_is_refused_in_words(console: Console, hub: Hub, what: str) -> None:
    name, source, said = BAD[what]
    before = head(hub)
    answer = console.bring(source, name=name)
    assert answer.status_code == 400 or answer.status_code == 409, answer.status_code
    assert said in answer.text, re.findall(r'class="fault"[^>]*>([^<]*)', answer.text)
    assert head(hub) == before


def test_an_empty_sheet_is_told(console: Console, hub: Hub) -> None:
    from tests.forms.workbooks import book_of, saved

    before = head(hub)
    answer = console.bring(saved(book_of(Sheet1=[("ឈ្មោះ",)])))
    assert answer.status_code == 400 and "no sheet named survey" in answer.text
    assert head(hub) == before


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(console: Console) -> None:
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 40_000_000)
    answer = console.bring(packed.getvalue())
    assert answer.status_code == 400 and 'id="fault"' in answer.text


def test_an_id_that_is_here_already_is_refused_with_the_way_out(console: Console, hub: Hub) -> None:
    console.begin()
    before = head(hub)
    answer = console.bring(second())
    assert answer.status_code == 409 and "as its next version" in answer.text
    other = water(form_id="other")
    page = console.see("/water/draft")
    data = {"__csrf": csrf(page), "seen": console.seen(), "form": (io.BytesIO(other), "o.xlsx")}
    answer = console.client.post(f"{console.forms}/water/draft", data=data, headers=EN)
    assert answer.status_code == 409 and "form id is other, but this form" in answer.text
    assert head(hub) == before


def test_an_id_in_the_trash_may_be_used_again_and_is_told(
    console: Console, hub: Hub, project: Project
) -> None:
    console.begin()
    console.publish()
    answer = console.post("/water/delete", "/water")
    assert answer.status_code == 303
    page = console.see()
    assert "lies in the trash" in page and "/trash/forms/" in page
    assert console.bring(second()).status_code == 303
    assert "its submissions stay there" in console.see("/water/draft")
    restore = re.search(r'action="([^"]+/restore)"', console.see())
    assert restore is not None
    answer = console.client.post(restore[1], data={"__csrf": csrf(console.see())}, headers=EN)
    assert answer.status_code == 409 and "stays in the trash" in answer.text


def test_a_form_comes_back_from_the_trash(console: Console, hub: Hub, project: Project) -> None:
    console.begin()
    console.publish()
    console.post("/water/delete", "/water")
    console.see("/water", 404)
    restore = re.search(r'action="([^"]+/restore)"', console.see())
    assert restore is not None
    answer = console.client.post(restore[1], data={"__csrf": csrf(console.see())}, headers=EN)
    assert answer.status_code == 303
    assert TITLE in console.see("/water")


def test_what_changes_for_the_data_is_told_before_publishing(
    console: Console, hub: Hub, project: Project
) -> None:
    console.begin()
    console.publish()
    page = console.see("/water")
    data = {"__csrf": csrf(page), "seen": "", "form": (io.BytesIO(second()), "w.xlsx")}
    assert console.client.post(f"{console.forms}/water/draft", data=data, headers=EN).status_code == 303
    page = console.see("/water/draft")
    for said in (
        "“/village” is new",
        "The question “/people” is gone",
        "now also offers “rain”",
        "តើទឹកមកពីណា?",
    ):
        assert said in page, said
    assert "which was published before" in page
    suggested = re.search(r'name="version"[^>]* value="(\d+)"', page)
    assert suggested is not None and suggested[1] > "2026112301"
    answer = console.publish("2026112301")
    assert answer.status_code == 409 and "was published before" in answer.text
    assert console.publish(suggested[1]).status_code == 303
    assert form_of(hub, project).draft_id is None


def test_two_coordinators_at_one_draft_do_not_undo_each_other(
    console: Console, hub: Hub, project: Project
) -> None:
    console.begin()
    page, seen = console.see("/water/draft"), console.seen()
    other = create_user(hub, "chantha@hub.example", PASSWORD, "ចាន់ថា")
    publish.publish_draft(hub, form_of(hub, project), by=by_of(other))
    data = {"__csrf": csrf(page), "seen": seen, "version": "9"}
    answer = console.client.post(f"{console.forms}/water/draft/publish", data=data, headers=EN)
    assert answer.status_code == 404 and "no draft any more" in answer.text
    data = {"__csrf": csrf(page), "seen": seen, "form": (io.BytesIO(second()), "w.xlsx")}
    answer = console.client.post(f"{console.forms}/water/draft", data=data, headers=EN)
    assert answer.status_code == 409 and "ចាន់ថា changed this form" in answer.text
    assert form_of(hub, project).draft_id is None


def test_the_state_is_changed_unless_somebody_was_quicker(
    console: Console, hub: Hub, project: Project
) -> None:
    console.begin()
    console.publish()
    answer = console.post("/water/state", "/water", state="closing", was="open")
    assert answer.status_code == 303 and form_of(hub, project).state == "closing"
    assert "The form is now: Closing." in console.see("/water")
    answer = console.post("/water/state", "/water", state="closed", was="open")
    assert answer.status_code == 409 and "សុខា changed this form" in answer.text
    answer = console.post("/water/state", "/water", state="ajar", was="closing")
    assert answer.status_code == 400 and form_of(hub, project).state == "closing"


def test_files_come_with_the_form_and_missing_ones_are_listed(
    console: Console, hub: Hub, project: Project
) -> None:
    answer = console.bring(with_list(), files=[("villages.csv", VILLAGES), ("ផ្សេង.jpg", PNG)])
    assert answer.status_code == 303
    page = console.see("/places/draft")
    assert "Missing: 1." in page and "ស្រូវ.jpg" in page
    assert "The form has no use for these files" in page and "ផ្សេង.jpg" in page
    data = {"__csrf": csrf(page), "files": [(io.BytesIO(PNG), "ស្រូវ.jpg")]}
    assert (
        console.client.post(f"{console.forms}/places/draft/files", data=data, headers=EN).status_code == 303
    )
    assert "Missing:" not in console.see("/places/draft")
    data = {"__csrf": csrf(page), "name": "ស្រូវ.jpg"}
    assert console.client.post(f"{console.forms}/places/draft/files/remove", data=data).status_code == 303
    assert "Missing: 1." in console.see("/places/draft")
    assert console.client.post(f"{console.forms}/places/draft/files/remove", data=data).status_code == 404
    data = {"__csrf": csrf(page), "files": (io.BytesIO(b""), "")}
    answer = console.client.post(f"{console.forms}/places/draft/files", data=data, headers=EN)
    assert answer.status_code == 400 and "No file was chosen" in answer.text


def test_a_list_without_the_column_that_a_form_needs_is_an_error(console: Console, hub: Hub) -> None:
    before = head(hub)
    answer = console.bring(with_list(), files=[("villages.csv", b"name,khmer\nk1,x\n")])
    assert answer.status_code == 400 and "has no column “label”" in answer.text
    assert head(hub) == before


def test_an_entity_list_fills_a_files_place(console: Console, hub: Hub, project: Project) -> None:
    console.bring(with_list())
    create_dataset(hub, project, "villages")
    page = console.see("/places/draft")
    assert "Use the list that the hub keeps" in page
    data = {"__csrf": csrf(page), "name": "villages.csv"}
    assert console.client.post(f"{console.forms}/places/draft/files/link", data=data).status_code == 303
    assert "from a list that the hub keeps" in console.see("/places/draft")


def test_a_draft_is_discarded_and_what_is_out_stays(console: Console, hub: Hub, project: Project) -> None:
    console.begin()
    page = console.see("/water/draft")
    data = {"__csrf": csrf(page)}
    answer = console.client.post(f"{console.forms}/water/draft/discard", data=data, headers=EN)
    assert answer.status_code == 409, "nothing would be left"
    console.publish()
    console.post("/water/draft/begin", "/water")
    assert "Nothing: the same questions" in console.see("/water/draft")
    assert console.client.post(f"{console.forms}/water/draft/discard", data=data).status_code == 303
    assert form_of(hub, project).draft_id is None and form_of(hub, project).current_id


def settings_in(page: str) -> Any:
    """What a tablet reads from the picture."""
    picture = re.search(r'src="data:image/png;base64,([^"]+)"', page)
    assert picture is not None
    read = zxingcpp.read_barcodes(Image.open(io.BytesIO(base64.b64decode(picture[1]))).convert("L"))
    return json.loads(zlib.decompress(base64.b64decode(read[0].text)))


def test_the_qr_code_of_a_draft_leads_a_tablet_to_it(console: Console) -> None:
    console.begin()
    page = console.see("/water/draft/test?address=http://192.168.1.7:8383/")
    said = settings_in(page)
    assert said["admin"] == {} and said["general"]["form_update_mode"] == "match_exactly"
    assert TITLE in said["project"]["name"]
    door = said["general"]["server_url"].removeprefix("http://192.168.1.7:8383")
    listed = console.client.get(f"{door}/formList", headers={"X-OpenRosa-Version": "1.0"})
    assert listed.status_code == 200 and "<formID>water</formID>" in listed.text
    xml = (
        '<data id="water" version="2026112301"><source>well</source><people>៤</people>'
        "<meta><instanceID>uuid:1</instanceID></meta></data>"
    )
    answer = console.client.post(
        f"{door}/submission?deviceID=collect:AbC",
        data={"xml_submission_file": (io.BytesIO(xml.encode()), "s.xml")},
        headers={"X-OpenRosa-Version": "1.0"},
    )
    assert answer.status_code == 201, answer.text
    page = console.see("/water/draft/test")
    assert "Test submissions: 1" in page
    assert re.search(r"<dt>Where does the water come from\?</dt><dd>Well</dd>", page) and "<dd>៤</dd>" in page
    answer = console.post("/water/draft/test/clear", "/water/draft/test")
    assert answer.status_code == 303
    page = console.see("/water/draft/test?address=http://192.168.1.7:8383/")
    assert "Test submissions: 0" in page
    assert settings_in(page) == said, "tablets that scanned it need not scan again"


def test_an_address_that_is_none_is_told_and_not_put_into_the_code(console: Console) -> None:
    console.begin()
    answer = console.client.get(f"{console.forms}/water/draft/test?address=javascript:alert(1)", headers=EN)
    assert answer.status_code == 400 and "is not an address of a hub" in answer.text
    assert settings_in(answer.text)["general"]["server_url"].startswith("http://")


def test_papers_answer_what_they_say(console: Console) -> None:
    console.begin()
    get = console.client.get
    for at in ("?draft", ""):
        pdf = get(f"{console.forms}/water/print.pdf{at or '?language=km&size=A5'}")
        assert pdf.status_code == 200 and pdf.data.startswith(b"%PDF"), pdf.text
        preview = get(f"{console.forms}/water/preview{at}")
        assert FIRST[0][2] in preview.text
        policy = preview.headers["Content-Security-Policy"]
        assert "sha256-" in policy and "unsafe-inline" not in policy and "script-src" not in policy
        assert "people" in get(f"{console.forms}/water/codebook.html{at}").text
        if at:
            console.publish()
    assert get(f"{console.forms}/water/codebook.xlsx").data.startswith(b"PK")
    assert get(f"{console.forms}/water/codebook.exe").status_code == 404
    assert get(f"{console.forms}/water/print.pdf?language=fr").status_code == 400
    assert get(f"{console.forms}/water/print.pdf?draft").status_code == 404


def catalogue(console: Console, **changed: str) -> bytes:
    """The form's Khmer catalogue with other translations: English -> Khmer."""
    po = console.client.get(f"{console.forms}/water/translations/km.po")
    assert po.status_code == 200, po.text
    return po.data  # type: ignore[no-any-return]


def stale() -> bytes:
    """The form with its translations stamped, and English that changed since."""
    from babel.messages.catalog import Catalog
    from openpyxl import load_workbook

    from forms.texts import read_texts
    from forms.translations import merge

    stamped = load_workbook(
        io.BytesIO(merge(read_texts(water(version="2026112302")), {"km": Catalog()}).source)
    )
    stamped["survey"]["D3"].value = "How many people drink it?"
    out = io.BytesIO()
    stamped.save(out)
    return out.getvalue()


def test_stale_translations_are_listed_and_a_catalogue_mends_them(
    console: Console, hub: Hub, project: Project
) -> None:
    assert console.bring(stale()).status_code == 303
    page = console.see("/water/translations")
    assert "Old: 1. Missing: 0." in page and "How many people drink it?" in page
    assert "75 %" in console.see() or " %" in console.see()
    po = catalogue(console).decode()
    renewed = po.replace("#, fuzzy\n", "").replace('msgstr "តើមានប៉ុន្មាននាក់?"', 'msgstr "តើប៉ុន្មាននាក់ផឹក?"')
    assert renewed != po
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen is not None
    said = {"__csrf": csrf(page), "seen": seen[1], "language": "km"}
    post = console.client.post
    where = f"{console.forms}/water/translations"
    before = head(hub)
    answer = post(where, data={**said, "po": (io.BytesIO(b"no catalogue"), "x.po")}, headers=EN)
    assert answer.status_code == 400 and "x.po cannot be read" in answer.text
    other = po.replace("water:", "other:").encode()
    answer = post(where, data={**said, "po": (io.BytesIO(other), "o.po")}, headers=EN)
    assert answer.status_code == 400 and "holds no texts of the form" in answer.text
    answer = post(where, data={**said, "po": (io.BytesIO(po.encode()), "same.po")}, headers=EN)
    assert answer.status_code == 409 and "blank or old" in answer.text
    answer = post(
        where, data={**said, "seen": "0" * 64, "po": (io.BytesIO(renewed.encode()), "a.po")}, headers=EN
    )
    assert answer.status_code == 409 and "changed this form" in answer.text
    answer = post(where, data={**said, "po": (io.BytesIO(b""), "")}, headers=EN)
    assert answer.status_code == 400 and head(hub) == before
    answer = post(where, data={**said, "po": (io.BytesIO(renewed.encode()), "km.po")}, headers=EN)
    assert answer.status_code == 303, answer.text
    assert "Translations taken into the new draft: 1." in console.see("/water/draft")
    assert "Old: 0. Missing: 0." in console.see("/water/translations")
    assert "តើប៉ុន្មាននាក់ផឹក?" in console.client.get(f"{console.forms}/water/preview?draft").text


def test_bundled_forms_are_published_by_choice(console: Console, hub: Hub, project: Project) -> None:
    where = f"/projects/{project.id}/bundled-forms"
    page = console.client.get(where, headers=EN).text
    assert page.count('name="form"') == 8
    answer = console.client.post(where, data={"__csrf": csrf(page)}, headers=EN)
    assert answer.status_code == 400 and "Choose at least one form" in answer.text
    answer = console.client.post(where, data={"__csrf": csrf(page), "form": ["workshop_feedback", "no_such"]})
    assert answer.status_code == 303
    assert form_of(hub, project, "workshop_feedback").current_id is not None
    assert "Published:" in console.see()
    console.client.post(where, data={"__csrf": csrf(page), "form": "workshop_feedback"})
    assert "was published already" in console.see()


def test_one_workbook_sent_twice_makes_one_draft(console: Console, hub: Hub) -> None:
    page = console.see()
    once = re.search(r'name="__once" value="([^"]+)"', page)
    assert once is not None
    answers = []
    for _ in range(2):
        data = {"__csrf": csrf(page), "__once": once[1], "form": (io.BytesIO(water()), "w.xlsx")}
        answers.append(console.client.post(console.forms, data=data, headers=EN))
    assert [(a.status_code, a.location) for a in answers] == [(303, f"{console.forms}/water/draft")] * 2


def test_a_form_from_elsewhere_changes_nothing(console: Console, hub: Hub) -> None:
    console.begin()
    before = head(hub)
    for path in ("", "/water/draft", "/water/draft/publish", "/water/draft/discard", "/water/state", "/water/delete",
                 "/water/draft/test/clear", "/water/draft/files", "/water/translations"):  # fmt: skip
        answer = console.client.post(f"{console.forms}{path}", data={"version": "2"})
        assert answer.status_code in (401, 403), path
    assert head(hub) == before


@pytest.fixture
def enter_as(client: FlaskClient, hub: Hub, project: Project) -> Callable[[str], Console]:
    def made(role: str) -> Console:
        email = f"{role}@hub.example"
        assign(hub, create_user(hub, email, PASSWORD, role), role_named(role), project)
        enter(client, email)
        return Console(client, project)

    return made


def test_who_only_looks_sees_what_is_out_and_can_change_nothing(
    console: Console, hub: Hub, project: Project, enter_as: Callable[[str], Console]
) -> None:
    console.begin()
    console.publish()
    console.post("/water/draft/begin", "/water")
    own = csrf(console.see())
    viewer = enter_as("viewer")
    page, listed = viewer.see("/water"), viewer.see()
    for offered in ("<form", "/draft", "/delete", 'type="file"'):
        assert offered not in page.partition("<main")[2], offered
        assert offered not in listed.partition("<main")[2], offered
    assert "2026112301" in page
    viewer.see("/water/draft", 403)
    viewer.see("/water/draft/test", 403)
    viewer.see("/water/preview?draft", 403)
    before, held = head(hub), csrf(page)
    assert own != held
    for path in (
        "",
        "/water/draft",
        "/water/draft/publish",
        "/water/draft/begin",
        "/water/state",
        "/water/delete",
    ):
        answer = viewer.client.post(
            f"{viewer.forms}{path}", data={"__csrf": held, "version": "2"}, headers=EN
        )
        assert answer.status_code == 403, path
    assert head(hub) == before


def test_a_data_collector_sees_the_list_alone(
    console: Console, hub: Hub, enter_as: Callable[[str], Console]
) -> None:
    console.begin()
    console.publish()
    collector = enter_as("formfill")
    assert TITLE in collector.see()
    collector.see("/water", 403)
    enter(collector.client, EMAIL)


def test_names_of_files_and_forms_cannot_become_markup(console: Console) -> None:
    answer = console.bring(broken(), name="<b>x.xlsx")
    assert "<b>x" not in answer.text, answer.text
    assert "&lt;b&gt;x" in answer.text
