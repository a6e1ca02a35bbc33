"""A form with very many submissions, written straight into the store: what it costs to read a page of it.

Reading is what is measured, so the rows are made as intake would leave them, without its work. Each has
its entry in the ledger, since readers ask what is new there.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.instances import FORM_ID, instances
from benchmarks.measures import PAGE, Target, make_hub, start
from benchmarks.sheet import Sheet
from forms.instance import InstanceReader, parse_instance
from server.clock import stamp
from server.hub import Hub
from server.projection.submissions import records
from server.store import forms
from server.store.answers import TABLES_LIMIT
from server.subjects import submission_subject
from sync.ledger import canonical

BATCH = 20_000
BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)
APART = timedelta(seconds=7)  # a million come within 81 days
PAGES = 9  # of each kind; the middle one counts
CENTRAL_PAGE_MS = 1000 * 227 / 400  # a page of 250 of 100,000 at ODK Central, on the average of 400


def run(sheet: Sheet, folder: Path, count: int) -> None:
    path = make_hub(folder)
    begun = time.perf_counter()
    hub = Hub(folder)
    try:
        fill(hub, count)
    finally:
        hub.close()
    sheet.add(f"{count:,} submissions written", time.perf_counter() - begun, "s")
    target = start(folder, path)
    try:
        measure(sheet, target, count)
    finally:
        target.server.stop()


def fill(hub: Hub, count: int, xmls: Iterable[bytes] | None = None, *, after: int = 0) -> None:
    """The same answers under other ids: a dozen different ones are enough to read. xmls: others instead; after:
    how many were written before."""
    form = forms.find_form(hub.read(), 1, FORM_ID)
    assert form is not None and form.current_id is not None
    version = forms.find_version(hub.read(), form.current_id)
    assert version is not None
    reader = hub.reader_of(hub.read(), version)
    answers = _answers(reader, xmls or instances(12, seed=5))
    prefix = submission_subject(form.project_uid, form.key, "")
    end = after + count + 1
    for first in range(after + 1, end, BATCH):
        numbers = range(first, min(first + BATCH, end))
        hub.database.write(lambda db, numbers=numbers: _write(db, numbers, form.id, version, prefix, answers))  # type: ignore[misc]


def _answers(reader: InstanceReader, xmls: Iterable[bytes]) -> list[list[bytes]]:
    return [records(reader.read(parse_instance(xml)[0])) for xml in xmls]


def _write(
    db: sqlite3.Connection,
    numbers: range,
    form_id: int,
    version: forms.FormVersion,
    prefix: str,
    answers: list[list[bytes]],
) -> None:
    random = Random(numbers[0])
    names = {n: f"uuid:{random.getrandbits(128):032x}" for n in numbers}
    moments = {n: stamp(BEGINNING + n * APART) for n in numbers}
    entries = {n: os.urandom(32) for n in numbers}
    db.executemany(
        "INSERT INTO entry (id, kind, subject, header) VALUES (?, 'submission.create', ?, ?)",
        ((entries[n], prefix + names[n], _header(prefix + names[n], moments[n])) for n in numbers),
    )
    db.executemany(
        "INSERT INTO submission (id, form_id, instance_id, version_id, created_at, form_version, edits, rivals, "
        "hub, expected, present, schema_id, stale) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 'bench', 0, 0, ?, 0)",
        ((n, form_id, names[n], n, moments[n], version.version, version.id) for n in numbers),
    )
    db.executemany(
        "INSERT INTO submission_version (id, form_id, submission_id, instance_id, xml, entry, form_version, "
        "created_at, depth, standing) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 'current')",
        (
            (n, form_id, n, names[n], entries[n], entries[n], version.version, moments[n])
            for n in numbers
        ),
    )  # fmt: skip
    db.executemany(
        "INSERT INTO answers (id, record) VALUES (?, ?)",
        (
            (n * TABLES_LIMIT + place, record)
            for n in numbers
            for place, record in enumerate(answers[n % len(answers)])
        ),
    )


def _header(subject: str, made_at: str) -> bytes:
    """What whoever follows the ledger reads of an entry; no answers."""
    return canonical(
        {"blobs": [], "body": {}, "hub": "bench", "kind": "submission.create", "made_at": made_at, "subject": subject,
         "supersedes": []}
    )  # fmt: skip


def measure(sheet: Sheet, target: Target, count: int) -> None:
    odata, listing = f"{target.form_path}.svc/Submissions", f"{target.form_path}/submissions"
    begun = time.perf_counter()
    first = _json(target, f"{odata}?%24top={PAGE}&%24count=true")
    sheet.add("first page after a start, with its count", 1000 * (time.perf_counter() - begun), "ms")
    sheet.fail_unless(first["@odata.count"] == count, "counting", first["@odata.count"])
    skips = [count * n // (PAGES + 1) for n in range(1, PAGES + 1)]
    kinds: dict[str, Iterator[str]] = {
        "OData page by $skiptoken": _links(target, odata, count // 2),
        "OData page by $skip": (f"{odata}?%24top={PAGE}&%24skip={skip}" for skip in skips),
        "OData page by $skip, with its count": (
            f"{odata}?%24top={PAGE}&%24skip={skip}&%24count=true" for skip in skips
        ),
        "page of the list by offset": (f"{listing}?limit={PAGE}&offset={skip}" for skip in skips),
    }
    for name, urls in kinds.items():
        middle = _middle(lambda url: len(_rows(_json(target, url))), urls)
        sheet.add(f"{name}, {PAGE} of {count:,}", middle, "ms", CENTRAL_PAGE_MS, floor=50)


def _links(target: Target, odata: str, skip: int) -> Iterator[str]:
    """nextLinks, one after the other, from so many submissions in."""
    url = _json(target, f"{odata}?%24top={PAGE}&%24skip={skip}")["@odata.nextLink"]
    for _ in range(PAGES):
        yield url
        url = _json(target, url)["@odata.nextLink"]


def _middle(ask: Callable[[str], int], urls: Iterator[str]) -> float:
    """Milliseconds of the middle one. The making of the addresses is not counted."""
    taken = []
    for url in urls:
        begun = time.perf_counter()
        assert ask(url) == PAGE, url
        taken.append(1000 * (time.perf_counter() - begun))
    return sorted(taken)[len(taken) // 2]


def _rows(said: object) -> list[object]:
    return said["value"] if isinstance(said, dict) else said  # type: ignore[return-value]


def _json(target: Target, url: str) -> dict:  # type: ignore[type-arg]
    with urllib.request.urlopen(urllib.request.Request(url, headers=target.headers)) as answer:
        found: dict = json.load(answer)  # type: ignore[type-arg]
        return found
