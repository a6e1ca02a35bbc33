"""Files of an export put where somebody wants them: all whole, or none at all. No Flask, no SQL.

They grow in a hidden folder beside their place, on the same disk, and are renamed at the end: the main file last,
so that where it stands everything stands.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from server.errors import Fault
from server.extracting import Extraction, manifest
from server.formats import Format, Part

GROWING = ".export-"
FOLDER = "province="  # what a folder of ours holds


def stem_of(out: Path, file_format: Format) -> str:
    """What names of files beside `out` begin with: "answers" of answers.csv.zip."""
    for ending in (f".{file_format.name}", f".{file_format.ending}"):
        if out.name.lower().endswith(ending) and len(out.name) > len(ending):
            return out.name[: -len(ending)]
    return out.stem or out.name


@contextmanager
def growing(out: Path) -> Iterator[Path]:
    """A folder beside `out` that is gone afterwards. Raises Fault file.unwritable."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{GROWING}{out.name[:40]}-", dir=out.parent))
    except OSError as fault:
        raise Fault("file.unwritable", path=str(out), reason=fault.strerror or "") from fault
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def deliver(running: Extraction, out: Path, folder: Path, beside: Iterable[Part] = ()) -> list[Path]:
    """Writes everything into `folder` (of `growing`) and moves it to where it belongs; those places, the main one
    first. beside: the codebook's files. Raises Fault file.unwritable, file.exists (another kind of thing is
    there)."""
    stem = stem_of(out, running.order.file_format)
    try:
        for part in running.parts():
            _write(folder / _name(out, running.order.file_format, stem, part), part.pieces)
        for part in beside:
            name = f"{stem}-codebook.{part.inside}"
            _write(folder / name, running.leaving(name, part.pieces))
        _write(folder / f"{stem}-export.json", [_note(running)])
        return _place(folder, out)
    except OSError as fault:
        raise Fault("file.unwritable", path=str(out), reason=fault.strerror or "") from fault


def _name(out: Path, file_format: Format, stem: str, part: Part) -> Path:
    whole = out.name if not part.sheet else f"{stem}-{part.sheet}.{file_format.ending}"
    return Path(whole, *part.inside.split("/")) if part.inside else Path(whole)


def _note(running: Extraction) -> bytes:
    return manifest(running).encode()


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _place(folder: Path, out: Path) -> list[Path]:
    made = sorted(folder.iterdir(), key=lambda path: (path.name == out.name, path.name))
    places = [out.with_name(path.name) for path in made]
    for path, place in zip(made, places, strict=True):
        _check(path, place)
    for path, place in zip(made, places, strict=True):
        if place.is_dir():
            place.rename(folder / f"{place.name}.before")
        path.replace(place)
    return places[::-1]


def _check(path: Path, place: Path) -> None:
    """A folder takes the place of none but an earlier export's. Raises Fault file.exists."""
    if not place.exists() or (place.is_file() and path.is_file()):
        return
    ours = place.is_dir() and path.is_dir() and all(p.name.startswith(FOLDER) for p in place.iterdir())
    if not ours:
        raise Fault("file.exists", path=str(place))
