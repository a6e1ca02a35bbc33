"""enketoId and /v1/form-links/ID/form: the ids by which web forms are reached."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.conftest import RICE, Survey

Ask = Callable[..., TestResponse]
XML = {"Content-Type": "application/xml"}


def draft(rice: Survey, version: str) -> None:
    xml = RICE.format(form_id=rice.form_id, version=version).encode()
    assert rice.ask("POST", f"{rice.path}/draft", data=xml, headers=XML).status_code == 200


@pytest.fixture
def linked(rice: Survey) -> Survey:
    """A form whose web form is switched on."""
    assert rice.ask("PATCH", rice.path, {"webformsEnabled": True}).get_json()["webformsEnabled"] is True
    return rice


def test_form_without_a_web_form_has_no_ids(rice: Survey) -> None:
    said = rice.get("").get_json()
    assert (said["webformsEnabled"], said["enketoId"], said["enketoOnceId"]) == (False, None, None)


def test_ids_stay_when_a_form_is_published_again(linked: Survey) -> None:
    rice = linked
    before = rice.get("").get_json()
    assert len({before["enketoId"], before["enketoOnceId"], None}) == 3
    draft(rice, "8")
    of_draft = rice.get("/draft").get_json()
    assert of_draft["enketoOnceId"] is None
    assert of_draft["enketoId"] not in (None, before["enketoId"])
    rice.ask("POST", f"{rice.path}/draft/publish")
    assert [row["enketoId"] for row in rice.get("/versions").get_json()] == [before["enketoId"], None]
    draft(rice, "9")
    assert rice.get("/draft").get_json()["enketoId"] != of_draft["enketoId"], (
        "each draft has a token of its own"
    )


def test_id_leads_to_the_form_for_who_may_read_it(linked: Survey, client: FlaskClient) -> None:
    rice = linked
    draft(rice, "8")
    for place in ("", "/draft"):
        said = rice.get(place).get_json()
        found = rice.ask("GET", f"/v1/form-links/{said['enketoId']}/form")
        assert found.get_json() == said
        assert client.get(f"/v1/form-links/{said['enketoId']}/form").status_code == 401
    once = rice.get("").get_json()["enketoOnceId"]
    assert rice.ask("GET", f"/v1/form-links/{once}/form").get_json()["version"] == "7"
    tablet = {"st": rice.tablet["token"]}
    assert client.get(f"/v1/form-links/{once}/form", query_string=tablet).status_code == 200
    of_draft = rice.get("/draft").get_json()["enketoId"]
    assert client.get(f"/v1/form-links/{of_draft}/form", query_string=tablet).status_code == 403


def test_id_of_a_deleted_form_leads_nowhere(linked: Survey) -> None:
    rice = linked
    link = rice.get("").get_json()["enketoId"]
    rice.ask("DELETE", rice.path)
    for unknown in (link, "ក", "a" * 31):
        assert rice.ask("GET", f"/v1/form-links/{unknown}/form").status_code == 404
