"""Forms straight from a tablet: finished ones in a copied folder go in as if it had sent them.

Each goes through the same intake as a tablet's post, so one that the hub holds already adds nothing.
Drafts are left alone. Nothing is changed or made in the folder. No Flask, no SQL.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, cast

from forms.errors import FormFault
from forms.instance import parse_instance
from server import intake
from server.errors import Fault
from server.hub import Hub
from server.intake import Outcome, Post
from server.store import forms, projects
from server.store.blobs import Staged
from server.store.device_database import ListedForm, is_list, read_list
from server.store.projects import Project
from sync import device
from sync.device import Found, Layout, Stance
from sync.errors import LedgerError

log = logging.getLogger(__name__)


class State(StrEnum):
    NEW = "new"
    HELD = "held"
    PARKED = "parked"
    WITHDRAWN = "withdrawn"
    UNFINISHED = "unfinished"
    UNCONFIRMED = "unconfirmed"
    UNREADABLE = "unreadable"


TAKEN = frozenset((State.NEW, State.HELD, State.PARKED))


@dataclass(slots=True)
class Line:
    """What became of one folder. `folder`: below the one that was given; `parked`: why a coordinator
    must look at it, a key of server.notices.PARKED; `fault`: why it was not taken; `missing`: files that
    the answers name and the hub does not hold; `left_out`: files that could not be read; `sent_at`: when
    Briefcase's server received it, as it says."""

    folder: str
    state: State = State.UNFINISHED
    form_id: str | None = None
    instance_id: str | None = None
    project: int | None = None
    parked: str | None = None
    fault: Fault | FormFault | None = None
    missing: tuple[str, ...] = ()
    left_out: list[str] = field(default_factory=list)
    sent_at: str | None = None


@dataclass(slots=True)
class Report:
    lines: list[Line] = field(default_factory=list)

    def count(self, state: State) -> int:
        return sum(1 for line in self.lines if line.state is state)

    @property
    def taken(self) -> int:
        """Finished forms that the hub holds now, new or not."""
        return sum(1 for line in self.lines if line.state in TAKEN)

    @property
    def whole(self) -> bool:
        """Whether every finished form is held now, with all files that lay beside it."""
        return not any(line.state is State.UNREADABLE or line.left_out for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Wish:
    """How the caller wants it: the project (None: the only one that has the form), whether to take forms
    that nobody can tell to be finished, and who takes them."""

    project: Project | None
    unconfirmed: bool
    by: Mapping[str, str] | None


class _Unread(Exception):
    """A file of the tablet's cannot be read; a fault of our own disk is another matter."""


def import_folder(
    hub: Hub,
    folder: Path,
    *,
    project: Project | None = None,
    unconfirmed: bool = False,
    by: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Takes the finished forms that are found in `folder`. Each is on disk before the next is begun, and
    one that is bad stops none of the others. Raises Fault folder.unreadable for the folder itself, file.unwritable when
    the hub's disk takes nothing more.

    progress: called with (forms done, forms found). Source of the rules: OpenRosa; ODK Collect's folders.
    """
    try:
        survey = device.survey(folder)
    except LedgerError as fault:
        raise Fault(fault.code, **fault.values) from fault
    lists = _Lists()
    report = Report([_closed(_below(folder, path), reason) for path, reason in survey.closed])
    wish = _Wish(project, unconfirmed, by)
    for done, found in enumerate(survey.found, 1):
        report.lines.append(_import(hub, found, _below(folder, found.folder), lists, wish))
        progress(done, len(survey.found))
    for shelf in survey.shelves:
        report.lines += _gone(shelf, _below(folder, shelf), survey.found, lists)
    counts = " ".join(f"{state}={report.count(state)}" for state in State)
    log.info("tablet's folder imported %s", counts)
    return report


def _below(folder: Path, path: Path) -> str:
    """A path as people know it. Bytes that are no text cannot be printed or put into JSON."""
    relative = os.path.relpath(path, folder.resolve())
    return os.fsencode(relative).decode("utf-8", "replace")


def _closed(name: str, reason: str) -> Line:
    return Line(name, State.UNREADABLE, fault=Fault("folder.unreadable", path=name, reason=reason))


class _Lists:
    """The tablets' lists of forms, each read once."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[dict[str, ListedForm], str]] = {}

    def of(self, shelf: Path) -> tuple[dict[str, ListedForm], str]:
        """(forms by folder, code of what to say about one that is not among them)"""
        if shelf not in self._read:
            self._read[shelf] = self._look(shelf)
        return self._read[shelf]

    def _look(self, shelf: Path) -> tuple[dict[str, ListedForm], str]:
        place = next((p for p in device.list_places(shelf) if is_list(p)), None)
        if place is None:
            return {}, "device.no_list"
        listed = read_list(place)
        return ({}, "device.list_damaged") if listed is None else (listed, "device.not_listed")


def _gone(shelf: Path, name: str, found: list[Found], lists: _Lists) -> Iterator[Line]:
    """Forms that the tablet has finished and not sent, but that were not copied: somebody must know."""
    copied = {device.name_key(f.folder.name) for f in found if f.shelf == shelf}
    for key, row in sorted(lists.of(shelf)[0].items()):
        if row.status in device.WAITING and not row.is_deleted and key not in copied:
            yield Line(f"{name}/{key}", State.UNREADABLE, fault=Fault("device.not_copied"))


def _import(hub: Hub, found: Found, name: str, lists: _Lists, wish: _Wish) -> Line:
    line = Line(name)
    try:
        _decide(hub, found, line, lists, wish)
    except (Fault, FormFault) as fault:
        if fault.code == "file.unwritable":
            raise  # our own disk: the next form would fare no better
        line.state, line.fault = State.UNREADABLE, fault
    return line


def _decide(hub: Hub, found: Found, line: Line, lists: _Lists, wish: _Wish) -> None:
    listed, unlisted = lists.of(found.shelf)
    row = listed.get(device.name_key(found.folder.name))
    stance = device.stance(row.status if row else None)
    if stance is Stance.UNCONFIRMED and found.layout is Layout.BRIEFCASE:
        stance, unlisted = _briefcase_stance(hub, found, line), "device.not_complete"
    if stance is Stance.UNFINISHED:
        line.state = State.UNFINISHED
    elif stance is Stance.UNCONFIRMED and not wish.unconfirmed:
        line.state, line.fault = State.UNCONFIRMED, Fault(unlisted)
    else:
        _take(hub, found, line, wish)


def _briefcase_stance(hub: Hub, found: Found, line: Line) -> Stance:
    """Briefcase has no list. What it fetched from a server says so in the answers, and a tablet encrypts
    only what is finished; what it copied off a tablet may be a draft."""
    root, envelope = parse_instance(_answers(hub, found))
    line.sent_at = root.get("submissionDate") or None
    if root.get("isComplete", "").lower() == "false":
        return Stance.UNFINISHED
    sent = line.sent_at or root.get("isComplete", "").lower() == "true"
    return Stance.FINISHED if sent or envelope.encrypted else Stance.UNCONFIRMED


def _take(hub: Hub, found: Found, line: Line, wish: _Wish) -> None:
    xml = _answers(hub, found)
    root, envelope = parse_instance(xml)
    line.form_id, line.instance_id = envelope.form_id, envelope.instance_id
    project = wish.project or _only_project(hub, envelope.form_id)
    line.project = project.id
    post = Post(project, xml, {}, wish.by, _device_id(root, found))
    files = device.attachments(found, envelope.encrypted)
    _tell(line, intake.accept(hub, post, lambda: _staged(hub, files, line)))


def _tell(line: Line, outcome: Outcome) -> None:
    line.parked, line.missing = outcome.parked, outcome.missing
    if outcome.withdrawn:
        line.state = State.WITHDRAWN
    else:
        line.state = State.HELD if outcome.again else State.PARKED if outcome.parked else State.NEW


def _answers(hub: Hub, found: Found) -> bytes:
    """Raises Fault device.no_answers, file.unreadable, submission.too_large."""
    if found.xml is None:
        raise Fault("device.no_answers")
    limit = hub.config.max_xml_length
    try:
        with found.xml.open("rb") as file:
            xml = file.read(limit + 1)  # one byte more shows that it is too large, without reading it all
    except OSError as fault:
        raise Fault("file.unreadable", path=found.xml.name, reason=fault.strerror or "") from fault
    if len(xml) > limit:
        raise Fault("submission.too_large", limit_bytes=limit)
    return xml


def _only_project(hub: Hub, form_id: str) -> Project:
    """Raises Fault form.nowhere, project.needed: a card may hold other people's forms, which are not ours."""
    db = hub.read()
    having = [p for p in projects.list_projects(db) if forms.find_form(db, p.id, form_id) is not None]
    if not having:
        raise Fault("form.nowhere", form_id=form_id)
    if len(having) > 1:
        raise Fault("project.needed")
    return having[0]


def _device_id(root: Any, found: Found) -> str:
    """What the form noted of the tablet, else a name for the folder it came in."""
    for element in root.iter():
        if element.tag.rpartition("}")[2].lower() == "deviceid" and element.text and element.text.strip():
            return str(element.text.strip())
    return f"usb:{hashlib.sha256(os.fsencode(found.home)).hexdigest()[:12]}"


class _Source:
    """A tablet's file whose faults are told apart from those of our own disk."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except OSError as fault:
            raise _Unread from fault


def _staged(hub: Hub, files: list[Path], line: Line) -> dict[str, Staged]:
    """A file that cannot be read keeps nobody's answers out: it comes when the folder is imported again."""
    staged = {}
    for path in files:
        try:
            path.name.encode()  # a name that is no text cannot be an attachment's
            staged[path.name] = _stage(hub, path)
        except (_Unread, UnicodeEncodeError):
            line.left_out.append(os.fsencode(path.name).decode("utf-8", "replace"))
    return staged


def _stage(hub: Hub, path: Path) -> Staged:
    try:
        file = path.open("rb")
    except OSError as fault:
        raise _Unread from fault
    try:
        with file:
            return hub.blobs.stage(cast(BinaryIO, _Source(file)))
    except OSError as fault:
        raise Fault("file.unwritable", path=str(hub.data), reason=fault.strerror or "") from fault
