"""The tablets' door: edits, and what is parked instead of being refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from server import publish, review
from server.store import submissions
from tests.server.season import answers
from tests.web.tablet import (
    Season,
    Tablet,
    is_khmer,
    make_access,
    message,
)

PHOTO, SOUND = "រូបថត.jpg", "សំឡេង ១.m4a"
A, B, C = "uuid:aaaaaaaa-0000-4000-8000-000000000001", "uuid:bbbb", "uuid:cccc"


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
    assert moved.headers["Location"].endswith(f"{quote(A, safe='')}/versions/{B}")
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
