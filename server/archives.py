"""A zip from outside, unpacked into a folder: no path leads out of it, and it does not swell beyond a limit."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from server.errors import Fault

LIMIT = 4_000_000_000  # bytes unpacked
CHUNK = 1 << 16


def unpack(file: BinaryIO, folder: Path, limit: int = LIMIT) -> None:
    """Raises Fault device.archive; then what was unpacked is to be thrown away."""
    left = limit
    try:
        with zipfile.ZipFile(file) as packed:
            for one in packed.infolist():
                path = _inside(folder, one.filename)
                if path is None or one.is_dir():
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(one) as source, path.open("wb") as target:
                    left -= _copy(source, target, left)
                if left < 0:
                    raise Fault("device.archive", limit_bytes=limit)
    except Fault:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as fault:
        shutil.rmtree(folder, ignore_errors=True)
        raise Fault("device.archive", limit_bytes=limit) from fault


def _inside(folder: Path, name: str) -> Path | None:
    """Where a member goes; None for one that would lie elsewhere."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or any(part in ("..", "/") or ":" in part for part in parts):
        return None
    return folder.joinpath(*parts)


def _copy(source: object, target: BinaryIO, left: int) -> int:
    """How many bytes it was; stops once it is more than is left."""
    written = 0
    while written <= left and (chunk := source.read(CHUNK)):  # type: ignore[attr-defined]
        target.write(chunk)
        written += len(chunk)
    return written
