"""The JSON listing, OData, CSV and GeoJSON of one form tell one and the same story, whatever was sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.accounts import assign, create_user
from server.app import create_app
from server.clock import Clock
from server.hub import Hub
from server.roles import ADMIN, role_named
from tests.conftest import EMAIL, PASSWORD, QUICK, as_bearer, sign_in

XML = {"Content-Type": "application/xml"}
FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
 <h:head><h:title>ស្រូវ</h:title><model><instance><data id="{form}" version="1">
  <farm><name/><gps/><size/></farm><plot><crop/></plot><meta><instanceID/></meta></data></instance>
  <bind nodeset="/data/farm/name" type="string"/><bind nodeset="/data/farm/gps" type="geopoint"/>
  <bind nodeset="/data/farm/size" type="int"/></model></h:head>
 <h:body><repeat nodeset="/data/plot"/></h:body></h:html>"""

# What XML can hold; \r is left out, since every XML reader turns it into \n.
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
    | st.sampled_from('",\n\tសុខ្ម'),
    max_size=12,
)
degrees = st.integers(-89, 89)
places = st.none() | st.tuples(degrees, degrees)
farms = st.fixed_dictionaries(
    {"name": st.none() | texts, "gps": places, "size": st.none() | st.integers(0, 10**9)}
)
submissions = st.tuples(
    farms, st.lists(texts, max_size=3), st.sampled_from([None, "approved", "hasIssues"]), st.booleans()
)
seasons = st.lists(submissions, max_size=6)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One hub for all the examples: each gets a form of its own."""
    folder: Path = tmp_path_factory.mktemp("hub") / "កំពត"
    hub = Hub.create(folder, "កំពត", **QUICK)
    assign(hub, create_user(hub, EMAIL, PASSWORD), role_named(ADMIN))
    hub.close()
    app = create_app(folder, **QUICK)
    yield app
    app.extensions["samleng"].close()


class Season:
    """A form with what was sent to it, and its four readings as {instanceID: answers}, newest first."""

    forms = 0

    def __init__(self, app: Flask) -> None:
        Season.forms += 1
        self.form = f"rice{Season.forms}"
        client = app.test_client()
        self.ask = as_bearer(client, sign_in(client, EMAIL, PASSWORD))
        self._moment = datetime(2026, 11, 23, tzinfo=UTC)
        app.extensions["samleng"].hub.clock = Clock(lambda: self._moment)
        if not self.ask("GET", "/v1/projects").get_json():
            self.ask("POST", "/v1/projects", {"name": "ស្រូវ"})
        xml = FORM.format(form=self.form).encode()
        made = self.ask("POST", "/v1/projects/1/forms?publish=true", data=xml, headers=XML)
        assert made.status_code == 200, made.get_json()
        self.path = f"/v1/projects/1/forms/{self.form}"

    def wait(self, minutes: int) -> None:
        self._moment += timedelta(minutes=minutes)

    def enter(
        self, number: int, farm: dict[str, Any], plots: list[str], state: str | None, gone: bool
    ) -> None:
        self.wait(1)
        gps = farm["gps"] and "{} {}".format(*farm["gps"])
        said = {**farm, "gps": gps}
        cells = "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in said.items() if v is not None)
        turns = "".join(f"<plot><crop>{escape(crop)}</crop></plot>" for crop in plots)
        name = f"uuid:{number:08x}"
        xml = (
            f'<data id="{self.form}" version="1"><farm>{cells}</farm>{turns}'
            f"<meta><instanceID>{name}</instanceID></meta></data>"
        )
        answer = self.ask("POST", f"{self.path}/submissions", data=xml.encode(), headers=XML)
        assert answer.status_code == 200, answer.get_json()
        if state:
            self.ask("PATCH", f"{self.path}/submissions/{name}", {"reviewState": state})
        if gone:
            self.ask("DELETE", f"{self.path}/submissions/{name}")

    def listing(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", f"{self.path}/submissions").get_json()
        return found

    def odata(self, table: str, page: int) -> list[dict[str, Any]]:
        """All rows, page by page along the links."""
        rows, address = [], f"{self.path}.svc/{table}?%24top={page}"
        while address:
            said = self.ask("GET", address).get_json()
            rows += said["value"]
            link = urlsplit(said.get("@odata.nextLink", ""))
            address = f"{link.path}?{link.query}" if link.path else ""
        return rows

    def csv(self) -> list[dict[str, str]]:
        text = self.ask("GET", f"{self.path}/submissions.csv").get_data(as_text=True)
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def map(self) -> dict[str, list[float]]:
        said = json.loads(self.ask("GET", f"{self.path}/submissions.geojson").data)
        return {f["id"]: f["geometry"]["coordinates"] for f in said["features"]}


@given(seasons, st.integers(1, 4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_reading_tells_the_same(served: Flask, sent: list[Any], page: int) -> None:
    season = Season(served)
    for number, one in enumerate(sent):
        season.wait(37)
        season.enter(number, *one)
    listed, rows, lines = season.listing(), season.odata("Submissions", page), season.csv()
    kept = [n for n, (_, _, _, gone) in reversed(list(enumerate(sent))) if not gone]
    names = [f"uuid:{n:08x}" for n in kept]
    assert [s["instanceId"] for s in listed] == names
    assert [r["__id"] for r in rows] == names
    assert [line["KEY"] for line in lines] == names
    for number, known, row, line in zip(kept, listed, rows, lines, strict=True):
        farm, plots, state, _ = sent[number]
        system = row["__system"]
        assert known["createdAt"] == system["submissionDate"] == line["SubmissionDate"]
        assert known["updatedAt"] == system["updatedAt"]
        assert known["reviewState"] == system["reviewState"] == (line["ReviewState"] or None) == state
        assert str(known["submitterId"]) == system["submitterId"] == line["SubmitterID"]
        assert line["farm-name"] == (row["farm"]["name"] or "") == (farm["name"] or "")
        assert line["farm-size"] == ("" if row["farm"]["size"] is None else str(row["farm"]["size"]))
        assert ("plot@odata.navigationLink" in row) == bool(plots)
    spots = {r["__id"]: r["farm"]["gps"]["coordinates"] for r in rows if r["farm"]["gps"]}
    assert season.map() == spots
    crops = [(r["__Submissions-id"], r["crop"]) for r in season.odata("Submissions.plot", page)]
    assert crops == [(f"uuid:{n:08x}", crop or None) for n in kept for crop in sent[n][1]]


fates = st.sampled_from(["stays", "deleted", "restored"])


@given(st.lists(st.tuples(st.integers(0, 60), fates), max_size=20), st.integers(0, 24))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_page_far_in_is_what_counting_rows_would_give(
    served: Flask, sent: list[tuple[int, str]], skip: int
) -> None:
    """However the submissions lie over hours and the trash. Less than a day in all: the session lasts no longer."""
    season = Season(served)
    for number, (minutes, fate) in enumerate(sent):
        season.wait(minutes)
        season.enter(number, {"name": None, "gps": None, "size": number}, [], None, fate != "stays")
        if fate == "restored":
            season.ask("POST", f"{season.path}/submissions/uuid:{number:08x}/restore")
    names = [f"uuid:{n:08x}" for n, (_, fate) in enumerate(sent) if fate != "deleted"][::-1]
    listed = season.ask("GET", f"{season.path}/submissions?limit=3&offset={skip}").get_json()
    assert [s["instanceId"] for s in listed] == names[skip : skip + 3]
    page = season.ask(
        "GET", f"{season.path}.svc/Submissions?%24top=3&%24skip={skip}&%24count=true"
    ).get_json()
    assert [r["__id"] for r in page["value"]] == names[skip : skip + 3]
    assert page["@odata.count"] == len(names)
