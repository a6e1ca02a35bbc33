"""One writer, shared commits: each caller learns what became of its own work, and only of that."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.store.database import Database, statements

Result = dict[int, object]


class FullDisk(Database):
    """A database whose disk is full: nothing can be committed while `full` is set."""

    full = False

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._writer = _Writer(self, self._writer)  # type: ignore[assignment]


class _Writer:
    """The real connection, but for a COMMIT on a full disk: SQLite then rolls back and says so."""

    def __init__(self, owner: FullDisk, inner: sqlite3.Connection) -> None:
        self._owner, self._inner = owner, inner

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if statement == "COMMIT" and self._owner.full:
            self._inner.execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")
        return self._inner.execute(statement, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[FullDisk]:
    held = FullDisk(tmp_path / "hub.db")
    held.write(lambda db: db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT"))
    yield held
    held.close()


def insert(number: int) -> Callable[[sqlite3.Connection], int]:
    def work(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t (n) VALUES (?)", (number,))
        if number % 10 == 7:
            raise ValueError(number)
        return number

    return work


def numbers(database: Database) -> list[int]:
    return [row[0] for row in database.read().execute("SELECT n FROM t ORDER BY n")]


def in_threads(database: Database, jobs: list[Callable[[sqlite3.Connection], object]]) -> Result:
    """Runs each job in a thread of its own, all while one before them holds the writer, so that they
    share a commit. Job number -> its result, or the exception that its caller got."""
    results: Result = {}
    started, held = threading.Barrier(len(jobs) + 1), threading.Event()

    def first(db: sqlite3.Connection) -> None:
        held.set()
        started.wait(timeout=30)

    def call(number: int) -> None:
        held.wait(timeout=30)
        started.wait(timeout=30)
        try:
            results[number] = database.write(jobs[number])
        except Exception as fault:  # noqa: BLE001 - whatever the caller would have got
            results[number] = fault

    threads = [threading.Thread(target=call, args=(n,)) for n in range(len(jobs))]
    for thread in threads:
        thread.start()
    database.write(first)
    for thread in threads:
        thread.join(timeout=30)
    return results


def test_a_failing_job_does_not_spoil_the_others(database: FullDisk) -> None:
    results = in_threads(database, [insert(n) for n in range(30)])
    assert numbers(database) == [n for n in range(30) if n % 10 != 7]
    for number, result in results.items():
        if number % 10 == 7:
            assert isinstance(result, ValueError)
        else:
            assert result == number


def test_a_job_that_fails_half_way_leaves_nothing(database: FullDisk) -> None:
    def work(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO t (n) VALUES (1)")
        db.execute("INSERT INTO t (n) VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError):
        database.write(work)
    assert numbers(database) == []
    database.write(insert(2))
    assert numbers(database) == [2]


def test_a_commit_that_fails_is_told_to_every_caller_in_it(database: FullDisk) -> None:
    database.full = True
    results: Result = {}

    def call(number: int) -> None:
        try:
            results[number] = database.write(insert(number))
        except Exception as fault:  # noqa: BLE001 - whatever the caller would have got
            results[number] = fault

    threads = [threading.Thread(target=call, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(results) == 12
    assert all(isinstance(result, sqlite3.OperationalError | ValueError) for result in results.values()), (
        results
    )
    assert numbers(database) == []


def test_after_a_failed_commit_writing_goes_on(database: FullDisk) -> None:
    database.full = True
    with pytest.raises(sqlite3.OperationalError):
        database.write(insert(1))
    database.full = False
    assert database.write(insert(1)) == 1
    assert numbers(database) == [1]


def test_what_was_answered_is_seen_by_every_reader(database: FullDisk) -> None:
    seen: list[bool] = []

    def call(number: int) -> None:
        database.write(insert(number))
        seen.append(number in numbers(database))

    threads = [threading.Thread(target=call, args=(n,)) for n in range(0, 70, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert seen == [True] * 35


def test_another_process_may_write_at_the_same_time(database: FullDisk) -> None:
    """As the command line does while the hub is served."""
    other = Database(database.path)

    def call(which: Database, start: int) -> None:
        for number in range(start, start + 60, 2):
            if number % 10 != 7:
                which.write(insert(number))

    threads = [
        threading.Thread(target=call, args=said)
        for said in ((database, 0), (other, 1), (database, 100), (other, 101))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    expected = [n for start in (0, 1, 100, 101) for n in range(start, start + 60, 2) if n % 10 != 7]
    assert numbers(database) == numbers(other) == sorted(expected)
    other.close()


def test_a_reader_cannot_write(database: FullDisk) -> None:
    with pytest.raises(sqlite3.OperationalError):
        database.read().execute("INSERT INTO t (n) VALUES (1)")


def test_commits_reach_the_disk_before_the_answer(database: FullDisk) -> None:
    assert database._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_migration_is_split_into_its_statements() -> None:
    script = "-- one\nCREATE TABLE a (\n  x TEXT -- with a ; in it\n);\nINSERT INTO a VALUES (';');\n"
    assert [s.strip().split()[0] for s in statements(script)] == ["--", "INSERT"]


def test_opening_again_migrates_nothing_more(database: FullDisk) -> None:
    before = database.read().execute("SELECT name FROM _migrations ORDER BY name").fetchall()
    other = Database(database.path)
    assert other.read().execute("SELECT name FROM _migrations ORDER BY name").fetchall() == before
    other.close()
