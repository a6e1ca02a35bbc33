"""Submissions are found, read and decided about on pages, by who may; nothing is lost between two coordinators."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from i18n.khmer_sorting import sort_key
from server.accounts import assign, create_user
from server.app import create_app
from server.demo_season import EMAIL, FORM_ID, OTHER_ANSWERS, Season
from server.hub import Hub
from server.roles import VIEWER, role_named
from server.store import actors, forms, listing, projects, submissions
from server.store.forms import Form
from server.store.submissions import Submission
from tests.conftest import PASSWORD, QUICK
from tests.web.coordinator import Coordinator

LIST = "/projects/1/submissions"


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("season")
    Season(folder, PASSWORD, lambda *_said, **_values: None).play()
    return folder / "nation"


@pytest.fixture
def nation(season: Path, tmp_path: Path) -> Iterator[Flask]:
    shutil.copytree(season, tmp_path / "nation")
    made = create_app(tmp_path / "nation", **QUICK)
    yield made
    made.extensions["samleng"].close()


@pytest.fixture
def hub(nation: Flask) -> Hub:
    held: Hub = nation.extensions["samleng"].hub
    return held


@pytest.fixture
def form(hub: Hub) -> Form:
    found = forms.find_form(hub.read(), 1, FORM_ID)
    assert found is not None
    return found


@pytest.fixture
def sokha(nation: Flask) -> Coordinator:
    return Coordinator(nation.test_client(), EMAIL)


def rows(text: str) -> list[str]:
    """instanceIDs of the rows of a list, in order."""
    found = re.findall(r'<th scope="row"><a href="[^"]*/submissions/([^"?]+)', text)
    return [unescape(one).replace("%3A", ":") for one in found]


def first(hub: Hub, form: Form, **wanted: Any) -> Submission:
    number = listing.list_ids(hub.read(), listing.Wanted(form.id, **wanted), 1)[0]
    found = submissions.find_by_number(hub.read(), number)
    assert found is not None
    return found


def page_of(held: Submission) -> str:
    return f"/projects/1/forms/{FORM_ID}/submissions/{quote(held.instance_id, safe='')}"


def test_pages_of_the_list_hold_every_submission_once(sokha: Coordinator, hub: Hub, form: Form) -> None:
    seen: list[str] = []
    address = LIST
    while address:
        text = sokha.get(address).text
        seen += rows(text)
        more = re.findall(r'rel="next" href="([^"]+)"', text)
        address = unescape(more[0]) if more else ""
    assert len(seen) == len(set(seen)) == submissions.count_submissions(hub.read(), form.id)[0] == 240


def test_filters_show_what_matches_and_nothing_else(sokha: Coordinator, hub: Hub, form: Form) -> None:
    states = submissions.count_review_states(hub.read(), form.id)
    assert len(rows(sokha.get(f"{LIST}?state=hasIssues").text)) == states["hasIssues"]
    assert len(rows(sokha.get(f"{LIST}?state=edited").text)) == states["edited"]
    number, name = listing.submitters_of(hub.read(), form.id)[0]
    own = rows(sokha.get(f"{LIST}?facilitator={number}").text)
    assert own
    assert all(submissions.find_submission(hub.read(), form.id, one).submitter_id == number for one in own)  # type: ignore[union-attr]
    assert name
    assert len(rows(sokha.get(f"{LIST}?conflict=1").text)) == 1
    assert rows(sokha.get(f"{LIST}?since=2026-11-14&until=2026-11-14").text)
    assert rows(sokha.get(f"{LIST}?deleted=1").text) == []
    assert rows(sokha.get(f"{LIST}?until=2020-01-01").text) == []


def test_rows_stand_in_the_order_of_a_khmer_dictionary(sokha: Coordinator, hub: Hub, form: Form) -> None:
    found = rows(sokha.get(f"{LIST}?sort=facilitator").text)
    held = [submissions.find_submission(hub.read(), form.id, one) for one in found]
    names = [actors.find_actor(hub.read(), one.submitter_id or 0).display_name for one in held if one]  # type: ignore[union-attr]
    assert len(names) == 240
    assert names == sorted(names, key=sort_key)
    assert len(set(names)) > 3


@pytest.mark.parametrize(
    "odd",
    ["after=x", "since=2026-99-99", "facilitator=-1", "facilitator=" + "9" * 40, "state=%27", "hub=%00",
     "until=9999-12-31", "after=2026~99999999999999999999"],
)  # fmt: skip
def test_what_an_address_says_wrongly_is_passed_over(sokha: Coordinator, odd: str) -> None:
    assert sokha.get(f"{LIST}?{odd}").status_code == 200


def test_khmer_words_are_found_and_marked_in_their_context(sokha: Coordinator) -> None:
    text = sokha.get(f"{LIST}?q=" + quote("មន្ត្រីស្រី")).text
    assert "<mark>" in text
    assert sokha.get(f"{LIST}?q=" + quote("គ្មានពាក្យនេះទេណា")).text.count("<mark>") == 0
    assert sokha.get(f"{LIST}?q=%20%20").status_code == 200


def test_several_are_decided_about_at_once_and_undone(sokha: Coordinator, hub: Hub, form: Form) -> None:
    numbers = listing.list_ids(hub.read(), listing.Wanted(form.id, state="received"), 3)
    said = {"form": FORM_ID, "decision": "approved", "comment": "បានអាន"}
    assert sokha.post(f"{LIST}/review", chosen=[f"{n}:" for n in numbers], **said).status_code == 303
    held = [submissions.find_by_number(hub.read(), n) for n in numbers]
    assert [one.review_state for one in held if one] == ["approved"] * 3
    assert [c.body for c in submissions.list_comments(hub.read(), numbers[0])] == ["បានអាន"]
    assert "Undo it" in sokha.get(LIST).text
    assert sokha.post(f"{LIST}/undo", form=FORM_ID).status_code == 303
    assert [submissions.find_by_number(hub.read(), n).review_state for n in numbers] == [None] * 3  # type: ignore[union-attr]
    assert sokha.post(f"{LIST}/undo", form=FORM_ID).status_code == 409


def test_what_somebody_else_decided_meanwhile_is_left_and_told(
    sokha: Coordinator, hub: Hub, form: Form
) -> None:
    one, other = listing.list_ids(hub.read(), listing.Wanted(form.id, state="received"), 2)
    sokha.post(f"{LIST}/review", chosen=[f"{one}:"], form=FORM_ID, decision="rejected")
    sokha.post(f"{LIST}/review", chosen=[f"{one}:", f"{other}:"], form=FORM_ID, decision="approved")
    assert submissions.find_by_number(hub.read(), one).review_state == "rejected"  # type: ignore[union-attr]
    assert submissions.find_by_number(hub.read(), other).review_state == "approved"  # type: ignore[union-attr]
    assert "1 were changed by somebody else meanwhile" in sokha.get(LIST).text


@pytest.mark.parametrize("said", [{"decision": "approved"}, {"decision": "grand", "chosen": "1:"},
                                  {"decision": "approved", "chosen": "x"}])  # fmt: skip
def test_a_decision_that_is_none_changes_nothing(
    sokha: Coordinator, hub: Hub, form: Form, said: dict[str, str]
) -> None:
    before = submissions.count_review_states(hub.read(), form.id)
    assert sokha.post(f"{LIST}/review", form=FORM_ID, **said).status_code == 400
    assert submissions.count_review_states(hub.read(), form.id) == before


def test_a_submission_is_read_under_the_forms_own_words(sokha: Coordinator, hub: Hub, form: Form) -> None:
    held = first(hub, form, apart=True)
    english, khmer = sokha.get(page_of(held)).text, sokha.get(page_of(held), "km").text
    assert "What do you recommend to the Royal Government" in english
    assert "What do you recommend to the Royal Government" not in khmer
    assert "this hub has it" in english
    assert "received it first" in english
    assert "in conflict: both sides" in english


def test_a_decision_holds_only_on_what_the_page_showed(sokha: Coordinator, hub: Hub, form: Form) -> None:
    held = first(hub, form, state="received")
    seen = re.findall(r'name="seen" value="([^"]*)"', sokha.get(page_of(held)).text)[0]
    assert sokha.post(f"{page_of(held)}/review", seen=seen, decision="hasIssues").status_code == 303
    late = sokha.post(f"{page_of(held)}/review", seen=seen, decision="approved", comment="មិនបាត់ទេ")
    assert late.status_code == 409
    assert "Has issues" in late.text
    assert "មិនបាត់ទេ" in late.text, "what was written is still there"
    now = submissions.find_by_number(hub.read(), held.id)
    assert now is not None
    assert now.review_state == "hasIssues"


def test_two_versions_are_told_apart_by_question(sokha: Coordinator, hub: Hub, form: Form) -> None:
    held = next(
        one for n in listing.list_ids(hub.read(), listing.Wanted(form.id, state="edited"), 9)
        if (one := submissions.find_by_number(hub.read(), n)) and one.edits and not one.rivals
    )  # fmt: skip
    versions = submissions.list_versions(hub.read(), held.id)
    text = sokha.get(f"{page_of(held)}?version={versions[0].id}&against={versions[-1].id}").text
    assert text.count("<ins>") == 1
    assert "What do you recommend to the Royal Government" in text


def test_a_later_versions_id_leads_to_its_submission(sokha: Coordinator, hub: Hub, form: Form) -> None:
    held = first(hub, form, state="edited")
    version = submissions.list_versions(hub.read(), held.id)[0]
    assert version.instance_id != held.instance_id
    answer = sokha.get(page_of(held).rpartition("/")[0] + "/" + quote(version.instance_id, safe=""))
    assert answer.location == page_of(held)


def test_trash_and_back_again(sokha: Coordinator, hub: Hub, form: Form) -> None:
    held = first(hub, form)
    sokha.post(f"{page_of(held)}/trash")
    assert held.instance_id in rows(sokha.get(f"{LIST}?deleted=1").text)
    sokha.post(f"{page_of(held)}/restore")
    assert held.instance_id in rows(sokha.get(LIST).text)


def test_withdrawing_takes_a_tick_and_wipes(sokha: Coordinator, hub: Hub, form: Form) -> None:
    held = first(hub, form)
    assert sokha.get(f"{page_of(held)}/withdraw").status_code == 200
    assert sokha.post(f"{page_of(held)}/withdraw", reason="ម្ចាស់សុំ").status_code == 400
    assert sokha.get(page_of(held)).status_code == 200
    assert sokha.post(f"{page_of(held)}/withdraw", reason="ម្ចាស់សុំ", sure="on").status_code == 303
    assert sokha.get(page_of(held)).status_code == 404


def test_comments_are_kept_and_empty_ones_refused(sokha: Coordinator, hub: Hub, form: Form) -> None:
    held = first(hub, form)
    assert sokha.post(f"{page_of(held)}/comment", comment="  ").status_code == 400
    assert sokha.post(f"{page_of(held)}/comment", comment="សួរម្ដងទៀត <b>").status_code == 303
    text = sokha.get(page_of(held)).text
    assert "សួរម្ដងទៀត &lt;b&gt;" in text


def test_a_file_that_was_lacking_is_brought(sokha: Coordinator, hub: Hub, form: Form) -> None:
    sokha.get(LIST)  # whatever came by bundle is read before anybody looks
    held = next(
        one for n in listing.list_ids(hub.read(), listing.Wanted(form.id), 240)
        if (one := submissions.find_by_number(hub.read(), n)) and one.expected
    )  # fmt: skip
    name = submissions.list_attachments(hub.read(), held.version_id)[0].name
    sokha.post(f"{page_of(held)}/attachment", name="other.jpg", file=(io.BytesIO(b"x"), "x.jpg"))
    sokha.post(f"{page_of(held)}/attachment", name=name, file=(io.BytesIO(b"\xff\xd8new"), "x.jpg"))
    path = f"/v1/projects/1/forms/{FORM_ID}/submissions/{quote(held.instance_id, safe='')}/attachments/{quote(name)}"
    assert sokha.get(path).data == b"\xff\xd8new"


def test_who_may_only_read_decides_nothing(nation: Flask, hub: Hub, form: Form) -> None:
    project = projects.find_project(hub.read(), 1)
    dara = create_user(hub, "dara@kampot.example", PASSWORD, "ដារ៉ា")
    assign(hub, dara, role_named(VIEWER), project)
    reader = Coordinator(nation.test_client(), "dara@kampot.example")
    held = first(hub, form)
    assert reader.get(LIST).status_code == 200
    assert 'name="decision"' not in reader.get(LIST).text + reader.get(page_of(held)).text
    for path in ("review", "trash", "withdraw", "attachment"):
        assert reader.post(f"{page_of(held)}/{path}", decision="approved", sure="on").status_code == 403, path
    said = {"form": FORM_ID, "decision": "approved", "chosen": f"{held.id}:"}
    assert reader.post(f"{LIST}/review", **said).status_code == 403


def test_who_has_no_right_reads_nothing(nation: Flask, hub: Hub, form: Form) -> None:
    create_user(hub, "dara@kampot.example", PASSWORD, "ដារ៉ា")
    stranger = Coordinator(nation.test_client(), "dara@kampot.example")
    held = first(hub, form)
    for path in (LIST, page_of(held), "/projects/1", "/projects/1/conflicts", "/projects/1/exports",
                 f"/projects/1/figures?form={FORM_ID}", f"/projects/1/forms/{FORM_ID}/quotas"):  # fmt: skip
        assert stranger.get(path).status_code == 403, path


# Conflicts, and what is set aside


def conflict(hub: Hub, form: Form) -> tuple[Submission, str]:
    held = first(hub, form, apart=True)
    return held, f"/projects/1/conflicts/{FORM_ID}/{quote(held.instance_id, safe='')}"


def hidden(text: str, name: str) -> list[str]:
    return [unescape(one) for one in re.findall(rf'name="{re.escape(name)}" value="([^"]*)"', text)]


def test_a_side_is_chosen_as_a_whole_and_the_choice_taken_back(
    sokha: Coordinator, hub: Hub, form: Form
) -> None:
    held, place = conflict(hub, form)
    assert quote(held.instance_id, safe="") in sokha.get("/projects/1/conflicts").text
    text = sokha.get(place).text
    other = hidden(text, "version")[-1]
    said = {"seen": hidden(text, "seen")[0], "what": "pick", "version": other}
    assert sokha.post(f"{place}/decide", **said).status_code == 303
    now = submissions.find_by_number(hub.read(), held.id)
    assert now is not None
    assert now.rivals == 0
    assert submissions.find_version(hub.read(), now.version_id).xml == other  # type: ignore[union-attr]
    assert sokha.post(f"{place}/reopen").status_code == 303
    assert first(hub, form, apart=True).id == held.id
    assert sokha.post(f"{place}/reopen").status_code == 409


def test_answers_of_two_sides_are_combined_and_an_old_version_returned_to(
    sokha: Coordinator, hub: Hub, form: Form
) -> None:
    held, place = conflict(hub, form)
    text = sokha.get(place).text
    [question] = set(re.findall(r'name="(take\.[^"]+)"', text))
    sides = hidden(text, question)
    assert len(sides) == 2
    said = {"seen": hidden(text, "seen")[0], "what": "take", question: sides[1]}
    assert sokha.post(f"{place}/decide", **said).status_code == 303
    now = submissions.find_by_number(hub.read(), held.id)
    assert now is not None
    assert now.rivals == 0
    assert sokha.post(f"{place}/version", version=sides[0]).status_code == 303
    again = submissions.find_by_number(hub.read(), held.id)
    assert again is not None
    assert again.version_id not in (now.version_id, held.version_id)


def test_a_decision_on_what_changed_meanwhile_is_refused(sokha: Coordinator, hub: Hub, form: Form) -> None:
    _, place = conflict(hub, form)
    text = sokha.get(place).text
    version, seen = hidden(text, "version")[0], hidden(text, "seen")[0]
    assert sokha.post(f"{place}/decide", seen="old", what="pick", version=version).status_code == 409
    assert sokha.post(f"{place}/decide", seen=seen, what="pick").status_code == 400
    assert sokha.post(f"{place}/decide", seen=seen, what="pick", version="none").status_code == 400
    assert first(hub, form, apart=True)


def test_what_is_set_aside_is_shown_beside_its_namesake_and_let_in(
    sokha: Coordinator, hub: Hub, form: Form
) -> None:
    parked = submissions.list_parked(hub.read(), 1)
    assert {row.reason for row in parked} == {"content.differs", "version.unknown"}
    differs = next(row for row in parked if row.reason == "content.differs")
    waits = next(row for row in parked if row.reason == "version.unknown")
    page = sokha.get(f"/projects/1/parked/{differs.entry}").text
    assert OTHER_ANSWERS in page
    assert "Beside the one that bears the same number" in page
    assert OTHER_ANSWERS.encode() in sokha.get(f"/projects/1/parked/{differs.entry}/xml").data
    assert sokha.get(f"/projects/1/parked/{waits.entry}").status_code == 200
    assert sokha.post("/projects/1/parked/accept", chosen=[differs.entry, waits.entry]).status_code == 303
    left = submissions.list_parked(hub.read(), 1)
    assert [row.entry for row in left] == [waits.entry], "one that cannot be stops none of the others"
    assert sokha.post("/projects/1/parked/accept").status_code == 400
    assert sokha.get("/projects/1/parked/xyz").status_code == 404
