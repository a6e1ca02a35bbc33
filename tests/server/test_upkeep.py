"""Proving a data folder whole, making it anew, copying it while it is in use."""

from __future__ import annotations

import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import upkeep
from server.errors import Fault
from server.hub import Hub
from server.store import submissions
from tests.server.season import QUICK, answers, begin, csv, hand_in, publish, rice, told

A, B, C = "uuid:a", "uuid:b", "uuid:c"
PHOTO = bytes(range(256)) * 400


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """With an edit, an edit waiting for its original, something parked, and files of both sizes."""
    made = Hub.create(tmp_path / "ខេត្តកំពត", "ខេត្តកំពត", **QUICK)  # type: ignore[arg-type]
    project = begin(made)
    hand_in(
        made, answers(A, photo="រូប.jpg", sound="s.m4a"), **{"រូប.jpg": PHOTO, "s.m4a": b"small", "odd": b"x"}
    )
    hand_in(made, answers(B, edits=A, version="2"))
    publish(made, project, "2")
    hand_in(made, answers(C, edits="uuid:nowhere"))
    hand_in(made, answers(A, "ផ្សេង"))
    yield made
    made.close()


def test_an_undamaged_hub_is_clean(hub: Hub) -> None:
    found = upkeep.verify(hub)
    assert found.clean
    assert found.entries == hub.ledger.head()
    assert found.unfolded == []


def test_every_byte_of_an_entry_is_watched(hub: Hub) -> None:
    seq, entry = hub.ledger.entries_after(3, 1)[0]
    for place in range(0, len(entry.header), 17):
        spoilt = bytearray(entry.header)
        spoilt[place] ^= 1
        hub.database.write(
            lambda db, s=bytes(spoilt): db.execute("UPDATE entry SET header = ? WHERE seq = ?", (s, seq))
        )
        assert upkeep.verify(hub).damaged == [f"entry {entry.id}"]
    hub.database.write(
        lambda db: db.execute("UPDATE entry SET header = ? WHERE seq = ?", (entry.header, seq))
    )
    assert upkeep.verify(hub).clean


def test_a_damaged_or_lost_blob_is_named(hub: Hub) -> None:
    (large,) = (p for p in hub.blobs.folder.rglob("*") if p.is_file())
    large.write_bytes(PHOTO[:-1] + b"?")
    assert upkeep.verify(hub).damaged == [f"blob {large.name}"]
    large.unlink()
    assert upkeep.verify(hub).damaged == [f"blob {large.name}"]
    large.write_bytes(PHOTO)
    hub.database.write(lambda db: db.execute("UPDATE blob SET bytes = x'00' WHERE bytes = ?", (b"small",)))
    assert len(upkeep.verify(hub).damaged) == 1


def test_a_blob_that_an_entry_names_and_nobody_holds_is_missing(hub: Hub) -> None:
    hub.database.write(lambda db: db.execute("DELETE FROM blob WHERE bytes = ?", (b"small",)))
    found = upkeep.verify(hub)
    assert not found.clean
    assert found.damaged == []
    assert len(found.missing) == 1


def test_a_rebuild_gives_what_stood(hub: Hub) -> None:
    before, table = told(hub), csv(hub)
    assert upkeep.compare(hub) == []
    assert upkeep.rebuild(hub) == hub.ledger.head()
    assert told(hub) == before
    assert csv(hub) == table
    assert hub.ledger.head() == upkeep.verify(hub).entries, "the ledger is not touched"


def test_comparing_changes_nothing(hub: Hub) -> None:
    hub.database.write(lambda db: db.execute("UPDATE submission SET review_state = 'approved'"))
    assert upkeep.compare(hub) == ["submission"]
    (held,) = [
        s
        for s, _ in submissions.iterate_submissions(
            hub.read(), rice(hub).id, deleted=False, limit=-1, offset=0
        )
    ]
    assert held.review_state == "approved"


def test_the_hub_goes_on_after_a_rebuild(hub: Hub) -> None:
    upkeep.rebuild(hub)
    assert not hand_in(hub, answers("uuid:d", version="2")).again
    assert hand_in(hub, answers(A, photo="រូប.jpg", sound="s.m4a")).again
    assert upkeep.compare(hub) == []


def test_a_backup_made_under_load_is_a_whole_hub(hub: Hub, tmp_path: Path) -> None:
    stop = threading.Event()
    sent: list[str] = []

    def load() -> None:
        while not stop.is_set() and len(sent) < 2000:
            sent.append(f"uuid:{len(sent):05}")
            hand_in(hub, answers(sent[-1], photo="p.jpg"), **{"p.jpg": sent[-1].encode() * 9000})

    runner = threading.Thread(target=load)
    runner.start()
    upkeep.backup(hub, tmp_path / "backup.tar")
    stop.set()
    runner.join(timeout=30)
    upkeep.restore(tmp_path / "backup.tar", tmp_path / "again")
    again = Hub(tmp_path / "again", **QUICK)  # type: ignore[arg-type]
    found = upkeep.verify(again)
    assert (found.damaged, found.missing) == ([], [])
    assert upkeep.compare(again) == []
    assert again.ledger_id != hub.ledger_id
    again.close()


def test_a_backup_never_overwrites_and_a_restore_neither(hub: Hub, tmp_path: Path) -> None:
    upkeep.backup(hub, tmp_path / "backup.tar")
    with pytest.raises(Fault) as fault:
        upkeep.backup(hub, tmp_path / "backup.tar")
    assert fault.value.code == "file.exists"
    with pytest.raises(Fault) as fault:
        upkeep.restore(tmp_path / "backup.tar", hub.data)
    assert fault.value.code == "data.exists"


def test_files_still_growing_are_left_out_of_a_backup(hub: Hub, tmp_path: Path) -> None:
    (hub.blobs.folder / "incoming-abc").write_bytes(b"half")
    (hub.blobs.folder / ("part-" + "0" * 64)).write_bytes(b"half")
    upkeep.backup(hub, tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as archive:
        assert not [n for n in archive.getnames() if "incoming" in n or "part-" in n]


@pytest.mark.parametrize("name", ["../outside", "hub.db/../../outside"])
def test_a_backup_that_points_outside_is_not_unpacked(hub: Hub, tmp_path: Path, name: str) -> None:
    evil = tmp_path / "evil.tar"
    upkeep.backup(hub, evil)
    with tarfile.open(evil, "a") as archive:
        (tmp_path / "x").write_text("x")
        archive.add(tmp_path / "x", name)
    refused(evil, tmp_path / "again")
    assert not (tmp_path / "outside").exists()


def refused(file: Path, data: Path) -> None:
    """Nothing is left behind, so that the folder serves for another try."""
    with pytest.raises(Fault) as fault:
        upkeep.restore(file, data)
    assert fault.value.code == "file.unreadable"
    assert list(data.iterdir()) == []


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("not a database " * 100)
    for name in ("hub.db", "other"):
        with tarfile.open(tmp_path / f"{name}.tar", "w") as archive:
            archive.add(tmp_path / "x", name)
        refused(tmp_path / f"{name}.tar", tmp_path / "again")
    refused(tmp_path / "x", tmp_path / "again")
    refused(tmp_path / "no such file", tmp_path / "again")


def test_what_a_killed_process_left_half_written_is_swept_once_it_is_old(hub: Hub) -> None:
    hub.blobs.put(b"\xff\xd8" * 40_000)
    left = hub.blobs.folder / "incoming-x"
    left.write_bytes(b"half")
    written = left.stat().st_mtime
    assert hub.blobs.sweep(written + 3600) == 0, "it may still be growing"
    assert hub.blobs.sweep(written + 2 * 24 * 3600) == 1
    assert not left.exists()
    assert upkeep.verify(hub).clean


def test_a_file_that_goes_while_it_is_copied_stops_no_backup(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Withdrawn by somebody, or renamed because it had come whole."""
    look = tarfile.TarFile.gettarinfo

    def gone(self: tarfile.TarFile, name: Path, *more: object) -> tarfile.TarInfo:
        if Path(name).parent.parent.name == "blobs":
            Path(name).unlink()
        return look(self, name, *more)  # type: ignore[arg-type]

    (hub.blobs.folder / "incoming-x").write_bytes(b"half")
    monkeypatch.setattr(tarfile.TarFile, "gettarinfo", gone)
    upkeep.backup(hub, tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as archive:
        assert archive.getnames() == ["hub.db"]
