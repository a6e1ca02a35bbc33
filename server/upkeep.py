"""Looking after a data folder: proving it whole, rebuilding what is derived, copying it."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from server import audits, export_jobs, sealing
from server.clock import stamp
from server.consultation import checking, following
from server.errors import Fault
from server.extracting import clear_abandoned
from server.hub import BLOBS, DATABASE, Hub
from server.projection.submissions import read_stale
from server.purging import purge_forms, purge_submissions
from server.store import copies, ledger_sqlite, state_tables, withdrawals
from server.store.actors import Connection
from server.store.answers import stale_anywhere
from server.store.consultation import NAME
from server.taking import drop_unnamed
from sync.errors import BadEntry
from sync.ledger import read_entry
from sync.withdrawal import PURGE

PAGE = 1000
LOOSE_DAYS = 7  # another copy of a damaged bundle may bring the entry that names them
SENDING = "backup-"  # folders beside the database: copies on their way to somebody
BROUGHT, CARRIED = (
    "brought-",
    "carried-",
)  # the same: what somebody brings by browser, and bundles to be fetched
RECEIPT_S = 60 * 24 * 3600  # carried back by then, or made again by reading the bundle again
LEFT_S = 24 * 3600  # then nobody is at them any more


@dataclass(slots=True)
class Inspection:
    """What verify found. `wiped`: entries whose content was withdrawn; `damaged`: "entry <id>" or
    "blob <sha256>"; `missing`: blobs that entries name and the hub does not hold; `unfolded`: entries that
    could not be understood."""

    entries: int = 0
    wiped: int = 0
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unfolded: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not self.damaged and not self.missing


def verify(hub: Hub, progress: Callable[[int], None] = lambda done: None) -> Inspection:
    """Re-hashes every entry and every blob. `progress` is told the number of entries done."""
    found = Inspection()
    for entry_id, header in _raw_entries(hub):
        found.entries += 1
        if found.entries % PAGE == 0:
            progress(found.entries)
        if not header and _is_withdrawn(hub, entry_id):
            found.wiped += 1
            continue
        if hashlib.sha256(header).hexdigest() != entry_id:
            found.damaged.append(f"entry {entry_id}")
            continue
        _check_entry(hub, entry_id, header, found)
    found.damaged += [f"blob {name}" for name in hub.blobs.damaged()]
    found.unfolded = [f"{name} {reason}" for name, reason in state_tables.list_unfolded(hub.read())]
    return found


def _is_withdrawn(hub: Hub, entry_id: str) -> bool:
    """Whether an entry without content was wiped by a withdrawal that is held here."""
    purge = withdrawals.wiping(hub.read(), entry_id)
    said = ledger_sqlite.find_entry(hub.read(), purge) if purge is not None else None
    return said is not None and said.kind == PURGE


def _check_entry(hub: Hub, entry_id: str, header: bytes, found: Inspection) -> None:
    try:
        entry = read_entry(header)
    except BadEntry as fault:
        found.damaged.append(f"entry {entry_id} {fault.code}")
        return
    found.missing += [f"blob {b} of entry {entry_id}" for b in entry.blobs if not hub.blobs.has(b)]


def _raw_entries(hub: Hub) -> Iterator[tuple[str, bytes]]:
    seq = 0
    while page := ledger_sqlite.raw_entries_after(hub.read(), seq, PAGE):
        yield from ((name.hex(), header) for _, name, header in page)
        seq = page[-1][0]


def sweep(hub: Hub, *, is_served: bool = False) -> None:
    """What is done at the start and once a day: what killed processes and broken journeys left goes (half-written
    files, unfinished and unfetched exports, bytes that nobody named within LOOSE_DAYS), and the trash is emptied."""
    hub.blobs.sweep(hub.clock.now().timestamp())
    now = hub.clock.now().timestamp()
    for name in (SENDING, BROUGHT, CARRIED):
        # While it is served, a backup may be on its way to a slow browser just now.
        is_over = name == SENDING and not is_served
        for left in hub.data.glob(f"{name}*"):
            if is_over or now - left.stat().st_mtime > LEFT_S:
                shutil.rmtree(left, ignore_errors=True)
    for receipt in hub.data.glob("receipts/*.bundle"):
        if now - receipt.stat().st_mtime > RECEIPT_S:
            receipt.unlink(missing_ok=True)
    clear_abandoned(hub)
    export_jobs.sweep(hub.data, hub.clock.now().timestamp())
    moment = stamp(hub.clock.now() - timedelta(days=LOOSE_DAYS))
    drop_unnamed(hub, withdrawals.loose_before(hub.read(), moment))
    purge_forms(hub, hub.clock.now())
    purge_submissions(hub, hub.clock.now())


def rebuild(hub: Hub) -> int:
    """Empties the state tables and folds the whole ledger again, in one transaction; then makes the consultation
    database anew. Returns the number of entries folded."""
    count = hub.database.write(lambda db: copies.refold(db, hub.state.fold))
    following.rebuild(hub)
    return count


def compare(hub: Hub) -> list[str]:
    """Names of the state tables, and of those of the consultation database, that would come out otherwise if they
    were rebuilt now."""

    def catch_up(db: Connection) -> None:
        audits.follow_all(db)
        for number in stale_anywhere(db):
            read_stale(hub.state.context, db, number)

    differing = hub.database.write(lambda db: copies.compare(db, hub.state.fold, catch_up))
    return differing + [f"{NAME}: {name}" for name in checking.compare(hub)]


def backup(hub: Hub, path: Path) -> None:
    """One file with a consistent copy, made while the hub runs. Raises Fault file.exists."""
    if path.exists():
        raise Fault("file.exists", path=str(path))
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        copy = Path(folder) / DATABASE
        copies.copy_database(hub.database, copy)
        growing = path.with_name(path.name + ".part")
        growing.touch(mode=0o600)  # it holds every answer, and the keys
        with tarfile.open(growing, "w") as archive:
            archive.add(copy, DATABASE)
            _add_blobs(archive, hub.blobs.folder)
        growing.replace(path)


def _add_blobs(archive: tarfile.TarFile, folder: Path) -> None:
    """Files still growing are left out: no entry names them yet, and they are renamed meanwhile."""
    for path in sorted(folder.glob("??/*")):
        try:
            archive.add(path, f"{BLOBS}/{path.parent.name}/{path.name}", recursive=False)
        except FileNotFoundError:
            continue  # withdrawn since the folder was listed


def restore(path: Path, data: Path, passphrase: str | None = None) -> None:
    """Unpacks a backup into a new folder, under a new ledger id, so that the other hubs notice and
    bring what it does not hold. All or nothing. `passphrase`: of a sealed one. Raises Fault data.exists,
    file.unreadable, seal.needed, seal.passphrase, seal.damaged."""
    if (data / DATABASE).exists():
        raise Fault("data.exists", path=str(data))
    data.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's to read, as the first hub was
    with tempfile.TemporaryDirectory(dir=data) as folder:
        try:
            with _opened(path, passphrase, Path(folder)) as archive:
                archive.getmember(DATABASE)
                archive.extractall(folder, filter="data")
        except (OSError, tarfile.TarError, KeyError) as fault:
            raise Fault("file.unreadable", path=str(path), reason=type(fault).__name__) from fault
        if not copies.rename_ledger(Path(folder) / DATABASE, secrets.token_hex(8)):
            raise Fault("file.unreadable", path=str(path), reason=DATABASE)
        for item in sorted(Path(folder).iterdir()):
            item.rename(data / item.name)


@contextmanager
def _opened(path: Path, passphrase: str | None, folder: Path) -> Iterator[tarfile.TarFile]:
    """The archive; a sealed one is opened beside where it will be unpacked, and goes again."""
    with path.open("rb") as stream:
        if not sealing.is_sealed(stream):
            with tarfile.open(fileobj=stream) as archive:
                yield archive
            return
        if not passphrase:
            raise Fault("seal.needed", path=str(path))
        with tempfile.TemporaryFile(dir=folder) as clear:
            for piece in sealing.unseal(stream, passphrase):
                clear.write(piece)
            clear.seek(0)
            with tarfile.open(fileobj=clear) as archive:
                yield archive
