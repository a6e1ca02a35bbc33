"""A form that tags its question about taking part keeps those who did not agree out of Central's exports too."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.hub import Hub
from server.projects import create_project
from server.publish import publish_file
from server.tablets import add_tablet

TAG = 'samleng:consent="participate"'
FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:samleng="urn:samleng:xforms"><h:head><h:title>ការពិគ្រោះ</h:title><model><instance>
 <data id="talk" version="{version}"><opening><agree/></opening><gps/><person><age/></person>
 <meta><instanceID/></meta></data></instance>
 <bind nodeset="/data/opening/agree" type="string" {tag}/><bind nodeset="/data/gps" type="geopoint"/>
 <bind nodeset="/data/person/age" type="int"/><bind nodeset="/data/meta/instanceID" type="string"/></model></h:head>
 <h:body><select1 ref="/data/opening/agree"><label>យល់ព្រមទេ?</label>
 <item><label>បាទ/ចាស</label><value>1</value></item><item><label>ទេ</label><value>2</value></item></select1>
 <input ref="/data/gps"/><group ref="/data/person"><repeat nodeset="/data/person"><input ref="/data/person/age"/>
 </repeat></group></h:body></h:html>"""
ANSWERS = ("1", "2", "", "1", "2", "1")  # who agreed, oldest first
Ask = Callable[..., Any]


class Talk:
    """The form on a hub, and what a program reads of it."""

    def __init__(self, hub: Hub, client: FlaskClient, ask: Ask, folder: Path) -> None:
        self.hub, self.client, self.ask, self.folder = hub, client, ask, folder
        self.project = create_project(hub, "ការពិគ្រោះយោបល់")
        self.token: str | None = None
        self.path = f"/v1/projects/{self.project.id}/forms/talk"

    def publish(self, version: str, tag: str = TAG) -> None:
        file = self.folder / "talk.xml"
        file.write_text(FORM.format(version=version, tag=tag), encoding="utf-8")
        publish_file(self.hub, self.project, file)
        self.token = self.token or add_tablet(self.hub, self.project, "ក្រុមទី១").token

    def send(self, name: str, answer: str, version: str) -> None:
        xml = (
            f'<data id="talk" version="{version}"><opening><agree>{answer}</agree></opening>'
            f"<gps>11.5 104.9 0 0</gps><person><age>34</age></person>"
            f"<meta><instanceID>uuid:{name}</instanceID></meta></data>"
        )
        sent = self.client.post(
            f"/v1/key/{self.token}/projects/{self.project.id}/submission",
            data={"xml_submission_file": (io.BytesIO(xml.encode()), "a.xml")},
            headers={"X-OpenRosa-Version": "1.0"},
        )
        assert sent.status_code == 201

    def odata(self, query: str = "") -> Any:
        return self.ask("GET", f"{self.path}.svc/Submissions{query}").get_json()

    def keys(self) -> list[str]:
        return [row["KEY"] for row in rows(self.ask("GET", f"{self.path}/submissions.csv").text)]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def talk(hub: Hub, client: FlaskClient, as_admin: Ask, tmp_path: Path) -> Talk:
    return Talk(hub, client, as_admin, tmp_path)


@pytest.fixture
def tagged(talk: Talk) -> Talk:
    talk.publish("១")
    for number, answer in enumerate(ANSWERS):
        talk.send(str(number), answer, "១")
    return talk


AGREED = ["uuid:5", "uuid:3", "uuid:0"]


def test_only_who_agreed_is_in_the_csv_and_its_repeats(tagged: Talk) -> None:
    assert tagged.keys() == AGREED
    packed = tagged.ask("GET", f"{tagged.path}/submissions.csv.zip").data
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        people = rows(files.read("talk-person.csv").decode())
    assert [row["PARENT_KEY"] for row in people] == AGREED


def test_counts_and_pages_are_those_of_who_agreed(tagged: Talk) -> None:
    whole = tagged.odata("?$count=true")
    assert whole["@odata.count"] == 3
    assert [row["__id"] for row in whole["value"]] == AGREED
    assert [row["__id"] for row in tagged.odata("?$top=1&$skip=1&$count=true")["value"]] == AGREED[1:2]
    assert tagged.odata("?$top=2&$skip=2&$count=true")["@odata.count"] == 3
    first = tagged.odata("?$top=2")
    assert "@odata.nextLink" in first
    following = first["@odata.nextLink"].partition("Submissions")[2]
    assert [row["__id"] for row in tagged.odata(following)["value"]] == AGREED[2:]


def test_a_refusal_is_not_read_one_by_one_either(tagged: Talk) -> None:
    assert tagged.ask("GET", f"{tagged.path}.svc/Submissions('uuid:1')").status_code == 404
    features = tagged.ask("GET", f"{tagged.path}/submissions.geojson").get_json()["features"]
    assert {feature["id"] for feature in features} == set(AGREED)


def test_the_list_still_shows_a_coordinator_that_it_came(tagged: Talk) -> None:
    listed = tagged.ask("GET", f"{tagged.path}/submissions").get_json()
    assert len(listed) == len(ANSWERS)


def test_a_version_that_did_not_tag_it_left_nobody_out(talk: Talk) -> None:
    talk.publish("១", tag="")
    talk.send("old", "2", "១")
    assert talk.keys() == ["uuid:old"]
    talk.publish("២")
    talk.send("new", "2", "២")
    assert talk.keys() == ["uuid:old"]
