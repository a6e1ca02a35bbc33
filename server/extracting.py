"""Exports for analysts: opens the extract of a form, lets a format write it, hashes what leaves, and keeps in the
ledger who took what. Whoever opened the door (command, address, page) reads the parts and puts them where they go.

No Flask, no SQL.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from i18n import LANGUAGES
from server import workrooms
from server.errors import Fault, Refusal
from server.export_entries import BEGIN, BROKEN, CANCELLED, FINISHED, LOSSES, note_end
from server.export_options import suited, worded
from server.exporting import export as central_export
from server.exports.columns import CsvOptions
from server.exports.filenames import safe_name
from server.extracts.imprint import Imprint
from server.extracts.losses import Loss
from server.extracts.messages import LOSSES as WORDS
from server.extracts.messages import REMARKS, said
from server.extracts.opening import opened
from server.extracts.options import Options
from server.extracts.sheets import Extract
from server.form_entries import By, signed
from server.formats import Format, Part, Work
from server.hub import Hub
from server.store import projects
from server.store.forms import Form
from server.subjects import form_subject
from server.workrooms import Workroom, workroom

log = logging.getLogger(__name__)
CENTRAL = "central"
REASON_LIMIT = 1000  # characters


class Cancelled(Exception):
    """Somebody asked an export to stop."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for. by: as entries name actors, None on the command line; who: that person's name.
    central: the bytes of ODK Central's exports instead. passphrases: by number of the key. stem: what names of
    files begin with. called: name of the main file, where somebody chose it."""

    form: Form
    file_format: Format
    options: Options
    by: By = None
    who: str = ""
    reason: str = ""
    central: bool = False
    passphrases: Mapping[int, str] = field(default_factory=dict)
    stem: str = ""
    called: str = ""

    @property
    def profile(self) -> str:
        return CENTRAL if self.central else self.options.profile

    @property
    def stem_or_form(self) -> str:
        return self.stem or safe_name(self.form.xml_form_id) or "form"

    def file_name(self, part: Part) -> str:
        """ "wps.sav", "wps-person.sav"; of a format that is a folder "wps.parquet/province=07/part-0.parquet"."""
        stem = self.stem_or_form
        name = f"{stem}-{safe_name(part.sheet)}" if part.sheet else stem
        whole = f"{name}.{self.file_format.ending}"
        if self.called and not part.sheet:
            whole = self.called
        return f"{whole}/{part.inside}" if part.inside else whole


@dataclass(slots=True)
class Left:
    """A file as it left: whole only when the export was finished."""

    name: str
    sha256: str
    size_bytes: int

    def json(self) -> dict[str, Any]:
        return {"name": self.name, "sha256": self.sha256, "size_bytes": self.size_bytes}


class Extraction:
    """One export under way. Its parts are read in order, each to its end, in one thread."""

    def __init__(self, order: Order, work: Work, extract: Extract | None, write: Callable[[], Iterator[Part]],
                 submissions: int) -> None:  # fmt: skip
        self.order, self.work, self.extract, self.submissions = order, work, extract, submissions
        self.left: list[Left] = []
        self.main = ""  # name of the file that is the export; the first that left
        self.is_done = False
        self._write = write
        self._stopped = False
        self._on_rows: Callable[[int], None] = lambda rows: None
        work.on_rows = self._count

    @property
    def id(self) -> str:
        return self.work.imprint.id

    @property
    def rows(self) -> int:
        """Written so far, of all sheets."""
        return sum(self.work.losses.rows.values())

    @property
    def main_rows(self) -> int:
        """Of the main sheet."""
        return self.work.losses.rows[self.extract.sheets[0].name] if self.extract else 0

    def tell(self, on_rows: Callable[[int], None]) -> None:
        """on_rows: called with how many rows were written by now."""
        self._on_rows = on_rows

    def cancel(self) -> None:
        """From any thread: whoever reads the parts gets Cancelled."""
        self._stopped = True

    def parts(self) -> Iterator[Part]:
        """The format's files. Raises Cancelled."""
        for part in self._write():
            yield Part(part.sheet, self.leaving(self.order.file_name(part), part.pieces), part.inside)
        self.is_done = True

    def leaving(self, name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The same pieces, counted and hashed as they leave."""
        digest, size = hashlib.sha256(), 0
        try:
            for piece in pieces:
                self._check()
                digest.update(piece)
                size += len(piece)
                yield piece
        finally:
            self.left.append(Left(name, digest.hexdigest(), size))

    def losses(self, lang: str) -> list[str]:
        """What could not go along, in words."""
        return [said(loss, lang) for loss in self.work.losses if loss.code not in REMARKS]

    def remarks(self, lang: str) -> list[str]:
        """What else to know of it, in words."""
        return [said(loss, lang) for loss in self.work.losses if loss.code in REMARKS]

    def _count(self, rows: int) -> None:
        self._check()
        self._on_rows(self.rows)

    def _check(self) -> None:
        if self._stopped:
            raise Cancelled


Opening = Callable[[Hub, Form, Options, Mapping[int, str], Work], AbstractContextManager[tuple[Extract, int]]]


@contextmanager
def extraction(
    hub: Hub,
    order: Order,
    *,
    export_id: str = "",
    elsewhere: Iterable[Path] = (),
    opening: Opening = opened,
) -> Iterator[Extraction]:
    """An export, to be read within the context. What left is in the ledger afterwards, however it ended; the folder
    that it worked in is gone. elsewhere: folders that are to go too, should this process be killed.

    Raises Fault export.reason, format.unknown, form.unknown, Problem 400.12 (a passphrase is wrong) before anything
    has left.
    """
    options, overruled = check(order)
    clear_abandoned(hub)
    imprint = _imprint(hub, order, options, export_id or new_id())
    subject = form_subject(order.form.project_uid, order.form.key)
    with workroom(hub.data, imprint.id, {"subject": subject}, elsewhere) as room:
        work = Work(imprint, options, room.folder / "files")
        work.folder.mkdir()
        for name in overruled:
            work.losses.add("option.decided", column=name)
        with _opened(hub, order, options, work, opening) as running:
            begun = _begin(hub, order, imprint, work.remembered)
            room.said["begun"] = begun
            room.note()
            with _ending(hub, subject, begun, running):
                yield running


def check(order: Order) -> tuple[Options, list[str]]:
    """The options as they will be used, and those that the format decides otherwise. Raises Fault."""
    needs_reason = order.central or order.options.profile == "full"
    if needs_reason and not order.reason.strip():
        raise Fault("export.reason", profile=order.profile)
    if len(order.reason) > REASON_LIMIT:
        raise Fault("export.reason_long", limit=REASON_LIMIT)
    if order.central and order.file_format.name not in ("csv", "csv.zip"):
        raise Fault("format.unknown", format=order.file_format.name, formats="csv, csv.zip")
    return suited(order.options, order.file_format)


@contextmanager
def _opened(hub: Hub, order: Order, options: Options, work: Work, opening: Opening) -> Iterator[Extraction]:
    if order.central:
        pieces = central_export(
            hub, order.form, order.file_format.name, CsvOptions(hub=True), passphrases=order.passphrases
        )
        try:
            yield Extraction(order, work, None, lambda: iter([Part("", pieces)]), 0)
        finally:
            pieces.close()
        return
    with opening(hub, order.form, options, order.passphrases, work) as (extract, submissions):
        writer = order.file_format.writer()
        yield Extraction(order, work, extract, lambda: writer(extract, work), submissions)


def new_id() -> str:
    return secrets.token_hex(8)


def _imprint(hub: Hub, order: Order, options: Options, export_id: str) -> Imprint:
    project = projects.find_project(hub.read(), order.form.project_id)
    return Imprint(
        export_id, order.who, hub.clock.now(), hub.name, project.name if project else "",
        order.form.xml_form_id, order.profile, order.file_format.name, order.reason.strip(), worded(options),
    )  # fmt: skip


def _begin(hub: Hub, order: Order, imprint: Imprint, remembered: Mapping[str, int]) -> str:
    """On the disk before the first byte leaves. Returns the entry's id; "" of a draft's test submissions."""
    if order.form.is_trial:
        return ""
    body: dict[str, Any] = {
        "export": imprint.id, "profile": imprint.profile, "format": imprint.file_format,
        "options": dict(imprint.options), **remembered,
    }  # fmt: skip
    if imprint.reason:
        body["reason"] = imprint.reason
    if order.by is None and order.who:
        body["operator"] = order.who
    subject = form_subject(order.form.project_uid, order.form.key)
    return hub.write(lambda turn: turn.append(BEGIN, subject, signed(body, order.by))).id


@contextmanager
def _ending(hub: Hub, subject: str, begun: str, running: Extraction) -> Iterator[None]:
    try:
        yield
    except BaseException as fault:
        outcome = CANCELLED if isinstance(fault, Cancelled | GeneratorExit | KeyboardInterrupt) else BROKEN
        _end(hub, subject, begun, running, outcome, fault)
        raise
    _end(hub, subject, begun, running, FINISHED if running.is_done else CANCELLED)


def _end(hub: Hub, subject: str, begun: str, running: Extraction, outcome: str,
         fault: BaseException | None = None) -> None:  # fmt: skip
    log.info("export %s id=%s format=%s", outcome, running.id, running.order.file_format.name)
    if not begun:
        return
    body = {"export": running.id, "outcome": outcome, **summary(running)}
    body["losses"] = body["losses"][:LOSSES]
    if outcome == BROKEN:
        body["fault"] = fault.code if isinstance(fault, Refusal) else type(fault).__name__
    note_end(hub, subject, begun, body)


def summary(running: Extraction) -> dict[str, Any]:
    """What left: the main file's hash and size, every file, rows a sheet, what was lost."""
    left = running.left
    main = next((one for one in left if one.name == running.main), left[0] if left else Left("", "", 0))
    return {
        "sha256": main.sha256, "size_bytes": main.size_bytes, "files": [one.json() for one in running.left],
        "rows": dict(running.work.losses.rows), "losses": [_plain(loss) for loss in running.work.losses],
    }  # fmt: skip


def manifest(running: Extraction) -> str:
    """The note that lies beside an export: its imprint, and what left, in JSON with words in both languages."""
    told = {**running.work.imprint.lines(), **summary(running)}
    told["losses"] = [
        {**one, "text": {lang: in_words(one, lang) for lang in LANGUAGES}} for one in told["losses"]
    ]
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _plain(loss: Loss) -> dict[str, Any]:
    told = {"code": loss.code, "sheet": loss.sheet, "column": loss.column, "count": loss.count}
    return {name: value for name, value in told.items() if value != ""}


def in_words(said_of: Mapping[str, Any], lang: str) -> str:
    """A loss as `summary` tells it, in words; its code where this program does not know it."""
    code = str(said_of.get("code"))
    if code not in WORDS:
        return code
    return said(
        Loss(code, said_of.get("sheet", ""), said_of.get("column", ""), said_of.get("count", 0)), lang
    )


def codebook(running: Extraction) -> Iterator[Part]:
    """The files that explain the columns; `inside`: their endings. None beside Central's."""
    if running.extract is None:
        return
    from server.formats import codebook as book

    yield from book.write(running.extract, running.work)


def clear_abandoned(hub: Hub) -> None:
    """What killed processes left goes; the ledger gets to know that these exports broke."""
    for room in workrooms.abandoned(hub.data, hub.clock.now().timestamp()):
        _note_broken(hub, room)
        room.clear()


def _note_broken(hub: Hub, room: Workroom) -> None:
    begun, subject = room.said.get("begun"), room.said.get("subject")
    if begun and subject:
        note_end(hub, subject, begun, {"export": room.name, "outcome": BROKEN, "fault": "killed"})
