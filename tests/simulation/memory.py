"""Two hubs in memory, held to sync.exchange: complete, quick, and as unreliable as a test wants. Thousands of
meetings take seconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sync.errors import Unreached
from sync.exchange import Conversation, Gain, Pace, Parcel, Progress, Reply, names_in, wants_of
from sync.ledger import Entry, MemoryLedger, make_entry, read_entry
from sync.messages import PREFIX
from sync.receipt import BEGINNING, Position, extend_chain

Breaks = Callable[[], bool]


@dataclass
class MemoryHub:
    """A hub as a conversation sees it. `via`: entry -> the hub from which it came; `seen`: how far it follows
    each other hub; `blobs`: by hash; `renewed`: how often it was restored."""

    name: str
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    blobs: dict[str, bytes] = field(default_factory=dict)
    via: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Position] = field(default_factory=dict)
    renewed: int = 0
    written: int = 0

    @property
    def ledger_id(self) -> str:
        return hashlib.sha256(f"{self.name}{self.renewed}".encode()).hexdigest()[:16]

    def write(self, data: bytes) -> Entry:
        self.written += 1
        name = hashlib.sha256(data).hexdigest()
        self.blobs[name] = data
        entry = make_entry(
            "submission.create", f"submission:p/f/{self.name}-{self.renewed}-{self.written}", hub=self.name,
            made_at="2026", blobs=[name],
        )  # fmt: skip
        self.ledger.append([entry])
        return entry

    def position(self, seq: int) -> Position:
        ids = [bytes.fromhex(entry.id) for _, entry in self.ledger.entries_after(0, seq)]
        return Position(self.ledger_id, seq, extend_chain(BEGINNING, ids))

    def backup(self) -> MemoryHub:
        copy = replace(
            self, ledger=MemoryLedger(), blobs=dict(self.blobs), via=dict(self.via), seen=dict(self.seen)
        )
        copy.ledger.append(list(self.ledger))
        return copy

    def restore(self, backup: MemoryHub) -> None:
        held = backup.backup()
        self.ledger, self.blobs, self.via, self.seen = held.ledger, held.blobs, held.via, held.seen
        self.renewed += 1  # a ledger of its own, as upkeep.restore gives it

    def wanted(self) -> list[bytes]:
        named = {sha256 for entry in self.ledger for sha256 in entry.blobs}
        return [bytes.fromhex(sha256)[:PREFIX] for sha256 in sorted(named - self.blobs.keys())]

    def follows(self, other: MemoryHub) -> Position | None:
        """None when the other's ledger is not the one that was followed."""
        place = self.seen.get(other.name)
        return place if place is not None and place.ledger == other.ledger_id else None

    def batch(self, taker: MemoryHub, seen: Position | None, weight: int) -> bytes | None:
        """JSON of the next entries for another hub; None when there are none."""
        after = (
            seen.seq if seen is not None and seen == self.position(min(seen.seq, self.ledger.head())) else 0
        )
        left = self.ledger.entries_after(after, 1 << 30)
        chosen = list[tuple[int, Entry]]()
        for seq, entry in left:
            if chosen and weight < 0:
                break
            chosen.append((seq, entry))
            weight -= len(entry.header)
        if not chosen:
            return None
        place = self.position(chosen[-1][0])
        return json.dumps(
            {"place": [place.ledger, place.seq, place.chain], "entries": [e.header.decode() for _, e in chosen],
             "from": self.name}
        ).encode()  # fmt: skip

    def files(self, wants: list[bytes], weight: int, largest: int | None) -> dict[str, str]:
        found: dict[str, str] = {}
        for sha256, data in sorted(self.blobs.items(), key=lambda item: (len(item[1]), item[0])):
            too_large = largest is not None and len(data) > largest
            if bytes.fromhex(sha256)[:PREFIX] in wants and not too_large and (not found or weight > 0):
                found[sha256] = data.hex()
                weight -= len(data)
        return found

    def take(self, packed: bytes) -> Gain:
        """All of a batch with its cursor, or, when a hash is wrong, nothing."""
        said = json.loads(packed)
        files = {name: bytes.fromhex(data) for name, data in said.get("files", {}).items()}
        assert all(hashlib.sha256(data).hexdigest() == name for name, data in files.items())
        self.ledger.append(read_entry(header.encode()) for header in said.get("entries", ()))
        self.blobs |= files
        if "place" in said:
            self.seen[said["from"]] = Position(*said["place"])
        return Gain(len(said.get("entries", ())), len(files))


@dataclass
class MemorySide:
    """sync.exchange.Side: `hub` calls `other`."""

    hub: MemoryHub
    other: MemoryHub
    folder: Path
    made: int = 0

    def ask(self, **more: Any) -> bytes:
        seen = self.hub.follows(self.other)
        said = {"seen": [seen.ledger, seen.seq, seen.chain] if seen else None, **more}
        return json.dumps(said).encode()

    def hear(self, asked: bytes, body: bytes) -> Reply:
        said = json.loads(body)
        seen = Position(*said.pop("seen")) if said.get("seen") else None
        return Reply(hub=self.other.name, ledger=self.other.ledger_id, at="2026", seen=seen, **{
            name: value for name, value in said.items() if name != "seen"})  # fmt: skip

    def parcel(self, seen: Position | None, pace: Pace, *, bare: bool) -> Parcel | None:
        packed = self.hub.batch(self.other, seen, pace.entries)
        return self._parcel(packed, len(json.loads(packed)["entries"]), ()) if packed is not None else None

    def file_parcel(self, wants: list[bytes], pace: Pace, largest: int | None) -> Parcel | None:
        files = self.hub.files(wants, pace.files, largest)
        names = tuple(bytes.fromhex(name)[:PREFIX] for name in files)
        return self._parcel(json.dumps({"files": files}).encode(), 0, names) if files else None

    def _parcel(self, packed: bytes, entries: int, names: tuple[bytes, ...]) -> Parcel:
        self.made += 1
        path = self.folder / f"parcel-{self.made}"
        path.write_bytes(packed)
        return Parcel(path, path.name, entries, names)

    def discard(self, parcel: Parcel) -> None:
        parcel.path.unlink()

    def delivered(self, parcel: Parcel, receipt: bytes | None) -> Position | None:
        return Position(*json.loads(receipt)) if receipt else None

    def inbox(self) -> Path:
        return self.folder

    def take(self, path: Path) -> Gain:
        return self.hub.take(path.read_bytes())

    def wants(self) -> list[bytes]:
        return self.hub.wanted()


@dataclass
class MemoryCarrier:
    """sync.exchange.Carrier that breaks when it is told: before the other hub heard, or after."""

    side: MemorySide
    breaks: Breaks

    def _carry(self, work: Callable[[], Any]) -> Any:
        if self.breaks():
            raise Unreached("peer.unreachable")
        done = work()
        if self.breaks():
            raise Unreached("peer.unreachable")
        return done

    def post(self, path: str, body: bytes) -> bytes:
        return self._carry(lambda: self._answer(path))

    def _answer(self, path: str) -> bytes:
        caller, called = self.side.hub, self.side.other
        seen, place = called.follows(caller), caller.follows(called)
        left = called.batch(caller, place, 1 << 30)
        said: dict[str, Any] = {
            "seen": [seen.ledger, seen.seq, seen.chain] if seen else None,
            "left": len(json.loads(left)["entries"]) if left else 0, "lacking": len(called.wanted()),
        }  # fmt: skip
        if path == "/hub/wants":
            said["wants"] = wants_of(called.wanted())
        return json.dumps(said).encode()

    def push(self, parcel: Parcel) -> bytes | None:
        def deliver() -> bytes | None:
            other = self.side.other
            other.take(parcel.path.read_bytes())
            place = other.follows(self.side.hub)
            return (
                json.dumps([place.ledger, place.seq, place.chain]).encode()
                if place and parcel.entries
                else None
            )

        receipt: bytes | None = self._carry(deliver)
        return receipt

    def pull(self, body: bytes, folder: Path) -> Path | None:
        said = json.loads(body)
        caller, called = self.side.hub, self.side.other
        if said.get("wants"):
            files = called.files(names_in(said["wants"]), said["weight"], said["largest"])
            packed = json.dumps({"files": files}).encode() if files else None
        else:
            packed = called.batch(caller, caller.follows(called), said["weight"])
        return self._carry(lambda: self._arrived(packed, folder))  # type: ignore[no-any-return]

    @staticmethod
    def _arrived(packed: bytes | None, folder: Path) -> Path | None:
        if packed is None:
            return None
        path = folder / "pulled"
        path.write_bytes(packed)
        return path


def meet(caller: MemoryHub, called: MemoryHub, folder: Path, breaks: Breaks = lambda: False) -> Progress:
    """Raises Unreached."""
    side = MemorySide(caller, called, folder)
    return Conversation(side, MemoryCarrier(side, breaks), Pace(entries=2000, files=300)).run()
