"""What every page of the console promises: a form counts once, outlives its session, and leads nowhere else."""

from __future__ import annotations

import io
import re
import threading
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from i18n import translate
from server.accounts import create_user, end_session
from server.hub import Hub
from server.projects import create_project
from server.web.once import Once
from server.web.pages.frame import BROKE, back, page, room, takes_files, tell
from tests.conftest import EMAIL, PASSWORD

NOTE = "ភូមិ <b>ក</b> & “ខ”\nជួរទីពីរ"
DONE = "Sections"  # any sentence that has a translation


@pytest.fixture
def written(app: Flask) -> list[str]:
    """What the forms of a room made for these tests have written."""
    notes: list[str] = []
    made = room("notes")

    @made.post("/notes")
    def write() -> Any:
        from flask import request

        notes.append(request.form["note"])
        tell(DONE)
        return back("/notes")

    @made.post("/files")
    @takes_files
    def take() -> Any:
        from flask import request

        notes.append(str(len(request.files["file"].read())))
        return back("/notes")

    @made.get("/notes")
    def show() -> Any:
        return page("refused.html", fault=" | ".join(notes))

    @made.get("/broken")
    def broken() -> Any:
        raise RuntimeError(NOTE)

    app._got_first_request = False
    app.register_blueprint(made)
    return notes


def enter(client: FlaskClient, **more: Any) -> Any:
    return client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD, **more})


def proof(client: FlaskClient) -> dict[str, str]:
    text = client.get("/account").text
    return {"__csrf": re.findall(r'name="__csrf" value="([^"]+)"', text)[0], "__once": "drawn"}


def hidden(text: str) -> dict[str, str]:
    return {
        n: unescape(v) for n, v in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
    }


def test_a_form_sent_twice_counts_once(client: FlaskClient, written: list[str]) -> None:
    enter(client)
    said = {**proof(client), "note": NOTE}
    answers = [client.post("/notes", data=said) for _ in range(3)]
    assert [a.status_code for a in answers] == [303] * 3
    assert {a.location for a in answers} == {"/notes"}
    assert written == [NOTE]


def test_a_refused_form_may_be_sent_again(client: FlaskClient, written: list[str]) -> None:
    enter(client)
    said = proof(client)
    assert client.post("/notes", data=said).status_code == 404, "it lacked its note"
    assert client.post("/notes", data={**said, "note": NOTE}).status_code == 303
    assert written == [NOTE]


def test_a_second_click_waits_for_what_the_first_led_to() -> None:
    once = Once()
    assert once.begin("a") is None
    found: list[str | None] = []
    second = threading.Thread(target=lambda: found.append(once.begin("a")))
    second.start()
    once.end("a", "/done")
    second.join(timeout=20)
    assert found == ["/done"]


def test_a_form_without_its_secret_changes_nothing(client: FlaskClient, written: list[str]) -> None:
    enter(client)
    for said in ({"note": NOTE}, {"note": NOTE, "__csrf": "guessed"}):
        assert client.post("/notes", data=said).status_code == 401
        files = {**said, "file": (io.BytesIO(b"x"), "a.txt")}
        assert client.post("/files", data=files, content_type="multipart/form-data").status_code == 401
    assert written == []


def test_only_forms_that_bring_files_may_be_large(
    client: FlaskClient, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(client)
    monkeypatch.setattr("server.web.pages.frame.FORM_LIMIT", 10_000)
    large = b"x" * 20_000
    said = {**proof(client), "file": (io.BytesIO(large), "a.bin")}
    assert client.post("/files", data=said, content_type="multipart/form-data").status_code == 303
    refused = client.post("/notes", data={**proof(client), "note": large.decode()})
    assert refused.status_code == 400
    assert 'type="password"' not in refused.text, "it says what is wrong to who is signed in"
    assert written == [str(len(large))]


def test_what_was_written_outlives_an_ended_session(
    client: FlaskClient, hub: Hub, written: list[str]
) -> None:
    enter(client)
    said = {**proof(client), "note": NOTE}
    cookie = client.get_cookie("session")
    assert cookie is not None
    end_session(hub, cookie.value.replace("%24", "$"), None)
    lost = client.post("/notes", data=said)
    assert lost.status_code == 401
    assert written == []
    wrong = client.post("/sign-in", data={**hidden(lost.text), "email": EMAIL, "password": "ខុស-ខុស-ខុស"})
    again = client.post("/sign-in", data={**hidden(wrong.text), "email": EMAIL, "password": PASSWORD})
    assert again.status_code == 200
    assert "<b>" not in again.text
    assert written == [], "it is sent by a click, not by itself"
    sent = client.post("/notes", data=hidden(again.text))
    assert sent.status_code == 303
    assert [note.replace("\r\n", "\n") for note in written] == [NOTE]


def test_signing_in_leads_to_the_page_that_was_asked_for(client: FlaskClient) -> None:
    asked = client.get("/account?x=1")
    assert asked.status_code == 401
    assert 'role="alert"' not in asked.text, "nothing has gone wrong"
    assert enter(client, **hidden(asked.text)).location == "/account?x=1"


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"]
)
def test_signing_in_leads_nowhere_else(client: FlaskClient, place: str) -> None:
    assert enter(client, wanted=place).location == "/"
    assert client.get("/language/km", query_string={"from": place}).location == "/"


def test_the_language_changes_on_the_page_where_one_is(client: FlaskClient) -> None:
    enter(client)
    text = client.get("/account?x=1", headers={"Accept-Language": "en"}).text
    address = re.findall(r'href="(/language/km[^"]*)"', text)[0]
    assert client.get(unescape(address)).location == "/account?x=1"
    assert '<html lang="km">' in client.get("/account").text


def test_what_was_done_is_told_once_in_the_readers_language(client: FlaskClient, written: list[str]) -> None:
    enter(client)
    client.post("/notes", data={**proof(client), "note": "a"})
    told = f'<p class="told" role="status">{translate(DONE, "km")}</p>'
    assert told in client.get("/notes", headers={"Accept-Language": "km"}).text
    assert told not in client.get("/notes", headers={"Accept-Language": "km"}).text


def test_what_nobody_expected_is_a_plain_page_without_the_answer(
    client: FlaskClient, written: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    enter(client)
    for lang in ("km", "en"):
        answer = client.get("/broken", headers={"Accept-Language": lang})
        assert answer.status_code == 500
        assert translate(BROKE, lang) in unescape(answer.text)
        assert "ភូមិ" not in answer.text + caplog.text


def test_a_page_that_is_not_there_is_told_as_a_page(client: FlaskClient) -> None:
    enter(client)
    for path in ("/nowhere", "/projects/99/submissions", "/projects/x"):
        answer = client.get(path, headers={"Accept": "text/html", "Accept-Language": "km"})
        assert answer.status_code == 404, path
        assert answer.mimetype == "text/html", path
        assert '<html lang="km">' in answer.text
    assert client.get("/v1/nowhere", headers={"Accept": "text/html"}).mimetype == "application/json"
    assert client.get("/nowhere").mimetype == "application/json", "programs are told as before"


def test_sections_are_those_that_one_may_open(client: FlaskClient, hub: Hub) -> None:
    create_project(hub, "គម្រោង")
    enter(client)
    text = client.get("/").text
    for address in ("/projects/1", "/projects/1/submissions", "/hubs", "/safety"):
        assert f'href="{address}"' in text
    create_user(hub, "dara@kampot.example", PASSWORD, "ដារ៉ា")
    other = client.application.test_client()
    other.post("/sign-in", data={"email": "dara@kampot.example", "password": PASSWORD})
    text = other.get("/").text
    assert "/projects/1" not in text
    assert 'href="/safety"' not in text


def test_files_of_pages_may_be_kept_under_the_name_of_their_bytes(client: FlaskClient) -> None:
    text = client.get("/").text
    sheet = re.findall(r'href="(/static/console.css\?v=[0-9a-f]{12})"', text)[0]
    with client.get(sheet) as kept, client.get("/static/console.css") as asked:
        assert "immutable" in kept.headers["Cache-Control"]
        assert "immutable" not in asked.headers.get("Cache-Control", "")
