"""People and tablets are let in, told apart and sent away by who may, on pages."""

from __future__ import annotations

import base64
import json
import re
import zlib
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.accounts import assign, create_user
from server.hub import Hub
from server.projects import create_project
from server.roles import VIEWER, role_named
from server.store import actors
from server.store.projects import Project
from server.tablet_settings import LOCKED
from tests.conftest import EMAIL, PASSWORD
from tests.web.coordinator import Coordinator
from tests.web.tablet import OPENROSA

NAMES = "សុខ ភារម្យ\n  ចាន់ <b>ធី</b> \n\nក្រុមទី៣"


@pytest.fixture
def project(hub: Hub) -> Project:
    return create_project(hub, "ស្ត្រី សន្តិភាព")


@pytest.fixture
def sokha(client: FlaskClient, project: Project) -> Coordinator:
    return Coordinator(client)


def scanned(text: str) -> list[dict[str, Any]]:
    """What the QR codes of a page say."""
    import io

    import zxingcpp
    from PIL import Image

    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    opened = [Image.open(io.BytesIO(base64.b64decode(said))) for said in pictures]
    said = [zxingcpp.read_barcodes(one)[0].text for one in opened]
    return [json.loads(zlib.decompress(base64.b64decode(one))) for one in said]


def tablets(hub: Hub, project: Project) -> dict[str, actors.Actor]:
    return {one.display_name: one for one in actors.list_app_users(hub.read(), project.uid)}


def test_many_tablets_are_added_at_once_and_their_codes_let_them_in(
    sokha: Coordinator, hub: Hub, project: Project, app: Flask
) -> None:
    added = sokha.post("/projects/1/tablets", names=NAMES)
    assert set(tablets(hub, project)) == {"សុខ ភារម្យ", "ចាន់ <b>ធី</b>", "ក្រុមទី៣"}
    cards = sokha.get(added.location)
    assert "<b>ធី" not in cards.text
    found = scanned(cards.text)
    assert {one["general"]["metadata_username"] for one in found} == set(tablets(hub, project))
    for one in found:
        path = "/v1/key/" + one["general"]["server_url"].partition("/v1/key/")[2]
        answer = app.test_client().get(f"{path}/formList", headers=OPENROSA)
        assert answer.status_code == 200


@pytest.mark.parametrize("names", ["", " \n ", "ក" * 201, "\n".join("ក" for _ in range(201))])
def test_names_that_cannot_be_kept_add_nobody(
    sokha: Coordinator, hub: Hub, project: Project, names: str
) -> None:
    assert sokha.post("/projects/1/tablets", names=names).status_code == 400
    assert tablets(hub, project) == {}


def test_the_code_says_what_was_chosen(sokha: Coordinator, hub: Hub, project: Project) -> None:
    sokha.post("/projects/1/tablets", names="ក")
    number = tablets(hub, project)["ក"].id
    plain = scanned(sokha.get(f"/projects/1/tablets/{number}").text)[0]
    assert plain["general"]["app_language"] == "km"
    assert plain["general"]["form_update_mode"] == "match_exactly"
    assert plain["general"]["autosend"] == "wifi_only"
    assert plain["general"]["delete_send"] is True
    assert plain["admin"] == {}
    wished = "app_language=en&autosend=off&delete_send=false&locked=true&admin_pw=ស្ងាត់&address=http://10.0.0.9:8383"
    said = scanned(sokha.get(f"/projects/1/tablets/{number}?{wished}").text)[0]
    assert said["general"]["server_url"].startswith("http://10.0.0.9:8383/v1/key/")
    assert (said["general"]["app_language"], said["general"]["autosend"]) == ("en", "off")
    assert said["general"]["delete_send"] is False
    assert said["admin"] == {"admin_pw": "ស្ងាត់", **dict.fromkeys(LOCKED, False)}


@pytest.mark.parametrize("wish", ["autosend=always", "locked=true", "admin_pw=" + "x" * 101])
def test_a_wish_that_is_none_is_told_and_the_usual_code_shown(
    sokha: Coordinator, hub: Hub, project: Project, wish: str
) -> None:
    sokha.post("/projects/1/tablets", names="ក")
    answer = sokha.get(f"/projects/1/tablets/{tablets(hub, project)['ក'].id}?{wish}")
    assert answer.status_code == 400
    assert scanned(answer.text)[0]["general"]["autosend"] == "wifi_only"


def test_a_revoked_tablet_sends_no_more(sokha: Coordinator, hub: Hub, project: Project, app: Flask) -> None:
    sokha.post("/projects/1/tablets", names="ក")
    tablet = tablets(hub, project)["ក"]
    door = f"/v1/key/{tablet.token}/projects/1/formList"
    assert app.test_client().get(door, headers=OPENROSA).status_code == 200
    assert sokha.post(f"/projects/1/tablets/{tablet.id}/revoke").location == "/projects/1/people"
    assert app.test_client().get(door, headers=OPENROSA).status_code == 403
    assert scanned(sokha.get(f"/projects/1/tablets/{tablet.id}").text) == []


def test_somebody_is_added_by_a_link_and_let_take_part(
    sokha: Coordinator, hub: Hub, project: Project, app: Flask
) -> None:
    place = sokha.post("/people", email="dara@kampot.example", name="ដារ៉ា").location
    link = unescape(re.findall(r'<code class="letters">([^<]+)</code>', sokha.post(f"{place}/link").text)[0])
    token = link.partition("token=")[2].replace("%24", "$").replace("%21", "!")
    dara = app.test_client()
    assert dara.post("/new-password", data={"token": token, "password": "ទឹកដីព្រៃសមុទ្រ"}).status_code == 200
    user = place.rpartition("/")[2]
    assert sokha.post("/projects/1/people", user=user, role="viewer").status_code == 303
    reader = Coordinator(dara, "dara@kampot.example", "ទឹកដីព្រៃសមុទ្រ")
    assert 'href="/projects/1/submissions"' in reader.get("/").text
    assert sokha.post("/projects/1/people/take", user=user, role="viewer").status_code == 303
    assert 'href="/projects/1/submissions"' not in reader.get("/").text


def test_the_last_administrator_cannot_be_locked_out(sokha: Coordinator, hub: Hub) -> None:
    me = actors.find_by_email(hub.read(), EMAIL)
    assert me is not None
    for path in ("/role/take", "/delete"):
        assert sokha.post(f"/people/{me.id}{path}", role="admin").status_code == 409
    other = sokha.post("/people", email="dara@kampot.example", password="ទឹកដីព្រៃសមុទ្រ").location
    assert sokha.post(f"{other}/role", role="admin").status_code == 303
    assert sokha.post(f"/people/{me.id}/role/take", role="admin").status_code == 303
    assert sokha.get("/people").status_code == 403


def test_a_bad_address_or_password_adds_nobody(sokha: Coordinator, hub: Hub) -> None:
    before = len(actors.list_users(hub.read()))
    for email, password in (("dara", ""), (EMAIL, ""), ("dara@kampot.example", "short")):
        answer = sokha.post("/people", email=email, password=password, name="ដារ៉ា")
        assert answer.status_code in (400, 409)
        assert "ដារ៉ា" in answer.text, "what was written stays"
    assert len(actors.list_users(hub.read())) == before


def test_who_may_only_read_sees_no_code_and_changes_nobody(
    hub: Hub, client: FlaskClient, project: Project
) -> None:
    tablet = Coordinator(client).post("/projects/1/tablets", names="ក").location.rpartition("=")[2]
    reader = create_user(hub, "dara@kampot.example", PASSWORD, "ដារ៉ា")
    assign(hub, reader, role_named(VIEWER), project)
    dara = Coordinator(client.application.test_client(), "dara@kampot.example")
    for path in ("/people", f"/people/{reader.id}", "/projects/1/people", f"/projects/1/tablets/{tablet}",
                 "/projects/1/tablets/cards"):  # fmt: skip
        assert dara.get(path).status_code == 403, path
    for path in ("/people", f"/people/{reader.id}/role", "/projects/1/people", "/projects/1/tablets",
                 f"/projects/1/tablets/{tablet}/revoke", f"/people/{reader.id}/delete"):  # fmt: skip
        assert dara.post(path, names="ខ", role="admin", user=str(reader.id)).status_code == 403, path
    assert set(tablets(hub, project)) == {"ក"}


def test_a_tablet_sees_the_forms_that_are_ticked(sokha: Coordinator, hub: Hub, project: Project) -> None:
    sokha.post("/projects/1/tablets", names="ក")
    tablet = tablets(hub, project)["ក"]
    assert sokha.post(f"/projects/1/tablets/{tablet.id}/forms").status_code == 303
    assert actors.assignments_of(hub.read(), tablet.id) == []
    assert sokha.post(f"/projects/1/tablets/{tablet.id}/forms", all="on").status_code == 303
    assert [one.form for one in actors.assignments_of(hub.read(), tablet.id)] == [""]
