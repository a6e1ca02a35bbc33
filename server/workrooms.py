"""Folders in which exports are made, on the disk of the data folder: one each, locked while somebody works in it,
so that what a killed process left is told from what another process is at. No Flask, no SQL.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

ROOM = "exports"
WORK, READY = "work", "ready"
NOTE, LOCK = "note.json", "lock"
NEW_S = 60.0  # a folder without a lock yet is somebody's who begins just now


@dataclass(slots=True)
class Workroom:
    """name: of the export. folder: for files of any name but NOTE and LOCK. `said`: what is to be known of it when
    nobody can be asked any more; `elsewhere`: folders that are to go with it."""

    name: str
    folder: Path
    said: dict[str, Any] = field(default_factory=dict)
    elsewhere: list[Path] = field(default_factory=list)

    def note(self) -> None:
        said = {**self.said, "elsewhere": [str(path.absolute()) for path in self.elsewhere]}
        (self.folder / NOTE).write_text(json.dumps(said), encoding="utf-8")

    def clear(self) -> None:
        for path in (*self.elsewhere, self.folder):
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def workroom(
    data: Path, name: str, said: Mapping[str, Any], elsewhere: Iterable[Path] = ()
) -> Iterator[Workroom]:
    """A new folder that is gone afterwards, however it went."""
    folder = data / ROOM / WORK / name
    folder.mkdir(mode=0o700, parents=True)  # answers lie in it for a while
    room = Workroom(name, folder, dict(said), list(elsewhere))
    with (folder / LOCK).open("wb") as lock:
        _take(lock)
        room.note()
        try:
            yield room
        finally:
            lock.close()  # before the folder goes: Windows keeps what is open
            shutil.rmtree(folder, ignore_errors=True)


def abandoned(data: Path, now: float) -> Iterator[Workroom]:
    """The folders in which nobody works any more. They are the caller's to clear. now: seconds since the epoch."""
    for folder in sorted((data / ROOM / WORK).glob("*")):
        with suppress(OSError):  # gone meanwhile
            if _is_left(folder, now):
                yield _read(folder)


def _is_left(folder: Path, now: float) -> bool:
    if not (folder / LOCK).exists():
        return now - folder.stat().st_mtime > NEW_S
    with (folder / LOCK).open("r+b") as lock:
        return _take(lock)


def _read(folder: Path) -> Workroom:
    try:
        said = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        return Workroom(folder.name, folder, said, [Path(path) for path in said.pop("elsewhere")])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # killed before it was written
        return Workroom(folder.name, folder)


def _take(lock: BinaryIO) -> bool:
    """Whether it is ours now; it ends with the process, however that ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def ready_folder(data: Path, name: str) -> Path:
    """Where the finished file of an export waits to be fetched."""
    return data / ROOM / READY / name


def empty_ready(data: Path) -> None:
    """What was withdrawn may stand in them: whoever still wants one makes it anew."""
    shutil.rmtree(data / ROOM / READY, ignore_errors=True)


def sweep_ready(data: Path, now: float, older_than_s: float) -> None:
    """Finished files that nobody fetched in time."""
    for folder in sorted((data / ROOM / READY).glob("*")):
        with suppress(OSError):
            if now - folder.stat().st_mtime > older_than_s:
                shutil.rmtree(folder, ignore_errors=True)
