"""ruODK's requests, one function after the other, as its documentation and its traffic show them.

httr sends Basic with every call and asks for XML where it reads JSON; the hub stands behind a proxy with https.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.web.test_encryption import PASSPHRASE, Secret

EMAIL, PASSWORD = "sokha@kampot.example", "ពាក្យសម្ងាត់វែង"
A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
XML, JSON = {"Accept": "application/xml"}, {"Accept": "application/json"}
EXTENDED = {**XML, "X-Extended-Metadata": "true"}


class R:
    """An R session: `url` replaces the whole path, so the API is at the root of the host."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = requests.Session()
        self.http.auth = (EMAIL.encode(), PASSWORD.encode())
        self.http.headers = {"User-Agent": "ruODK", "X-Forwarded-Proto": "https"}

    def get(self, path: str, headers: dict[str, str] | None = None, **query: str) -> requests.Response:
        answer = self.http.get(f"{self.address}/v1/{path}", headers=headers or XML, params=query, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer

    def post(self, path: str, body: Any, **query: str) -> requests.Response:
        answer = self.http.post(f"{self.address}/v1/{path}", json=body, params=query, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer


@pytest.fixture
def r(address: str) -> Iterator[R]:
    made = R(address)
    yield made
    made.http.close()


@pytest.fixture
def form(rice: Any) -> str:
    """Path of a form with one answer and its photo."""
    rice.send(A, "<farm><name>សុខ</name></farm><photo>ស្រែ.jpg</photo>", files={"ស្រែ.jpg": b"jpeg"})
    path: str = rice.path
    return path.removeprefix("/v1/")


def test_projects(r: R, form: str) -> None:
    (project,) = r.get("projects", EXTENDED).json()
    assert {"id", "name", "forms", "appUsers", "lastSubmission", "verbs", "archived"} <= set(project)
    assert (project["forms"], project["appUsers"]) == (1, 1)
    detail = r.get(f"projects/{project['id']}", EXTENDED).json()
    assert "project.read" in detail["verbs"]


def test_forms(r: R, form: str) -> None:
    project = form.rpartition("/forms/")[0]
    (listed,) = r.get(f"{project}/forms", EXTENDED).json()
    assert listed["reviewStates"] == {"received": 1, "hasIssues": 0, "edited": 0}
    assert {"id", "type", "displayName"} <= set(listed["createdBy"])
    assert r.get(form, EXTENDED).json()["submissions"] == 1
    assert r.get(f"{form}.xml").text.startswith("<h:html")


def test_schema_with_a_parameter_that_only_ruodk_knows(r: R, form: str) -> None:
    fields = r.get(f"{form}/fields", flatten="FALSE", odata="FALSE").json()
    assert {"path", "name", "type"} <= set(fields[0])
    assert {"path": "/farm/gps", "name": "gps", "type": "geopoint"}.items() <= fields[2].items()


def test_submissions(r: R, form: str) -> None:
    (listed,) = r.get(f"{form}/submissions", EXTENDED).json()
    assert listed["instanceId"] == A
    assert listed["submitter"]["displayName"] == "Tablet 7"
    detail = r.get(f"{form}/submissions/{A}", {"Accept": "application/json; extended"}).json()
    assert detail["instanceId"] == A
    assert r.get(f"{form}/submissions/{A}.xml").text.startswith("<data ")
    assert [log["action"] for log in r.get(f"{form}/submissions/{A}/audits").json()][
        -1
    ] == "submission.create"


def test_attachments(r: R, form: str) -> None:
    assert r.get(f"{form}/submissions/{A}/attachments").json() == [{"name": "ស្រែ.jpg", "exists": True}]
    assert r.get(f"{form}/submissions/{A}/attachments/{quote('ស្រែ.jpg')}").content == b"jpeg"
    missing = r.http.get(f"{r.address}/v1/{form}/submissions/{A}/attachments/none.jpg", timeout=20)
    assert missing.status_code == 404


def test_export_with_and_without_repeats(r: R, form: str) -> None:
    assert r.get(f"{form}/submissions/keys").json() == []
    packed = r.post(f"{form}/submissions.csv.zip", None, attachments="true", deletedFields="false").content
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist()[0] == "rice.csv"
    table = r.post(f"{form}/submissions.csv", None, attachments="false", deletedFields="false").text
    assert next(csv.DictReader(io.StringIO(table)))["farm-name"] == "សុខ"


def test_export_of_encrypted_answers(r: R, rice: Any) -> None:
    secret = Secret(rice)
    secret.switch_on()
    secret.send(A)
    form = rice.path.removeprefix("/v1/")
    (key,) = r.get(f"{form}/submissions/keys").json()
    table = r.post(f"{form}/submissions.csv", {str(key["id"]): PASSPHRASE}, attachments="false").text
    assert next(csv.DictReader(io.StringIO(table)))["farm-name"] == "សុខ ចាន់ធី"


def test_odata(r: R, form: str) -> None:
    assert r.get(f"{form}.svc", JSON).json()["value"][0]["name"] == "Submissions"
    assert b"<edmx:Edmx" in r.get(f"{form}.svc/$metadata").content
    # What nobody asked for is left blank in the address.
    query = {"$skip": "", "$top": "", "$count": "true", "$wkt": "true"}
    found = r.get(f"{form}.svc/Submissions", JSON, **query).json()
    assert (found["@odata.count"], found["value"][0]["__id"]) == (1, A)
    nested = r.get(f"{form}.svc/Submissions", JSON, **{**query, "$skip": "0", "$top": "1", "$expand": "*"})
    assert nested.json()["value"][0]["farm"]["name"] == "សុខ"


def test_audits_and_users(r: R, form: str) -> None:
    span = {"start": "2020-01-01T00:00:00.000Z", "end": "2099-01-01T00:00:00.000Z"}
    logs = r.get("audits", action="submission.create", limit="5", offset="0", **span).json()
    assert [log["action"] for log in logs] == ["submission.create"]
    assert [user["email"] for user in r.get("users", q="sokha").json()] == [EMAIL]
