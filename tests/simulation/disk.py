"""The disks of simulated hubs: power cuts between any two writes, disks that fill up, bytes that were never
flushed. Stands between the hubs and the system's own functions while it is `installed`."""

from __future__ import annotations

import errno
import io
import os
import pathlib
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from server.store import database


class PowerCut(BaseException):
    """No `except Exception` survives it, as no process does."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one hub at its `at`-th write from now on. `kind`: "cut" before it takes effect,
    "done" after it did, "full" (no room, and none for all that follow)."""

    kind: str
    at: int


@dataclass
class Disk:
    """`owner`: the hub that is at work; only its own writes can fail. `unflushed`: its files whose last
    bytes may be lost in a power cut."""

    rng: Random
    owner: object = None
    victim: object = None
    fault: Fault | None = None
    count: int = 0
    is_dead: bool = False
    struck: int = 0
    unflushed: dict[Path, int] = field(default_factory=dict)
    names: dict[int, Path] = field(default_factory=dict)

    def arm(self, victim: object, fault: Fault | None) -> None:
        self.victim, self.fault, self.count, self.is_dead = victim, fault, 0, False

    def disarm(self) -> None:
        self.arm(None, None)

    @contextmanager
    def acting(self, owner: object) -> Iterator[None]:
        before, self.owner = self.owner, owner
        try:
            yield
        finally:
            self.owner = before

    @contextmanager
    def write(self, *, is_commit: bool = False) -> Iterator[None]:
        """Around everything that changes what is on disk."""
        if self.fault is None or self.owner != self.victim:
            yield
            return
        if self.is_dead:
            raise PowerCut
        self.count += 1
        hit = self.count >= self.fault.at if self.fault.kind == "full" else self.count == self.fault.at
        if hit:
            self.struck += 1
        if hit and self.fault.kind == "full":
            if is_commit:
                raise sqlite3.OperationalError("database or disk is full")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if hit and self.fault.kind == "cut":
            self.is_dead = True
            raise PowerCut
        yield
        if hit:
            self.strike()

    def strike(self) -> None:
        """The power goes, if it is to go after the write that took effect just now."""
        if self.owner == self.victim and self.fault == Fault("done", self.count):
            self.is_dead = True
            raise PowerCut

    def lose_unflushed(self) -> None:
        """What a power cut leaves of files that were being written: any beginning, or zeros."""
        for path, safe in self.unflushed.items():
            if path.exists() and (size := path.stat().st_size) > safe:
                with io.open(path, "r+b") as file:  # noqa: UP020 – the system's own, not the one of `installed`
                    if self.rng.random() < 0.5:
                        file.truncate(self.rng.randrange(safe, size + 1))
                    else:
                        file.seek(self.rng.randrange(safe, size))
                        file.write(bytes(size - file.tell()))
        self.unflushed.clear()


class _File:
    """A file open for writing on a simulated disk."""

    def __init__(self, file: Any, path: Path, disk: Disk) -> None:
        self._file, self._path, self._disk = file, path, disk
        disk.names[file.fileno()] = path
        disk.unflushed.setdefault(path, path.stat().st_size)

    def write(self, data: Any) -> int:
        with self._disk.write():
            start = self._file.tell()
            self._disk.unflushed[self._path] = min(self._disk.unflushed.get(self._path, start), start)
            written: int = self._file.write(data)
            self._file.flush()  # what a killed process wrote is the system's
        return written

    def truncate(self, size: int | None = None) -> int:
        with self._disk.write():
            cut: int = self._file.truncate(size)
        return cut

    def close(self) -> None:
        if not self._file.closed:
            self._disk.names.pop(self._file.fileno(), None)
        self._file.close()

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Writer:
    """The writing connection of a hub: its commit is a write."""

    def __init__(self, db: sqlite3.Connection, disk: Disk) -> None:
        self._db, self._disk = db, disk

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            with self._disk.write(is_commit=True):
                return self._db.execute(sql)
        return self._db.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


def watch(base: database.Database, disk: Disk) -> None:
    """Puts the disk between a database and its file. Nothing is flushed for real: that is simulated."""
    writer = base._writer
    writer.execute("PRAGMA synchronous = OFF")
    base._writer = _Writer(writer, disk)  # type: ignore[assignment]


@contextmanager
def installed(disk: Disk) -> Iterator[None]:
    """Routes what hubs write through `disk`."""
    true = {
        (pathlib.Path, name): getattr(pathlib.Path, name)
        for name in ("open", "replace", "unlink", "touch", "mkdir")
    } | {(os, name): getattr(os, name) for name in ("fsync", "fdopen")}
    path_open, replace, unlink, touch, mkdir, _fsync, fdopen = true.values()
    written = {}

    def opening(self: Path, mode: str = "r", *said: Any, **more: Any) -> Any:
        if not set(mode) & set("wa+x"):
            return path_open(self, mode, *said, **more)
        is_new = "w" in mode or not self.exists()
        with disk.write() if is_new else nullcontext(), ExitStack() as opened:
            file = opened.enter_context(path_open(self, mode, *said, **more))
            if is_new:
                disk.strike()
            opened.pop_all()
            return _File(file, self, disk) if "b" in mode else file

    def replacing(self: Path, target: Path) -> Path:
        with disk.write():
            if self in disk.unflushed:
                disk.unflushed[Path(target)] = disk.unflushed.pop(self)
            found: Path = replace(self, target)
        return found

    def flushing(handle: int) -> None:
        with disk.write():
            # Nothing is flushed for real: thousands of histories would wait for it.
            disk.unflushed.pop(disk.names.get(handle, Path()), None)

    def within(function: Any) -> Any:
        def call(*said: Any, **more: Any) -> Any:
            if function is mkdir and said[0].is_dir():
                return function(*said, **more)
            with disk.write():
                return function(*said, **more)

        return call

    def wrapping(handle: int, *said: Any, **more: Any) -> Any:
        return _File(fdopen(handle, *said, **more), Path(f"/proc/self/fd/{handle}").readlink(), disk)

    written[(pathlib.Path, "open")], written[(pathlib.Path, "replace")] = opening, replacing
    written[(pathlib.Path, "unlink")], written[(pathlib.Path, "touch")] = within(unlink), within(touch)
    written[(pathlib.Path, "mkdir")], written[(os, "fsync")] = within(mkdir), flushing
    if Path("/proc/self/fd").is_dir():  # elsewhere a blob's own file is not watched, only its rename
        written[(os, "fdopen")] = wrapping
    for (place, name), function in written.items():
        setattr(place, name, function)
    try:
        yield
    finally:
        for (place, name), function in true.items():
            setattr(place, name, function)
