"""Codes that belong to no one resource's tests: what a draft's door refuses, and an entity without its list."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.errors import Problem
from tests.server.plots import FORM, visit
from tests.web.conftest import A, B, Survey, named

Ask = Callable[..., Any]
XML = {"Content-Type": "application/xml"}
PICTURE = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>
 <h:title>រូបភាព</h:title><model><itext><translation lang="km"><text id="/data/q:label">
 <value form="image">jr://images/trees.csv</value></text></translation></itext>
 <instance><data id="picture" version="1"><q/><meta><instanceID/></meta></data></instance>
 <bind nodeset="/data/q" type="string"/></model></h:head>
 <h:body><input ref="/data/q"><label ref="jr:itext('/data/q:label')"/></input></h:body></h:html>"""
OPENROSA = {"X-OpenRosa-Version": "1.0", "Accept-Language": "en"}


def words(code: str, **values: str) -> str:
    return Problem(code, **values).text("en")


@pytest.fixture
def door(rice: Survey) -> str:
    """What a tablet that was shown the draft's QR code puts before everything it asks."""
    rice.ask("POST", f"{rice.path}/draft")
    token = rice.get("/draft").get_json()["draftToken"]
    return f"{rice.path.replace('/v1/', f'/v1/test/{token}/')}/draft"


def hand_over(client: FlaskClient, door: str, xml: str) -> Any:
    parts = {"xml_submission_file": (io.BytesIO(xml.encode()), "s.xml", "text/xml")}
    return client.post(f"{door}/submission", data=parts, headers=OPENROSA)


def test_another_token_opens_no_draft_404_4(client: FlaskClient, door: str) -> None:
    token = door.split("/")[3]
    answer = client.get(f"{door.replace(token, 'x' * 64)}/formList", headers=OPENROSA)
    assert answer.status_code == 404
    assert words("404.4") in answer.get_data(as_text=True)


def test_a_draft_takes_no_edit_of_what_is_not_there_404_5(
    client: FlaskClient, rice: Survey, door: str
) -> None:
    answer = hand_over(client, door, rice.instance(B, deprecated=A))
    assert answer.status_code == 404
    assert words("404.5", deprecatedId=A) in answer.get_data(as_text=True)


def test_a_draft_takes_no_other_answers_under_one_id_409_1(
    client: FlaskClient, rice: Survey, door: str
) -> None:
    assert hand_over(client, door, rice.instance(A)).status_code == 201
    answer = hand_over(client, door, rice.instance(A, named("ចាន់")))
    assert answer.status_code == 409
    assert words("409.1") in answer.get_data(as_text=True)


def test_an_entity_of_a_list_that_there_is_not_is_told_in_the_log_404_7(as_admin: Ask) -> None:
    project = f"/v1/projects/{as_admin('POST', '/v1/projects', {'name': 'ស្រែ'}).get_json()['id']}"
    form = FORM.format(actions='create="" update=""').encode()
    as_admin("POST", f"{project}/forms?publish=true", data=form, headers=XML)
    xml = visit("uuid:1", create="1", label="ស្រែ ១").replace(b'dataset="plots"', b'dataset="nothing"')
    taken = as_admin("POST", f"{project}/forms/visit/submissions", data=xml, headers=XML)
    assert taken.status_code == 200
    told = as_admin("GET", "/v1/audits?action=entity.error").get_json()[0]["details"]["problem"]
    assert (told["problemCode"], told["problemDetails"]) == (404.7, {"datasetName": "nothing"})


def test_only_a_file_slot_is_filled_by_a_list_400_26(as_admin: Ask) -> None:
    project = f"/v1/projects/{as_admin('POST', '/v1/projects', {'name': 'ស្រែ'}).get_json()['id']}"
    form = PICTURE.encode()
    as_admin("POST", f"{project}/datasets", {"name": "trees"})
    made = as_admin("POST", f"{project}/forms", data=form, headers=XML)
    assert made.status_code == 200, made.get_json()
    answer = as_admin("PATCH", f"{project}/forms/picture/draft/attachments/trees.csv", {"dataset": True})
    assert (answer.status_code, answer.get_json()["code"]) == (400, 400.26)
