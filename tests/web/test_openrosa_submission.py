"""The tablets' door: pre-flight and submission, rule by rule (OpenRosa for ODK Collect)."""

from __future__ import annotations

import hashlib

import pytest

from server.store import submissions
from tests.server.season import answers
from tests.web.tablet import (
    BOUNDARY,
    Season,
    Tablet,
    is_khmer,
    message,
    multipart,
)

PHOTO, SOUND = "រូបថត.jpg", "សំឡេង ១.m4a"
A, B, C = "uuid:aaaaaaaa-0000-4000-8000-000000000001", "uuid:bbbb", "uuid:cccc"


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
