"""A withdrawn submission is gone: from tables, from the ledger, from the disk, and from every other hub."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from server import bundles, entering, parked, review, upkeep
from server.clock import Clock
from server.consultation.following import catch_up
from server.errors import Fault, Problem
from server.hub import Hub
from server.intake import Post, accept
from server.peers import add_peer, make_card
from server.projects import create_project
from server.spool import OUTBOX, folder_of
from server.store import erasing, forms, projects, submissions
from server.store.peers import list_peers
from server.taking import drop_unnamed, take
from server.withdrawal import REASON_LIMIT, withdraw
from sync.messages import BlobRecord, EntryRecord
from sync.withdrawal import PURGE
from tests.server.season import QUICK, Country, answers, begin, csv, hand_in, publish, rice, stage, told

SECRET = "ភូមិសម្ងាត់ ៩៩"  # "secret village 99"
NOTE, TABLET = "គាត់សុំដកចេញ", "collect:ឧបករណ៍សម្ងាត់"
PHOTO, SOUND = b"\xff\xd8photo of a face" * 6000, "សំឡេងសម្ងាត់".encode()
BY = {"id": "person1", "name": "សុខា"}


def send(hub: Hub, xml: bytes, **files: bytes) -> bool:
    """As a tablet of the withdrawn; whether it was told that nothing is kept."""
    project = projects.list_projects(hub.read())[0]
    who = {"id": "device-secret", "name": "ថេប្លេតសម្ងាត់"}
    post = Post(project, xml, {}, who, TABLET, "Collect")
    return accept(hub, post, lambda: {name: stage(hub, data) for name, data in files.items()}).withdrawn


def named(xml: bytes) -> bytes:
    return xml.replace(b"</meta>", f"<instanceName>{SECRET} ឈ្មោះ</instanceName></meta>".encode())


def testify(hub: Hub) -> None:
    """A submission with everything that can hang on one."""
    send(
        hub,
        named(answers("uuid:a", SECRET, photo="a.jpg", sound="a.m4a")),
        **{"a.jpg": PHOTO, "a.m4a": SOUND},
    )
    send(hub, named(answers("uuid:b", f"{SECRET} ២", edits="uuid:a")))
    send(hub, answers("uuid:c", f"{SECRET} ៣", edits="uuid:a"), late=b"late" * 30_000)
    held = submissions.find_submission(hub.read(), rice(hub).id, "uuid:a")
    assert held is not None
    review.add_comment(hub, rice(hub), held, f"{NOTE} {SECRET}", by={"id": "person9", "name": "អ្នកសរសេរ"})
    review.set_review_state(hub, rice(hub), held, "hasIssues", by=BY)


def traces(hub: Hub) -> list[str]:
    """What a search through every byte of the data folder still finds."""
    wanted = (SECRET, NOTE, TABLET, "ថេប្លេតសម្ងាត់", "device-secret", "អ្នកសរសេរ")
    needles = [text.encode() for text in wanted] + [PHOTO[:200], SOUND, b"late" * 50]
    found = []
    for path in sorted(p for p in hub.data.rglob("*") if p.is_file()):
        data = path.read_bytes()
        found += [f"{path.name}: {needle[:40]!r}" for needle in needles if needle in data]
    return found


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub.create(tmp_path / "ខេត្តកំពត", "ខេត្តកំពត", **QUICK)  # type: ignore[arg-type]
    begin(made)
    yield made
    made.close()


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    made = Country(tmp_path, ("ជាតិ", "កំពត", "កែប"))
    begin(made.hubs[0])
    made.meet()
    yield made
    made.close()


def agree(country: Country) -> None:
    country.meet()
    country.meet()
    first, *others = [told(hub) for hub in country.hubs]
    assert others == [first] * 2
    for hub in country.hubs:
        assert upkeep.compare(hub) == []
        assert upkeep.verify(hub).clean
        assert traces(hub) == []


def test_no_byte_of_it_is_left_on_the_disk(hub: Hub) -> None:
    for number in range(120):
        hand_in(hub, answers(f"uuid:x{number}", f"ភូមិ {number}"))
        if number == 60:
            testify(hub)
    table = csv(hub)
    assert SECRET.encode() in table
    catch_up(hub)
    assert [trace for trace in traces(hub) if trace.startswith("consultation.db")]
    assert len(traces(hub)) >= 9
    assert withdraw(hub, rice(hub), "uuid:a", reason="សំណើ", by=BY) == 5
    assert traces(hub) == []
    assert csv(hub).count(b"uuid:x") == table.count(b"uuid:x")
    assert not erasing.is_due(hub.read())
    found = upkeep.verify(hub)
    assert (found.clean, found.wiped) == (True, 5)
    assert upkeep.compare(hub) == []
    upkeep.rebuild(hub)
    assert traces(hub) == []


def test_gaps_that_moved_rows_leave_behind_hold_nothing(hub: Hub) -> None:
    """Rows that grow in the middle make SQLite move others about, and copies of those stay where they were."""
    chance, form = random.Random(2), rice(hub)

    def mark(number: int) -> str:
        return f"សញ្ញា{number:05}ចប់"

    for number in range(250):
        hand_in(hub, answers(f"uuid:{number}", mark(number) + "ក" * chance.randrange(600)))
        other = chance.randrange(number + 1)
        held = submissions.find_submission(hub.read(), form.id, f"uuid:{other}")
        assert held is not None
        review.add_comment(hub, form, held, mark(other) * chance.randrange(1, 60), by=BY)
        if number % 90 == 0:
            told(hub)
            catch_up(hub)
    told(hub)
    catch_up(hub)
    gone = chance.sample(range(250), 60)
    with hub.erase_at_end():
        for number in gone:
            withdraw(hub, form, f"uuid:{number}")
    data = b"".join(path.read_bytes() for path in hub.data.rglob("*") if path.is_file())
    assert [number for number in gone if mark(number).encode() in data] == []


def test_the_ledger_keeps_the_places_of_what_was_wiped(hub: Hub) -> None:
    testify(hub)
    head = hub.ledger.head()
    held = [e for _, e in hub.ledger.entries_after(0, 1000) if e.subject.startswith("submission:")]
    withdraw(hub, rice(hub), "uuid:c")
    assert hub.ledger.head() == head + 1
    assert [e.kind for e in hub.ledger.entries_of(held[0].subject)] == [PURGE]
    assert hub.ledger.append(held) == [], "held, though nothing of them is"
    assert traces(hub) == []


@pytest.mark.parametrize("again", ["uuid:a", "uuid:b", "uuid:c"])
def test_any_of_its_versions_names_it_and_it_goes_once(hub: Hub, again: str) -> None:
    testify(hub)
    assert withdraw(hub, rice(hub), again) == 5
    for said in ("uuid:a", "uuid:b", "uuid:c"):
        with pytest.raises(Fault) as caught:
            withdraw(hub, rice(hub), said)
        assert caught.value.code == "submission.withdrawn"


def test_what_cannot_be_withdrawn_is_refused_and_changes_nothing(hub: Hub) -> None:
    testify(hub)
    head = hub.ledger.head()
    for said, reason, code in (
        ("uuid:q", None, "submission.unknown"),
        ("uuid:a", "ក" * (REASON_LIMIT + 1), "withdrawal.reason"),
    ):
        with pytest.raises(Fault) as caught:
            withdraw(hub, rice(hub), said, reason=reason)
        assert caught.value.code == code
    assert hub.ledger.head() == head


def test_bytes_that_somebody_elses_submission_names_stay(hub: Hub) -> None:
    testify(hub)
    hand_in(hub, answers("uuid:o", photo="o.jpg", sound="o.m4a"), **{"o.jpg": PHOTO, "o.m4a": SOUND})
    withdraw(hub, rice(hub), "uuid:a")
    held = submissions.find_submission(hub.read(), rice(hub).id, "uuid:o")
    assert held is not None
    files = submissions.list_attachments(hub.read(), held.version_id)
    assert sorted(hub.blobs.read(f.sha256 or "") for f in files) == sorted([PHOTO, SOUND])
    assert upkeep.verify(hub).clean
    withdraw(hub, rice(hub), "uuid:o")
    assert traces(hub) == []


def test_a_file_of_the_form_that_came_as_an_answer_too_stays(hub: Hub) -> None:
    project = projects.list_projects(hub.read())[0]
    publish(hub, project, "2")
    hand_in(hub, answers("uuid:o", photo="o.csv"), **{"o.csv": "ភូមិ".encode()})
    withdraw(hub, rice(hub), "uuid:o")
    assert upkeep.verify(hub).clean


def test_a_tablet_that_sends_it_again_is_thanked_and_nothing_is_kept(hub: Hub) -> None:
    testify(hub)
    withdraw(hub, rice(hub), "uuid:a")
    head = hub.ledger.head()
    assert send(hub, answers("uuid:a", SECRET, photo="a.jpg"), **{"a.jpg": PHOTO})
    assert send(hub, answers("uuid:a", SECRET, photo="b.jpg"), **{"b.jpg": PHOTO})
    assert hub.ledger.head() == head
    assert send(hub, answers("uuid:z", SECRET, edits="uuid:c"), late=b"late" * 30_000)
    assert send(hub, answers("uuid:y", SECRET, edits="uuid:z")), "an edit of the late edit"
    assert send(hub, answers("uuid:y", SECRET))
    assert traces(hub) == []
    assert upkeep.verify(hub).clean
    assert csv(hub).count(b"\n") == 1


def test_a_power_cut_after_the_commit_is_made_good_at_the_next_start(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testify(hub)
    monkeypatch.setattr(erasing, "finish", lambda database, blobs: False)
    withdraw(hub, rice(hub), "uuid:a")
    assert traces(hub) != []
    shutil.copytree(hub.data, tmp_path / "after")  # the disk as the cut left it
    monkeypatch.undo()
    again = Hub(tmp_path / "after", **QUICK)  # type: ignore[arg-type]
    assert traces(again) == []
    again.close()


def test_a_reader_at_work_puts_the_last_step_off(hub: Hub) -> None:
    testify(hub)
    reader = hub.database.separate_reader()
    rows = reader.execute("SELECT id FROM entry")
    rows.fetchone()
    withdraw(hub, rice(hub), "uuid:a")
    assert erasing.is_due(hub.read())
    assert hub.erase() is False
    rows.close()
    hub.database.release(reader)
    assert hub.erase() is True
    assert traces(hub) == []


def test_a_photo_that_is_removed_while_it_comes_anew_is_not_acknowledged(hub: Hub) -> None:
    """The file was staged before the withdrawal took it off the disk: then the tablet must send again."""
    testify(hub)
    staged = stage(hub, PHOTO)
    withdraw(hub, rice(hub), "uuid:a")
    post = Post(projects.list_projects(hub.read())[0], answers("uuid:o", photo="o.jpg"), {"o.jpg": staged})
    with pytest.raises(Exception, match=r"blob\.missing"):
        accept(hub, post)
    assert upkeep.verify(hub).clean


def test_it_travels_and_wipes_everywhere(country: Country) -> None:
    nation, kampot, kep = country.hubs
    testify(kampot)
    country.meet()
    for hub in country.hubs:
        catch_up(hub)
    assert traces(nation)
    assert traces(kep)
    withdraw(nation, rice(nation), "uuid:a", by=BY)
    agree(country)
    assert [upkeep.verify(hub).wiped for hub in country.hubs] == [5, 5, 5]


def test_a_bundle_that_waits_to_be_sent_is_made_anew_without_it(country: Country) -> None:
    hub = country.hubs[0]
    outbox = folder_of(hub.data, OUTBOX, list_peers(hub.read())[0].id)
    (outbox / "entries-1.bundle").write_bytes(b"sealed, with the submission in it")
    testify(hub)
    withdraw(hub, rice(hub), "uuid:a")
    assert list(outbox.iterdir()) == []


def test_it_beats_what_others_said_apart(country: Country) -> None:
    nation, kampot, kep = country.hubs
    testify(kampot)
    country.meet()
    withdraw(kampot, rice(kampot), "uuid:a")
    held = submissions.find_submission(kep.read(), rice(kep).id, "uuid:a")
    assert held is not None
    review.delete_submission(kep, rice(kep), held)
    review.restore_submission(kep, rice(kep), held)
    (aside,) = submissions.list_parked(nation.read(), rice(nation).project_id)
    parked.accept(nation, projects.list_projects(nation.read())[0], aside.entry)
    send(kep, answers("uuid:d", SECRET, edits="uuid:b"), late=b"late" * 30_000)
    agree(country)


def test_an_edit_of_an_edit_that_only_one_hub_wiped_goes_too(country: Country) -> None:
    nation, kampot, kep = country.hubs
    send(nation, answers("uuid:a", SECRET))
    country.meet()
    withdraw(nation, rice(nation), "uuid:a")
    send(kampot, answers("uuid:b", SECRET, edits="uuid:a"))
    country.carry(1, 0)  # wiped there as it comes
    country.carry(0, 2)
    send(kep, answers("uuid:c", SECRET, edits="uuid:b"))
    agree(country)


def test_bytes_that_come_after_their_wiped_entry_are_not_kept(country: Country) -> None:
    nation, kampot, _ = country.hubs
    send(kampot, answers("uuid:a", SECRET, sound="s.m4a"), **{"s.m4a": SOUND})
    (entry,) = [e for _, e in kampot.ledger.entries_after(0, 1000) if e.kind == "submission.create"]
    country.carry(1, 0)
    withdraw(nation, rice(nation), "uuid:a")
    assert take(nation, [EntryRecord(entry.header)], lambda e: True, "0" * 16).have == 1
    drop_unnamed(nation, take(nation, [BlobRecord(SOUND)], lambda e: True, "0" * 16).loose)
    assert traces(nation) == []
    take(nation, [BlobRecord(SOUND)], lambda e: True, "0" * 16)  # and whoever brought it was cut off
    upkeep.sweep(nation)
    assert traces(nation) != [], "what names it may still come"
    late = nation.clock.now() + timedelta(days=upkeep.LOOSE_DAYS + 1)
    nation.clock = Clock(lambda: late)
    upkeep.sweep(nation)
    assert traces(nation) == []


@pytest.mark.parametrize("count", [3, 80])
def test_bytes_that_an_entry_names_survive_the_sweep(country: Country, count: int) -> None:
    """Whether few are looked for or many."""
    nation, kampot, _ = country.hubs
    for number in range(count):
        hand_in(kampot, answers(f"uuid:{number}", f"ភូមិ {number}"))
    said = [e for _, e in kampot.ledger.entries_after(0, 1000) if e.kind == "submission.create"]
    brought = [kampot.blobs.read(e.blobs[0]) for e in said]
    loose = take(nation, [BlobRecord(data) for data in [*brought, SOUND]], lambda e: True, "0" * 16).loose
    assert len(loose) == count + 1
    take(nation, [EntryRecord(e.header) for e in said], lambda e: True, "0" * 16)
    drop_unnamed(nation, loose)
    assert upkeep.verify(nation).clean
    assert [nation.blobs.has(e.blobs[0]) for e in said] == [True] * count
    assert traces(nation) == []


def test_a_bundle_written_before_brings_nothing_back(country: Country) -> None:
    nation, kampot, _ = country.hubs
    testify(kampot)
    old = country.write(1, 0, "old.bundle")
    assert old is not None
    country.meet()
    withdraw(nation, rice(nation), "uuid:a")
    country.meet()
    bundles.read(nation, old)
    agree(country)


def test_a_withdrawal_known_first_lets_nothing_in(country: Country) -> None:
    nation, kampot, kep = country.hubs
    testify(kampot)
    withdraw(kampot, rice(kampot), "uuid:a")
    old = [e for _, e in kampot.ledger.entries_after(0, 1000)]
    assert all(e.kind == PURGE for e in old if e.subject.startswith("submission:"))
    country.carry(1, 2)
    assert send(kep, answers("uuid:a", SECRET, photo="a.jpg"), **{"a.jpg": PHOTO})
    agree(country)
    assert nation.ledger.head() > 0


def test_a_hub_restored_from_an_old_backup_wipes_again(country: Country, tmp_path: Path) -> None:
    kampot = country.hubs[1]
    testify(kampot)
    country.meet()
    upkeep.backup(kampot, tmp_path / "old.tar")
    withdraw(kampot, rice(kampot), "uuid:a")
    country.meet()
    kampot.close()
    upkeep.restore(tmp_path / "old.tar", tmp_path / "restored")
    country.hubs[1] = Hub(tmp_path / "restored", **QUICK)  # type: ignore[arg-type]
    assert traces(country.hubs[1]) != []
    agree(country)


def test_an_empty_header_that_no_withdrawal_explains_is_damage(hub: Hub) -> None:
    testify(hub)
    entry = next(e for _, e in hub.ledger.entries_after(0, 1000) if e.kind == "comment.create")
    hub.database.write(
        lambda db: db.execute("UPDATE entry SET header = x'' WHERE id = ?", (bytes.fromhex(entry.id),))
    )
    assert upkeep.verify(hub).damaged == [f"entry {entry.id}"]


def test_programs_cannot_enter_it_again(hub: Hub) -> None:
    testify(hub)
    form = rice(hub)
    withdraw(hub, form, "uuid:a")
    case = entering.read_upload(hub, Post(projects.list_projects(hub.read())[0], answers("uuid:a", SECRET)))
    with pytest.raises(Problem) as caught:
        entering.create_submission(hub, form, case)
    assert caught.value.code == "409.3"


def test_other_forms_and_projects_with_the_same_instance_are_left_alone(hub: Hub) -> None:
    testify(hub)
    mine = rice(hub)
    other = create_project(hub, "គម្រោងផ្សេង")
    publish(hub, other)
    accept(hub, Post(other, answers("uuid:a", "ភូមិផ្សេង"), {}, BY))
    withdraw(hub, mine, "uuid:a")
    form = forms.find_form(hub.read(), other.id, "rice")
    assert form is not None
    assert submissions.find_submission(hub.read(), form.id, "uuid:a") is not None
    assert traces(hub) == []


def test_peers_that_meet_later_learn_it(tmp_path: Path, country: Country) -> None:
    testify(country.hubs[0])
    withdraw(country.hubs[0], rice(country.hubs[0]), "uuid:a")
    new = Hub.create(tmp_path / "ថ្មី", "ថ្មី", **QUICK)  # type: ignore[arg-type]
    for hub in country.hubs:
        add_peer(hub, make_card(new))
        add_peer(new, make_card(hub))
    country.hubs.append(new)
    country.meet()
    assert traces(new) == []
    assert send(new, answers("uuid:a", SECRET))
