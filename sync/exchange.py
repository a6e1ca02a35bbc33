"""The conversation of two hubs: who asks what in which order, and how each proves who it is.

The hub that calls pushes what the other lacks, pulls what it lacks itself, then files follow. Every step
may be repeated: whatever broke, the next try goes on from what is held. Transport and storage are passed in.
No Flask, no SQL. Described in docs/sync-protocol.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sync.errors import BadBundle, Refused
from sync.keys import HubKey, is_signed
from sync.messages import PREFIX, PROTOCOL
from sync.plain import number, read_object, text
from sync.receipt import SIGNATURE, Position, read_position

SAID_LIMIT = 512 * 1024  # bytes of one ask or reply; a page of wants is 8 KB
WANTS_PAGE = 1000
STUCK = 3  # times that a hub may still lack the same files before they are left for another day
_ASK, _REPLY = b"samleng ask\n", b"samleng reply\n"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """What the calling hub says. `ledger`, `lineage`: its own; `seen`: how far it follows a ledger of the
    hub that it calls; `receipts`: signed, base64; `weight`: bytes before compression that it wants at once;
    `thorough`: compress well, the link is slow; `wants`: the beginnings of names of files, base64;
    `largest`: bytes, larger files are put off; `bare`: lean on no basis."""

    hub: str
    ledger: str
    nonce: str
    at: str
    protocol: int = PROTOCOL
    lineage: tuple[Position, ...] = ()
    seen: Position | None = None
    receipts: tuple[str, ...] = ()
    weight: int = 0
    thorough: bool = True
    wants: str = ""
    largest: int | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What the called hub answers. `seen`: how far it follows the caller's ledger; `holds`: up to which
    seq of its own it knows the caller to hold; `left`: about how many entries it has for the caller;
    `lacking`: how many files it lacks that the caller may have."""

    hub: str
    ledger: str
    at: str
    protocol: int = PROTOCOL
    lineage: tuple[Position, ...] = ()
    seen: Position | None = None
    holds: int = 0
    left: int = 0
    lacking: int = 0
    wants: str = ""


def _encode(said: Ask | Reply) -> bytes:
    """What is as usual is left out: on a slow link each byte counts."""
    plain = {f: v for f, v in asdict(said).items() if v != _USUAL[type(said)].get(f, ...)}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


_USUAL: dict[type, dict[str, Any]] = {
    kind: {
        "protocol": PROTOCOL, "lineage": (), "seen": None, "receipts": (), "weight": 0, "thorough": True,
        "wants": "", "largest": None, "bare": False, "holds": 0, "left": 0, "lacking": 0,
    }
    for kind in (Ask, Reply)
}  # fmt: skip


def sign_ask(ask: Ask, key: HubKey, receiver: str) -> bytes:
    """As it travels: JSON, then the signature of the hub that asks, made for one receiver alone."""
    said = _encode(ask)
    return said + key.sign(_ASK + receiver.encode() + b"\n" + said)


def asker(body: bytes) -> str:
    """The hub that an ask claims to be from, so that its key can be found. Raises BadBundle ask.invalid."""
    said = _load(body)
    if not isinstance(said.get("hub"), str):
        raise BadBundle("ask.invalid")
    return str(said["hub"])


def read_ask(body: bytes, public_key: bytes, receiver: str) -> Ask:
    """Raises BadBundle ask.invalid when it is not what the hub of this key signed for the receiver."""
    said, signature = body[:-SIGNATURE], body[-SIGNATURE:]
    if not is_signed(_ASK + receiver.encode() + b"\n" + said, signature, public_key):
        raise BadBundle("ask.invalid")
    return _built(Ask, _load(body))


def sign_reply(reply: Reply, key: HubKey, asked: bytes) -> bytes:
    """Bound to the very ask that it answers: an old reply cannot be played again."""
    said = _encode(reply)
    return said + key.sign(_REPLY + hashlib.sha256(asked).digest() + said)


def read_reply(body: bytes, public_key: bytes, asked: bytes) -> Reply:
    """Raises BadBundle reply.invalid."""
    said, signature = body[:-SIGNATURE], body[-SIGNATURE:]
    if not is_signed(_REPLY + hashlib.sha256(asked).digest() + said, signature, public_key):
        raise BadBundle("reply.invalid")
    return _built(Reply, _load(body))


def _load(body: bytes) -> dict[str, Any]:
    if not SIGNATURE < len(body) <= SAID_LIMIT:
        raise BadBundle("ask.invalid")
    try:
        return read_object(body[:-SIGNATURE])
    except ValueError as fault:
        raise BadBundle("ask.invalid") from fault


_TEXTS = {"hub", "ledger", "nonce", "at", "wants"}
_NUMBERS = {"protocol", "weight", "holds", "left", "lacking"}


def _built(kind: type[T], said: dict[str, Any]) -> T:
    """Fields that are not known here are left out: a newer hub may say more."""
    try:
        given = {name: said[name] for name in said if name in kind.__dataclass_fields__}  # type: ignore[attr-defined]
        for name, value in given.items():
            if name in _TEXTS:
                text(value)
            if name in _NUMBERS or (name == "largest" and value is not None):
                number(value)
            if name in ("thorough", "bare") and not isinstance(value, bool):
                raise TypeError(name)
        bytes.fromhex(given["ledger"])
        if "lineage" in given:
            given["lineage"] = tuple(read_position(place) for place in given["lineage"])
        if given.get("seen") is not None:
            given["seen"] = read_position(given["seen"])
        if "receipts" in given:
            given["receipts"] = tuple(text(signed) for signed in given["receipts"])
        return kind(**given)
    except (TypeError, ValueError, KeyError) as fault:
        raise BadBundle("ask.invalid") from fault


def names_in(wants: str) -> list[bytes]:
    """The beginnings of names that `wants` holds. Raises BadBundle ask.invalid."""
    try:
        said = base64.b64decode(wants, validate=True)
    except ValueError as fault:
        raise BadBundle("ask.invalid") from fault
    return [said[n : n + PREFIX] for n in range(0, len(said) - len(said) % PREFIX, PREFIX)]


def receipts_in(ask: Ask) -> list[bytes]:
    """The receipts that came with an ask; what is none is left out."""
    found = []
    for said in ask.receipts:
        with suppress(ValueError):
            found.append(base64.b64decode(said, validate=True))
    return found


def wants_of(names: Iterable[bytes]) -> str:
    return base64.b64encode(b"".join(name[:PREFIX] for name in names)).decode()


# The conversation


@dataclass(slots=True)
class Pace:
    """How much goes at once: little at first, more as the link proves good, less when it does not. Bytes
    before compression for entries, bytes as they are for files.

    A break by itself makes nothing smaller, since what was sent stays sent; each bundle has a header, so
    many small ones cost more than they save.
    """

    entries: int = 64 * 1024
    files: int = 256 * 1024
    thorough: bool = True

    LEAST = (64 * 1024, 64 * 1024)
    MOST = (2 * 1024 * 1024, 16 * 1024 * 1024)
    FAST = 500_000  # bytes a second from which compressing well takes longer than sending
    GOOD_S, LONG_S = 15.0, 60.0  # how long one bundle may take before the next is no larger, or smaller

    def went_well(self, sent_bytes: int, took_s: float) -> None:
        if took_s < self.GOOD_S:
            self.entries = min(self.entries * 2, self.MOST[0])
            self.files = min(self.files * 2, self.MOST[1])
        elif took_s > self.LONG_S:
            self.got_nowhere()
        if sent_bytes > 2000:
            self.thorough = sent_bytes < self.FAST * max(took_s, 1e-3)

    def got_nowhere(self) -> None:
        """A try brought no byte across, or took too long."""
        self.entries = max(self.entries // 2, self.LEAST[0])
        self.files = max(self.files // 2, self.LEAST[1])
        self.thorough = True


@dataclass(slots=True)
class Progress:
    """How a conversation goes. `left`: about how many entries are still to go, both ways."""

    sent: int = 0
    received: int = 0
    left: int = 0
    files_sent: int = 0
    files_received: int = 0
    files_put_off: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    breaks: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """`largest`: bytes; larger files are put off; 0 = no files at all over this link; None = all."""

    largest: int | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A bundle that waits to be sent. `entries`: how many are in it; `files`: the beginnings of the names
    of the files in it; `begun`: a part of it may have been sent before."""

    path: Path
    name: str
    entries: int = 0
    files: tuple[bytes, ...] = ()
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Gain:
    """What a received bundle brought."""

    entries: int
    files: int


class Side(Protocol):
    """What the conversation needs of the hub that begins it."""

    def ask(self, **more: Any) -> bytes:
        """A signed ask for the other hub."""
        ...

    def hear(self, asked: bytes, body: bytes) -> Reply:
        """A reply, checked; what it says of our ledger is kept."""
        ...

    def parcel(self, seen: Position | None, pace: Pace, *, bare: bool) -> Parcel | None:
        """The next entries after what the other hub follows, or the parcel that was under way."""
        ...

    def file_parcel(self, wants: list[bytes], pace: Pace, largest: int | None) -> Parcel | None: ...

    def discard(self, parcel: Parcel) -> None:
        """It is made anew when it is asked for again."""
        ...

    def delivered(self, parcel: Parcel, receipt: bytes | None) -> Position | None:
        """Keeps the receipt; how far the other hub follows us now."""
        ...

    def inbox(self) -> Path:
        """The folder where what is being received grows."""
        ...

    def take(self, path: Path) -> Gain:
        """Raises BadBundle bundle.damaged, bundle.basis_missing; the file is gone either way."""
        ...

    def wants(self) -> list[bytes]:
        """The beginnings of names of files that we lack and the other hub may have."""
        ...


class Carrier(Protocol):
    """How bytes get to the other hub; goes on by itself where it broke. Raises Unreached when it gave up,
    Refused when the other hub said no."""

    def post(self, path: str, body: bytes) -> bytes: ...

    def push(self, parcel: Parcel) -> bytes | None:
        """Sends a bundle; the receipt that came back."""
        ...

    def pull(self, body: bytes, folder: Path) -> Path | None:
        """Fetches the bundle that an ask is answered with; None when there is none."""
        ...


@dataclass(slots=True)
class Conversation:
    """One meeting of two hubs, begun by `side`. `tell` hears of progress after each step."""

    side: Side
    carrier: Carrier
    pace: Pace
    wishes: Wishes = field(default_factory=Wishes)
    tell: Callable[[Progress], None] = lambda progress: None
    progress: Progress = field(default_factory=Progress)
    spoilt: int = 0  # bundles in a row that came damaged

    def run(self) -> Progress:
        """Until neither has anything for the other. Raises Unreached, Refused, BadBundle."""
        reply = self._hello()
        while self._push(reply) | self._pull(reply):  # both, each time
            reply = self._hello()
        if self.wishes.largest != 0:
            self._push_files(reply)
            self._pull_files()
        self.progress.done = True
        self.tell(self.progress)
        return self.progress

    def _hello(self) -> Reply:
        """What was pulled is confirmed by it."""
        asked = self.side.ask()
        return self.side.hear(asked, self.carrier.post("/hub/hello", asked))

    def _push(self, reply: Reply) -> bool:
        seen, bare, any_sent, lost = reply.seen, False, False, 0
        while (parcel := self.side.parcel(seen, self.pace, bare=bare)) is not None:
            try:
                receipt = self.carrier.push(parcel)
            except Refused as fault:
                if fault.code == "bundle.basis_missing" and not bare:
                    bare = True
                else:
                    self._spoilt(fault, parcel)
                continue
            self.spoilt = 0
            lost = lost + 1 if receipt is None else 0
            if lost > STUCK:  # taken time and again, and never followed: somebody must look
                raise Refused("upload.unknown", name=parcel.name)
            seen = self.side.delivered(parcel, receipt) or self._hello().seen
            bare, any_sent = False, True
            self.progress.sent += parcel.entries
            self.tell(self.progress)
        return any_sent

    def _pull(self, reply: Reply) -> bool:
        self.progress.left = reply.left
        any_taken = False
        while self.progress.left:
            taken = self._pull_one(bare=False)
            if taken is None:
                break
            any_taken = True
            self.progress.received += taken.entries
            self.progress.left = max(self.progress.left - taken.entries, 1)
            self.tell(self.progress)
        self.progress.left = 0
        return any_taken

    def _pull_one(self, *, bare: bool) -> Gain | None:
        asked = self.side.ask(weight=self.pace.entries, thorough=self.pace.thorough, bare=bare)
        path = self.carrier.pull(asked, self.side.inbox())
        if path is None:
            return None
        try:
            gain = self.side.take(path)
        except BadBundle as fault:
            if fault.code != "bundle.basis_missing" or bare:
                self._spoilt(fault)
            return self._pull_one(bare=True)  # also made anew
        self.spoilt = 0
        return gain

    def _spoilt(self, fault: Refused | BadBundle, parcel: Parcel | None = None) -> None:
        """Bytes were changed on the way, perhaps in an earlier conversation that the bundle was begun in. It is
        gone where it came to, and is sent again from its beginning. Raises the fault when it is another, or
        when the same happened too often in a row."""
        self.spoilt += 1
        if fault.code != "bundle.damaged" or self.spoilt > STUCK:
            raise fault
        self.progress.breaks += 1
        if parcel is not None:
            self.side.discard(parcel)

    def _push_files(self, reply: Reply) -> None:
        """Page by page what the other hub lacks, the smallest first; asked again until it lacks nothing that
        we have, since the answer to an upload may have been lost, or the upload itself."""
        before, stuck, lacking = list[bytes](), 0, reply.lacking
        while lacking and stuck < STUCK:
            asked = self.side.ask(weight=WANTS_PAGE)
            wants = names_in(self.side.hear(asked, self.carrier.post("/hub/wants", asked)).wants)
            lacking = self._push_page(wants)
            before, stuck = wants, stuck + 1 if wants == before else 0

    def _push_page(self, wants: list[bytes]) -> int:
        sent = 0
        while (parcel := self.side.file_parcel(wants, self.pace, self.wishes.largest)) is not None:
            try:
                receipt = self.carrier.push(parcel)
            except Refused as fault:
                self._spoilt(fault, parcel)
                continue
            self.side.delivered(parcel, receipt)
            self.spoilt, gone = 0, set(parcel.files)
            wants = [name for name in wants if name not in gone]
            sent += len(gone)
            self.progress.files_sent += len(gone)
            self.tell(self.progress)
        return sent

    def _pull_files(self) -> None:
        """What the other hub has of what we lack; what it has not is asked for another day."""
        while wants := self.side.wants():
            asked = self.side.ask(wants=wants_of(wants), weight=self.pace.files, largest=self.wishes.largest)
            path = self.carrier.pull(asked, self.side.inbox())
            try:
                gain = self.side.take(path) if path is not None else Gain(0, 0)
            except BadBundle as fault:
                self._spoilt(fault)
                continue
            self.spoilt = 0
            self.progress.files_received += gain.files
            self.tell(self.progress)
            if not gain.files and len(self.side.wants()) >= len(wants):
                return
