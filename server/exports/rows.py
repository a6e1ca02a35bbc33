"""What an export reads: submissions and repeats, newest first, of one form.

The store makes a `Source` for a filter (and, for OData, a page); all of its passes must see one
and the same state, so it holds one read transaction for its lifetime.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from forms.fields import Schema
from server.exports.odata_tree import Node


@dataclass(slots=True)
class Head:
    """What is known of a submission beside its answers. Texts as Central's API shows them.

    instance_id: of the first version: KEY. submitted_at, updated_at, deleted_at:
    "2026-11-23T01:15:00.000Z". form_version: of the first version. schema: key into
    `Source.schemas()` of the form version that the standing version's answers follow.
    status: None, "notDecrypted", "missingEncryptedFormData" or, while decrypting, "damagedEncryptedFormData".
    hub: name of the hub that received it first.
    """

    instance_id: str
    submitted_at: str
    updated_at: str | None
    deleted_at: str | None
    submitter_id: int | None
    submitter_name: str | None
    device_id: str | None
    review_state: str | None
    edits: int
    form_version: str
    attachments_present: int
    attachments_expected: int
    status: str | None
    hub: str
    schema: int


@dataclass(slots=True)
class Media:
    """A file of a submission's standing version that has arrived. `open` gives its bytes. sha256: what they should
    hash to, "" where it is not known."""

    instance_id: str
    name: str
    open: Callable[[], BinaryIO]
    sha256: str = ""


@dataclass(slots=True)
class Encrypted:
    """What is to be decrypted of a submission that stands by an encrypted version.

    key: number of the key that its form version asks to encrypt for. schema: as in Head. answers_file: name of the
    file with the answers. manifest: gives the XML that was sent in the clear; open: gives a file, None when it has
    not come.
    """

    instance_id: str
    key: int | None
    schema: int
    answers_file: str
    manifest: Callable[[], bytes]
    open: Callable[[str], BinaryIO | None]


@dataclass(frozen=True, slots=True)
class Order:
    """One clause of $orderby. field: as in `odata_tree.FIELDS`. Nulls come first, or last when
    descending."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Which submissions, in which order: what the database does of an OData request.

    limit: how many at most: one more than asked for, so that it shows whether rows remain.
    skip: how many to pass over first. after: root instanceID of the last submission already given
    (deleted since or not); only those that come after it count. order: empty = newest first; ties
    go by the internal order of arrival in the direction of the first clause.
    filter: None = all. Deleted ones are left out unless it mentions them (`mentions_deleted`).
    """

    limit: int | None = None
    skip: int = 0
    after: str | None = None
    order: tuple[Order, ...] = ()
    filter: Node | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a form version asks for consent. place: of the question in the root's record. yes: the answers that agree,
    in small letters."""

    place: int
    yes: tuple[str, ...]


class Source(Protocol):
    """The submissions of one form, by one `Page`. Every method may be called more than once, and
    all go over the same submissions in the same order."""

    def submissions(self) -> Iterator[tuple[Head, bytes | None]]:
        """Each submission with its record of the root table; None when there are no readable answers."""

    def repeats(self, path: str) -> Iterator[tuple[str, int, bytes]]:
        """(root instanceID, schema, record) of each submission that has rows in the repeat of this
        path. Table numbers differ between form versions, so the repeat is named by its path."""

    def schemas(self) -> Mapping[int, Schema]:
        """Every form version that the submissions follow."""

    def media(self) -> Iterator[Media]:
        """Files of all these submissions, in their order, without the devices' audit logs and without those of
        encrypted ones."""

    def audits(self) -> Iterator[Media]:
        """The audit log of each submission that has one, the oldest version first (Central)."""


class EncryptedSource(Source, Protocol):
    """A source that also gives what its submissions hold encrypted."""

    def encrypted(self, *, oldest_first: bool = False) -> Iterator[Encrypted]:
        """Those of its submissions that stand by an encrypted version, in their order, or else as `audits`."""
