"""One open hub: its data folder, its key, its ledger and the state folded from it.

Use cases (intake, publish, accounts, review …) take a Hub and write through `Hub.write`: one turn
on the database, in which entries are appended and folded, all or nothing.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from forms.fields import Schema, read_schema
from forms.instance import InstanceReader
from server.clock import Clock
from server.config import load_config
from server.contacts import Contacts
from server.errors import Fault
from server.projection.context import Context, Offered
from server.projection.forms import read_unread
from server.projection.state import ONLY_TOLD, State
from server.spool import empty_outbox
from server.store import blobs as blob_rows
from server.store import erasing, state_tables, withdrawals
from server.store.blobs import BlobStore, Staged
from server.store.database import Connection, Database
from server.store.datasets import list_unread
from server.store.forms import FormVersion
from server.store.identity import HubRow, find_hub, insert_hub, renew_ledger
from server.store.ledger_sqlite import SqliteLedger, insert_entry
from server.workrooms import empty_ready
from sync.keys import HubKey
from sync.ledger import Entry, make_entry

T = TypeVar("T")
# What the request at work says about itself, kept with every entry that it makes (X-Action-Notes).
NOTES: ContextVar[str | None] = ContextVar("notes", default=None)
DATABASE = "hub.db"
BLOBS = "blobs"
REMEMBERED = 5000  # answers kept at most
FRESH_S = 0.05


class Turn:
    """One transaction of a hub. Everything appended here becomes visible and durable together."""

    def __init__(self, hub: Hub, db: Connection, notes: str | None = None) -> None:
        self.hub = hub
        self.db = db
        self.notes = notes
        self.changed = False  # whether anything that Hub.remember keeps may read otherwise now

    def append(
        self,
        kind: str,
        subject: str,
        body: Mapping[str, Any] | None = None,
        *,
        supersedes: Iterable[str] = (),
        blobs: Iterable[Staged] = (),
        named_before: Iterable[str] = (),
        offered: Offered | None = None,
    ) -> Entry:
        """A new fact of this hub, with the bytes that it names. `named_before`: SHA-256 of bytes that an
        earlier entry named too, whether they have come here yet or not."""
        named = list(blobs)
        for blob in named:
            blob_rows.record(self.db, blob)
        entry = make_entry(
            kind,
            subject,
            hub=self.hub.id,
            made_at=self.hub.clock.stamp(),
            body={**(body or {}), "notes": self.notes} if self.notes else body,
            supersedes=supersedes,
            blobs=[*(b.sha256 for b in named), *named_before],
        )
        insert_entry(self.db, entry)
        self.hub.state.fold(self.db, entry, offered)
        is_quiet = kind in ONLY_TOLD or subject.startswith(("submission:", "entity:", "entities:"))
        self.changed = self.changed or not is_quiet
        return entry

    def keep(self, blobs: Iterable[Staged]) -> set[str]:
        """Records bytes that entries may have named before they came; the names of those new here."""
        arrived = {blob.sha256 for blob in blobs if blob_rows.record(self.db, blob)}
        self.hub.state.resume(self.db, arrived)
        return arrived

    def discard(self, blobs: Iterable[Staged]) -> None:
        """Bytes that were staged and are not to be kept: their files go after the commit."""
        withdrawals.drop_blobs(
            self.db, [b.sha256 for b in blobs if not self.hub.blobs.has(b.sha256, self.db)]
        )
        self.hub.state.erased = True

    def merge(self, entries: Iterable[Entry], via: str | None = None) -> list[Entry]:
        """Adds entries of any hub that are not held yet, and returns those. `via`: the ledger over which
        they came."""
        self.changed = True
        with self.hub.state.merging():
            return self.hub.ledger.append_within(self.db, entries, via)

    def begin_anew(self) -> None:
        """Other things flow to another hub from now on: what was passed over before must be looked at again,
        so this hub goes on under a ledger that nobody follows yet. What others hold they do not keep twice."""
        renew_ledger(self.db, secrets.token_hex(8), 0)


class Hub:
    """An open data folder. Raises Fault data.not_a_hub when there is none."""

    def __init__(self, data: Path | str, *, clock: Clock | None = None, **settings: Any) -> None:
        self.data = Path(data)
        if not (self.data / DATABASE).exists():
            raise Fault("data.not_a_hub", path=str(self.data))
        self.config = load_config(self.data, settings)
        self.clock = clock or Clock()
        self.database = Database(self.data / DATABASE)
        row = find_hub(self.database.read())
        if row is None:
            self.database.close()
            raise Fault("data.not_a_hub", path=str(self.data))
        self.id, self.name, self.secret = row.id, row.name, row.secret
        self.key = HubKey(row.seed)
        self.blobs = BlobStore(self.database, self.data / BLOBS)
        self.state = State(Context(self.blobs, self.reader_of, self._say))
        self.ledger = SqliteLedger(self.database, self.state.fold, self._appended)
        self._remembered: dict[tuple[object, ...], Any] = {}
        self._generation = -1
        self._asked_at = 0.0
        self._readers: dict[str, InstanceReader] = {}
        self._readers_lock = threading.Lock()
        self.guard, self.busy = threading.Lock(), set[Path]()  # files that a thread is at work on
        self.contacts = Contacts()
        self._holding = 0
        self.erase()  # what a power cut left
        if list_unread(self.read()):
            self.write(lambda turn: read_unread(self.state.context, turn.db))

    @classmethod
    def create(cls, data: Path | str, name: str, *, clock: Clock | None = None, **settings: Any) -> Hub:
        """Makes a hub in an empty or new folder. Raises Fault data.exists."""
        folder = Path(data)
        if (folder / DATABASE).exists():
            raise Fault("data.exists", path=str(folder))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # testimony is nobody else's to read
        clock = clock or Clock()
        key = HubKey.make()
        row = HubRow(key.id, name, key.seed, secrets.token_bytes(32), secrets.token_hex(8), clock.stamp())
        database = Database(folder / DATABASE)
        database.write(lambda db: insert_hub(db, row))
        database.close()
        hub = cls(folder, clock=clock, **settings)
        hub.write(lambda turn: turn.append("hub.introduce", f"hub:{hub.id}", {"name": name}))
        return hub

    def write(self, work: Callable[[Turn], T]) -> T:
        """Runs `work` in one transaction; its result is returned once it is on disk."""
        turns: list[Turn] = []
        notes = NOTES.get()  # here: another request's thread may carry the job out

        def job(db: Connection) -> T:
            turns.append(Turn(self, db, notes))
            return work(turns[0])

        result = self.database.write(job)
        if turns[0].changed:
            self.forget()
        self._erase_now()
        return result

    @contextmanager
    def erase_at_end(self) -> Iterator[None]:
        """Puts taking withdrawn bytes off the disk off to the end of many writes: once costs as much as
        a hundred times."""
        self._holding += 1
        try:
            yield
        finally:
            self._holding -= 1
            self._erase_now()

    def _erase_now(self) -> None:
        if self.state.erased and not self._holding:
            self.erase()

    def erase(self) -> bool:
        """Takes withdrawn bytes off the disk: files, bundles and exports that wait to be fetched, the consultation
        database, old pages of the log. False when a reader keeps it from being finished; the next withdrawal, or the
        next start, goes on."""
        from server.consultation.wiping import wipe  # which reads hubs, so it cannot be known before this

        self.state.erased = False
        if not erasing.is_due(self.read()):
            return True
        empty_outbox(self.data)
        empty_ready(self.data)
        if not wipe(self):
            self.database.scrub()  # that much is not put off; it stays due
            return False
        return erasing.finish(self.database, self.blobs)

    def _appended(self) -> None:
        self.forget()
        self._erase_now()

    def _say(
        self, db: Connection, kind: str, subject: str, body: Mapping[str, Any], supersedes: Iterable[str]
    ) -> Entry:
        return Turn(self, db).append(kind, subject, body, supersedes=supersedes)

    def read(self) -> Connection:
        """This thread's reading connection."""
        return self.database.read()

    @property
    def ledger_id(self) -> str:
        """Read each time: another process may have found that this hub is a copy, and renewed it."""
        row = find_hub(self.database.read())
        assert row is not None
        return row.ledger

    def remember(self, name: tuple[object, ...], look_up: Callable[[Connection], T]) -> T:
        """What `look_up` reads of projects, forms or actors: every request of a tablet asks the same
        few questions. Read again after a change: at once after one of ours, within FRESH_S after one
        of another process."""
        held = self._kept()
        if name not in held:
            held[name] = look_up(self.database.read())
        found: T = held[name]
        return found

    def _kept(self) -> dict[tuple[object, ...], Any]:
        now = time.monotonic()
        if now - self._asked_at > FRESH_S:
            generation = state_tables.generation(self.database.read())
            if generation != self._generation or len(self._remembered) > REMEMBERED:
                self._remembered, self._generation = {}, generation
            self._asked_at = now
        return self._remembered

    def forget(self) -> None:
        """Looks everything up again that `remember` kept."""
        self._remembered, self._asked_at = {}, 0.0

    def reader_of(self, db: Connection, version: FormVersion) -> InstanceReader:
        """Reads instances of this form version; made once, since a version never changes."""
        held = self._readers.get(version.xform)
        if held is None:
            held = InstanceReader(read_schema(self.blobs.read(version.xform, db)))
            with self._readers_lock:
                self._readers[version.xform] = held
        return held

    def schema_of(self, version: FormVersion) -> Schema:
        return self.reader_of(self.read(), version).schema

    def close(self) -> None:
        """Releases files and threads."""
        self.database.close()
