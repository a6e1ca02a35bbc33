"""Entries, and what every ledger and every blob store promises.

An entry is one immutable fact. Its id is the SHA-256 of its canonical header, so two hubs that
hold the same fact hold it under the same name, and merging is set union. No Flask, no SQL.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import orjson

from sync.errors import BadEntry, BlobMissing

HEADER_LIMIT = 1 << 20  # bytes; a comment or a form's list of media fits a hundred times over
_KEYS = frozenset({"kind", "subject", "supersedes", "blobs", "body", "hub", "made_at"})

# Kinds that never leave the hub: accounts, sessions, drafts and what this hub says of its peers.
LOCAL_KINDS = frozenset(
    {
        "user.create",
        "user.update",
        "user.delete",
        "user.session.create",
        "user.session.end",
        "user.second_factor.create",
        "user.second_factor.delete",
        "user.assignment.create",
        "user.assignment.delete",
        "user.preference.update",
        "user.preference.delete",
        "user.reset.request",
        "user.reset.create",
        "public_link.create",
        "public_link.session.end",
        "public_link.delete",
        "public_link.assignment.create",
        "public_link.assignment.delete",
        "public_link.property.set",
        "form.update.draft.set",
        "form.update.draft.delete",
        "form.attachment.update",
        "form.submission.export",
        "form.submission.export.end",
        "config.set",
        "hub.add",
        "hub.remove",
        "hub.receipt",
        "hub.ledger.renew",
        "hub.offer",
        "hub.offer.try",
        "hub.offer.end",
        "submission.backlog.hold",
        "submission.backlog.reprocess",
        "submission.backlog.force",
        "entity.error",
    }
)


# Kinds that are shared between hubs, as far as this program knows them.
SHARED_KINDS = frozenset(
    {
        "project.create",
        "project.update",
        "project.delete",
        "form.create",
        "form.update",
        "form.update.publish",
        "form.delete",
        "form.restore",
        "form.purge",
        "field_key.create",
        "field_key.session.end",
        "field_key.delete",
        "field_key.assignment.create",
        "field_key.assignment.delete",
        "field_key.property.set",
        "dataset.create",
        "dataset.update",
        "dataset.update.property.delete",
        "dataset.delete",
        "actor_property.create",
        "submission.create",
        "submission.update",
        "submission.update.version",
        "submission.attachment.update",
        "submission.delete",
        "submission.restore",
        "submission.update.resolve",
        "submission.purge",
        "comment.create",
        "entity.create",
        "entity.bulk.create",
        "entity.update.version",
        "entity.update.resolve",
        "entity.delete",
        "entity.bulk.delete",
        "entity.restore",
        "entity.bulk.restore",
        "entity.purge",
        "hub.introduce",
        "project.privacy.update",
        "project.quotas.update",
        "pseudonym_key.create",
        "public_wave.create",
    }
)
KNOWN_KINDS = SHARED_KINDS | LOCAL_KINDS


def travels(kind: str) -> bool:
    """Whether entries of this kind are shared between hubs. Kinds unknown here travel, so that a
    hub of an older version still carries what a newer one wrote."""
    return kind not in LOCAL_KINDS


def canonical(header: Mapping[str, Any]) -> bytes:
    """The one byte form of a header: JSON, keys sorted, no blanks, UTF-8. Bodies hold texts, whole
    numbers, truths, lists and objects; never floats, which programs write in different ways."""
    return orjson.dumps(header, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One fact. `made_at` is UTC ISO 8601 with microseconds as the hub's clock gave it: for people
    to read, never for deciding which of two facts stands."""

    id: str
    kind: str
    subject: str
    supersedes: tuple[str, ...]
    blobs: tuple[str, ...]
    body: Mapping[str, Any]
    hub: str
    made_at: str
    header: bytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)


def make_entry(
    kind: str,
    subject: str,
    *,
    hub: str,
    made_at: str,
    body: Mapping[str, Any] | None = None,
    supersedes: Iterable[str] = (),
    blobs: Iterable[str] = (),
) -> Entry:
    """A new entry. `supersedes`: ids of the entries that this one replaces; `blobs`: SHA-256 hex."""
    replaced, bytes_named, said = tuple(sorted(set(supersedes))), tuple(blobs), dict(body or {})
    header = canonical(
        {
            "kind": kind,
            "subject": subject,
            "supersedes": replaced,
            "blobs": bytes_named,
            "body": said,
            "hub": hub,
            "made_at": made_at,
        }
    )
    name = hashlib.sha256(header).hexdigest()
    return Entry(name, kind, subject, replaced, bytes_named, said, hub, made_at, header)


def read_entry(header: bytes) -> Entry:
    """The entry of these header bytes, as stored or received.

    Raises BadEntry when they are not the canonical bytes of an entry: two spellings of one fact
    would have two ids and be counted twice.
    """
    if len(header) > HEADER_LIMIT:
        raise BadEntry("entry.too_large", size_bytes=len(header))
    try:
        said = orjson.loads(header)
    except orjson.JSONDecodeError as fault:
        raise BadEntry("entry.not_json") from fault
    if not isinstance(said, dict) or said.keys() != _KEYS or not _typed(said):
        raise BadEntry("entry.not_an_entry")
    if _reencoded(said) != header or said["supersedes"] != sorted(set(said["supersedes"])):
        raise BadEntry("entry.not_canonical")
    return trusted_entry(header, said)


def trusted_entry(header: bytes, said: Mapping[str, Any] | None = None) -> Entry:
    """The entry of header bytes that this hub itself has checked before (its own ledger's rows)."""
    said = orjson.loads(header) if said is None else said
    return Entry(
        hashlib.sha256(header).hexdigest(),
        said["kind"],
        said["subject"],
        tuple(said["supersedes"]),
        tuple(said["blobs"]),
        said["body"],
        said["hub"],
        said["made_at"],
        header,
    )


def _reencoded(said: Mapping[str, Any]) -> bytes | None:
    try:
        return canonical(said)
    except (TypeError, ValueError):
        return None


def _typed(said: Mapping[str, Any]) -> bool:
    texts = all(isinstance(said[k], str) and said[k] for k in ("kind", "subject", "hub", "made_at"))
    return texts and isinstance(said["body"], dict) and _hashes(said["supersedes"]) and _hashes(said["blobs"])


def _hashes(value: object) -> bool:
    return isinstance(value, list) and all(is_hash(v) for v in value)


def is_hash(value: object) -> bool:
    """Whether this is a SHA-256 in 64 lower-case hex digits."""
    return isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")


class Ledger(Protocol):
    """The set of entries of one hub, and the order in which this hub committed them."""

    def append(self, entries: Iterable[Entry]) -> list[Entry]:
        """Adds those not yet held, all or none, and returns them. Nothing held is ever changed."""
        ...

    def head(self) -> int:
        """The `seq` of the last committed entry; 0 when empty."""
        ...

    def entry(self, entry_id: str) -> Entry | None: ...

    def entries_after(self, seq: int, limit: int) -> list[tuple[int, Entry]]:
        """Up to `limit` (seq, entry) with a greater seq, in commit order."""
        ...

    def entries_of(self, subject: str) -> list[Entry]:
        """Every entry about this subject, in commit order."""
        ...


class Blobs(Protocol):
    """Bytes named by their SHA-256."""

    def put(self, data: bytes) -> str:
        """Stores the bytes durably if they are not held, and returns their name (hex)."""
        ...

    def has(self, sha256: str) -> bool: ...

    def size(self, sha256: str) -> int:
        """In bytes. Raises BlobMissing."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """A readable stream from the start. Raises BlobMissing."""
        ...


class MemoryLedger:
    """A complete ledger in memory, for tests and for trying a merge out."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._order: list[Entry] = []

    def append(self, entries: Iterable[Entry]) -> list[Entry]:
        new = {e.id: e for e in entries if e.id not in self._entries}
        self._entries.update(new)
        self._order.extend(new.values())
        return list(new.values())

    def head(self) -> int:
        return len(self._order)

    def entry(self, entry_id: str) -> Entry | None:
        return self._entries.get(entry_id)

    def entries_after(self, seq: int, limit: int) -> list[tuple[int, Entry]]:
        return list(enumerate(self._order[seq : seq + limit], start=seq + 1))

    def entries_of(self, subject: str) -> list[Entry]:
        return [e for e in self._order if e.subject == subject]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._order)


class MemoryBlobs:
    """Blobs in memory, beside a MemoryLedger."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        self._bytes[name] = bytes(data)
        return name

    def has(self, sha256: str) -> bool:
        return sha256 in self._bytes

    def size(self, sha256: str) -> int:
        return len(self._held(sha256))

    def open(self, sha256: str) -> BinaryIO:
        return io.BytesIO(self._held(sha256))

    def _held(self, sha256: str) -> bytes:
        try:
            return self._bytes[sha256]
        except KeyError:
            raise BlobMissing("blob.missing", sha256=sha256) from None
