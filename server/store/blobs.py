"""Blobs: small ones in hub.db, large ones as files named by their hash.

A file is written beside its place, flushed, renamed, and the folder flushed: after a power cut it
is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from server.store.database import Database
from sync.errors import BlobMissing

SMALL_BYTES = 64 * 1024  # larger ones would make the database's pages the bottleneck
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Staged:
    """A blob that is safe on disk or in hand, not yet recorded. `data` is None when it is a file, which
    lies at `place`."""

    sha256: str
    size: int
    data: bytes | None
    place: Path | None = None


def stage_bytes(data: bytes) -> Staged:
    """For bytes that belong in hub.db whatever their size up to SMALL_BYTES."""
    return Staged(hashlib.sha256(data).hexdigest(), len(data), data)


def record(db: sqlite3.Connection, blob: Staged) -> bool:
    """Makes a staged blob part of the hub, in the transaction of the entries that name it. False
    when it is held already. Raises BlobMissing when a withdrawal removed the file since it was staged."""
    if blob.place is not None and not blob.place.exists():
        raise BlobMissing("blob.missing", sha256=blob.sha256)
    done = db.execute(
        "INSERT OR IGNORE INTO blob (sha256, size, bytes) VALUES (?, ?, ?)",
        (bytes.fromhex(blob.sha256), blob.size, blob.data),
    )
    return done.rowcount == 1


class BlobStore:
    """The blobs of one hub; sync.ledger.Blobs and more."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self.folder = folder

    def stage(self, stream: BinaryIO) -> Staged:
        """Reads a stream to its end, hashing; large ones are on disk, flushed, when this returns."""
        start = stream.read(SMALL_BYTES + 1)
        if len(start) <= SMALL_BYTES:
            return stage_bytes(start)
        return self._stage_file(start, stream)

    def _stage_file(self, start: bytes, stream: BinaryIO) -> Staged:
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        handle, temporary = tempfile.mkstemp(prefix="incoming-", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                chunk = start
                while chunk:
                    digest.update(chunk)
                    size += file.write(chunk)
                    chunk = stream.read(CHUNK)
                file.flush()
                os.fsync(file.fileno())
            self._settle(Path(temporary), digest.hexdigest())
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return Staged(digest.hexdigest(), size, None, self.path(digest.hexdigest()))

    def _settle(self, temporary: Path, sha256: str) -> None:
        place = self.path(sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(place)
        flush_folder(place.parent)
        flush_folder(self.folder)

    def add_part(self, sha256: str, offset: int, size: int, data: bytes) -> Staged | None:
        """Keeps a part of a large blob; the whole blob once its last byte came and its hash is right.

        Parts come in order. A hole left by a lost part shows in the hash, and the file is thrown
        away: it comes whole with another copy of the bundle.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        growing = self.folder / f"part-{sha256}"
        with growing.open("r+b" if growing.exists() and offset else "wb") as file:
            file.seek(offset)
            file.write(data)
            if offset + len(data) < size:
                return None
            file.truncate(size)
            file.flush()
            os.fsync(file.fileno())
        with growing.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        if not whole:
            growing.unlink()
            return None
        self._settle(growing, sha256)
        return Staged(sha256, size, None, self.path(sha256))

    def remove(self, sha256: str) -> None:
        """Takes the file of a blob off the disk, also one still growing; there may be none."""
        (self.folder / f"part-{sha256}").unlink(missing_ok=True)
        place = self.path(sha256)
        if place.exists():
            place.unlink()
            flush_folder(place.parent)

    def sweep(self, now: float, older_than_s: float = 24 * 3600) -> int:
        """Removes files that a killed process left half written; how many. Only old ones: another
        process may be writing. `now`: seconds since the epoch."""
        swept = 0
        for left in self.folder.glob("incoming-*"):
            if now - left.stat().st_mtime > older_than_s:
                left.unlink(missing_ok=True)
                swept += 1
        return swept + self._database.write(lambda db: self._sweep_unrecorded(db, now - older_than_s))

    def _sweep_unrecorded(self, db: sqlite3.Connection, before: float) -> int:
        """Whole files of a process that was killed before it recorded them: a tablet sends them again."""
        recorded = {row[0].hex() for row in db.execute("SELECT sha256 FROM blob WHERE bytes IS NULL")}
        strays = [
            p for p in self.folder.glob("??/*") if p.name not in recorded and p.stat().st_mtime < before
        ]
        for path in strays:
            path.unlink(missing_ok=True)
        return len(strays)

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        staged = self.stage(io.BytesIO(data))
        self._database.write(lambda db: record(db, staged))
        return staged.sha256

    def has(self, sha256: str, db: sqlite3.Connection | None = None) -> bool:
        return self._row(sha256, db) is not None

    def size(self, sha256: str) -> int:
        return self._known(sha256, None)[0]

    def open(self, sha256: str, db: sqlite3.Connection | None = None) -> BinaryIO:
        _, data = self._known(sha256, db)
        if data is not None:
            return io.BytesIO(data)
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError:
            raise BlobMissing("blob.missing", sha256=sha256) from None

    def read(self, sha256: str, db: sqlite3.Connection | None = None) -> bytes:
        """All bytes of a blob that is known to be small (instance XML, form files)."""
        with self.open(sha256, db) as stream:
            return stream.read()

    def _row(self, sha256: str, db: sqlite3.Connection | None) -> tuple[int, bytes | None] | None:
        connection = db or self._database.read()
        found = connection.execute("SELECT size, bytes FROM blob WHERE sha256 = ?", (bytes.fromhex(sha256),))
        row: tuple[int, bytes | None] | None = found.fetchone()
        return row

    def _known(self, sha256: str, db: sqlite3.Connection | None) -> tuple[int, bytes | None]:
        row = self._row(sha256, db)
        if row is None:
            raise BlobMissing("blob.missing", sha256=sha256)
        return row

    def damaged(self) -> Iterator[str]:
        """Names of recorded blobs whose bytes are gone or no longer have their hash."""
        rows = self._database.read().execute("SELECT sha256, size, bytes FROM blob ORDER BY n")
        for name, size, data in rows:
            if not self._whole(name.hex(), size, data):
                yield name.hex()

    def _whole(self, sha256: str, size: int, data: bytes | None) -> bool:
        if data is not None:
            return hashlib.sha256(data).hexdigest() == sha256 and len(data) == size
        try:
            with self.path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False


def flush_folder(folder: Path) -> None:
    """Makes a rename in this folder survive a power cut (Windows flushes with the file)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
