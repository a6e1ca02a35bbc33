"""Many tablets at once: each submission is there once, whoever else was sending."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import upkeep
from server.hub import Hub
from server.intake import Outcome
from server.store import projects, submissions
from server.store.projects import Project
from tests.server.season import QUICK, answers, begin, csv, hand_in, publish, rice

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub.create(tmp_path / "ខេត្តកំពត", "ខេត្តកំពត", **QUICK)
    begin(made)
    yield made
    made.close()


def send_all(hub: Hub, posts: list[tuple[bytes, dict[str, bytes]]], threads: int = 12) -> list[Outcome]:
    """Each thread takes the next post until none is left."""
    waiting, outcomes, faults = iter(posts), [], []
    lock, start = threading.Lock(), threading.Barrier(threads)

    def work() -> None:
        start.wait(timeout=30)
        while True:
            with lock:
                post = next(waiting, None)
            if post is None:
                return
            try:
                outcomes.append(hand_in(hub, post[0], **post[1]))
            except Exception as fault:  # noqa: BLE001 - a test must see it, a thread would swallow it
                faults.append(fault)

    runners = [threading.Thread(target=work) for _ in range(threads)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(timeout=60)
    assert faults == []
    return outcomes


def held(hub: Hub) -> list[str]:
    rows = submissions.iterate_submissions(hub.read(), rice(hub).id, deleted=False, limit=-1, offset=0)
    return sorted(s.instance_id for s, _ in rows)


def test_the_same_form_sent_from_many_threads_is_one_submission(hub: Hub) -> None:
    outcomes = send_all(hub, [(answers(A), {})] * 60)
    assert held(hub) == [A]
    assert sum(not o.again for o in outcomes) == 1
    assert len(hub.ledger.entries_of(f"submission:{rice(hub).project_uid}/rice/{A}")) == 1
    assert csv(hub).count(A.encode()) == 2, "once in KEY, once in meta-instanceID"


def test_the_posts_of_one_split_form_at_once_lose_no_file(hub: Hub) -> None:
    """Later posts' files dropped when they overtake the first: the worst loss of other systems."""
    xml = answers(A, photo="រូប.jpg", sound="សំឡេង.m4a")
    posts: list[tuple[bytes, dict[str, bytes]]] = [
        (xml, {"រូប.jpg": b"photo"}),
        (xml, {"សំឡេង.m4a": b"s"}),
        (xml, {}),
    ]
    send_all(hub, posts * 10, threads=3)
    (version,) = submissions.versions_with(hub.read(), rice(hub).id, A)
    files = {a.name: a.sha256 is not None for a in submissions.list_attachments(hub.read(), version.id)}
    assert files == {"រូប.jpg": True, "សំឡេង.m4a": True}


def test_different_forms_from_many_threads_are_all_there(hub: Hub) -> None:
    ids = [f"uuid:{n:04}" for n in range(200)]
    outcomes = send_all(hub, [(answers(i, f"ភូមិ {i}"), {}) for i in ids] * 2)
    assert held(hub) == ids
    assert sum(not o.again for o in outcomes) == len(ids)
    assert all(o.parked is None for o in outcomes)
    assert upkeep.compare(hub) == []


def test_two_edits_of_one_version_at_once_one_stands_and_one_is_parked(hub: Hub) -> None:
    hand_in(hub, answers(A))
    edits = [(answers(f"uuid:edit{n}", f"ភូមិ {n}", edits=A), {}) for n in range(8)]
    outcomes = send_all(hub, edits, threads=8)
    assert sorted((o.parked or "") for o in outcomes) == ["", *["edit.outdated"] * 7]
    assert len(submissions.versions_with(hub.read(), rice(hub).id, A)) == 1


def test_tablets_that_send_while_a_version_is_published_lose_nothing(hub: Hub) -> None:
    posts = [(answers(f"uuid:{n:03}", version="2"), {}) for n in range(60)]
    publisher = threading.Thread(
        target=lambda: publish(hub, project_of(hub), "2"),
    )
    publisher.start()
    send_all(hub, posts, threads=6)
    publisher.join(timeout=30)
    assert held(hub) == [f"uuid:{n:03}" for n in range(60)]
    assert submissions.list_parked(hub.read(), 1) == []
    assert upkeep.compare(hub) == []


def project_of(hub: Hub) -> Project:
    return projects.list_projects(hub.read())[0]


def test_a_post_that_cannot_be_stored_is_not_thanked_for(hub: Hub) -> None:
    """A full disk: the tablet must keep its copy."""
    hub.database._writer.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.OperationalError):
        hand_in(hub, answers(A, "ក" * 200_000))
    hub.database._writer.execute("PRAGMA max_page_count = 1073741823")
    assert held(hub) == []
    assert not hand_in(hub, answers(A, "ក" * 200_000)).again
    assert held(hub) == [A]


def test_the_command_line_may_write_while_tablets_send(hub: Hub) -> None:
    other = Hub(hub.data, **QUICK)
    ids = [f"uuid:{n:03}" for n in range(40)]
    runner = threading.Thread(target=lambda: [hand_in(other, answers(i)) for i in ids[::2]])
    runner.start()
    send_all(hub, [(answers(i), {}) for i in ids[1::2]], threads=4)
    runner.join(timeout=60)
    assert held(hub) == held(other) == ids
    other.close()


def test_a_form_published_by_another_process_is_known_here(hub: Hub) -> None:
    hand_in(hub, answers(A))
    other = Hub(hub.data, **QUICK)
    publish(other, project_of(other), "2")
    other.close()
    outcome = hand_in(hub, answers("uuid:b", version="2"))
    assert held(hub) == sorted([A, "uuid:b"])
    assert outcome.root_id == "uuid:b"


def test_bytes_that_never_came_are_taken_when_a_tablet_offers_them_again(hub: Hub, tmp_path: Path) -> None:
    """Another hub's entry may be here before its bytes. A tablet that sends the same form once more is
    told that it is held: then it must be."""
    there = Hub.create(tmp_path / "there", "កែប", **QUICK)
    xml, photo = answers("uuid:1", "ដំណាំ", photo="ស្រែ.jpg"), b"\xff\xd8" * 40_000
    begin(there)
    hand_in(there, xml, **{"ស្រែ.jpg": photo})
    hub.ledger.append([e for _, e in there.ledger.entries_after(0, 100) if e.kind == "submission.create"])
    there.close()
    assert len(upkeep.verify(hub).missing) == 2
    outcome = hand_in(hub, xml, **{"ស្រែ.jpg": photo})
    assert (outcome.again, outcome.missing) == (True, ())
    assert upkeep.verify(hub).clean
    assert "ដំណាំ" in csv(hub).decode()
