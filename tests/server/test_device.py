"""A tablet that cannot reach any network: its copied folder goes in as its posts would have."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server import cli
from server.device import Report, State, import_folder
from server.errors import Fault
from server.hub import Hub
from server.projects import create_project
from server.store import submissions
from server.store.device_database import read_list
from server.store.projects import Project
from server.withdrawal import withdraw
from sync.ledger import Entry
from tests.server.season import answers, begin, publish, rice

PHOTO = "រូបថត.jpg"
TABLES = (
    "CREATE TABLE instances (_id INTEGER PRIMARY KEY, displayName TEXT, submissionUri TEXT, "
    "canEditWhenComplete TEXT, instanceFilePath TEXT NOT NULL, jrFormId TEXT NOT NULL, jrVersion TEXT, "
    "status TEXT NOT NULL, date DATE NOT NULL, deletedDate DATE, geometry TEXT, geometryType TEXT)"
)
MANIFEST = """<data id="rice" version="1" encrypted="yes" xmlns="http://www.opendatakit.org/xforms/encrypted">
<base64EncryptedKey>QUJD</base64EncryptedKey><orx:meta xmlns:orx="http://openrosa.org/xforms">
<orx:instanceID>uuid:sealed</orx:instanceID></orx:meta><media><file>រូបថត.jpg.enc</file></media>
<encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"""


class Card:
    """A card copied off a tablet with ODK Collect; `list` writes its instances.db as SQLite does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "Android/data/org.odk.collect.android/files/projects/5f3c1d2e"
        self.shelf = self.home / "instances"
        self.shelf.mkdir(parents=True)
        self.listed: list[tuple[str, str, int | None]] = []

    def fill(self, second: int, xml: bytes, status: str | None = "complete", **files: bytes) -> Path:
        """A form that was begun `second` seconds after eight."""
        name = f"ស្រ វ_2026-11-23_08-00-{second:02}"
        folder = self.shelf / name
        folder.mkdir()
        (folder / f"{name}.xml").write_bytes(xml)
        for said, data in files.items():
            (folder / said).write_bytes(data)
        if status is not None:
            self.listed.append((f"{name}/{name}.xml", status, None))
        return folder

    def list(self) -> Path:
        path = self.home / "metadata" / "instances.db"
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(TABLES)
            db.executemany(
                "INSERT INTO instances (displayName, instanceFilePath, jrFormId, jrVersion, status, date, deletedDate) "
                "VALUES ('ស្រូវ', ?, 'rice', '1', ?, 1763859600000, ?)",
                self.listed,
            )
        return path


@pytest.fixture
def project(hub: Hub) -> Project:
    return begin(hub)


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return Card(tmp_path / "កាត")


def states(report: Report) -> list[str]:
    return [line.state.value for line in report.lines]


def codes(report: Report) -> list[str | None]:
    return [line.fault.code if line.fault else line.parked for line in report.lines]


def entries(hub: Hub) -> list[Entry]:
    return [e for _, e in hub.ledger.entries_after(0, 10_000) if e.kind.startswith("submission.")]


def tree(root: Path) -> dict[str, tuple[str, int, int]]:
    """name -> (hash of the content, mode, time of change) of everything below, hidden ones too."""
    said = {}
    for folder, folders, files in os.walk(root):
        for name in [*folders, *files]:
            path = Path(folder, name)
            status = path.lstat()
            data = path.read_bytes() if path.is_file() else b""
            digest = hashlib.sha256(data).hexdigest()
            said[str(path.relative_to(root))] = (digest, status.st_mode, status.st_mtime_ns)
    return said


def held_files(hub: Hub, instance_id: str) -> dict[str, bytes]:
    [version] = submissions.versions_with(hub.read(), rice(hub).id, instance_id)
    rows = submissions.list_attachments(hub.read(), version.id)
    return {row.name: hub.blobs.read(row.sha256) for row in rows if row.sha256}


def test_a_finished_form_goes_in_with_its_files(hub: Hub, project: Project, card: Card) -> None:
    large = os.urandom(200_000)
    card.fill(1, answers("uuid:ក", photo=PHOTO), **{PHOTO: large, "audit.csv": b"event", ".thumb": b"x"})
    card.list()
    report = import_folder(hub, card.root)
    [line] = report.lines
    assert (line.state, line.form_id, line.instance_id, line.project) == (
        State.NEW,
        "rice",
        "uuid:ក",
        project.id,
    )
    assert held_files(hub, "uuid:ក") == {PHOTO: large, "audit.csv": b"event"}
    [version] = submissions.versions_with(hub.read(), rice(hub).id, "uuid:ក")
    assert hub.blobs.read(version.xml) == answers("uuid:ក", photo=PHOTO)
    assert (line.missing, line.left_out, report.whole) == ((), [], True)


def test_a_folder_imported_twice_adds_its_forms_once(hub: Hub, project: Project, card: Card) -> None:
    for second in range(5):
        card.fill(second, answers(f"uuid:{second}", photo=PHOTO), **{PHOTO: b"%d" % second})
    card.list()
    assert states(import_folder(hub, card.root)) == ["new"] * 5
    before = entries(hub)
    assert states(import_folder(hub, card.root)) == ["held"] * 5
    assert entries(hub) == before


def test_a_form_that_the_tablet_sent_before_is_held_already(hub: Hub, project: Project, card: Card) -> None:
    from tests.server.season import hand_in

    hand_in(hub, answers("uuid:ក", photo=PHOTO))
    card.fill(1, answers("uuid:ក", photo=PHOTO), "submitted", **{PHOTO: b"jpg"})
    card.list()
    assert states(import_folder(hub, card.root)) == ["held"]
    assert held_files(hub, "uuid:ក") == {PHOTO: b"jpg"}, "the photo that the network swallowed"


def test_a_form_that_was_withdrawn_is_told_and_not_taken_again(
    hub: Hub, project: Project, card: Card
) -> None:
    card.fill(1, answers("uuid:a"))
    card.list()
    assert states(import_folder(hub, card.root)) == ["new"]
    withdraw(hub, rice(hub), "uuid:a")
    before = hub.ledger.head()
    report = import_folder(hub, card.root)
    assert states(report) == ["withdrawn"]
    assert (report.taken, hub.ledger.head()) == (0, before)


def test_drafts_are_left_alone(hub: Hub, project: Project, card: Card) -> None:
    for second, status in enumerate(("incomplete", "invalid", "valid", "newEdit")):
        card.fill(second, answers(f"uuid:{second}"), status)
    card.list()
    report = import_folder(hub, card.root, unconfirmed=True)
    assert states(report) == ["unfinished"] * 4
    assert entries(hub) == []


@pytest.mark.parametrize("status", ["complete", "submissionFailed", "submitted"])
def test_every_finished_state_is_taken(hub: Hub, project: Project, card: Card, status: str) -> None:
    card.fill(1, answers("uuid:ក"), status)
    card.list()
    assert states(import_folder(hub, card.root)) == ["new"]


def test_without_the_tablets_list_nothing_is_taken_unasked(hub: Hub, project: Project, card: Card) -> None:
    card.fill(1, answers("uuid:ក"))
    report = import_folder(hub, card.root)
    assert (states(report), codes(report)) == (["unconfirmed"], ["device.no_list"])
    assert entries(hub) == []
    assert states(import_folder(hub, card.root, unconfirmed=True)) == ["new"]


def test_a_form_that_the_list_does_not_name_is_unconfirmed(hub: Hub, project: Project, card: Card) -> None:
    card.fill(1, answers("uuid:ក"), None)
    card.list()
    assert codes(import_folder(hub, card.root)) == ["device.not_listed"]


@pytest.mark.parametrize("harm", ["text", "cut", "page", "other", "view", "empty", "link"])
def test_a_damaged_list_confirms_nothing(
    hub: Hub, project: Project, card: Card, tmp_path: Path, harm: str
) -> None:
    card.fill(1, answers("uuid:ក"))
    for number in range(400):
        card.listed.append((f"{number}/{number}.xml", "submitted", None))
    path = card.list()
    whole = path.read_bytes()
    if harm == "text":
        path.write_text("មិនមែន SQLite ទេ" * 100, encoding="utf-8")
    elif harm == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif harm == "page":
        path.write_bytes(whole[:4096] + b"\xff" * 4096 + whole[8192:])
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "link":
        path.rename(tmp_path / "elsewhere.db")
        path.symlink_to(tmp_path / "elsewhere.db")
    else:
        path.unlink()
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(
                "CREATE TABLE other (x)" if harm == "other" else "CREATE VIEW instances AS SELECT 1 AS status"
            )
    report = import_folder(hub, card.root)
    assert states(report) == ["unconfirmed"]
    assert codes(report) == ["device.no_list" if harm == "link" else "device.list_damaged"]


def test_a_list_that_would_keep_us_for_ever_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "instances.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE VIEW instances AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
                   "SELECT x AS instanceFilePath, x AS status FROM n")  # fmt: skip
    monkeypatch.setattr("server.store.device_database.LOOKS", 20)
    assert read_list(path) is None


def test_what_the_tablet_had_not_written_home_counts(hub: Hub, project: Project, card: Card) -> None:
    """A tablet switched off in the middle leaves the newest states in the write-ahead log."""
    card.fill(1, answers("uuid:ក"), "incomplete")
    path = card.list()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("UPDATE instances SET status = 'complete'")
        copied = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    for name in ("instances.db", "instances.db-wal"):
        (path.parent / name).write_bytes(copied[name])
    before = tree(card.root)
    assert states(import_folder(hub, card.root)) == ["new"]
    assert tree(card.root) == before


def test_of_rows_that_disagree_the_draft_counts(hub: Hub, project: Project, card: Card) -> None:
    folder = card.fill(1, answers("uuid:ក"))
    card.listed.append((f"{folder.name}/{folder.name}.xml", "incomplete", None))
    card.list()
    assert states(import_folder(hub, card.root)) == ["unfinished"]


def test_a_row_about_a_deleted_namesake_does_not_count(hub: Hub, project: Project, card: Card) -> None:
    folder = card.fill(1, answers("uuid:ក"))
    card.listed.append((f"{folder.name}/{folder.name}.xml", "incomplete", 1763859600001))
    card.list()
    assert states(import_folder(hub, card.root)) == ["new"]


def test_lists_of_old_versions_name_absolute_paths(hub: Hub, project: Project, tmp_path: Path) -> None:
    old = tmp_path / "odk"
    name = "ស្រ វ_2018-11-23_08-00-01"
    (old / "instances" / name).mkdir(parents=True)
    (old / "metadata").mkdir()
    (old / "instances" / name / f"{name}.xml").write_bytes(answers("uuid:ក"))
    with closing(sqlite3.connect(old / "metadata" / "instances.db")) as db, db:
        db.execute("CREATE TABLE instances (_id INTEGER PRIMARY KEY, instanceFilePath TEXT, status TEXT)")
        db.execute(
            "INSERT INTO instances VALUES (1, ?, 'complete')",
            (f"/storage/sdcard/odk/instances/{name}/{name}.xml",),
        )
    assert states(import_folder(hub, tmp_path)) == ["new"]


def test_a_finished_form_that_was_not_copied_is_told(hub: Hub, project: Project, card: Card) -> None:
    card.listed = [("ក/ក.xml", "complete", None), ("ខ/ខ.xml", "submitted", None), ("គ/គ.xml", "incomplete", None),
                   ("ឃ/ឃ.xml", "submissionFailed", 1763859600000)]  # fmt: skip
    card.list()
    report = import_folder(hub, card.root)
    assert [(line.folder.rsplit("/", 1)[-1], codes(report)[0]) for line in report.lines] == [
        ("ក", "device.not_copied")
    ]
    assert not report.whole


def test_other_answers_under_the_same_number_are_parked(hub: Hub, project: Project, card: Card) -> None:
    card.fill(1, answers("uuid:ក", "ភូមិថ្មី"))
    card.fill(2, answers("uuid:ក", "ភូមិចាស់"))
    card.list()
    report = import_folder(hub, card.root)
    assert (states(report), codes(report)) == (["new", "parked"], [None, "content.differs"])
    again = import_folder(hub, card.root)
    assert (states(again), codes(again)) == (["held", "held"], [None, "content.differs"])


def test_an_edit_comes_after_its_original(hub: Hub, project: Project, card: Card) -> None:
    card.fill(9, answers("uuid:ខ", edits="uuid:ក"))
    card.fill(1, answers("uuid:ក"))
    card.list()
    assert states(import_folder(hub, card.root)) == ["new", "new"]
    [version] = submissions.versions_with(hub.read(), rice(hub).id, "uuid:ខ")
    assert version.standing == "current"


def test_encrypted_answers_travel_without_plain_files(hub: Hub, project: Project, card: Card) -> None:
    folder = card.fill(1, answers("uuid:plain"), **{PHOTO: b"plain", f"{PHOTO}.enc": b"sealed photo"})
    (folder / "submission.xml").write_text(MANIFEST, encoding="utf-8")
    (folder / "submission.xml.enc").write_bytes(b"sealed answers")
    card.list()
    [line] = import_folder(hub, card.root).lines
    assert (line.state, line.instance_id, line.missing) == (State.NEW, "uuid:sealed", ())
    assert held_files(hub, "uuid:sealed") == {
        f"{PHOTO}.enc": b"sealed photo",
        "submission.xml.enc": b"sealed answers",
    }


def test_the_device_is_the_forms_own_or_the_folders(hub: Hub, project: Project, card: Card) -> None:
    xml = answers("uuid:ក").replace(b"<meta>", b"<deviceid>collect:AbCd</deviceid><meta>")
    card.fill(1, xml)
    card.fill(2, answers("uuid:ខ"))
    card.fill(3, answers("uuid:គ"))
    card.list()
    import_folder(hub, card.root, by={"id": "u1", "name": "សុខា"})
    devices = [entry.body["device_id"] for entry in entries(hub)]
    assert devices[0] == "collect:AbCd"
    assert devices[1] == devices[2], "one tablet"
    assert devices[1].startswith("usb:")
    assert entries(hub)[0].body["by"] == {"id": "u1", "name": "សុខា"}


def test_files_that_the_answers_name_and_nobody_copied_are_told(
    hub: Hub, project: Project, card: Card
) -> None:
    card.fill(1, answers("uuid:ក", photo=PHOTO))
    card.list()
    [line] = import_folder(hub, card.root).lines
    assert (line.state, line.missing) == (State.NEW, (PHOTO,))


def test_one_bad_folder_stops_no_other(hub: Hub, project: Project, card: Card) -> None:
    card.fill(1, b"<data id='rice'")
    card.fill(2, b"")
    card.fill(3, b'<!DOCTYPE data [<!ENTITY a "a">]><data id="rice">&a;</data>')
    (card.fill(4, b"x") / "ស្រ វ_2026-11-23_08-00-04.xml").unlink()
    card.fill(5, b"<data id='rice'>" + b" " * hub.config.max_xml_length + b"</data>")
    card.fill(6, answers("uuid:ល្អ"))
    card.fill(7, answers("uuid:ឆ្ងាយ", form_id="ទម្រង់គេ"))
    card.list()
    report = import_folder(hub, card.root)
    assert states(report) == [*["unreadable"] * 5, "new", "unreadable"]
    assert codes(report) == [
        "submission.not_xml", "submission.not_xml", "submission.doctype", "device.no_answers",
        "submission.too_large", None, "form.nowhere",
    ]  # fmt: skip
    assert not report.whole
    assert len(entries(hub)) == 1


def test_hostile_names_harm_nobody(hub: Hub, project: Project, card: Card) -> None:
    folder = card.fill(
        1, answers("uuid:ក", photo="../../ចេញ.jpg"), **{"ក\\..\\x.jpg": b"1", "line\nbreak.jpg": b"2"}
    )
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.jpg"))).write_bytes(b"3")
    os.mkfifo(folder / "pipe.jpg")
    bad = Path(os.fsdecode(os.fsencode(card.shelf) + b"/\x1b[2J\xff"))
    bad.mkdir()
    (bad / "submission.xml").write_bytes(answers("uuid:ខ"))
    card.list()
    report = import_folder(hub, card.root, unconfirmed=True)
    by_id = {line.instance_id: line for line in report.lines}
    assert set(held_files(hub, "uuid:ក")) == {"ក\\..\\x.jpg", "line\nbreak.jpg"}
    assert by_id["uuid:ក"].left_out == ["\ufffd\ufffd.jpg"]
    assert by_id["uuid:ខ"].state is State.NEW
    said = run(hub, str(card.root), "--unconfirmed", "--json")
    assert json.loads(said.stdout)["held"] == 2
    assert "\x1b" not in run(hub, str(card.root), "--unconfirmed").output


def test_nothing_on_the_tablets_side_is_changed(hub: Hub, project: Project, card: Card) -> None:
    card.fill(1, answers("uuid:ក", photo=PHOTO), **{PHOTO: b"jpg"})
    card.fill(2, answers("uuid:ខ"), "incomplete")
    card.list()
    (card.root / "loop").symlink_to(card.root)
    for path in sorted(card.root.rglob("*"), reverse=True):
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    before = tree(card.root)
    assert states(import_folder(hub, card.root)) == ["new", "unfinished"]
    assert tree(card.root) == before
    for path in [card.root, *card.root.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def briefcase(root: Path, name: str, attributes: str, instance_id: str = "uuid:ក") -> Path:
    home = root / "ODK Briefcase Storage" / "forms" / "ស្រូវ"
    (home / "instances" / name).mkdir(parents=True)
    (home / "ស្រូវ.xml").write_text("<h:html xmlns:h='http://www.w3.org/1999/xhtml'/>")
    xml = answers(instance_id).decode().replace("<data ", f"<data {attributes} ", 1)
    (home / "instances" / name / "submission.xml").write_text(xml, encoding="utf-8")
    return home / "instances" / name


@pytest.mark.parametrize(
    ("attributes", "state"),
    [
        ('submissionDate="2026-11-20T08:15:00.000Z" isComplete="true"', "new"),
        ('submissionDate="2026-11-20T08:15:00.000Z" isComplete="false"', "unfinished"),
        ('isComplete="true"', "new"),
        ("", "unconfirmed"),
    ],
)
def test_briefcase_says_what_is_complete(
    hub: Hub, project: Project, tmp_path: Path, attributes: str, state: str
) -> None:
    briefcase(tmp_path / "card", "uuid1", attributes)
    report = import_folder(hub, tmp_path / "card")
    assert states(report) == [state]
    assert report.lines[0].sent_at == ("2026-11-20T08:15:00.000Z" if "Date" in attributes else None)


def test_briefcases_attachments_come_along(hub: Hub, project: Project, tmp_path: Path) -> None:
    folder = briefcase(tmp_path / "card", "uuid1", 'isComplete="true"')
    (folder / PHOTO).write_bytes(b"jpg")
    assert states(import_folder(hub, tmp_path / "card")) == ["new"]
    assert held_files(hub, "uuid:ក") == {PHOTO: b"jpg"}


def test_a_form_of_two_projects_waits_for_a_word(hub: Hub, project: Project, card: Card) -> None:
    other = create_project(hub, "ស្រូវ ២០២៧")
    publish(hub, other)
    card.fill(1, answers("uuid:ក"))
    card.list()
    assert codes(import_folder(hub, card.root)) == ["project.needed"]
    [line] = import_folder(hub, card.root, project=other).lines
    assert (line.state, line.project) == (State.NEW, other.id)


def test_a_form_unknown_here_is_held_where_one_says(hub: Hub, project: Project, card: Card) -> None:
    card.fill(1, answers("uuid:ក", form_id="ទម្រង់គេ"))
    card.list()
    report = import_folder(hub, card.root, project=project)
    assert (states(report), codes(report)) == (["parked"], ["form.unknown"])


def test_a_fault_of_our_own_disk_is_not_laid_at_the_tablets_door(
    hub: Hub, project: Project, card: Card
) -> None:
    card.fill(1, answers("uuid:ក", photo=PHOTO), **{PHOTO: os.urandom(100_000)})
    card.list()
    hub.blobs.folder.rmdir() if hub.blobs.folder.exists() else None
    hub.blobs.folder.write_text("in the way")
    with pytest.raises(Fault, match=r"file\.unwritable"):
        import_folder(hub, card.root)
    assert entries(hub) == []


# ---------------------------------------------------------------- the command


def run(hub: Hub, *words: str) -> Result:
    return CliRunner().invoke(cli.main, ["device", "import", *words, "--data", str(hub.data)])


@pytest.fixture
def full(hub: Hub, project: Project, card: Card) -> Iterator[Card]:
    card.fill(1, answers("uuid:ក"))
    card.fill(2, answers("uuid:ខ"), "incomplete")
    card.list()
    yield card


def test_the_command_tells_programs_of_each_form(hub: Hub, full: Card) -> None:
    done = run(hub, str(full.root), "--json")
    assert done.exit_code == 0, done.output
    said: dict[str, Any] = json.loads(done.stdout)
    assert (said["new"], said["unfinished"], said["held"]) == (1, 1, 0)
    assert [f["state"] for f in said["forms"]] == ["new", "unfinished"]
    assert said["forms"][0]["instance_id"] == "uuid:ក"
    assert "2 / 2" in done.stderr


def test_the_command_speaks_khmer_and_english(hub: Hub, full: Card) -> None:
    khmer = run(hub, str(full.root), "--lang", "km").stdout
    assert "៖ ថ្មី បានទទួលយក។" in khmer
    english = run(hub, str(full.root), "--lang", "en").stdout
    assert "held already." in english
    assert "not finished on the tablet" in english


def test_exit_codes_say_what_came_of_it(hub: Hub, full: Card, tmp_path: Path) -> None:
    assert run(hub, str(full.root)).exit_code == 0
    assert run(hub, str(full.root)).exit_code == 0, "held already is done"
    (tmp_path / "empty").mkdir()
    assert run(hub, str(tmp_path / "empty")).exit_code == 1
    missing = run(hub, str(tmp_path / "missing"))
    assert isinstance(missing.exception, Fault)
    assert missing.exception.exit_code == 2
    unknown = run(hub, str(full.root), "--project", "គ្មាន")
    assert isinstance(unknown.exception, Fault)
    assert unknown.exception.exit_code == 2


def test_the_command_takes_unconfirmed_forms_only_when_told(hub: Hub, project: Project, card: Card) -> None:
    card.fill(1, answers("uuid:ក"))
    left = run(hub, str(card.root), "--lang", "en")
    assert left.exit_code == 1
    assert "--unconfirmed" in left.output
    assert run(hub, str(card.root), "--unconfirmed", "--project", project.name).exit_code == 0
