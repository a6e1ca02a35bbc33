"""What folding needs besides the database: the blobs, and how instances of a form version are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Context:
    """`reader_of` gives the reader of a form version's instances; `say` appends an entry of this hub
    (kind, subject, body, supersedes) in the same transaction."""

    blobs: BlobStore
    reader_of: Callable[[Connection, FormVersion], InstanceReader]
    say: Callable[[Connection, str, str, Mapping[str, Any], Sequence[str]], object]
