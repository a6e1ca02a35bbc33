"""A tablet's own list of its filled-in forms: ODK Collect's `metadata/instances.db`.

It is somebody else's file. It is copied before it is opened, so that SQLite leaves no journal beside
the tablet's, and it is read as bytes from outside: nothing in it is trusted.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sync.device import FINISHED, listed_name

log = logging.getLogger(__name__)
LIMIT_BYTES = 256 * 1024 * 1024  # a list of 100,000 forms takes 40 MB
# Steps of SQLite's machine between looks, and looks: a list made to keep us busy for ever is given up.
STEPS, LOOKS = 100_000, 5_000
JOURNALS = ("-wal", "-journal")


@dataclass(frozen=True, slots=True)
class ListedForm:
    """`status`: as ODK Collect wrote it; `is_deleted`: its user has since removed it from the tablet."""

    status: str
    is_deleted: bool


def read_list(path: Path) -> dict[str, ListedForm] | None:
    """Forms by the key of their folder (sync.device.listed_name). None when the list is damaged, is no
    list, or cannot be read."""
    try:
        with tempfile.TemporaryDirectory(prefix="samleng-") as folder:
            has_journal = _copy(path, Path(folder))
            return _read(Path(folder) / path.name, has_journal)
    except (OSError, ValueError, sqlite3.Error) as fault:
        log.warning("tablet's list not read fault=%s", type(fault).__name__)
        return None


def is_list(path: Path) -> bool:
    """Whether a regular file is there: a link or a pipe could lead anywhere, or never end."""
    try:
        return path.is_file() and not path.is_symlink()
    except OSError:
        return False


def _copy(path: Path, folder: Path) -> bool:
    """Copies the list with what SQLite has not written home yet. Returns whether there was such."""
    journals = [j for j in (path.with_name(path.name + end) for end in JOURNALS) if is_list(j)]
    for source in (path, *journals):
        if source.stat().st_size > LIMIT_BYTES:
            raise ValueError(source.name)
        shutil.copyfile(source, folder / source.name)
    return bool(journals)


def _read(copy: Path, has_journal: bool) -> dict[str, ListedForm]:
    # With a journal SQLite must apply it, to the copy; without one it need not even lock.
    how = "mode=rw" if has_journal else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{copy.as_uri()}?{how}", uri=True)) as db:
        looks = iter(range(LOOKS))
        db.set_progress_handler(lambda: next(looks, None) is None, STEPS)
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        db.execute("PRAGMA trusted_schema = OFF")
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise ValueError(copy.name)
        return _gather(_rows(db))


def _rows(db: sqlite3.Connection) -> Iterator[tuple[str, ListedForm]]:
    deleted = "deletedDate" if "deletedDate" in _columns(db) else "NULL"
    for path, status, deleted_at in db.execute(
        f"SELECT instanceFilePath, status, {deleted} FROM instances ORDER BY rowid"
    ):
        if isinstance(path, str) and isinstance(status, str):
            yield listed_name(path), ListedForm(status, deleted_at is not None)


def _columns(db: sqlite3.Connection) -> set[str]:
    return {row[1] for row in db.execute("PRAGMA table_info(instances)")}


def _gather(rows: Iterator[tuple[str, ListedForm]]) -> dict[str, ListedForm]:
    """Of several rows about one folder the one that is not deleted counts, then the one that is a draft:
    a draft must never be taken for finished."""
    held: dict[str, ListedForm] = {}
    for name, row in rows:
        if name not in held or _caution(row) > _caution(held[name]):
            held[name] = row
    return held


def _caution(row: ListedForm) -> tuple[bool, bool]:
    return not row.is_deleted, row.status not in FINISHED
