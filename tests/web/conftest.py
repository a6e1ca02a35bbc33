"""A published form and a tablet that sends answers to it, for tests of what comes out again."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from server.clock import Clock
from server.hub import Hub
from tests.web.tablet import Season, Tablet, make_season

EXAMPLE = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
ELSEWHERE = "uuid:bbbbbbbb-0000-4000-8000-000000000002"

RICE = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
    xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms">
 <h:head><h:title>ស្រូវ</h:title><model>
  <instance><data id="{form_id}" version="{version}">
   <farm><name/><gps/><plot jr:template=""><area/><crop jr:template=""><kind/></crop></plot>
    <plot><area/><crop><kind/></crop></plot></farm>
   <pests/><photo/><orx:meta><orx:instanceID/></orx:meta></data></instance>
  <bind nodeset="/data/farm/name" type="string"/><bind nodeset="/data/farm/gps" type="geopoint"/>
  <bind nodeset="/data/farm/plot/area" type="decimal"/>
  <bind nodeset="/data/farm/plot/crop/kind" type="string"/>
  <bind nodeset="/data/pests" type="string"/><bind nodeset="/data/photo" type="binary"/>
  <bind nodeset="/data/orx:meta/orx:instanceID" type="string"/>
 </model></h:head>
 <h:body><input ref="/data/farm/name"/><input ref="/data/farm/gps"/>
  <group ref="/data/farm/plot"><repeat nodeset="/data/farm/plot"><input ref="/data/farm/plot/area"/>
   <group ref="/data/farm/plot/crop"><repeat nodeset="/data/farm/plot/crop">
    <input ref="/data/farm/plot/crop/kind"/></repeat></group></repeat></group>
  <select ref="/data/pests"/><upload ref="/data/photo" mediatype="image/*"/></h:body></h:html>"""
FARM = """<farm><name>សុខ</name><gps>11.5 104.9 12 4.8</gps><plot><area>1.5</area></plot>
 <plot><area>2</area><crop><kind>jasmine</kind></crop></plot></farm><pests>bph stem_borer</pests>"""
A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"


def named(name: str) -> str:
    """Answers of a farm without plots."""
    return f"<farm><name>{name}</name></farm><pests>rat</pests>"


@dataclass
class Hands:
    """What the hub's clock shows."""

    at: datetime = datetime(2026, 11, 23, 1, 15, tzinfo=UTC)


@dataclass
class Survey:
    """A form that is open, and the tablet that was given it."""

    ask: Callable[..., Any]
    client: FlaskClient
    project: str
    form_id: str
    tablet: dict[str, Any]
    version: str = "7"

    @property
    def path(self) -> str:
        return f"{self.project}/forms/{quote(self.form_id, safe='')}"

    def instance(self, instance_id: str, answers: str = FARM, deprecated: str = "") -> str:
        meta = f"<instanceID>{instance_id}</instanceID>"
        if deprecated:
            meta += f"<deprecatedID>{deprecated}</deprecatedID>"
        said = f'id="{self.form_id}" version="{self.version}"'
        return f"<data {said}>{answers}<meta>{meta}</meta></data>"

    def send(
        self, instance_id: str, answers: str = FARM, *, deprecated: str = "", files: Mapping[str, bytes] = {}
    ) -> None:
        """As ODK Collect does, through the tablets' door."""
        xml = self.instance(instance_id, answers, deprecated).encode()
        parts: dict[str, Any] = {name: (io.BytesIO(data), name) for name, data in files.items()}
        parts["xml_submission_file"] = (io.BytesIO(xml), "submission.xml", "text/xml")
        door = self.project.replace("/v1/", f"/v1/key/{self.tablet['token']}/")
        answer = self.client.post(
            f"{door}/submission?deviceID=collect:AbCdEfGhIjKlMnOp",
            data=parts,
            headers={"X-OpenRosa-Version": "1.0"},
        )
        assert answer.status_code == 201, answer.data.decode()

    def get(self, rest: str, **headers: str) -> Any:
        """GET below the form's address, as administrator."""
        return self.ask("GET", self.path + rest, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.fixture
def hands(hub: Hub) -> Hands:
    held = Hands()
    hub.clock = Clock(lambda: held.at)
    return held


@pytest.fixture
def make_survey(hands: Hands, as_admin: Callable[..., Any], client: FlaskClient) -> Callable[..., Survey]:
    """make_survey("rice", "7") -> a project with this form published in it."""
    made = as_admin("POST", "/v1/projects", {"name": "ការពិគ្រោះយោបល់ កំពត"}).get_json()
    project = f"/v1/projects/{made['id']}"
    tablet = as_admin("POST", f"{project}/app-users", {"displayName": "Tablet 7"}).get_json()

    def make(form_id: str = "rice", version: str = "7") -> Survey:
        xml = RICE.format(form_id=form_id, version=version).encode()
        headers = {"Content-Type": "application/xml"}
        answer = as_admin("POST", f"{project}/forms?publish=true", data=xml, headers=headers)
        assert answer.status_code == 200, answer.get_json()
        survey = Survey(as_admin, client, project, form_id, tablet, version)
        as_admin("POST", f"{survey.path}/assignments/app-user/{tablet['id']}")
        return survey

    return make


@pytest.fixture
def rice(make_survey: Callable[..., Survey]) -> Survey:
    """Without answers yet."""
    return make_survey()


@pytest.fixture
def answered(rice: Any, hands: Any) -> Any:
    """The worked example, and a day before it one from elsewhere."""
    moment = hands.at
    hands.at = moment - timedelta(days=1)
    rice.send(ELSEWHERE, "<farm><name>ចាន់</name></farm><pests>rat</pests>")
    hands.at = moment
    rice.send(EXAMPLE)
    return rice


@pytest.fixture
def season(hub: Hub, client: FlaskClient) -> Season:
    return make_season(hub, client)


@pytest.fixture
def tablet(season: Season) -> Tablet:
    return season.tablet
