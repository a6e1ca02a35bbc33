"""The tablets' door: form list, form, manifest and media, rule by rule (OpenRosa for ODK Collect)."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from server import accounts, publish
from server.app import create_app
from server.roles import APP_USER, role_named
from server.store import actors
from tests.conftest import EMAIL, PASSWORD, QUICK
from tests.server.season import answers, xform
from tests.web.tablet import (
    OPENROSA,
    Season,
    Tablet,
    make_access,
    make_season,
    md5,
    message,
    texts,
)

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
A, B, C = "uuid:aaaaaaaa-0000-4000-8000-000000000001", "uuid:bbbb", "uuid:cccc"


def listed(answer: TestResponse) -> list[dict[str, str | None]]:
    assert answer.status_code == 200
    root = etree.fromstring(answer.data)
    assert root.tag == f"{LIST}xforms"
    return [texts(form, "formID", "name", "version", "hash", "downloadUrl") for form in root]


# 3, 4, 5: form list, form, manifest


def test_the_form_list_is_a_document_that_collect_parses(tablet: Tablet) -> None:
    answer = tablet.get("/formList")
    assert answer.data.startswith(b"<?xml"), "no byte order mark, no blank line"
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert answer.headers["Date"].endswith("GMT")
    (form,) = listed(answer)
    assert (form["formID"], form["name"], form["version"]) == ("rice", "ស្រូវ", "1")


def test_the_advertised_hash_is_that_of_the_very_bytes_at_the_advertised_address(tablet: Tablet) -> None:
    (form,) = listed(tablet.get("/formList"))
    url = form["downloadUrl"] or ""
    assert urlsplit(url).scheme and urlsplit(url).netloc, "absolute: Collect takes it as it is"
    served = tablet.get(url)
    assert served.status_code == 200
    assert form["hash"] == f"md5:{md5(served.data)}"
    assert served.data == xform("1")


def test_addresses_keep_the_tablets_own_access(tablet: Tablet) -> None:
    (form,) = listed(tablet.get("/formList"))
    for name in ("downloadUrl", "manifestUrl"):
        assert urlsplit(form[name] or "").path.startswith(tablet.door + "/forms/rice")


def test_addresses_begin_with_the_public_url_when_one_is_set(data: Any) -> None:
    app = create_app(data, public_url="https://kampot.example/hub/", **QUICK)
    season = make_season(app.extensions["samleng"].hub, app.test_client())
    (form,) = listed(season.tablet.get("/formList"))
    assert (form["downloadUrl"] or "").startswith("https://kampot.example/hub/v1/key/")
    app.extensions["samleng"].close()


def test_a_new_version_changes_version_and_hash(season: Season, tablet: Tablet) -> None:
    before = listed(tablet.get("/formList"))[0]
    season.publish("2", title="ស្រូវ ២០២៦")
    after = listed(tablet.get("/formList"))[0]
    assert (after["version"], after["name"]) == ("2", "ស្រូវ ២០២៦")
    assert after["hash"] != before["hash"]


def test_a_list_can_be_asked_for_one_form(season: Season, tablet: Tablet) -> None:
    give(season, tablet, "maize", "ពោត")
    assert [f["formID"] for f in listed(tablet.get("/formList?formID=maize"))] == ["maize"]
    assert listed(tablet.get("/formList?formID=nothing")) == []


def give(season: Season, tablet: Tablet, form_id: str, title: str) -> None:
    form = season.publish("1", form_id=form_id, title=title)
    token = tablet.door.split("/")[3]
    actor = actors.find_by_token(season.hub.read(), token)
    assert actor is not None
    accounts.assign(season.hub, actor, role_named(APP_USER), season.project, form)


def test_forms_are_listed_by_name(season: Season, tablet: Tablet) -> None:
    give(season, tablet, "a", "ឃុំ")
    give(season, tablet, "z", "ក្រុង")
    assert [f["name"] for f in listed(tablet.get("/formList"))] == ["ក្រុង", "ឃុំ", "ស្រូវ"]


def test_only_forms_given_to_the_tablet_are_listed(season: Season, tablet: Tablet) -> None:
    season.publish("1", form_id="secret")
    assert [f["formID"] for f in listed(tablet.get("/formList"))] == ["rice"]


def test_a_tablet_that_was_given_nothing_gets_an_empty_list(season: Season, client: FlaskClient) -> None:
    token = make_access(season.hub, season.project)
    assert listed(Tablet(client, f"/v1/key/{token}/projects/1").get("/formList")) == []


def test_a_closing_form_is_not_listed_but_still_served(season: Season, tablet: Tablet) -> None:
    (form,) = listed(tablet.get("/formList"))
    publish.change_state(season.hub, season.form, "closing")
    assert listed(tablet.get("/formList")) == []
    assert tablet.get(form["downloadUrl"] or "").status_code == 200


def test_a_closed_form_is_neither_listed_nor_served_to_tablets(season: Season, tablet: Tablet) -> None:
    (form,) = listed(tablet.get("/formList"))
    publish.change_state(season.hub, season.form, "closed")
    assert listed(tablet.get("/formList")) == []
    assert tablet.get(form["downloadUrl"] or "").status_code == 403


def test_a_form_in_the_trash_is_gone_from_the_list(season: Season, tablet: Tablet) -> None:
    publish.delete_form(season.hub, season.form)
    assert listed(tablet.get("/formList")) == []


def test_names_with_markup_and_odd_ids_come_through(season: Season, tablet: Tablet) -> None:
    give(season, tablet, "ក ខ?&lt;1&gt;#%2F", "ស្រូវ &lt;b&gt; &amp; ពោត")
    form = next(f for f in listed(tablet.get("/formList")) if f["formID"] == "ក ខ?<1>#%2F")
    assert form["name"] == "ស្រូវ <b> & ពោត"
    assert md5(tablet.get(form["downloadUrl"] or "").data) == (form["hash"] or "")[4:]


def test_the_manifest_gives_every_file_with_the_hash_of_its_bytes(season: Season, tablet: Tablet) -> None:
    season.publish("2")
    (form,) = listed(tablet.get("/formList"))
    answer = tablet.get(form["manifestUrl"] or "")
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    root = etree.fromstring(answer.data)
    assert root.tag == f"{MANIFEST}manifest"
    (file,) = [texts(f, "filename", "hash", "downloadUrl") for f in root]
    assert file["filename"] == "ភូមិ.csv"
    served = tablet.get(file["downloadUrl"] or "")
    assert served.status_code == 200
    assert served.data == "ភូមិ".encode()
    assert file["hash"] == f"md5:{md5(served.data)}"


def test_a_file_that_nobody_gave_yet_is_left_out_of_the_manifest(tablet: Tablet) -> None:
    (form,) = listed(tablet.get("/formList"))
    assert form["manifestUrl"], "expected, so there is a manifest"
    assert len(etree.fromstring(tablet.get(form["manifestUrl"] or "").data)) == 0


def test_a_form_without_files_has_no_manifest(season: Season, tablet: Tablet, as_admin: Any) -> None:
    plain = re.sub(rb'<instance id="villages".*?/>', b"", xform("1", form_id="plain"))
    asked = as_admin("POST", "/v1/projects/1/forms?publish=true", data=plain,
                     headers={"Content-Type": "application/xml"})  # fmt: skip
    assert asked.status_code == 200
    headers = {**OPENROSA, "Authorization": basic(EMAIL, PASSWORD)}
    found = listed(Tablet(tablet.client, "/v1/projects/1", headers).get("/formList"))
    assert "manifestUrl" not in next(f for f in found if f["formID"] == "plain")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("version", [None, "1.1", "", "2.0"])
@pytest.mark.parametrize("path", ["/formList", "/forms/rice/manifest", "/submission"])
def test_a_request_that_does_not_speak_openrosa_1_0_is_told_so(
    tablet: Tablet, path: str, version: str | None
) -> None:
    tablet.headers = {} if version is None else {"X-OpenRosa-Version": version}
    answer = tablet.get(path)
    assert answer.status_code == 400
    assert "X-OpenRosa-Version" in message(answer)[1]


@pytest.mark.parametrize(
    "query", ["?deviceID=a&deviceID=b&st2=1", "?verbose=true&listAllVersions=true", "?" + "x=%E1%9E%80&" * 50]
)
def test_unknown_query_arguments_never_matter(tablet: Tablet, query: str) -> None:
    tablet.query = query
    assert len(listed(tablet.get("/formList"))) == 1
    assert tablet.head().status_code == 204
    assert tablet.post(answers(A)).status_code == 201


@pytest.mark.parametrize("path", ["/formList", "/forms/rice/manifest"])
def test_an_unknown_project_or_form_is_a_404_in_openrosa(tablet: Tablet, path: str) -> None:
    tablet.door = tablet.door.replace("/projects/1", "/projects/77")
    answer = tablet.get(path)
    assert answer.status_code == 404
    assert message(answer)[0] == "error"


def test_the_manifest_of_an_unknown_form_is_a_404(tablet: Tablet) -> None:
    answer = tablet.get("/forms/nothing/manifest")
    assert answer.status_code == 404
    assert message(answer)[0] == "error"


def test_the_manifest_of_a_form_not_given_is_refused(season: Season, tablet: Tablet) -> None:
    season.publish("1", form_id="secret")
    answer = tablet.get("/forms/secret/manifest")
    assert answer.status_code == 403
    assert tablet.get("/forms/secret.xml").status_code == 403
