"""What is gathered of a form: every answer once, under its own path, whatever became of the form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from forms.fields import read_schema
from server.errors import Fault
from server.extracts.asking import read_asked
from server.extracts.gathering import gathered
from server.extracts.merging import Version, merged_sheets
from server.extracts.options import Choosing
from server.extracts.sheets import Kind, Role
from server.hub import Hub
from server.review import delete_submission, set_review_state
from server.store.forms import Form
from server.store.submissions import find_submission
from server.subjects import submission_subject
from server.withdrawal import withdraw
from sync.ledger import make_entry
from tests.exports.conftest import form as plain_form
from tests.extracts.consulting import (
    NEEDS_1,
    HandClock,
    consultation,
    gathered_rows,
    make_hub,
    name_of,
    publish,
    rows_of,
    submit,
    xform,
)

OLD = (
    "<start>2026-11-23T06:00:00.000+07:00</start><consent>yes</consent><place><province>07</province></place>"
    "<needs>land water</needs><village>ភូមិថ្មី</village><story>ចាស់</story>"
    "<people><person><age>34</age><job><title>កសិករ</title></job><job><title>គ្រូ</title></job></person>"
    "<person><age/></person></people>"
)
NEW = (
    "<consent>no</consent><place><province>02</province></place><needs/><story>ថ្មី</story><hope>សន្តិភាព</hope>"
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def held(tmp_path: Path, clock: HandClock) -> Iterator[tuple[Hub, Form]]:
    hub, form = consultation(tmp_path, clock)
    yield hub, form
    hub.close()


def test_answers_of_both_versions_stand_under_their_own_question(held: tuple[Hub, Form]) -> None:
    hub, form = held
    submit(hub, 1, OLD, "1")
    submit(hub, 2, NEW, "2")
    new, old = gathered_rows(hub, form)
    assert (old["village"], old["story"], old["hope"], old["needs"]) == ("ភូមិថ្មី", "ចាស់", None, "land water")
    assert (new["village"], new["story"], new["hope"], new["needs"]) == (None, "ថ្មី", "សន្តិភាព", None)
    assert (old["FormVersion"], new["FormVersion"]) == ("1", "2")


def test_rows_of_repeats_name_the_row_that_they_belong_to(held: tuple[Hub, Form]) -> None:
    hub, form = held
    key = submit(hub, 1, OLD, "1")
    people = gathered_rows(hub, form, "/people/person")
    assert people == [
        {"age": "34", "PARENT_KEY": key, "KEY": f"{key}/people/person[1]"},
        {"age": None, "PARENT_KEY": key, "KEY": f"{key}/people/person[2]"},
    ]
    jobs = gathered_rows(hub, form, "/people/person/job")
    assert [(job["title"], job["PARENT_KEY"]) for job in jobs] == [
        ("កសិករ", f"{key}/people/person[1]"), ("គ្រូ", f"{key}/people/person[1]"),
    ]  # fmt: skip


def test_columns_know_what_was_asked_and_what_could_be_chosen(held: tuple[Hub, Form]) -> None:
    hub, form = held
    with gathered(hub, form) as extract:
        columns = {column.path: column for column in extract.sheets[0].columns if column.path}
        assert extract.versions == {1: "1", 2: "2"}
    needs = columns["/needs"]
    assert needs.kind is Kind.CHOICES
    assert list(needs.values) == ["school", "water", "health", "land"]
    assert needs.values["school"] == {"km": "សាលារៀន", "en": "A school"}
    assert needs.values_by_version == {1: {"water": {"km": "ទឹក", "en": "Water"}, "land": {"km": "ដី", "en": "Land"},
                                           "school": {"km": "សាលា", "en": "School"}}}  # fmt: skip
    assert columns["/place/province"].values["07"] == {"km": "កំពត", "en": "Kampot"}
    assert columns["/place/province"].labels == {"km": "ខេត្ត", "en": "Province"}


def test_where_a_row_comes_from_stands_beside_it(held: tuple[Hub, Form]) -> None:
    hub, form = held
    submit(hub, 1, OLD, "1", **{"រូប.jpg": b"x"})
    (row,) = gathered_rows(hub, form)
    assert row["SubmissionDate"] == "2026-11-23T01:15:00.000Z"
    assert (row["SubmitterName"], row["DeviceID"], row["Hub"], row["Province"]) == (
        "ថេប្លេត ៧", "collect:ក", "កំពត", "07",
    )  # fmt: skip
    assert (row["Edits"], row["ReviewState"], row["Status"], row["DeletedAt"]) == ("0", None, None, None)


def test_an_edit_counts_once_and_under_the_first_name(held: tuple[Hub, Form]) -> None:
    hub, form = held
    first = submit(hub, 1, OLD, "1")
    submit(hub, 2, "<story>កែ</story>", "2", edits=1)
    (row,) = gathered_rows(hub, form)
    assert (row["KEY"], row["story"], row["Edits"], row["FormVersion"]) == (first, "កែ", "1", "1")
    assert gathered_rows(hub, form, "/people/person") == []


def test_what_was_left_out_is_in_no_sheet_and_no_media(held: tuple[Hub, Form]) -> None:
    hub, form = held
    key = submit(hub, 1, OLD + "<photo>a.jpg</photo>", "1", **{"a.jpg": b"1"})
    other = submit(hub, 2, NEW + "<photo>a.jpg</photo>", "2", **{"a.jpg": b"2"})
    with gathered(hub, form) as extract:
        assert {file.instance_id for file in extract.media()} == {key, other}
        without = extract.leaving_out({key})
        assert [row["KEY"] for row in rows_of(without)] == [other]
        assert rows_of(without, "/people/person") == []
        assert [file.instance_id for file in without.media()] == [other]


def test_days_are_those_of_cambodia(held: tuple[Hub, Form], clock: HandClock) -> None:
    hub, form = held
    for number, moment in enumerate(
        ("2026-11-22T16:59:59Z", "2026-11-22T17:00:00Z", "2026-11-23T16:59:59Z"), 1
    ):
        clock.moment = clock.moment.fromisoformat(moment)
        submit(hub, number, NEW)
    day = date(2026, 11, 23)
    assert {row["KEY"] for row in gathered_rows(hub, form, since=day, until=day)} == {name_of(2), name_of(3)}


def test_a_province_is_named_by_code_or_in_either_language(held: tuple[Hub, Form]) -> None:
    hub, form = held
    old, new = submit(hub, 1, OLD, "1"), submit(hub, 2, NEW)
    none = submit(hub, 3, "<story>ក</story>")
    for said, keys in (("07", {old}), ("កំពត", {old}), ("battambang", {new}), ("unknown", {none})):
        rows = gathered_rows(hub, form, provinces=frozenset({said}))
        assert {row["KEY"] for row in rows} == keys, said
    assert len(gathered_rows(hub, form, "/people/person", provinces=frozenset({"02"}))) == 0
    with pytest.raises(Fault, match=r"export\.province"):
        gathered_rows(hub, form, provinces=frozenset({"Atlantis"}))


def test_review_states_and_facilitators_choose(held: tuple[Hub, Form]) -> None:
    hub, form = held
    one, two = submit(hub, 1, OLD, "1"), submit(hub, 2, NEW)
    found = find_submission(hub.read(), form.id, one)
    assert found is not None
    set_review_state(hub, form, found, "approved")
    assert [r["KEY"] for r in gathered_rows(hub, form, review_states=frozenset({"approved"}))] == [one]
    assert [r["KEY"] for r in gathered_rows(hub, form, review_states=frozenset({"received"}))] == [two]
    assert len(gathered_rows(hub, form, facilitators=frozenset({"ថេប្លេត ៧"}))) == 2
    assert gathered_rows(hub, form, facilitators=frozenset({"នរណា"})) == []


def test_parked_rows_come_last_with_the_reason(held: tuple[Hub, Form]) -> None:
    hub, form = held
    key = submit(hub, 1, OLD, "1")
    submit(hub, 1, NEW, "2")  # the same instanceID with other answers
    assert len(gathered_rows(hub, form)) == 1
    standing, parked = gathered_rows(hub, form, parked=True)
    assert standing["KEY"] == key and str(parked["KEY"]).startswith(f"{key}#")
    assert parked["Status"] == "parked: content.differs"
    assert (parked["hope"], parked["Hub"], parked["Province"]) == ("សន្តិភាព", "កំពត", "02")


def test_every_sheet_has_its_keys(held: tuple[Hub, Form]) -> None:
    hub, form = held
    with gathered(hub, form, Choosing()) as extract:
        assert extract.sheets[0].columns[extract.sheets[0].place(Role.KEY)].name == "KEY"
        for sheet in extract.sheets[1:]:
            assert [sheet.columns[sheet.place(role)].name for role in (Role.PARENT, Role.KEY)] == [
                "PARENT_KEY",
                "KEY",
            ]


def test_what_was_withdrawn_is_gone_and_what_was_deleted_comes_when_asked(held: tuple[Hub, Form]) -> None:
    hub, form = held
    one, two, three = (submit(hub, n, OLD, "1") for n in (1, 2, 3))
    withdraw(hub, form, one)
    found = find_submission(hub.read(), form.id, two)
    assert found is not None
    delete_submission(hub, form, found)
    assert [row["KEY"] for row in gathered_rows(hub, form)] == [three]
    assert {row["KEY"] for row in gathered_rows(hub, form, "/people/person/job")} == {
        f"{three}/people/person[1]/job[1]", f"{three}/people/person[1]/job[2]",
    }  # fmt: skip
    with_deleted = {row["KEY"]: row["DeletedAt"] for row in gathered_rows(hub, form, deleted=True)}
    assert with_deleted == {three: None, two: "2026-11-23T01:15:00.000Z"}


def test_long_answers_are_whole(held: tuple[Hub, Form]) -> None:
    hub, form = held
    story = "ខ្ញុំរស់នៅភូមិថ្មី។\n" * 5000
    submit(hub, 1, f"<story>{story}</story>")
    assert gathered_rows(hub, form)[0]["story"] == story


def test_an_encrypted_submission_is_a_row_without_answers(held: tuple[Hub, Form]) -> None:
    hub, form = held
    sealed = (
        "<base64EncryptedKey>AAAA</base64EncryptedKey><encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"
    )
    one = submit(hub, 1, sealed)
    two = submit(hub, 2, sealed, **{"submission.xml.enc": b"x"})
    plain = submit(hub, 3, NEW)
    said = {row["KEY"]: (row["Status"], row["story"]) for row in gathered_rows(hub, form)}
    assert said == {
        one: ("missing encrypted form data", None), two: ("not decrypted", None), plain: (None, "ថ្មី"),
    }  # fmt: skip
    assert gathered_rows(hub, form, "/people/person") == []


def test_answers_whose_bytes_have_not_come_are_a_row_that_says_so(held: tuple[Hub, Form]) -> None:
    hub, form = held
    entry = make_entry(
        "submission.create", submission_subject(form.project_uid, form.key, name_of(1)), hub="kep",
        made_at="2026-11-22T00:00:00.000000Z", body={"instance_id": name_of(1), "form_version": "1"},
        blobs=["ab" * 32],
    )  # fmt: skip
    hub.ledger.append([entry])
    (row,) = gathered_rows(hub, form)
    assert (row["KEY"], row["Status"], row["story"], row["Hub"]) == (name_of(1), "not read", None, "kep")


def test_a_question_called_like_a_column_of_ours_gives_way(tmp_path: Path) -> None:
    hub = make_hub(tmp_path)
    form = publish(hub, plain_form("<KEY/><Hub/><Hub_2/>", types={"/KEY": "string"}))
    submit(hub, 1, "<KEY>ក</KEY><Hub>ខ</Hub><Hub_2>គ</Hub_2>", "1")
    (row,) = gathered_rows(hub, form)
    assert (row["KEY"], row["KEY_2"], row["Hub_3"], row["Hub_2"]) == (name_of(1), "ក", "ខ", "គ")
    hub.close()


def test_repeats_of_one_name_are_sheets_of_two_names(tmp_path: Path) -> None:
    hub = make_hub(tmp_path)
    form = publish(hub, plain_form("<a><p><x/></p></a><b><p><x/></p></b><wps><x/></wps>",
                                   repeats=("/a/p", "/b/p", "/wps")))  # fmt: skip
    with gathered(hub, form) as extract:
        assert [sheet.name for sheet in extract.sheets] == ["wps", "a-p", "b-p", "wps_2"]
    hub.close()


def test_a_group_that_became_a_repeat_keeps_its_answers_in_both_places() -> None:
    old, new = (read_schema(plain_form("<g><x/></g>", repeats=r, types={"/g/x": "string"}).encode())
                for r in ((), ("/g",)))  # fmt: skip
    root, repeat = merged_sheets("wps", [Version.of(1, 1, old, {}), Version.of(2, 2, new, {})])
    assert [c.name for c in root.columns if c.path == "/g/x"] == ["g-x"]
    assert [c.name for c in repeat.columns] == ["x"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("name,label,label_km,label_en", {"km": "ខ្មែរ", "en": "English"}),
        ("name,label,label::Khmer (km),label::English (en)", {"km": "ខ្មែរ", "en": "English"}),
        ("name,label,other,more", {"km": "both", "en": "both"}),
        ("code,title,other,more", {}),
    ],
)
def test_choices_in_a_file_have_their_labels(tmp_path: Path, header: str, said: dict[str, str]) -> None:
    hub = make_hub(tmp_path)
    form = publish(hub, xform("1", NEEDS_1), f"\ufeff{header}\n07,both,ខ្មែរ,English\n")
    with gathered(hub, form) as extract:
        asked = next(c for c in extract.sheets[0].columns if c.path == "/place/province")
    assert asked.values.get("07", {}) == said
    hub.close()


def test_choices_that_are_searched_in_a_file_have_its_labels(tmp_path: Path) -> None:
    hub = make_hub(tmp_path)
    asked = xform("1", NEEDS_1).replace(
        '<select ref="/data/needs">', '<select ref="/data/needs" appearance="minimal search(\'provinces\')">'
    )
    asked = asked.replace("<value>water</value>", "<value>name</value>").replace(">ទឹក<", ">label_km<")
    form = publish(hub, asked.replace(">Water<", ">label_km<"))
    with gathered(hub, form) as extract:
        needs = next(c for c in extract.sheets[0].columns if c.path == "/needs")
    assert needs.values["02"]["km"] == "បាត់ដំបង"
    hub.close()


def test_a_stated_sensitivity_is_told_from_the_default() -> None:
    said = 'xmlns:s="urn:samleng:xforms" s:sensitivity="restricted" nodeset="/data/x"'
    plain = plain_form("<x/><y/>", types={"/x": "string", "/y": "string"})
    stating = plain.replace('nodeset="/data/x"', said).encode()
    asked = read_asked(stating, lambda _: None)
    (root,) = merged_sheets(
        "wps",
        [Version.of(1, 1, read_schema(plain.encode()), {}), Version.of(2, 2, read_schema(stating), asked)],
    )
    assert [(c.sensitivity, c.tagged) for c in root.columns[:2]] == [
        ("restricted", True),
        ("internal", False),
    ]


def test_every_read_sees_one_state(held: tuple[Hub, Form]) -> None:
    hub, form = held
    submit(hub, 1, OLD, "1")
    with gathered(hub, form) as extract:
        submit(hub, 2, OLD, "1")
        assert len(rows_of(extract)) == 1
        assert len(rows_of(extract, "/people/person")) == 2
    assert len(gathered_rows(hub, form)) == 2


def test_only_those_named_are_read(held: tuple[Hub, Form]) -> None:
    hub, form = held
    one, _ = submit(hub, 1, OLD, "1"), submit(hub, 2, OLD, "1")
    with gathered(hub, form, only=[one, "uuid:none"]) as extract:
        assert [row["KEY"] for row in rows_of(extract)] == [one]
        assert len(rows_of(extract, "/people/person")) == 2
        assert extract.count() == 1
