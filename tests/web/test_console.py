"""The coordinators' page: in their language, on any screen, and closed to everybody else."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from i18n import translate
from server.accounts import create_user
from server.hub import Hub
from server.projects import create_project
from server.publish import publish_file
from server.store.projects import Project
from server.tablets import add_tablet

EMAIL, PASSWORD = "sokha@kampot.example", "ពាក្យសម្ងាត់វែង"
FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>
<h:title>ស្រូវ &amp; &lt;b&gt;ទឹក&lt;/b&gt;</h:title><model><instance><data id="ស្រូវ 1" version="១"><yield/>
<meta><instanceID/></meta></data></instance><bind nodeset="/data/yield" type="int"/>
<bind nodeset="/data/meta/instanceID" type="string"/></model></h:head>
<h:body><input ref="/data/yield"><label>ទិន្នផល</label></input></h:body></h:html>"""


@pytest.fixture
def project(hub: Hub, tmp_path: Path) -> Project:
    made = create_project(hub, "គម្រោងស្រូវ")
    form = tmp_path / "srov.xml"
    form.write_text(FORM, encoding="utf-8")
    publish_file(hub, made, form)
    return made


@pytest.fixture
def tablet(hub: Hub, project: Project, client: FlaskClient) -> Callable[[str, str], Any]:
    """tablet(instanceID, yield): sends one form."""
    address = f"/v1/key/{add_tablet(hub, project, 'ក្រុមទី១').token}/projects/{project.id}/submission"

    def send(instance_id: str, answer: str) -> Any:
        xml = (
            f'<data id="ស្រូវ 1" version="១"><yield>{answer}</yield>'
            f"<meta><instanceID>{instance_id}</instanceID></meta></data>"
        )
        parts = {"xml_submission_file": (io.BytesIO(xml.encode()), "a.xml")}
        return client.post(address, data=parts, headers={"X-OpenRosa-Version": "1.0"})

    return send


def enter(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, **headers: str) -> Any:
    return client.post("/sign-in", data={"email": email, "password": password}, headers=headers)


def csrf(page: str) -> str:
    found = re.search(r'name="__csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_nothing_is_shown_before_signing_in(client: FlaskClient, project: Project) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert 'type="password"' in page.text
    assert project.name not in page.text


def test_a_wrong_password_is_told_in_the_readers_language(client: FlaskClient) -> None:
    for lang in ("km", "en"):
        answer = enter(client, password="ខុស-ខុស-ខុស", **{"Accept-Language": lang})
        assert answer.status_code == 401
        assert (
            translate("The user name or the password is not right. Check them and try again.", lang)
            in answer.text
        )
        assert f'<html lang="{lang}">' in answer.text
        assert "session" not in answer.headers.get("Set-Cookie", "")


def test_the_page_shows_what_came_from_where_and_its_review(
    client: FlaskClient, tablet: Callable[[str, str], Any]
) -> None:
    assert tablet("uuid:1", "3").status_code == 201
    assert tablet("uuid:2", "4").status_code == 201
    assert tablet("uuid:2", "5").status_code == 201  # other answers under the same number: set aside
    assert enter(client).status_code == 303
    page = client.get("/", headers={"Accept-Language": "en"}).text
    assert "<strong>2</strong> submissions" in page
    assert re.search(r'<th scope="row">ខេត្តកំពត.*?</th><td>2</td>', page)
    assert re.search(r'<th scope="row">Received.*?</th><td>2</td>', page)
    assert "1 set aside, waiting for a coordinator." in page


def test_texts_of_a_form_cannot_become_markup(client: FlaskClient, project: Project) -> None:
    enter(client)
    page = client.get("/").text
    assert "<b>ទឹក" not in page
    assert "ស្រូវ &amp; &lt;b&gt;ទឹក" in page


def test_downloads_work_by_the_cookie_alone(client: FlaskClient, tablet: Callable[[str, str], Any]) -> None:
    tablet("uuid:1", "3")
    enter(client)
    page = client.get("/").text
    links = re.findall(r'<a class="button[^"]*" href="([^"]+)"', page)
    assert len(links) == 4
    for link in links:
        assert client.get(link).status_code == 200, link
    table = client.get(next(x for x in links if ".csv?" in x)).data
    assert b"uuid:1" in table
    assert table.startswith(b"SubmissionDate") and b",Hub\n" in table


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    cookies = {c.partition("=")[0]: c for c in enter(client).headers.getlist("Set-Cookie")}
    assert "HttpOnly" in cookies["session"]
    assert "SameSite=Lax" in cookies["session"]
    secure = enter(client, **{"X-Forwarded-Proto": "https"}).headers.getlist("Set-Cookie")
    assert all(not c.startswith("__Host-") or "Secure" in c for c in secure)


def test_one_click_changes_the_language_and_it_stays(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept-Language": "en"}).text
    assert '<html lang="en">' in page
    assert 'href="/language/km"' in page
    assert client.get("/language/km").status_code == 303
    page = client.get("/", headers={"Accept-Language": "en"}).text
    assert '<html lang="km">' in page
    assert "ចូលប្រើ" in page
    client.get("/language/xx")
    assert '<html lang="km">' in client.get("/").text


def test_signing_out_ends_the_session_itself(client: FlaskClient, project: Project) -> None:
    enter(client)
    token = client.get_cookie("session")
    assert token is not None
    page = client.get("/").text
    assert client.post("/sign-out", data={"__csrf": csrf(page)}).status_code == 303
    assert client.get_cookie("session") is None
    client.set_cookie("session", token.value)
    assert project.name not in client.get("/").text, "the token must be dead, not only forgotten"


def test_another_site_can_neither_sign_out_nor_sign_in(client: FlaskClient, project: Project) -> None:
    enter(client)
    assert client.post("/sign-out", data={"__csrf": "guessed"}).status_code == 401
    assert client.post("/sign-out").status_code == 401
    assert project.name in client.get("/").text
    client.delete_cookie("session")
    for origin in ("http://evil.example", "null"):
        answer = enter(client, Origin=origin)
        assert answer.status_code == 403
        assert client.get_cookie("session") is None
    assert enter(client, Origin="http://localhost").status_code == 303


def test_a_user_without_rights_sees_no_project(client: FlaskClient, hub: Hub, project: Project) -> None:
    create_user(hub, "dara@kampot.example", PASSWORD, "ដារ៉ា")
    enter(client, "dara@kampot.example")
    page = client.get("/", headers={"Accept-Language": "en"}).text
    assert "No project that you may see is here yet." in page
    assert project.name not in page


def test_pages_hold_no_script_and_load_nothing_from_elsewhere(client: FlaskClient, project: Project) -> None:
    pages = [client.get("/")]
    enter(client)
    pages.append(client.get("/"))
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src 'self';" in policy
        assert not re.search(r"<script(?! src=\"/static/)|\son[a-z]+=|javascript:", page.text)
        assert " style=" not in page.text
        assert not re.search(r"(src|href|action)=\"(https?:)?//", page.text)
        assert page.headers["Cache-Control"] == "no-store"


def test_every_control_has_a_name_and_the_page_its_landmarks(client: FlaskClient, project: Project) -> None:
    page = client.get("/").text
    for name in re.findall(r'<input id="([^"]+)"', page):
        assert f'<label for="{name}">' in page
    enter(client)
    page = client.get("/").text
    for landmark in ("<header", "<nav aria-label=", '<main id="main"', '<a class="skip" href="#main"'):
        assert landmark in page
    assert page.count("<h1") == 1


def test_the_sheet_gives_khmer_its_height_and_its_fonts(client: FlaskClient) -> None:
    with client.get("/static/console.css") as answer:
        sheet, kind = answer.text, answer.mimetype
    assert kind == "text/css"
    height = re.search(r":lang\(km\) \{ line-height: ([\d.]+)", sheet)
    assert height is not None
    assert float(height[1]) >= 1.7
    fonts = re.findall(r"url\(([^)]+)\)", sheet)
    assert {name.rpartition("-")[2] for name in fonts} == {"regular.woff2", "bold.woff2"}
    for name in fonts:  # of the hub itself, small enough for a phone on its Wi-Fi
        with client.get(f"/static/{name}") as font:
            assert font.status_code == 200
            assert font.data[:4] == b"wOF2"
            assert len(font.data) < 30_000
