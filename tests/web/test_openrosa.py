"""The tablets' door, rule by rule: reference 01 (OpenRosa for ODK Collect), sections 3 to 8."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.datastructures import Authorization
from werkzeug.test import TestResponse

from server import accounts, publish, review
from server.app import create_app
from server.hub import Hub
from server.projects import create_project
from server.roles import APP_USER, DATA_COLLECTOR, role_named
from server.store import actors, submissions
from server.web import digest
from tests.conftest import EMAIL, PASSWORD, QUICK
from tests.server.season import answers, xform
from tests.server.season import publish as publish_in
from tests.web.tablet import (
    BOUNDARY,
    OPENROSA,
    Season,
    Tablet,
    make_access,
    make_season,
    md5,
    message,
    multipart,
    texts,
)

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
PHOTO, SOUND = "រូបថត.jpg", "សំឡេង ១.m4a"
A, B, C = "uuid:aaaaaaaa-0000-4000-8000-000000000001", "uuid:bbbb", "uuid:cccc"


@pytest.fixture
def season(hub: Hub, client: FlaskClient) -> Season:
    return make_season(hub, client)


@pytest.fixture
def tablet(season: Season) -> Tablet:
    return season.tablet


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


# 6: pre-flight


def test_the_pre_flight_is_a_204_with_the_size_to_send(tablet: Tablet) -> None:
    answer = tablet.head()
    assert answer.status_code == 204
    assert answer.headers["X-OpenRosa-Accept-Content-Length"] == "2000000"
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert "Location" not in answer.headers
    assert answer.data == b""


def test_a_get_of_the_same_address_is_a_204_too(tablet: Tablet) -> None:
    assert tablet.get("/submission").status_code == 204


# 7: submission


def test_a_submission_is_answered_with_201_and_a_message(season: Season, tablet: Tablet) -> None:
    answer = tablet.post(answers(A))
    assert answer.status_code == 201
    assert answer.headers["X-OpenRosa-Accept-Content-Length"] == "2000000"
    assert message(answer) == ("submit_success", "Thank you. The form is received.")
    assert season.instances() == [(A, A, None)]


def test_what_is_kept_is_what_was_sent_and_who_sent_it(season: Season, tablet: Tablet) -> None:
    xml = answers(A).replace(b"<village>", b"<!-- \xe1\x9e\x80 --> <village>").replace(b"\n", b"\r\n") + b"\n"
    tablet.post(xml)
    held = submissions.find_submission(season.hub.read(), season.form.id, A)
    assert held is not None
    (version,) = submissions.list_versions(season.hub.read(), held.id)
    assert season.hub.blobs.read(version.xml) == xml
    assert held.device_id == "collect:AbCdEfGhIjKlMnOp"
    assert held.user_agent == "org.odk.collect.android/v2026.1"
    assert held.hub == season.hub.id
    assert held.form_version == "1"


def test_device_and_user_agent_are_kept_up_to_255_characters(season: Season, tablet: Tablet) -> None:
    tablet.query = "?deviceID=" + "ក" * 300
    tablet.headers["odk-client"] = "briefcase"
    tablet.post(answers(A))
    held = submissions.find_submission(season.hub.read(), season.form.id, A)
    assert held is not None
    assert held.device_id == "ក" * 255
    assert held.user_agent == "briefcase org.odk.collect.android/v2026.1"


def is_khmer(text: str, but: str = "") -> bool:
    rest = text.replace(but, "")
    return bool(re.search("[ក-៹]", rest)) and not re.search("[A-Za-z]{4}", rest)


def test_the_message_is_in_the_language_of_the_tablet(tablet: Tablet) -> None:
    assert is_khmer(message(tablet.post(answers(A), lang="km,en;q=0.5"))[1])
    assert is_khmer(message(tablet.post(answers(B, photo="a.jpg"), lang="km"))[1], but="a.jpg")
    assert not is_khmer(message(tablet.post(answers(C), lang="en-GB,km;q=0.1"))[1])


def test_a_tablet_that_names_no_language_is_told_in_the_hubs(tablet: Tablet) -> None:
    assert is_khmer(message(tablet.post(answers(A), lang=""))[1])
    assert is_khmer(message(tablet.post(answers(B), lang="fr"))[1])


def test_missing_attachments_are_named(tablet: Tablet) -> None:
    answer = tablet.post(answers(A, photo=PHOTO, sound=SOUND), incomplete=True)
    assert answer.status_code == 201
    assert message(answer)[1] == (
        f"Thank you. The form is received. 2 attachments are still missing: {PHOTO}, {SOUND}"
    )


def test_a_submission_may_come_in_several_posts(season: Season, tablet: Tablet) -> None:
    xml = answers(A, photo=PHOTO, sound=SOUND)
    tablet.post(xml, {PHOTO: b"photo"}, incomplete=True)
    last = tablet.post(xml, {SOUND: b"sound"})
    assert "missing" not in message(last)[1]
    assert season.attachments(A) == {PHOTO: b"photo", SOUND: b"sound"}
    assert season.instances() == [(A, A, None)]


def test_the_posts_of_a_split_submission_may_come_in_any_order(season: Season, tablet: Tablet) -> None:
    xml = answers(A, photo=PHOTO, sound=SOUND)
    tablet.post(xml, {SOUND: b"sound"})
    tablet.post(xml)
    tablet.post(xml, {PHOTO: b"photo"}, incomplete=True)
    assert season.attachments(A) == {PHOTO: b"photo", SOUND: b"sound"}


def test_the_same_bytes_any_number_of_times_change_nothing(season: Season, tablet: Tablet) -> None:
    xml = answers(A, photo=PHOTO)
    tablet.post(xml, {PHOTO: b"photo"})
    before = season.grown()
    for _ in range(3):
        answer = tablet.post(xml, {PHOTO: b"photo"})
        assert answer.status_code == 201
        assert message(answer)[0] == "submit_success"
    assert tablet.post(xml).status_code == 201
    assert season.grown() == before


def test_a_file_sent_again_with_other_bytes_replaces_and_both_are_kept(
    season: Season, tablet: Tablet
) -> None:
    xml = answers(A, photo=PHOTO)
    tablet.post(xml, {PHOTO: b"first"})
    tablet.post(xml, {PHOTO: b"second"})
    assert season.attachments(A) == {PHOTO: b"second"}
    assert season.hub.blobs.has(hashlib.sha256(b"first").hexdigest())


@pytest.mark.parametrize(
    "name", [PHOTO, "a b.jpg", 'q"uote.jpg', "អ្នក​និពន្ធ.jpg", "1763860500000.jpg", "ក" * 80, "a;b=c.jpg"]
)
@pytest.mark.parametrize("padding", [0, 1_200_000])
def test_attachments_keep_their_names(season: Season, tablet: Tablet, name: str, padding: int) -> None:
    """In small posts, taken apart in memory, and in large ones."""
    xml = answers(A, photo=name.replace('"', "&quot;"), sound=SOUND)
    written = name.replace('"', "%22")
    parts = [
        ("xml_submission_file", "a.xml", xml),
        (written, written, b"photo"),
        (SOUND, SOUND, b"x" * padding),
    ]
    answer = tablet.send(multipart(parts))
    assert answer.status_code == 201
    assert "missing" not in message(answer)[1]
    assert season.attachments(A) == {name: b"photo", SOUND: b"x" * padding}


def test_attachments_are_matched_by_field_name_not_by_file_name(season: Season, tablet: Tablet) -> None:
    xml = answers(A, photo=PHOTO)
    tablet.send(multipart([("xml_submission_file", "x", xml), (PHOTO, "C:\\fakepath\\other.jpg", b"photo")]))
    assert season.attachments(A) == {PHOTO: b"photo"}


def test_a_file_that_the_answers_do_not_name_is_kept_all_the_same(season: Season, tablet: Tablet) -> None:
    answer = tablet.post(answers(A), {"ចម្លែក.bin": b"odd"})
    assert answer.status_code == 201
    assert season.attachments(A) == {"ចម្លែក.bin": b"odd"}


def test_large_attachments_go_to_disk_whole(season: Season, tablet: Tablet) -> None:
    large = bytes(range(256)) * 3000
    xml = answers(A, photo=PHOTO)
    assert tablet.post(xml, {PHOTO: large}).status_code == 201
    assert season.attachments(A) == {PHOTO: large}
    _, beside = season.grown()
    assert [p.name for p in beside] == [hashlib.sha256(large).hexdigest()]


def test_the_answers_may_come_as_a_plain_field(season: Season, tablet: Tablet) -> None:
    """As some scripts send it."""
    answer = tablet.send(multipart([("xml_submission_file", None, answers(A))]))
    assert answer.status_code == 201
    assert season.instances() == [(A, A, None)]


@pytest.mark.parametrize("content_type", [
    f'multipart/form-data; boundary="{BOUNDARY.decode()}"',
    f"multipart/form-data; charset=utf-8; boundary={BOUNDARY.decode()}",
    f"Multipart/Form-Data; Boundary={BOUNDARY.decode()}",
])  # fmt: skip
def test_the_boundary_is_understood_however_it_is_written(tablet: Tablet, content_type: str) -> None:
    assert (
        tablet.send(
            multipart([("xml_submission_file", "x", answers(A))]), content_type=content_type
        ).status_code
        == 201
    )


def test_a_preamble_before_the_first_part_is_passed_over(tablet: Tablet) -> None:
    body = b"for old clients\r\n" + multipart([("xml_submission_file", "x", answers(A))])
    assert tablet.send(body).status_code == 201


def test_a_submission_without_instance_id_is_the_same_when_it_is_sent_again(
    season: Season, tablet: Tablet
) -> None:
    xml = b'<data id="rice" version="1"><village>x</village></data>'
    assert tablet.post(xml).status_code == 201
    assert tablet.post(xml).status_code == 201
    assert len(season.instances()) == 1


@pytest.mark.parametrize("meta", [
    "<meta><instanceID>{id}</instanceID></meta>",
    '<orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>{id}</orx:instanceID></orx:meta>',
    '<n0:meta xmlns:n0="urn:x"><n0:instanceID> {id} </n0:instanceID></n0:meta>',
    "<instanceID>{id}</instanceID>",
])  # fmt: skip
def test_the_instance_id_is_found_whatever_the_namespace(season: Season, tablet: Tablet, meta: str) -> None:
    xml = f'<data id="rice" version="1"><village>x</village>{meta.format(id="ក ខ/គ?#")}</data>'.encode()
    tablet.post(xml)
    assert season.instances() == [("ក ខ/គ?#", "ក ខ/គ?#", None)]


# 7.2: the same id, edits


@pytest.fixture
def edited(season: Season, tablet: Tablet) -> Season:
    """The worked example of reference 02, 7.2."""
    season.publish("2")
    tablet.post(answers(A, "p1", photo="a.jpg"), {"a.jpg": b"picture"})
    answer = tablet.post(answers(B, "p2", edits=A, version="2", photo="a.jpg"))
    assert answer.status_code == 201
    assert message(answer) == ("submit_success", "Thank you. The form is received."), "a.jpg is carried over"
    return season


def test_an_edit_is_a_new_version_of_the_same_submission(edited: Season) -> None:
    assert edited.instances() == [(A, B, "edited")]
    held = submissions.find_submission(edited.hub.read(), edited.form.id, A)
    assert held is not None
    assert (held.edits, held.form_version) == (1, "1")
    assert edited.attachments(B) == {"a.jpg": b"picture"}
    assert edited.parked() == []


def test_both_versions_are_there_and_the_new_id_leads_to_the_old(edited: Season, as_admin: Any) -> None:
    path = "/v1/projects/1/forms/rice/submissions"
    for instance_id in (A, B):
        assert as_admin("GET", f"{path}/{A}/versions/{instance_id}").status_code == 200
    moved = as_admin("GET", f"{path}/{B}")
    assert moved.status_code == 301
    assert moved.headers["Location"].endswith(f"{quote(A, safe='')}/versions/{quote(B, safe='')}")
    (row,) = as_admin("GET", f"{path}.csv").get_data(as_text=True).splitlines()[1:]
    assert A in row and B in row and "p2" in row


def test_the_first_version_sent_again_after_an_edit_changes_nothing(edited: Season, tablet: Tablet) -> None:
    before = edited.grown()
    answer = tablet.post(answers(A, "p1", photo="a.jpg"), {"a.jpg": b"picture"})
    assert answer.status_code == 201
    assert edited.grown() == before
    assert edited.instances() == [(A, B, "edited")]


def test_the_edit_sent_again_with_its_files_only_takes_the_files(edited: Season, tablet: Tablet) -> None:
    edit = answers(B, "p2", edits=A, version="2", photo="a.jpg")
    answer = tablet.post(edit, {"a.jpg": b"other picture"})
    assert answer.status_code == 201
    assert edited.attachments(B) == {"a.jpg": b"other picture"}
    assert edited.attachments(A) == {"a.jpg": b"picture"}, "the first version keeps its own"


def test_an_edit_of_the_edit_goes_on(edited: Season, tablet: Tablet) -> None:
    tablet.post(answers(C, "p3", edits=B, version="2"))
    assert edited.instances() == [(A, C, "edited")]


def test_a_review_stands_until_the_next_edit(edited: Season, tablet: Tablet) -> None:
    held = submissions.find_submission(edited.hub.read(), edited.form.id, A)
    assert held is not None
    review.set_review_state(edited.hub, edited.form, held, "approved")
    assert edited.instances() == [(A, B, "approved")]
    tablet.post(answers(C, "p3", edits=B, version="2"))
    assert edited.instances() == [(A, C, "edited")]


# Parked: held safe, never refused


def test_other_answers_under_the_same_id_are_parked(season: Season, tablet: Tablet) -> None:
    tablet.post(answers(A, "ភូមិមួយ"))
    answer = tablet.post(answers(A, "ភូមិពីរ"))
    assert answer.status_code == 201
    nature, text = message(answer)
    assert nature == "submit_parked"
    assert "safe" in text
    assert season.instances() == [(A, A, None)]
    assert season.parked() == [(A, "content.differs")]


def test_what_is_parked_sent_again_parks_nothing_more_but_takes_its_files(
    season: Season, tablet: Tablet
) -> None:
    tablet.post(answers(A, "ភូមិមួយ"))
    other = answers(A, "ភូមិពីរ", photo=PHOTO)
    tablet.post(other)
    before = season.grown()
    assert message(tablet.post(other))[0] == "submit_parked"
    assert season.grown() == before
    tablet.post(other, {PHOTO: b"photo"})
    (row,) = submissions.list_parked(season.hub.read(), season.project.id)
    assert list(json.loads(row.files)) == [PHOTO]
    assert season.attachments(A) == {}


def test_an_unknown_version_is_parked_and_clears_up_when_it_is_published(
    season: Season, tablet: Tablet
) -> None:
    answer = tablet.post(answers(A, version="2", photo=PHOTO), {PHOTO: b"photo"})
    assert answer.status_code == 201
    assert message(answer)[0] == "submit_parked"
    assert season.parked() == [(A, "version.unknown")]
    assert season.instances() == []
    season.publish("2")
    assert season.parked() == []
    assert season.instances() == [(A, A, None)]
    assert season.attachments(A) == {PHOTO: b"photo"}
    assert message(tablet.post(answers(A, version="2", photo=PHOTO)))[0] == "submit_success"


def test_an_unknown_form_is_parked_and_clears_up_when_it_is_published(season: Season, tablet: Tablet) -> None:
    answer = tablet.post(answers(A, form_id="maize"))
    assert answer.status_code == 201
    assert message(answer)[0] == "submit_parked"
    assert season.parked() == [(A, "form.unknown")]
    form = season.publish("1", form_id="maize")
    assert season.parked() == []
    assert submissions.find_submission(season.hub.read(), form.id, A) is not None


def test_a_closed_form_still_takes_what_a_tablet_brings(season: Season, tablet: Tablet) -> None:
    publish.change_state(season.hub, season.form, "closing")
    assert message(tablet.post(answers(A)))[0] == "submit_success"
    publish.change_state(season.hub, season.form, "closed")
    assert message(tablet.post(answers(B)))[0] == "submit_parked"
    assert season.parked() == [(B, "form.closed")]


def test_an_edit_of_an_outdated_copy_is_parked(edited: Season, tablet: Tablet) -> None:
    answer = tablet.post(answers(C, "p3", edits=A, version="2"))
    assert answer.status_code == 201
    assert edited.parked() == [(C, "edit.outdated")]
    assert edited.instances() == [(A, B, "edited")]


def test_an_edit_before_its_original_is_parked_and_joins_by_itself(season: Season, tablet: Tablet) -> None:
    answer = tablet.post(answers(B, "p2", edits=A))
    assert answer.status_code == 201
    assert season.parked() == [(B, "original.missing")]
    tablet.post(answers(C, "p3", edits=B))
    assert season.instances() == []
    tablet.post(answers(A, "p1"))
    assert season.instances() == [(A, C, "edited")]
    assert season.parked() == []


def test_an_edit_under_an_id_that_is_taken_is_parked(season: Season, tablet: Tablet) -> None:
    tablet.post(answers(A))
    tablet.post(answers(B))
    assert tablet.post(answers(B, "ផ្សេង", edits=A)).status_code == 201
    assert season.parked() == [(B, "content.differs")]


def test_a_deleted_submission_is_not_brought_back_by_a_tablet(season: Season, tablet: Tablet) -> None:
    tablet.post(answers(A))
    held = submissions.find_submission(season.hub.read(), season.form.id, A)
    assert held is not None
    review.delete_submission(season.hub, season.form, held)
    again = tablet.post(answers(A))
    assert again.status_code == 201
    assert "deleted" in message(again)[1]
    assert tablet.post(answers(A, "ផ្សេង")).status_code == 201
    assert tablet.post(answers(B, edits=A)).status_code == 201
    assert season.parked() == [(A, "submission.deleted"), (B, "submission.deleted")]
    assert season.instances() == []


def test_a_tablet_that_was_not_given_the_form_hands_it_over_all_the_same(
    season: Season, client: FlaskClient
) -> None:
    token = make_access(season.hub, season.project)
    stranger = Tablet(client, f"/v1/key/{token}/projects/1")
    assert message(stranger.post(answers(A)))[0] == "submit_parked"
    assert season.parked() == [(A, "access.missing")]


def test_the_answer_while_parked_says_why_in_both_languages(season: Season, tablet: Tablet) -> None:
    tablet.post(answers(A))
    english = message(tablet.post(answers(A, "២"), lang="en"))[1]
    khmer = message(tablet.post(answers(A, "៣"), lang="km"))[1]
    assert "coordinator" in english
    assert is_khmer(khmer)


# 8: who asks


@pytest.mark.parametrize("ask", [
    lambda t: t.get("/formList"), lambda t: t.head(), lambda t: t.post(answers(A)),
    lambda t: t.get("/forms/rice/manifest"),
])  # fmt: skip
def test_without_credentials_a_digest_challenge_is_sent(
    season: Season, client: FlaskClient, ask: Callable[[Tablet], TestResponse]
) -> None:
    before = season.grown()
    answer = ask(Tablet(client, "/v1/projects/1"))
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Digest ")
    for part in ('qop="auth"', "algorithm=MD5", "domain=", "nonce=", "realm="):
        assert part in challenge
    assert "stale" not in challenge
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert season.grown() == before


@pytest.mark.parametrize("token", ["a" * 64, "A1!$" * 16])
def test_an_unknown_token_is_a_403_so_that_no_password_is_asked_for(
    season: Season, client: FlaskClient, token: str
) -> None:
    before = season.grown()
    tablet = Tablet(client, f"/v1/key/{token}/projects/1")
    for answer in (tablet.get("/formList"), tablet.post(answers(A))):
        assert answer.status_code == 403
        assert "WWW-Authenticate" not in answer.headers
        assert message(answer)[0] == "error"
    assert season.grown() == before


def test_a_revoked_token_is_a_403(season: Season, tablet: Tablet) -> None:
    actor = actors.find_by_token(season.hub.read(), tablet.door.split("/")[3])
    assert actor is not None
    accounts.revoke_app_user(season.hub, actor)
    assert tablet.get("/formList").status_code == 403
    assert tablet.post(answers(A)).status_code == 403


def test_a_malformed_token_is_a_401_without_a_challenge(client: FlaskClient, season: Season) -> None:
    answer = Tablet(client, "/v1/key/short/projects/1").get("/formList")
    assert answer.status_code == 401
    assert "WWW-Authenticate" not in answer.headers


def test_the_token_may_stand_in_the_query(season: Season, client: FlaskClient, tablet: Tablet) -> None:
    token = tablet.door.split("/")[3]
    other = Tablet(client, "/v1/projects/1", query=f"?st={quote(token)}")
    assert len(listed(other.get("/formList"))) == 1
    assert other.post(answers(A)).status_code == 201


def test_a_token_of_one_project_opens_no_other(season: Season, client: FlaskClient, tablet: Tablet) -> None:
    other = create_project(season.hub, "គម្រោងផ្សេង")
    publish_in(season.hub, other)
    tablet.door = tablet.door.replace("/projects/1", f"/projects/{other.id}")
    assert listed(tablet.get("/formList")) == []
    before = season.grown()
    assert tablet.post(answers(A)).status_code == 401
    assert season.grown() == before


@pytest.fixture
def collector(season: Season) -> tuple[str, str]:
    user, password = "chan@kampot.example", "ពាក្យសម្ងាត់វែង"
    made = accounts.create_user(season.hub, user, password, "ចាន់")
    accounts.assign(season.hub, made, role_named(DATA_COLLECTOR), season.project)
    return user, password


def test_basic_is_taken_over_plain_http_at_this_door_only(
    season: Season, client: FlaskClient, collector: tuple[str, str]
) -> None:
    headers = {**OPENROSA, "Authorization": basic(*collector)}
    tablet = Tablet(client, "/v1/projects/1", headers)
    assert len(listed(tablet.get("/formList"))) == 1
    assert tablet.post(answers(A)).status_code == 201
    assert client.get("/v1/projects/1", headers=headers).status_code == 401


def test_a_wrong_password_is_a_401_with_a_challenge(client: FlaskClient, collector: tuple[str, str]) -> None:
    headers = {**OPENROSA, "Authorization": basic(collector[0], "ពាក្យសម្ងាត់ខុស")}
    answer = Tablet(client, "/v1/projects/1", headers).get("/formList")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Digest ")


def digest_header(
    challenge: str, user: str, password: str, method: str, uri: str, *, qop: bool = True
) -> str:
    """As a client computes it (RFC 2617), independently of the server's code."""
    said = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    ha1 = md5(f"{user}:{said['realm']}:{password}".encode())
    ha2 = md5(f"{method}:{uri}".encode())
    middle = "00000001:cn:auth:" if qop else ""
    response = md5(f"{ha1}:{said['nonce']}:{middle}{ha2}".encode())
    more = ', qop=auth, nc=00000001, cnonce="cn"' if qop else ""
    return (
        f'Digest username="{user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}", '
        f'response="{response}"{more}'
    )


@pytest.mark.parametrize("qop", [True, False])
def test_digest_works_over_plain_http_with_the_query_in_its_uri(
    season: Season, client: FlaskClient, collector: tuple[str, str], qop: bool
) -> None:
    tablet = Tablet(client, "/v1/projects/1")
    challenge = tablet.head().headers["WWW-Authenticate"]
    uri = f"/v1/projects/1/submission{tablet.query}"
    tablet.headers["Authorization"] = digest_header(challenge, *collector, "HEAD", uri, qop=qop)
    assert tablet.head().status_code == 204
    tablet.headers["Authorization"] = digest_header(challenge, *collector, "POST", uri, qop=qop)
    assert tablet.post(answers(A)).status_code == 201, "the same nonce serves again"
    assert season.instances() == [(A, A, None)]


@pytest.mark.parametrize("spoil", ["password", "uri", "method", "nonce", "user"])
def test_a_digest_that_does_not_fit_is_refused(
    season: Season, client: FlaskClient, collector: tuple[str, str], spoil: str
) -> None:
    tablet = Tablet(client, "/v1/projects/1")
    challenge = tablet.head().headers["WWW-Authenticate"]
    user, password = collector
    uri = f"/v1/projects/1/submission{tablet.query}"
    said = {
        "password": (challenge, user, "ខុស", "HEAD", uri),
        "uri": (challenge, user, password, "HEAD", "/v1/projects/1/formList"),
        "method": (challenge, user, password, "GET", uri),
        "nonce": (re.sub(r'nonce="[^"]+"', 'nonce="5f.aa.bb"', challenge), user, password, "HEAD", uri),
        "user": (challenge, "nobody@kampot.example", password, "HEAD", uri),
    }[spoil]
    tablet.headers["Authorization"] = digest_header(*said)
    answer = tablet.head()
    assert answer.status_code == 401
    assert "stale" not in answer.headers["WWW-Authenticate"]


def test_an_old_nonce_leads_to_a_silent_retry(
    season: Season, client: FlaskClient, collector: tuple[str, str]
) -> None:
    tablet = Tablet(client, "/v1/projects/1")
    old = f'realm="{digest.REALM}", nonce="{digest.make_nonce(season.hub.secret, lambda: 1_000_000.0)}"'
    uri = f"/v1/projects/1/submission{tablet.query}"
    tablet.headers["Authorization"] = digest_header(old, *collector, "HEAD", uri)
    answer = tablet.head()
    assert answer.status_code == 401
    assert "stale=true" in answer.headers["WWW-Authenticate"]
    fresh = answer.headers["WWW-Authenticate"]
    tablet.headers["Authorization"] = digest_header(fresh, *collector, "HEAD", uri)
    assert tablet.head().status_code == 204


def test_the_digest_vector_of_the_reference() -> None:
    header = digest_header('realm="ODK", nonce="nonce1"', "u", "p", "GET", "/formList?deviceID=collect%3Aabc")
    assert 'response="af31bd19242bdb4266dc37f301ea70d8"' in header
    said = Authorization.from_header(header)
    assert said is not None
    assert (
        digest._response(said, "GET", "53494b04da2dd81f359a8837d7c0d423")
        == "af31bd19242bdb4266dc37f301ea70d8"
    )


def test_the_hash_vector_of_the_reference() -> None:
    form = b'<data id="f1" version="7"><meta><instanceID>x</instanceID></meta></data>'
    assert md5(form) == "c0df24c850a16cd7df372e56163b5a6b"


def test_a_web_user_without_access_is_refused_and_nothing_is_kept(
    season: Season, client: FlaskClient
) -> None:
    accounts.create_user(season.hub, "nobody@kampot.example", PASSWORD, "គ្មាន")
    tablet = Tablet(
        client, "/v1/projects/1", {**OPENROSA, "Authorization": basic("nobody@kampot.example", PASSWORD)}
    )
    assert listed(tablet.get("/formList")) == []
    before = season.grown()
    answer = tablet.post(answers(A))
    assert answer.status_code == 401
    assert message(answer)[0] == "error"
    assert season.grown() == before


def test_the_door_never_answers_200_with_an_empty_list_when_it_fails(
    app: Flask, season: Season, tablet: Tablet
) -> None:
    """match_exactly deletes every form that is not in a list answered with 200."""
    (season.hub.data / "hub.db").chmod(0o600)
    db = season.hub.read()
    db.execute("PRAGMA query_only = 0")
    db.execute("ALTER TABLE form_version RENAME TO form_version_gone")
    answer = tablet.get("/formList")
    assert answer.status_code == 503
    assert message(answer)[0] == "error"
