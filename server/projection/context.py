"""What folding needs besides the database: the blobs, and how instances of a form version are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forms.instance import InstanceReader, Reading
from server.store.blobs import BlobStore
from server.store.database import Connection
from server.store.forms import FormVersion


@dataclass(frozen=True, slots=True)
class Offered:
    """What intake has already found out of a submission, so that nothing is done twice. `fresh`: no
    version with this instanceID is known in the form, as seen in the same transaction."""

    reading: Reading
    form_id: int
    schema_id: int
    fresh: bool = False


@dataclass(slots=True)
class Memo:
    """What a merge has looked up already, within its transaction: thousands of submissions ask the same.
    Forgotten with every entry that could change an answer. `numbers`: (project, form key, version) -> numbers
    of form and version; `met`: (uid, name) of a person -> the earliest moment noted."""

    is_on: bool = False
    numbers: dict[tuple[str, str, str], tuple[int, int] | None] = field(default_factory=dict)
    met: dict[tuple[object, object], str] = field(default_factory=dict)

    def forget(self) -> None:
        self.numbers.clear()
        self.met.clear()


@dataclass(frozen=True, slots=True)
class Context:
    """`reader_of` gives the reader of a form version's instances; `say` appends an entry of this hub
    (kind, subject, body, supersedes) in the same transaction."""

    blobs: BlobStore
    reader_of: Callable[[Connection, FormVersion], InstanceReader]
    say: Callable[[Connection, str, str, Mapping[str, Any], Sequence[str]], object]
    memo: Memo = field(default_factory=Memo)
