"""The conversation over HTTP, through proxies, on links that break: tus 1.0 up, byte ranges down.

Whatever was sent stays sent: after a break the other side is asked how far it came. No Flask, no SQL.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from sync.errors import Refused, Unreached
from sync.exchange import Pace, Parcel, Progress
from sync.plain import read_object

TUS = "1.0.0"
OCTETS = "application/offset+octet-stream"
UPLOADS, BATCHES = "/hub/uploads", "/hub/batches"
BATCH, RECEIPT = "Samleng-Batch", "Samleng-Receipt"
NAME = re.compile(r"[0-9a-z-]{8,64}")
TRIES = 6  # breaks in a row without a byte gained before the caller is told
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
_PASSING = ("upload.offset", "upload.busy")  # the other side is still writing what an earlier try brought
CHUNK = 256 * 1024  # of an upload at once: a proxy may hold a request back until it has all of it
LEAST_CHUNK, LARGEST_CHUNK = 16 * 1024, 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """headers: names in small letters; body: empty when it went into a sink."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a file from `start` to `end`."""

    path: Path
    start: int
    end: int


class Sink(Protocol):
    def begin(self, answer: Answer) -> BinaryIO | None:
        """Where the body of this answer goes; None to have it in memory."""
        ...


class Link(Protocol):
    """One way of making one HTTP request. Raises LinkBroken; what a sink was given by then stays."""

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | Piece,
        sink: Sink | None = None,
    ) -> Answer: ...


class LinkBroken(Exception):
    """The link broke before the answer was whole."""


@dataclass(slots=True)
class Patience:
    """How long to wait after a break, and when to give up. `name`: of the other hub; `wait`: sleeps
    (passed in); `chance`: a number in [0, 1), so that two hubs that failed together do not come back together."""

    name: str
    wait: Callable[[float], None]
    chance: Callable[[], float]
    tries: int = TRIES
    failed: int = 0

    def broke(self) -> None:
        """Raises Unreached after too many breaks in a row without anything gained between them."""
        self.failed += 1
        if self.failed >= self.tries:
            raise Unreached("peer.unreachable", name=self.name)
        longest = min(FIRST_WAIT_S * 2 ** (self.failed - 1), LONGEST_WAIT_S)
        self.wait(longest * (0.5 + self.chance() / 2))

    def went_well(self) -> None:
        self.failed = 0


@dataclass(slots=True)
class _Upload:
    """How far a parcel is. `offset`: None when the other side must be asked first; `reached`: the
    furthest that it ever said; `created`: whether it knows of the upload; `tried`: whether some of it may have
    got there."""

    parcel: Parcel
    size: int
    offset: int | None
    created: bool = False
    reached: int = 0
    tried: bool = False


class _Gone(Exception):
    """The other side no longer has an upload that was under way: it has taken it, most likely, and the
    answer was lost. How far it follows us says whether."""


class HttpCarrier:
    """sync.exchange.Carrier over a Link. `credential`: from the other hub's card; `hub`: who we are."""

    def __init__(
        self, link: Link, *, hub: str, credential: str, patience: Patience, pace: Pace, progress: Progress,
        now_s: Callable[[], float],
    ) -> None:  # fmt: skip
        self._link, self._patience, self._pace, self._progress = link, patience, pace, progress
        self._now_s = now_s
        self._access = {"Authorization": f"Bearer {credential}", "Samleng-Hub": hub}
        self._tus = {**self._access, "Tus-Resumable": TUS}
        self._chunk = CHUNK

    def post(self, path: str, body: bytes) -> bytes:
        while True:
            try:
                answer = _checked(self._link.send("POST", path, {}, body))
            except LinkBroken:
                self._broke()
                continue
            self._patience.went_well()
            self._count(len(body), len(answer.body))
            return answer.body

    def _broke(self) -> None:
        self._progress.breaks += 1
        if self._patience.failed:
            self._pace.got_nowhere()
        self._patience.broke()

    def _count(self, out: int, into: int) -> None:
        self._progress.bytes_out += out
        self._progress.bytes_in += into

    # Up

    def push(self, parcel: Parcel) -> bytes | None:
        """Goes on where an earlier upload of the same parcel stopped. None also when the answer was lost:
        then the next hello tells what was taken."""
        upload = _Upload(parcel, parcel.path.stat().st_size, None if parcel.begun else 0)
        begun_s = self._now_s()
        while True:
            try:
                answer = self._advance(upload)
            except LinkBroken:
                upload.offset = None
                self._broke()
                continue
            except _Gone:
                return None
            if answer is not None:
                self._pace.went_well(upload.size, self._now_s() - begun_s)
                return _receipt(answer)

    def _advance(self, upload: _Upload) -> Answer | None:
        """Sends the next piece; the answer to the last one."""
        if upload.offset is None:
            self._ask_offset(upload)
        upload.tried = True
        answer, before = _checked(self._send_piece(upload)), upload.offset or 0
        reached = _offset_in(answer, upload.size)
        upload.offset, upload.created = reached, True
        if reached <= before < upload.size:
            raise LinkBroken("nothing was taken")  # else it would be sent again for ever
        self._chunk = min(self._chunk * 2, LARGEST_CHUNK)
        self._gained_to(upload, reached)
        return answer if reached >= upload.size else None

    def _send_piece(self, upload: _Upload) -> Answer:
        offset = upload.offset or 0
        piece = Piece(upload.parcel.path, offset, min(offset + self._chunk, upload.size))
        if upload.created:
            headers = {**self._tus, "Content-Type": OCTETS, "Upload-Offset": str(offset)}
            return self._link.send("PATCH", f"{UPLOADS}/{upload.parcel.name}", headers, piece)
        said = base64.b64encode(upload.parcel.name.encode()).decode()
        headers = {**self._tus, "Content-Type": OCTETS, "Upload-Length": str(upload.size)}
        headers["Upload-Metadata"] = f"batch {said}"
        return self._link.send("POST", UPLOADS, headers, piece)

    def _ask_offset(self, upload: _Upload) -> None:
        """How far the other side came. What it got before the link broke need not be sent again."""
        answer = self._link.send("HEAD", f"{UPLOADS}/{upload.parcel.name}", self._tus, b"")
        upload.created = answer.status not in (404, 410)
        if not upload.created and upload.tried:
            raise _Gone
        reached = _offset_in(_checked(answer), upload.size) if upload.created else 0
        if reached <= upload.reached:  # a proxy on the way may hold a piece back until it has all of it
            self._chunk = max(self._chunk // 2, LEAST_CHUNK)
        self._gained_to(upload, reached)
        upload.offset = reached

    def _gained_to(self, upload: _Upload, reached: int) -> None:
        """Only what was never reached before is a gain: answers that go back and forth are none."""
        if reached > upload.reached:
            self._patience.went_well()
            self._count(reached - upload.reached, 0)
            upload.reached = reached

    # Down

    def pull(self, body: bytes, folder: Path) -> Path | None:
        """Goes on where an earlier download stopped, as long as the other side keeps it."""
        begun_s, have = self._now_s(), 0
        while True:
            growing = next(iter(sorted(folder.glob("pull-*.part"))), None)
            have = growing.stat().st_size if growing is not None else 0
            try:
                found = self._fetch(growing, have, body, folder)
            except LinkBroken:
                self._gained(folder, have)
                self._broke()
                continue
            self._patience.went_well()
            if found is not None:
                self._count(len(body), found.stat().st_size - have)
                self._pace.went_well(found.stat().st_size, self._now_s() - begun_s)
            return found

    def _gained(self, folder: Path, before: int) -> None:
        if sum(path.stat().st_size for path in folder.glob("pull-*.part")) > before:
            self._patience.went_well()

    def _fetch(self, growing: Path | None, have: int, body: bytes, folder: Path) -> Path | None:
        if growing is not None:
            name = growing.name.removeprefix("pull-").removesuffix(".part")
            ranged = {**self._access, "Range": f"bytes={have}-"}
            answer = self._link.send("GET", f"{BATCHES}/{name}", ranged, b"", _Growing(folder, name, have))
            if answer.status in (200, 206, 416):
                return growing
            growing.unlink()
        answer = _checked(self._link.send("POST", BATCHES, {}, body, _Growing(folder, None, 0)))
        name = answer.headers.get(BATCH.lower(), "")
        return folder / f"pull-{name}.part" if answer.status == 200 and NAME.fullmatch(name) else None


@dataclass(frozen=True, slots=True)
class _Growing:
    """Where a download goes: what came before a break is kept."""

    folder: Path
    name: str | None
    have: int

    def begin(self, answer: Answer) -> BinaryIO | None:
        name = self.name or answer.headers.get(BATCH.lower(), "")
        if answer.status not in (200, 206) or not NAME.fullmatch(name):
            return None
        place = self.folder / f"pull-{name}.part"
        goes_on = answer.headers.get("content-range", "").startswith(f"bytes {self.have}-")
        return place.open("ab" if answer.status == 206 and goes_on else "wb")


def _offset_in(answer: Answer, size: int) -> int:
    said = answer.headers.get("upload-offset", "")
    if not (said.isascii() and said.isdigit() and len(said) < 16) or int(said) > size:
        raise Refused("peer.not_a_hub", status=answer.status)
    return int(said)


def _receipt(answer: Answer) -> bytes | None:
    said = answer.headers.get(RECEIPT.lower())
    try:
        return base64.b64decode(said, validate=True) if said else None
    except ValueError:
        return None  # the other side's word is asked for again by the next hello


def _checked(answer: Answer) -> Answer:
    """Raises Refused with what the other hub says, LinkBroken when something between the two failed."""
    if answer.status < 400:
        return answer
    if answer.status in (502, 503, 504):
        raise LinkBroken(answer.status)
    try:
        said = read_object(answer.body)
        if said["code"] in _PASSING:
            raise LinkBroken(said["code"])
        raise Refused(str(said["code"]), **{str(k): v for k, v in dict(said["values"]).items()})
    except (ValueError, KeyError, TypeError):
        raise Refused("peer.not_a_hub", status=answer.status) from None
