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
from collections.abc import Collection, Iterable, Iterator
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


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a large blob, from `start`; `size` is that of the whole."""

    sha256: str
    start: int
    size: int
    data: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.data)


def note_part(db: sqlite3.Connection, part: Part) -> None:
    db.execute(
        "INSERT INTO blob_part (sha256, start, end) VALUES (?, ?, ?) "
        "ON CONFLICT (sha256, start) DO UPDATE SET end = max(end, excluded.end)",
        (bytes.fromhex(part.sha256), part.start, part.end),
    )


def is_covered(db: sqlite3.Connection, sha256: str, size: int) -> bool:
    """Whether the parts noted leave no hole."""
    rows = db.execute(
        "SELECT start, end FROM blob_part WHERE sha256 = ? ORDER BY start", (bytes.fromhex(sha256),)
    )
    reached = 0
    for start, end in rows:
        if start > reached:
            return False
        reached = max(reached, end)
    return reached >= size


def forget_parts(db: sqlite3.Connection, sha256: str) -> None:
    db.execute("DELETE FROM blob_part WHERE sha256 = ?", (bytes.fromhex(sha256),))


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
    if done.rowcount == 1:
        wanted = db.execute("DELETE FROM blob_wanted WHERE sha256 = ?", (blob.sha256,))
        if wanted.rowcount:  # only what is wanted is offered
            db.execute("DELETE FROM blob_offer WHERE sha256 = ?", (blob.sha256,))
    return done.rowcount == 1


def want_missing(db: sqlite3.Connection, entry_id: str, names: Iterable[str]) -> None:
    """Notes which of the blobs that an entry names are not held, so that they are asked for."""
    for sha256 in names:
        held = db.execute("SELECT 1 FROM blob WHERE sha256 = ?", (bytes.fromhex(sha256),)).fetchone()
        if held is None:
            db.execute(
                "INSERT OR IGNORE INTO blob_wanted (sha256, seq) SELECT ?, seq FROM entry WHERE id = ?",
                (sha256, bytes.fromhex(entry_id)),
            )


def note_offer(db: sqlite3.Connection, ledger: str, names: Iterable[str]) -> None:
    """Notes that blobs which are wanted already were named over another ledger too: the hub from which the
    entry came first may never have had them."""
    for sha256 in names:
        db.execute(
            "INSERT OR IGNORE INTO blob_offer (sha256, ledger) SELECT sha256, ? FROM blob_wanted WHERE sha256 = ?",
            (bytes.fromhex(ledger), sha256),
        )


def count_wanted(db: sqlite3.Connection, ledgers: Collection[str]) -> int:
    """How many blobs have not come that entries name which came over these ledgers."""
    return len(list_wanted(db, ledgers, -1))


def list_wanted(db: sqlite3.Connection, ledgers: Collection[str], limit: int) -> list[str]:
    marks = ", ".join("?" * len(ledgers))
    names = [bytes.fromhex(ledger) for ledger in ledgers]
    rows = db.execute(
        "SELECT w.sha256 FROM blob_wanted w JOIN entry e ON e.seq = w.seq "
        f"WHERE e.via IN ({marks}) OR EXISTS (SELECT 1 FROM blob_offer o WHERE o.sha256 = w.sha256 "
        f"AND o.ledger IN ({marks})) ORDER BY w.seq, w.sha256 LIMIT ?",
        (*names, *names, limit),
    )
    return [row[0] for row in rows]


def find_by_prefixes(db: sqlite3.Connection, prefixes: Iterable[bytes]) -> list[tuple[str, int]]:
    """(name, size in bytes) of each blob held whose name begins with one of these, smallest first."""
    found: dict[str, int] = {}
    for prefix in prefixes:
        row = db.execute(
            "SELECT sha256, size FROM blob WHERE sha256 >= ? AND sha256 <= ? ORDER BY sha256 LIMIT 1",
            (prefix, prefix + b"\xff" * (32 - len(prefix))),
        ).fetchone()
        if row is not None:
            found[row[0].hex()] = row[1]
    return sorted(found.items(), key=lambda item: (item[1], item[0]))


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

    def write_part(self, part: Part) -> None:
        """Writes bytes of a large blob to their place in a growing file. Parts come in any order; which
        ones are there is noted by `note_part`, in the transaction of what came with them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        growing = self._growing(part.sha256)
        with growing.open("r+b" if growing.exists() else "wb") as file:
            file.seek(part.start)
            file.write(part.data)

    def complete(self, sha256: str, size: int) -> Staged | None:
        """The whole blob, once each of its bytes has come and its hash is right; else None. A file that
        turns out wrong is thrown away and comes anew."""
        growing = self._growing(sha256)
        if not is_covered(self._database.read(), sha256, size):
            return None
        if not growing.exists():  # power was lost between its rename and the record of it
            self._database.write(lambda db: forget_parts(db, sha256))
            return None
        with growing.open("r+b") as file:
            file.truncate(size)
            file.flush()
            os.fsync(file.fileno())
            whole = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        if not whole:
            self._database.write(lambda db: forget_parts(db, sha256))
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

    def _growing(self, sha256: str) -> Path:
        return self.folder / f"part-{sha256}"

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
