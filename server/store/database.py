"""hub.db: one file, one writer, one reading connection a thread.

Concurrent writes share one fsync: whoever holds the lock carries out every write that is waiting,
commits once, and only then lets each caller go on. So an answer is never sent before its commit.
"""

from __future__ import annotations

import importlib.resources
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import sqlite_utils

log = logging.getLogger(__name__)
T = TypeVar("T")
Connection = sqlite3.Connection  # the name by which other rooms speak of a transaction
BUSY_MS = 30_000  # how long to wait for another process (the command line) to finish its write
PATIENCE_MS = 200  # ... and for readers to let go of the log
WRITER_MB, MERGE_MB = 32, 144  # page cache of the writer; while very much is merged
IDLE_READERS = 4  # kept open between streams: opening one takes 0.25 ms and begins with a cold cache


class _Job(Generic[T]):
    __slots__ = ("done", "fault", "result", "work")

    def __init__(self, work: Callable[[sqlite3.Connection], T]) -> None:
        self.work = work
        self.result: T | None = None
        self.fault: BaseException | None = None
        self.done = False


class Database:
    """An open hub.db. Raises sqlite3.DatabaseError when the file is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._idle: list[sqlite3.Connection] = []
        self._is_open = True
        self._readers_lock = threading.Lock()
        self._lock = threading.Lock()
        # Python runs one thread at a time anyway. Threads that pass it back and forth at every SQL
        # statement cost a third more than threads that wait here for the one that is at work.
        self.at_work = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._writer = connect(path, cache_mb=WRITER_MB)
        migrate(self._writer)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work` on the writing connection and returns its result once it is on disk.

        An exception of `work` undoes only its own changes and is raised here. Work must not wait
        for other writes.
        """
        job = _Job(work)
        self._waiting.append(job)
        with self._lock:
            if not job.done:
                self._drain()
        if job.fault is not None:
            raise job.fault
        return job.result  # type: ignore[return-value]

    @contextmanager
    def large_cache(self) -> Iterator[None]:
        """For a merge: ids are hashes, so each entry touches other pages of the indexes. With 100,000 entries
        held, most of them would be read and written again for each."""
        self._set_cache(MERGE_MB)
        try:
            yield
        finally:
            self._set_cache(WRITER_MB)

    def _set_cache(self, cache_mb: int) -> None:
        with self._lock:
            self._writer.execute(f"PRAGMA cache_size = -{cache_mb * 1024}")

    def read(self) -> sqlite3.Connection:
        """This thread's reading connection."""
        held: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if held is None:
            held = self._local.reader = connect(self.path, cache_mb=4)
            held.execute("PRAGMA query_only = 1")
            with self._readers_lock:
                self._readers.append(held)
        return held

    def separate_reader(self) -> sqlite3.Connection:
        """A reading connection that nobody else uses, for a stream that outlives the request's thread
        turn. The caller gives it back by `release`, or closes it."""
        with self._readers_lock:
            if self._idle:
                return self._idle.pop()
        own = connect(self.path, cache_mb=4)
        own.execute("PRAGMA query_only = 1")
        return own

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A separate reader for a while. Whoever reads by it closes the cursors first: see release."""
        reader = self.separate_reader()
        try:
            yield reader
        finally:
            self.release(reader)

    def release(self, reader: sqlite3.Connection) -> None:
        """Takes a separate reader back. The caller has closed its cursors: one left open would go on
        holding the snapshot, and the next stream would read an old state."""
        if reader.in_transaction:
            reader.execute("ROLLBACK")
        with self._readers_lock:
            if self._is_open and len(self._idle) < IDLE_READERS:
                self._idle.append(reader)
                return
        reader.close()

    def scrub(self) -> bool:
        """Writes the database anew and empties the write-ahead log, so that what was wiped is in no file
        any more. False when a reader still needs the log, or there is no room to write: nothing is lost.

        Overwriting what is deleted (secure_delete) is not enough: when SQLite moves rows between pages,
        copies of them stay in the gaps. 24 MB took 0.3 s.
        """
        with self._lock:
            self._writer.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")  # tablets wait meanwhile
            try:
                self._writer.execute("VACUUM")
                busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.OperationalError as fault:
                log.warning("scrub put off fault=%s", type(fault).__name__)
                return False
            finally:
                self._writer.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        return not busy

    def close(self) -> None:
        with self._lock:
            with self._readers_lock:
                self._is_open = False
                for reader in self._readers + self._idle:
                    reader.close()
                self._readers.clear()
                self._idle.clear()
            self._writer.close()

    def _drain(self) -> None:
        jobs: list[_Job] = []
        while self._waiting:
            jobs.append(self._waiting.popleft())
        try:
            with self.at_work:
                self._writer.execute("BEGIN IMMEDIATE")
                for job in jobs:
                    self._carry_out(job)
            self._writer.execute("COMMIT")
        except BaseException as fault:  # noqa: BLE001 – nothing was kept: every caller must know
            log.error("write failed jobs=%d fault=%s", len(jobs), type(fault).__name__)
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            for job in jobs:
                job.fault = job.fault or fault
        finally:
            for job in jobs:
                job.done = True

    def _carry_out(self, job: _Job) -> None:
        self._writer.execute("SAVEPOINT job")
        try:
            job.result = job.work(self._writer)
        except Exception as fault:  # noqa: BLE001 – raised again where the job came from
            self._writer.execute("ROLLBACK TO job")
            job.fault = fault
        self._writer.execute("RELEASE job")


@contextmanager
def attempt(db: sqlite3.Connection) -> Iterator[None]:
    """Part of a transaction that is undone by itself when it raises; the rest goes on."""
    db.execute("SAVEPOINT attempt")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK TO attempt")
        raise
    finally:
        db.execute("RELEASE attempt")


def connect(path: Path, *, cache_mb: int) -> sqlite3.Connection:
    """A connection in autocommit mode, with transactions begun by hand. The lock or the thread that
    owns it keeps it to one thread at a time."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")  # a tablet may delete its copy after our 201
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")  # what is withdrawn must not stay in pages that are free
    # The write-ahead log may grow to 64 MB before its pages are written home: the same index pages
    # are touched again and again, and each is then written once instead of every 70 submissions.
    db.execute("PRAGMA wal_autocheckpoint = 16000")
    db.execute("PRAGMA journal_size_limit = 67108864")
    db.execute(f"PRAGMA cache_size = -{cache_mb * 1024}")
    return db


def migrate(connection: sqlite3.Connection) -> None:
    """Applies the numbered files that this database has not seen, each in one transaction together
    with the record of it."""
    migrations = sqlite_utils.Database(connection).table("_migrations")
    migrations.create({"name": str}, pk="name", if_not_exists=True)
    applied = {row["name"] for row in migrations.rows}
    folder = importlib.resources.files("server.store") / "migrations"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sql") and file.name not in applied:
            _apply(connection, file.name, file.read_text(encoding="utf-8"))


def _apply(connection: sqlite3.Connection, name: str, script: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements(script):
            connection.execute(statement)
        connection.execute("INSERT INTO _migrations (name) VALUES (?)", (name,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def statements(script: str) -> list[str]:
    """The single statements of an SQL script (executescript would commit between them)."""
    found, rest = [], ""
    for line in script.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    return found
