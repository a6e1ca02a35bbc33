"""Files on their way: what waits to be fetched by another hub, and what has come from it only in part.

Everything here can be thrown away: it costs bytes sent again, never data. No Flask, no SQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from server.errors import Fault

OUTBOX, INBOX = "outbox", "inbox"
CHUNK = 64 * 1024


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A file that appears whole or not at all. Raises Fault file.unwritable."""
    growing = path.with_name(path.name + ".part")
    try:
        with growing.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        growing.replace(path)
    except OSError as fault:
        growing.unlink(missing_ok=True)
        raise Fault("file.unwritable", path=str(path), reason=fault.strerror or "") from fault
    except BaseException:
        growing.unlink(missing_ok=True)
        raise


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Raises Fault file.unreadable."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as fault:
        raise Fault("file.unreadable", path=str(path), reason=fault.strerror or "") from fault


def folder_of(data: Path, room: str, peer_id: str) -> Path:
    """Where bundles for, or from, a hub lie while they are on their way. Made when it is not there."""
    folder = data / room / peer_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def append(path: Path, offset: int, chunks: Iterable[bytes]) -> int:
    """Adds what comes to a growing file; its new size. When the connection breaks, what it brought stays and
    need not be sent again."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.seek(offset)
        file.truncate()
        try:
            for chunk in chunks:
                file.write(chunk)
        finally:
            file.flush()
            os.fsync(file.fileno())
        return file.tell()


def empty_outbox(data: Path) -> None:
    """Whoever is being sent one of these bundles is sent another, made anew."""
    for path in sorted((data / OUTBOX).glob("*/*")):
        with suppress(OSError):  # open elsewhere, on Windows: it goes with the next withdrawal, or in a month
            path.unlink()


def sweep(data: Path, now: float, older_than_s: float = 30 * 24 * 3600) -> int:
    """Removes what nobody fetched or finished for a month; how many files. `now`: seconds since the epoch."""
    swept = 0
    for room in (OUTBOX, INBOX):
        for path in sorted((data / room).glob("*/*")):
            if now - path.stat().st_mtime > older_than_s:
                path.unlink(missing_ok=True)
                swept += 1
    return swept
