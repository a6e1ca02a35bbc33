"""Bundles for a link: made, kept in the outbox until the other side has them, found again after a break.

A bundle is made once and kept as it is: made anew it would have other bytes, and what was sent of it would
be lost. No Flask, no SQL.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.bundles import header_of
from server.carrying import Course, basis_for, outgoing
from server.following import our_ledger
from server.hub import Hub
from server.loading import Load, load_batch, load_files
from server.spool import OUTBOX, folder_of, written
from server.store.ledger_sqlite import head
from server.store.peers import Peer
from sync.bundle import BundleHeader, read_header, write_bundle
from sync.errors import BadBundle
from sync.exchange import Parcel
from sync.messages import NO_BASIS, PREFIX
from sync.transport import NAME

ENTRIES, FILES = "entries", "files"
GAP = 1000  # entries that were not for a hub, after which its cursor is moved over them


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a bundle is to be: bytes before compression, well compressed or quickly, leaning on a basis or
    not."""

    weight: int
    thorough: bool = True
    bare: bool = False


def has_more(hub: Hub, course: Course, after: int) -> bool:
    """Whether a hub that follows us up to here lacks something."""
    upto = head(hub.read())
    found = next(outgoing(hub, course, after, upto), None) is not None
    return found or upto - after >= GAP


def entry_parcel(hub: Hub, course: Course, after: int, wanted: Wanted) -> Parcel | None:
    """The next entries for a hub that follows us up to `after`; the one under way if there is one."""
    peer, course = course.peer, course.bare() if wanted.bare else course
    held = _under_way(hub, course, after, wanted.bare)
    if held is not None:
        return held
    if not has_more(hub, course, after):
        return None
    basis = NO_BASIS if wanted.bare else basis_for(hub, peer, after)
    load = load_batch(hub, course, after, wanted.weight, basis, thorough=wanted.thorough)
    return _write(hub, peer, load, ENTRIES, ())


def _under_way(hub: Hub, course: Course, after: int, bare: bool) -> Parcel | None:
    """A parcel made before the other hub was restored leaves out what that hub has lost since."""
    folder = folder_of(hub.data, OUTBOX, course.peer.id)
    known_by = course.known.ledger if course.known else None
    for path in sorted(folder.glob(f"{ENTRIES}-*.bundle")):
        header = _header(path)
        fits = header is not None and (header.ledger, header.after) == (our_ledger(hub.read()), after)
        leans_on = header.known.ledger if header is not None and header.known else None
        if header is not None and fits and leans_on == known_by and not bare:
            return Parcel(path, path.stem, header.entries, begun=True)
        path.unlink()
    return None


def file_parcel(
    hub: Hub, peer: Peer, wants: Sequence[bytes], weight: int, largest: int | None
) -> Parcel | None:
    """The smallest of the files that a hub lacks; the parcel under way if it brings some of them."""
    folder = folder_of(hub.data, OUTBOX, peer.id)
    for path in sorted(folder.glob(f"{FILES}-*.bundle")):
        names = _names_beside(path)
        if names and set(names) <= set(wants) and _header(path) is not None:
            return Parcel(path, path.stem, 0, names, begun=True)
        drop(path)
    load, names = load_files(hub, wants, weight, largest)
    return None if load is None else _write(hub, peer, load, FILES, names)


def _write(hub: Hub, peer: Peer, load: Load, kind: str, names: Iterable[bytes]) -> Parcel:
    token = secrets.token_hex(8)
    header, file_key = header_of(hub, peer, load, token)
    path = folder_of(hub.data, OUTBOX, peer.id) / f"{kind}-{token}.bundle"
    files = tuple(names)
    if files:
        path.with_suffix(".json").write_text(json.dumps([name.hex() for name in files]), encoding="ascii")
    with written(path) as file:
        write_bundle(file, header, file_key, hub.key, load.frames)
    return Parcel(path, path.stem, load.entries, files)


def drop(path: Path) -> None:
    """What has arrived, or is asked for no longer."""
    path.unlink(missing_ok=True)
    path.with_suffix(".json").unlink(missing_ok=True)


def find(hub: Hub, peer: Peer, name: str) -> Path | None:
    """The bundle of this name that waits for a hub."""
    if not NAME.fullmatch(name):
        return None
    path = folder_of(hub.data, OUTBOX, peer.id) / f"{name}.bundle"
    return path if path.exists() else None


def _names_beside(path: Path) -> tuple[bytes, ...]:
    try:
        said = json.loads(path.with_suffix(".json").read_text(encoding="ascii"))
        return tuple(bytes.fromhex(name)[:PREFIX] for name in said)
    except (OSError, ValueError, TypeError):
        return ()


def _header(path: Path) -> BundleHeader | None:
    try:
        with path.open("rb") as file:
            return read_header(file)[0]
    except (OSError, BadBundle):
        return None
