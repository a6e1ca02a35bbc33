"""Exports made in the background: begun by one request, asked about by others, fetched as a file within a day.

A job that runs is known to this process alone; what is finished lies in the data folder. No Flask, no SQL.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server import workrooms
from server.errors import Fault, Refusal, places
from server.export_entries import BROKEN, CANCELLED, FINISHED, RUNNING
from server.export_streams import Shape, one_file, shape_of
from server.extracting import Cancelled, Extraction, Order, check, extraction, new_id, summary
from server.hub import Hub
from server.store.forms import Form
from server.subjects import form_subject
from server.workrooms import ready_folder

log = logging.getLogger(__name__)
REMEMBERED = 100  # jobs that came to nothing
AT_ONCE = 2  # exports made at the same time: tablets come first
KEPT_S = 24 * 3600.0
FILE, ABOUT = "file", "about.json"


@dataclass(slots=True)
class Job:
    """state: of `server/export_entries.py`. by: id of the actor. rows, main_rows: written by now, of all sheets and of
    the main one; submissions: how many there are. fault: what went wrong, for people."""

    id: str
    subject: str
    by: str
    name: str
    media_type: str
    state: str = RUNNING
    rows: int = 0
    main_rows: int = 0
    submissions: int = 0
    summary: Mapping[str, Any] = field(default_factory=dict)
    fault: Refusal | None = None

    def json(self) -> dict[str, Any]:
        return {
            "id": self.id, "state": self.state, "written": self.rows, "submissions": self.submissions,
            "file": self.name, "type": self.media_type, **self.summary,
        }  # fmt: skip


class Jobs:
    """Of one hub. in_background: else they are done when `begin` returns."""

    def __init__(self, hub: Hub, *, in_background: bool) -> None:
        self._hub, self._in_background = hub, in_background
        self._jobs: dict[str, tuple[Job, Extraction | None]] = {}
        self._guard = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._begun: list[Future[None]] = []
        self._wanted: set[str] = set()  # of jobs that are to be cancelled

    def begin(self, order: Order, *, with_codebook: bool) -> Job:
        """Raises what `extracting.check` raises."""
        check(order)
        shape = shape_of(order, with_codebook=with_codebook)
        subject = form_subject(order.form.project_uid, order.form.key)
        job = Job(new_id(), subject, (order.by or {}).get("id", ""), shape.name, shape.media_type)
        with self._guard:
            self._jobs[job.id] = job, None
        self._start(lambda: self._run(job, order, shape))
        return job

    def find(self, form: Form, export_id: str) -> Job:
        """Raises Fault export.unknown."""
        with self._guard:
            job, _ = self._jobs.get(export_id, (None, None))
        job = job or _read(self._hub.data, export_id)
        if job is None or job.subject != form_subject(form.project_uid, form.key):
            raise Fault("export.unknown", export=export_id)
        return job

    def open(self, job: Job) -> Path:
        """The finished file. Raises Fault export.not_ready, export.unknown (fetched or too old)."""
        if job.state == RUNNING:
            raise Fault("export.not_ready", export=job.id)
        path = ready_folder(self._hub.data, job.id) / FILE
        if job.state != FINISHED or not path.exists():
            raise Fault("export.unknown", export=job.id)
        return path

    def cancel(self, job: Job) -> None:
        """Stops it if it runs; its file goes."""
        with self._guard:
            _, running = self._jobs.get(job.id, (job, None))
            if job.state == RUNNING:
                self._wanted.add(job.id)
        if running is not None:
            running.cancel()
        if job.state != RUNNING:
            self.forget(job)

    def forget(self, job: Job) -> None:
        shutil.rmtree(ready_folder(self._hub.data, job.id), ignore_errors=True)

    def wait(self) -> None:
        """For all that were begun."""
        with self._guard:
            begun, self._begun = self._begun, []
        wait(begun)

    def close(self) -> None:
        """Stops what runs, and waits for it."""
        with self._guard:
            held, pool = list(self._jobs.values()), self._pool
        for job, _ in held:
            if job.state == RUNNING:
                self.cancel(job)
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _start(self, work: Callable[[], None]) -> None:
        if not self._in_background:
            work()
            return
        with self._guard:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export")
            self._begun = [one for one in self._begun if not one.done()]
            self._begun.append(self._pool.submit(work))

    def _run(self, job: Job, order: Order, shape: Shape) -> None:
        folder = ready_folder(self._hub.data, job.id)
        try:
            folder.mkdir(mode=0o700, parents=True)
            self._make(job, order, shape, folder)
        except Cancelled:
            job.state = CANCELLED
        except Refusal as fault:
            job.fault, job.state = fault, BROKEN
        except Exception as fault:  # noqa: BLE001 – told to whoever asks, and the pool goes on
            log.error("export broken id=%s fault=%s", job.id, places(fault))
            job.state = BROKEN
        finally:
            if job.state != FINISHED:
                self.forget(job)
            with self._guard:
                self._settle(job)

    def _settle(self, job: Job) -> None:
        """A finished one is told by its folder from now on; of the others the last so many are remembered."""
        self._jobs.pop(job.id)
        self._wanted.discard(job.id)
        if job.state != FINISHED:
            self._jobs[job.id] = job, None
        ended = [name for name, (one, _) in self._jobs.items() if one.state != RUNNING]
        for name in ended[:-REMEMBERED]:
            del self._jobs[name]

    def _make(self, job: Job, order: Order, shape: Shape, folder: Path) -> None:
        with extraction(self._hub, order, export_id=job.id, elsewhere=[folder]) as running:
            with self._guard:
                self._jobs[job.id] = job, running
                if job.id in self._wanted:
                    running.cancel()
            job.submissions = running.submissions
            running.tell(lambda rows: _tell(job, running))
            with (folder / FILE).open("wb") as file:
                for piece in one_file(running, shape):
                    file.write(piece)
        job.summary, job.rows = summary(running), running.rows
        _write(job, folder)
        job.state = FINISHED


def _tell(job: Job, running: Extraction) -> None:
    job.rows, job.main_rows = running.rows, running.main_rows


def sweep(data: Path, now: float) -> None:
    """Files that nobody fetched within a day go. now: seconds since the epoch."""
    workrooms.sweep_ready(data, now, KEPT_S)


def _write(job: Job, folder: Path) -> None:
    said = {
        "subject": job.subject, "by": job.by, "name": job.name, "media_type": job.media_type, "rows": job.rows,
        "submissions": job.submissions, "summary": dict(job.summary),
    }  # fmt: skip
    (folder / ABOUT).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def _read(data: Path, export_id: str) -> Job | None:
    """A job that was finished before this process began."""
    if len(export_id) != 16 or not set(export_id) <= set("0123456789abcdef"):
        return None
    try:
        said = json.loads((ready_folder(data, export_id) / ABOUT).read_text(encoding="utf-8"))
        return Job(export_id, state=FINISHED, **said)
    except (OSError, ValueError, TypeError):
        return None
