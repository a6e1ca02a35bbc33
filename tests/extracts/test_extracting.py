"""An export from its order to its entry in the ledger, whoever asks and however it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from server.errors import Fault
from server.export_entries import BEGIN, END, taken_of
from server.exporting import form_named
from server.extracting import Cancelled, Order, clear_abandoned, extraction
from server.extracts.options import Options
from server.extracts.sheets import Extract
from server.formats import Format, Part, Work, Write
from server.hub import Hub
from server.store.ledger_sqlite import entries_about
from server.subjects import form_subject
from server.workrooms import workroom
from tests.extracts.listed import consultation

BY = {"id": "sokha", "name": "សុខា"}


@dataclass(frozen=True)
class Lines(Format):
    """One text file a sheet, a line a row, with the first column's cells; `pause` is called before each batch."""

    pause: Callable[[Work], None] = lambda work: None

    def writer(self) -> Write:
        def write(extract: Extract, work: Work) -> Iterator[Part]:
            for sheet in extract.sheets:
                yield Part(sheet.name if sheet.path else "", self._lines(extract, sheet, work))

        return write

    def _lines(self, extract: Extract, sheet: Any, work: Work) -> Iterator[bytes]:
        for batch in extract.batches(sheet):
            self.pause(work)
            yield "".join(f"{cell}\n" for cell in batch.columns[0]).encode()
            work.count(sheet.name, len(batch))


LINES = Lines("lines", "txt", "text/plain", "", single=False)


@contextmanager
def listed(*_: Any) -> Iterator[tuple[Extract, int]]:
    yield consultation(), 2


@pytest.fixture
def order(hub: Hub, answered: Any) -> Order:
    form = form_named(hub, int(answered.project.rpartition("/")[2]), "rice")
    return Order(form, LINES, Options(), by=BY, who="សុខា")


def said(hub: Hub, order: Order, kind: str) -> list[Any]:
    subject = form_subject(order.form.project_uid, order.form.key)
    return [entry.body for _, entry in entries_about(hub.read(), subject, kind)]


def work_left(hub: Hub) -> list[Path]:
    return list((hub.data / "exports" / "work").glob("*"))


def test_what_left_is_in_the_ledger_with_hash_size_and_rows(hub: Hub, order: Order) -> None:
    with extraction(hub, order, opening=listed) as running:
        files = {order.file_name(part): b"".join(part.pieces) for part in running.parts()}
    assert list(files) == ["rice.txt", "rice-person.txt"]
    (one,) = taken_of(hub, order.form)
    assert (one.id, one.by, one.profile, one.file_format) == (running.id, "សុខា", "working", "lines")
    assert (one.outcome, one.rows) == ("finished", {"wps": 2, "person": 3})
    assert one.sha256 == hashlib.sha256(files["rice.txt"]).hexdigest()
    (end,) = said(hub, order, END)
    assert [(f["name"], f["size_bytes"]) for f in end["files"]] == [(n, len(f)) for n, f in files.items()]
    assert work_left(hub) == []


def test_it_is_in_the_ledger_before_the_first_byte_leaves(hub: Hub, order: Order) -> None:
    with extraction(hub, order, opening=listed) as running:
        assert [body["export"] for body in said(hub, order, BEGIN)] == [running.id]
        assert taken_of(hub, order.form)[0].outcome == "running"


def test_one_that_is_not_read_to_its_end_counts_as_cancelled_with_what_left(hub: Hub, order: Order) -> None:
    with extraction(hub, order, opening=listed) as running:
        first = next(iter(next(running.parts()).pieces))
    (one,) = taken_of(hub, order.form)
    assert (one.outcome, one.size_bytes) == ("cancelled", len(first))
    assert one.sha256 == hashlib.sha256(first).hexdigest()


def test_one_that_somebody_stops_ends_at_the_next_rows(hub: Hub, order: Order) -> None:
    stopping: list[Any] = []
    slow = replace(LINES, pause=lambda work: stopping[0].cancel())
    with (
        pytest.raises(Cancelled),
        extraction(hub, replace(order, file_format=slow), opening=listed) as running,
    ):
        stopping.append(running)
        for part in running.parts():
            list(part.pieces)
    assert taken_of(hub, order.form)[0].outcome == "cancelled"
    assert work_left(hub) == []


def test_one_that_breaks_says_by_what_and_leaves_no_folder(hub: Hub, order: Order) -> None:
    def full(work: Work) -> None:
        (work.folder / "half").write_bytes(b"x")
        raise OSError(28, "No space left on device")

    broken = replace(order, file_format=replace(LINES, pause=full))
    with pytest.raises(OSError, match="space"), extraction(hub, broken, opening=listed) as running:
        for part in running.parts():
            list(part.pieces)
    (end,) = said(hub, order, END)
    assert (end["outcome"], end["fault"]) == ("broken", "OSError")
    assert work_left(hub) == []


def test_progress_tells_all_rows_so_far(hub: Hub, order: Order) -> None:
    told: list[int] = []
    with extraction(hub, order, opening=listed) as running:
        running.tell(told.append)
        for part in running.parts():
            list(part.pieces)
    assert told == [2, 4, 5]
    assert running.submissions == 2


def test_full_asks_for_a_reason_before_anything_is_opened(hub: Hub, order: Order) -> None:
    full = replace(order, options=Options(profile="full"))
    for asked in (full, replace(order, central=True), replace(full, reason="  ")):
        with pytest.raises(Fault) as refused, extraction(hub, asked, opening=listed):
            pass
        assert refused.value.code == "export.reason"
    assert taken_of(hub, order.form) == []
    with extraction(hub, replace(full, reason="ការស៊ើបអង្កេត"), opening=listed):
        pass
    assert (taken_of(hub, order.form)[0].profile, taken_of(hub, order.form)[0].reason) == (
        "full",
        "ការស៊ើបអង្កេត",
    )


def test_options_that_the_format_decides_are_told(hub: Hub, order: Order) -> None:
    forced = replace(LINES, forced={"values": "codes", "points": "whole"})
    chosen = replace(order, file_format=forced, options=Options(values="both"))
    with extraction(hub, chosen, opening=listed) as running:
        assert running.work.options.values == "codes"
        assert running.work.options.points == "whole"
        assert [loss.column for loss in running.work.losses] == ["values"]
        assert "values" in running.losses("km")[0]


def test_what_a_killed_export_left_goes_and_the_ledger_gets_to_know(
    hub: Hub, order: Order, tmp_path: Path
) -> None:
    beside = tmp_path / ".export-answers"
    with extraction(hub, order, elsewhere=[beside], opening=listed) as running:
        room = hub.data / "exports" / "work" / running.id
        note, left = (room / "note.json").read_bytes(), said(hub, order, BEGIN)
        clear_abandoned(hub)
        assert room.exists(), "somebody is at it"
    for folder in (room, beside):  # as a kill leaves it
        folder.mkdir(parents=True)
    (room / "note.json").write_bytes(note)
    (room / "lock").touch()
    clear_abandoned(hub)
    assert len(left) == 1
    assert not room.exists() and not beside.exists()
    assert said(hub, order, END)[-1] == {"export": running.id, "outcome": "broken", "fault": "killed"}


def test_a_folder_that_was_never_described_goes_too(hub: Hub) -> None:
    with workroom(hub.data, "0" * 16, {}) as room:
        folder = room.folder
    folder.mkdir()
    (folder / "lock").touch()
    (folder / "note.json").write_text("half")
    clear_abandoned(hub)
    assert not folder.exists()
