"""Forms are found wherever a tablet's folder was copied to, and only what belongs to them is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.device import Layout, Stance, attachments, listed_name, stance, survey
from sync.errors import LedgerError

NAME = "ស្រ វ_2026-11-23_08-15-00"
PROJECT = "Android/data/org.odk.collect.android/files/projects/5f3c1d2e-aaaa-bbbb-cccc-1234567890ab"


def make(root: Path, *files: str) -> Path:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"<data/>")
    return root


def found(root: Path) -> list[str]:
    return [f.folder.name for f in survey(root).found]


@pytest.mark.parametrize("given", ["", "Android/data/org.odk.collect.android/files", PROJECT, f"{PROJECT}/instances",
                                   f"{PROJECT}/instances/{NAME}"])  # fmt: skip
def test_a_form_is_found_from_every_folder_above_it(tmp_path: Path, given: str) -> None:
    make(tmp_path, f"{PROJECT}/instances/{NAME}/{NAME}.xml", f"{PROJECT}/forms/ស្រូវ.xml",
         f"{PROJECT}/.cache/{NAME}.xml.save", "DCIM/Camera/instances.jpg")  # fmt: skip
    [form] = survey(tmp_path / given).found
    assert form.xml == tmp_path / PROJECT / "instances" / NAME / f"{NAME}.xml"
    assert form.home == tmp_path / PROJECT, "one tablet, whatever folder was named"
    assert form.layout is Layout.COLLECT


@pytest.mark.parametrize("root", ["odk", "Android/data/org.odk.collect.android/files"])
def test_forms_of_old_versions_of_collect_are_found(tmp_path: Path, root: str) -> None:
    make(tmp_path, f"{root}/instances/{NAME}/{NAME}.xml")
    assert found(tmp_path) == [NAME]


def test_several_projects_on_one_card_are_all_found(tmp_path: Path) -> None:
    for project in "កខគ":
        make(tmp_path, f"projects/{project}/instances/{NAME}/{NAME}.xml")
    assert {f.home.name for f in survey(tmp_path).found} == set("កខគ")


def test_a_folder_of_forms_under_another_name_is_understood(tmp_path: Path) -> None:
    make(tmp_path / "ថេប្លេត៧", f"{NAME}/{NAME}.xml", "Rice_2026-11-24_09-00-00/answers.xml")
    assert found(tmp_path / "ថេប្លេត៧") == [NAME, "Rice_2026-11-24_09-00-00"]


def test_briefcase_keeps_its_forms_beside_their_definition(tmp_path: Path) -> None:
    make(tmp_path, "ODK Briefcase Storage/forms/ស្រូវ/ស្រូវ.xml",
         "ODK Briefcase Storage/forms/ស្រូវ/instances/uuid1234/submission.xml")  # fmt: skip
    for given in (
        "",
        "ODK Briefcase Storage",
        "ODK Briefcase Storage/forms",
        "ODK Briefcase Storage/forms/ស្រូវ",
    ):
        [form] = survey(tmp_path / given).found
        assert form.layout is Layout.BRIEFCASE
        assert form.folder.name == "uuid1234"


def test_what_the_tablet_meant_to_send_is_preferred(tmp_path: Path) -> None:
    make(tmp_path / "instances" / NAME, f"{NAME}.xml", "submission.xml", "រូបថត.jpg")
    [form] = survey(tmp_path).found
    assert form.xml is not None
    assert form.xml.name == "submission.xml"
    assert [p.name for p in form.beside] == ["រូបថត.jpg"]


def test_the_only_answers_are_taken_and_of_two_neither(tmp_path: Path) -> None:
    make(tmp_path / "instances", "ក/ចម្លើយ.xml", "ខ/one.xml", "ខ/two.xml", "គ/រូបថត.jpg")
    assert [f.xml.name if f.xml else None for f in survey(tmp_path).found] == ["ចម្លើយ.xml", None, None]


def test_hidden_files_and_folders_stay_out(tmp_path: Path) -> None:
    make(tmp_path, f"instances/{NAME}/{NAME}.xml", f"instances/{NAME}/.hidden.jpg",
         f"instances/{NAME}/._audit.csv", f"instances/{NAME}/audit.csv", "instances/.trash/.trash.xml",
         f".cache/instances/{NAME}/{NAME}.xml")  # fmt: skip
    [form] = survey(tmp_path).found
    assert [p.name for p in form.beside] == ["audit.csv"]


def test_only_encrypted_files_travel_with_encrypted_answers(tmp_path: Path) -> None:
    make(tmp_path / "instances" / NAME, "submission.xml", f"{NAME}.xml", "submission.xml.enc", "រូបថត.jpg",
         "រូបថត.jpg.enc", "audit.csv")  # fmt: skip
    [form] = survey(tmp_path).found
    assert [p.name for p in attachments(form, True)] == ["submission.xml.enc", "រូបថត.jpg.enc"]
    assert [p.name for p in attachments(form, False)] == [
        "audit.csv", "submission.xml.enc", "រូបថត.jpg", "រូបថត.jpg.enc",
    ]  # fmt: skip


def test_links_are_not_followed_and_loops_end(tmp_path: Path) -> None:
    make(tmp_path, f"card/instances/{NAME}/{NAME}.xml", "secret/secret.xml")
    shelf = tmp_path / "card" / "instances"
    (shelf / "loop").symlink_to(tmp_path / "card")
    (shelf / "out").symlink_to(tmp_path / "secret")
    (shelf / NAME / "រូបថត.jpg").symlink_to(tmp_path / "secret" / "secret.xml")
    [form] = survey(tmp_path / "card").found
    assert (form.folder.name, form.beside) == (NAME, ())


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to(tmp_path / "self")
    for name in ("missing", "self", "file.txt"):
        if name == "file.txt":
            (tmp_path / name).write_text("x")
        with pytest.raises(LedgerError, match=r"folder\.unreadable"):
            survey(tmp_path / name)


def test_forms_come_oldest_first_whatever_they_are_called(tmp_path: Path) -> None:
    names = ["ខ_2026-11-23_08-15-00", "ក_2026-11-24_08-15-00", "ក_2026-11-22_08-15-00"]
    make(tmp_path / "instances", *(f"{n}/{n}.xml" for n in names))
    assert found(tmp_path) == [names[2], names[0], names[1]]


def test_a_shelf_copied_into_a_shelf_is_looked_into(tmp_path: Path) -> None:
    make(tmp_path, f"instances/instances/{NAME}/{NAME}.xml", "instances/metadata/instances.db")
    assert found(tmp_path) == [NAME]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((s, Stance.FINISHED) for s in ("complete", "submitted", "submissionFailed")),
        *(
            (s, Stance.UNFINISHED)
            for s in ("incomplete", "invalid", "valid", "newEdit", "", "ថ្មី", "Complete")
        ),
        (None, Stance.UNCONFIRMED),
    ],
)
def test_only_what_the_tablet_calls_finished_is_finished(status: str | None, expected: Stance) -> None:
    assert stance(status) is expected


def test_the_tablets_list_names_folders_in_two_ways() -> None:
    assert listed_name(f"{NAME}/{NAME}.xml") == NAME
    assert listed_name(f"/storage/emulated/0/odk/instances/{NAME}/{NAME}.xml") == NAME
    assert listed_name("cafe\u0301_2026/cafe\u0301.xml") == "caf\u00e9_2026"
