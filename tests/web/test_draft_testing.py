"""Test submissions to a draft: …/draft/submissions and /v1/test/TOKEN/…, as ODK Central serves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from server.flow import Direction, Way, may_flow
from server.hub import Hub
from server.store.ledger_sqlite import entries_after
from server.upkeep import compare, verify
from tests.web.conftest import RICE, A, B, Survey
from tests.web.tablet import OPENROSA, Tablet, message

Ask = Callable[..., TestResponse]
XML = {"Content-Type": "application/xml"}


class Draft:
    """The draft of a published form, in version 8."""

    def __init__(self, rice: Survey) -> None:
        self.rice = rice
        self.set("8")
        self.token: str = rice.get("/draft").get_json()["draftToken"]

    @property
    def door(self) -> str:
        """What a tablet that was shown the draft's QR code puts before everything it asks."""
        return f"{self.rice.path.replace('/v1/', f'/v1/test/{self.token}/')}/draft"

    def set(self, version: str) -> None:
        xml = RICE.format(form_id=self.rice.form_id, version=version)
        answer = self.rice.ask("POST", f"{self.rice.path}/draft", data=xml.encode(), headers=XML)
        assert answer.status_code == 200, answer.get_json()

    def post(self, instance_id: str, path: str = "/draft/submissions", **more: Any) -> TestResponse:
        xml = self.rice.instance(instance_id, **more).encode()
        answer: TestResponse = self.rice.ask("POST", self.rice.path + path, data=xml, headers=XML)
        return answer

    def listed(self) -> list[str]:
        return [row["instanceId"] for row in self.rice.get("/draft/submissions").get_json()]


@pytest.fixture
def draft(rice: Survey) -> Draft:
    return Draft(rice)


def refusal(answer: TestResponse) -> float:
    code: float = answer.get_json()["code"]
    assert answer.status_code == int(code)
    return code


def test_what_is_tried_out_is_never_among_real_answers(draft: Draft, rice: Survey) -> None:
    rice.send(A)
    assert draft.post(B).status_code == 200
    assert draft.listed() == [B]
    assert [row["instanceId"] for row in rice.get("/submissions").get_json()] == [A]
    for ending, served in ((".svc/Submissions", "__id"), ("/submissions.csv", "KEY")):
        tried, real = rice.get(f"/draft{ending}").text, rice.get(ending).text
        assert served in tried
        assert (B in tried, A in tried, B in real, A in real) == (True, False, False, True)
    assert refusal(rice.get(f"/submissions/{B}")) == 404.1
    assert refusal(rice.get(f"/draft/submissions/{A}")) == 404.1
    counts = [
        rice.get(place, X_Extended_Metadata="true").get_json()["submissions"] for place in ("", "/draft")
    ]
    assert counts == [1, 1]
    listed = rice.ask("GET", "/v1/projects?forms=true").get_json()[0]
    assert listed["formList"][0]["submissions"] == 1


def test_every_reading_of_a_submission_has_its_twin_below_the_draft(draft: Draft, rice: Survey) -> None:
    draft.post(A)
    edit = rice.instance(B, "<farm><name>ម៉ាលី</name></farm>", deprecated=A).encode()
    base = "/draft/submissions"
    answer = rice.ask("PUT", f"{rice.path}{base}/{A}", data=edit, headers=XML)
    assert answer.get_json()["currentVersion"]["instanceId"] == B
    assert rice.get(f"{base}/{A}.xml").data == edit
    assert [v["instanceId"] for v in rice.get(f"{base}/{A}/versions").get_json()] == [B, A]
    assert set(rice.get(f"{base}/{A}/diffs").get_json()) == {B}
    assert rice.get(f"{base}/{A}/attachments").get_json() == []
    moved = unquote(rice.get(f"{base}/{B}").headers["Location"])
    assert moved.endswith(f"/draft/submissions/{A}/versions/{B}")
    context = rice.get("/draft.svc/Submissions").get_json()["@odata.context"]
    assert context.endswith(f"{rice.path}/draft.svc/$metadata#Submissions")
    assert rice.get("/draft/submissions.csv.zip").data.startswith(b"PK")


@pytest.mark.parametrize("asked", ["PATCH", "DELETE"])
def test_reviews_and_the_trash_are_for_real_answers_alone(draft: Draft, rice: Survey, asked: str) -> None:
    draft.post(A)
    assert (
        refusal(rice.ask(asked, f"{rice.path}/draft/submissions/{A}", {"reviewState": "approved"})) == 404.1
    )
    assert refusal(rice.ask("POST", f"{rice.path}/draft/submissions/{A}/comments", {"body": "ល្អ"})) == 404.1
    assert draft.listed() == [A]


def test_draft_takes_answers_of_any_version(draft: Draft) -> None:
    draft.rice.version = "ណាមួយ"
    assert draft.post(A).status_code == 200
    rows = draft.rice.get(f"/draft/submissions/{A}/versions", X_Extended_Metadata="true").get_json()
    assert [row["formVersion"] for row in rows] == ["8"]


@pytest.mark.parametrize("end", ["publish", "replace", "drop"])
def test_what_was_tried_out_goes_with_its_draft(draft: Draft, rice: Survey, hub: Hub, end: str) -> None:
    draft.post(A)
    if end == "publish":
        rice.ask("POST", f"{rice.path}/draft/publish")
    if end == "drop":
        rice.ask("DELETE", f"{rice.path}/draft")
    if end != "replace":
        assert refusal(rice.get("/draft/submissions")) == 404.1
        assert refusal(draft.post(B)) == 404.1
    draft.set("9")
    assert draft.listed() == []
    assert rice.get("/submissions").get_json() == []
    token = rice.get("/draft").get_json()["draftToken"]
    assert (token == draft.token) == (end == "replace")
    assert compare(hub) == []
    assert verify(hub).clean


def test_token_opens_the_draft_without_signing_in(draft: Draft, rice: Survey, client: FlaskClient) -> None:
    tablet = Tablet(client, draft.door)
    listed = etree.fromstring(tablet.get("/formList").data)
    said = {etree.QName(child).localname: child.text for child in listed[0]}
    assert (said["formID"], said["version"]) == ("rice", "8")
    assert said["downloadUrl"].endswith(f"{draft.door}.xml")
    assert b'version="8"' in tablet.get(said["downloadUrl"]).data
    assert tablet.get("/manifest").data.endswith(b"</manifest>")
    assert tablet.head().status_code == 204
    answer = tablet.post(rice.instance(A).encode())
    assert (answer.status_code, message(answer)[0]) == (201, "submit_success")
    assert client.post(f"{draft.door}/submissions", data=rice.instance(B), headers=XML).status_code == 200
    assert draft.listed() == [B, A]
    rows = rice.get("/draft/submissions").get_json()
    assert [row["submitterId"] for row in rows] == [None, None]


def test_tablet_that_tries_out_gets_the_drafts_files(draft: Draft, rice: Survey, client: FlaskClient) -> None:
    listed = '<instance id="v" src="jr://file-csv/ភូមិ.csv"/></model>'
    xml = RICE.format(form_id="rice", version="9").replace("</model>", listed)
    rice.ask("POST", f"{rice.path}/draft", data=xml.encode(), headers=XML)
    rice.ask("POST", f"{rice.path}/draft/attachments/ភូមិ.csv", data="ឈ្មោះ\n".encode())
    tablet = Tablet(client, draft.door)
    assert b"<manifestUrl>" in tablet.get("/formList").data
    file = etree.fromstring(tablet.get("/manifest").data)[0]
    address = {etree.QName(child).localname: child.text for child in file}["downloadUrl"]
    assert client.get(address).data == "ឈ្មោះ\n".encode()
    assert b"mediaFile" in rice.ask("GET", f"{rice.path}/draft/manifest", headers=OPENROSA).data


def test_wrong_or_old_token_opens_nothing(draft: Draft, rice: Survey, client: FlaskClient) -> None:
    old = draft.door
    rice.ask("POST", f"{rice.path}/draft/publish")
    for door in (old, old.replace(draft.token, "a" * 64)):
        tablet = Tablet(client, door)
        for answer in (
            tablet.get("/formList"),
            tablet.get("/manifest"),
            tablet.post(rice.instance(A).encode()),
        ):
            assert (answer.status_code, message(answer)[0]) == (404, "error")
        assert client.get(f"{door}.xml").status_code == 404
        assert client.post(f"{door}/submissions", data=rice.instance(A), headers=XML).status_code == 404
    assert rice.get("/submissions").get_json() == []


def test_trying_out_says_at_once_what_does_not_fit(draft: Draft, rice: Survey, client: FlaskClient) -> None:
    tablet = Tablet(client, draft.door)
    assert tablet.post(rice.instance(A).encode()).status_code == 201
    assert tablet.post(rice.instance(A).encode()).status_code == 201
    assert tablet.post(rice.instance(A, "<pests>rat</pests>").encode()).status_code == 409
    assert tablet.post(rice.instance(B, deprecated="uuid:none").encode()).status_code == 404
    assert tablet.post(rice.instance(B).replace('id="rice"', 'id="fish"').encode()).status_code == 400
    assert draft.listed() == [A]
    assert tablet.post(rice.instance(B, "<pests>rat</pests>", deprecated=A).encode()).status_code == 201
    assert tablet.post(rice.instance(f"{B}x", deprecated=A).encode()).status_code == 409
    assert rice.ask("GET", f"{rice.project}/parked").get_json() == []


def test_instance_that_was_tried_out_before_is_refused_in_the_next_draft(draft: Draft) -> None:
    draft.post(A)
    draft.set("9")
    assert refusal(draft.post(A)) == 409.3
    assert draft.post(B).status_code == 200


def test_what_is_tried_out_never_leaves_the_hub(draft: Draft, rice: Survey, hub: Hub) -> None:
    draft.post(A)
    rice.send(B)
    way = Way(Direction.LEVEL, None, hub.id, lambda subject: True)
    going = [e for _, e in entries_after(hub.read(), 0, 1000) if may_flow(e, way)]
    named = [e.body.get("instance_id") for e in going if e.kind == "submission.create"]
    assert named == [B]


def test_data_collector_may_try_out_over_rest_and_read_nothing(
    draft: Draft, rice: Survey, as_admin: Ask, client: FlaskClient
) -> None:
    draft.post(A)
    assert client.get(f"{rice.path}/draft/submissions").status_code == 401
    key = rice.path.replace("/v1/", f"/v1/key/{rice.tablet['token']}/")
    assert refusal(client.get(f"{key}/draft/submissions")) == 403.1
    assert client.post(f"{key}/draft/submissions", data=rice.instance(B), headers=XML).status_code == 200
    door = Tablet(client, f"{key}/draft")
    assert door.post(rice.instance(f"{B}x").encode()).status_code == 201
    assert draft.listed() == [f"{B}x", B, A]


ENTITY = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
    xmlns:entities="http://www.opendatakit.org/xforms/entities">
 <h:head><h:title>ភូមិ</h:title><model entities:entities-version="2024.1.0">
  <instance><data id="village"><name/><meta><instanceID/>
   <entity dataset="villages" id="" create=""><label/></entity></meta></data></instance>
  <bind nodeset="/data/name" type="string" entities:saveto="chief"/>
 </model></h:head><h:body/></h:html>"""
VILLAGE = """<data id="village"><name>ភូមិថ្មី</name><meta><instanceID>uuid:{}</instanceID>
 <entity dataset="villages" id="{}" create="1"><label>ភូមិថ្មី</label></entity></meta></data>"""


def test_what_is_tried_out_makes_no_entities(rice: Survey) -> None:
    forms, entities = f"{rice.project}/forms", f"{rice.project}/datasets/villages/entities"
    made = rice.ask("POST", f"{forms}?publish=true", data=ENTITY.encode(), headers=XML)
    assert made.status_code == 200, made.get_json()
    rice.ask("POST", f"{forms}/village/draft")
    uuid = "aaaaaaaa-0000-4000-8000-00000000000{}"
    for n, place in enumerate(("/draft", "")):
        sent = VILLAGE.format(n, uuid.format(n)).encode()
        answer = rice.ask("POST", f"{forms}/village{place}/submissions", data=sent, headers=XML)
        assert answer.status_code == 200, answer.get_json()
    assert [row["uuid"] for row in rice.ask("GET", entities).get_json()] == [uuid.format(1)]
