"""Filled-in forms in a folder that was copied off an Android tablet, or in ODK Briefcase's storage.

Walks folders and chooses files; opens none of them, makes none, follows no link. What the answers say
and what the tablet's own list says of them is for the caller. No Flask, no SQL.
Sources: ODK Collect's and ODK Briefcase's folders on disk.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from sync.errors import LedgerError

SHELF = "instances"
SEALED_OR_FINAL = "submission.xml"
LIST = "instances.db"
# States of ODK Collect's list in which its user has declared a form finished. Any other is a draft.
FINISHED = frozenset(("complete", "submitted", "submissionFailed"))
WAITING = frozenset(("complete", "submissionFailed"))  # not sent yet, so the folder must be there
_FILLED_AT = re.compile(r"_(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)")


class Layout(StrEnum):
    COLLECT = "collect"
    BRIEFCASE = "briefcase"


class Stance(StrEnum):
    """Whether the tablet's list says that a form is finished."""

    FINISHED = "finished"
    UNFINISHED = "unfinished"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Found:
    """A folder with one filled-in form. `shelf`: the folder that it lies in, with its like; `xml`: the
    answers, None when there are none or nobody can tell which file; `beside`: the other files, by name."""

    folder: Path
    shelf: Path
    layout: Layout
    xml: Path | None
    beside: tuple[Path, ...]

    @property
    def home(self) -> Path:
        """The tablet's project folder; in Briefcase's storage the form's."""
        return self.shelf.parent if self.shelf.name == SHELF else self.shelf


@dataclass(slots=True)
class Survey:
    """`found`: oldest first, so that an original comes before its edits; `shelves`: folders of forms
    that were looked through as a whole; `closed`: folders that cannot be opened, and the system's reason."""

    found: list[Found] = field(default_factory=list)
    shelves: list[Path] = field(default_factory=list)
    closed: list[tuple[Path, str]] = field(default_factory=list)


def survey(root: Path) -> Survey:
    """Every form below `root`, at any depth: root may be a card, an app's folder, a project, a folder of
    forms or one form. Raises LedgerError folder.unreadable when root itself cannot be listed."""
    try:
        root = root.resolve(strict=True)  # RuntimeError: a link that leads to itself
        with os.scandir(root):
            pass
    except (OSError, RuntimeError) as fault:
        reason = (fault.strerror if isinstance(fault, OSError) else None) or ""
        raise LedgerError("folder.unreadable", path=str(root), reason=reason) from fault
    walk = _Walk(Survey(), set())
    if root.name != SHELF and _is_filled(root):
        walk.take(root, root.parent)
    else:
        walk.visit(root, is_root=True)
    walk.survey.found.sort(key=_age)
    return walk.survey


def attachments(found: Found, encrypted: bool) -> list[Path]:
    """The files to hand over with the answers. Beside encrypted answers lie, after a crash of the
    tablet, the plain files as well: those must not travel."""
    return [path for path in found.beside if not encrypted or path.name.endswith(".enc")]


def stance(status: str | None) -> Stance:
    """status: as in the tablet's list; None when it says nothing of the form."""
    if status is None:
        return Stance.UNCONFIRMED
    return Stance.FINISHED if status in FINISHED else Stance.UNFINISHED


def list_places(shelf: Path) -> list[Path]:
    """Where the tablet's list of the forms on a shelf may lie, likeliest first."""
    bases = (shelf.parent, shelf)
    return [place for base in bases for place in (base / "metadata" / LIST, base / LIST)]


def listed_name(path: str) -> str:
    """The key of a form in the tablet's list, from its instanceFilePath: relative, or absolute in
    lists of old versions."""
    return name_key(PurePosixPath(path.replace("\\", "/")).parent.name)


def name_key(folder: str) -> str:
    """A folder's name for comparing. Some computers store accents of copied names the other way."""
    return unicodedata.normalize("NFC", folder)


def _age(found: Found) -> tuple[str, str]:
    filled_at = _FILLED_AT.findall(found.folder.name)
    return (filled_at[-1] if filled_at else "", str(found.folder))


@dataclass(slots=True)
class _Walk:
    survey: Survey
    seen: set[tuple[int, int]]

    def visit(self, folder: Path, is_root: bool = False) -> None:
        inside = self.open(folder)
        if inside is None:
            return
        if folder.name == SHELF:
            self.survey.shelves.append(folder)
        for child in inside[0]:
            if child.name == SHELF:
                self.visit(child)
            elif folder.name == SHELF or (is_root and _is_filled(child)):
                self.take(child, folder)
            else:
                self.visit(child)

    def take(self, folder: Path, shelf: Path) -> None:
        """A folder on a shelf is a form, unless it holds nothing but folders, or the tablet's list."""
        inside = self.open(folder)
        if inside is None:
            return
        folders, files = inside
        if folders and not files:
            for child in folders:
                self.visit(child)
        elif not any(path.name == LIST for path in files):
            self.survey.found.append(_found(folder, shelf, files))

    def open(self, folder: Path) -> tuple[list[Path], list[Path]] | None:
        """(folders, regular files) by name; without links, and without names that begin with a dot.
        None when it was looked through before, or cannot be."""
        try:
            status = folder.stat(follow_symlinks=False)
            if (status.st_dev, status.st_ino) in self.seen:
                return None  # a mount or junction that leads back up
            self.seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                return _sorted(entries)
        except OSError as fault:
            self.survey.closed.append((folder, fault.strerror or ""))
            return None


def _found(folder: Path, shelf: Path, files: list[Path]) -> Found:
    xml = _answers(folder, files)
    answers = {SEALED_OR_FINAL, f"{folder.name}.xml", xml.name if xml else ""}
    beside = tuple(path for path in files if path.name not in answers)
    return Found(folder, shelf, _layout(shelf), xml, beside)


def _sorted(entries: Iterable[os.DirEntry[str]]) -> tuple[list[Path], list[Path]]:
    shown = sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
    folders = [Path(e.path) for e in shown if e.is_dir(follow_symlinks=False)]
    return folders, [Path(e.path) for e in shown if e.is_file(follow_symlinks=False)]


def _answers(folder: Path, files: list[Path]) -> Path | None:
    """submission.xml is what the tablet meant to send; then the file named as its folder; then the only one."""
    named = {path.name: path for path in files}
    for name in (SEALED_OR_FINAL, f"{folder.name}.xml"):
        if name in named:
            return named[name]
    only = [path for path in files if path.suffix.lower() == ".xml"]
    return only[0] if len(only) == 1 else None


def _is_filled(folder: Path) -> bool:
    """Whether a folder outside any shelf is one form: somebody copied or renamed just a part."""
    if _is_there(folder / SHELF):
        return False  # Briefcase: the form itself, with its filled-in ones below
    named = (folder / SEALED_OR_FINAL, folder / f"{folder.name}.xml")
    return bool(_FILLED_AT.search(folder.name)) or any(_is_there(path) for path in named)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _layout(shelf: Path) -> Layout:
    """Briefcase keeps the form's definition, named as its folder, beside the shelf."""
    home = shelf.parent
    is_briefcase = shelf.name == SHELF and _is_there(home / f"{home.name}.xml")
    return Layout.BRIEFCASE if is_briefcase else Layout.COLLECT
