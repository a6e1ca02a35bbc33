"""The shape of an extract: sheets with columns, read in batches column by column."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from server.exports.rows import Media

Cell = str | None
"""Text as it was answered or as a stage left it. None: nothing was answered (blank and absent are one here)."""
ROWS = 200  # in a batch, at most: long enough to work by columns, short enough for a processor's cache. With 1,000
# rows of 70 columns every column has to be fetched from memory again, and an export takes half as long again.
LANGUAGES = ("km", "en")


class Kind(StrEnum):
    """What the cells of a column are, when they are sound; bad ones stay text, and a typed format tells of them.

    DATE "2026-11-23"; DATETIME ISO 8601 with offset; TIME "08:15:00.000+07:00"; CHOICE one code; CHOICES codes
    with blanks between; RANK the same, in order; FLAG "1" or "0"; FILE a file's name; POINT "lat lon alt accuracy";
    LINE, AREA points with ";" between (ODK).
    """

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    CHOICE = "choice"
    CHOICES = "choices"
    RANK = "rank"
    FLAG = "flag"
    FILE = "file"
    POINT = "point"
    LINE = "line"
    AREA = "area"


class Role(StrEnum):
    """What a column is for. ANSWER: a question, calculation or metadata of the form. KEY, PARENT: of a row and of
    the row that it belongs to ("" of none). PROVENANCE: where the row comes from. PROVINCE: the provenance column
    by which an extract is divided. ORIGINAL: an answer as it was recorded, beside one that was converted."""

    ANSWER = "answer"
    KEY = "key"
    PARENT = "parent"
    PROVENANCE = "provenance"
    PROVINCE = "province"
    ORIGINAL = "original"


Labels = Mapping[str, str]
"""{"km": …, "en": …}: by the code of the language; languages in which nothing is said are left out."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet.

    name: its header, unique in the sheet. path: of the question, "" for provenance and keys. labels: what the
    question says. values: of choices, code -> labels in the form's order, the newest version's words winning;
    values_by_version: version number -> the same, where a version said otherwise. sensitivity: a level of
    forms/sensitivity.py; tagged: whether the question itself says it, not its group or form. table: path of the
    repeat that the question is in, "" for the root. note: codes of what a stage did to the column, for the codebook
    ("pseudonym", "month", …). reads, preload, consent: as forms/traits.py tells them.
    """

    name: str
    kind: Kind
    path: str = ""
    labels: Labels = field(default_factory=dict)
    values: Mapping[str, Labels] = field(default_factory=dict)
    values_by_version: Mapping[int, Mapping[str, Labels]] = field(default_factory=dict)
    sensitivity: str = "internal"
    role: Role = Role.ANSWER
    table: str = ""
    note: tuple[str, ...] = ()
    tagged: bool = False
    reads: Collection[str] = ()
    preload: str = ""
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The root of a form (path "", parent None) or one repeat (parent: path of the enclosing one)."""

    path: str
    name: str
    parent: str | None
    columns: tuple[Column, ...]
    labels: Labels = field(default_factory=dict)

    def place(self, role: Role) -> int:
        """The place of the column of this role. Raises LookupError when there is none."""
        return next(n for n, column in enumerate(self.columns) if column.role is role)


@dataclass(slots=True)
class Batch:
    """Some rows of a sheet: one sequence a column, all as long as `versions`, the number of the form version that
    each row's answers follow. Never empty."""

    columns: list[Sequence[Cell]]
    versions: Sequence[int]

    def __len__(self) -> int:
        return len(self.versions)


class Extract(Protocol):
    """Every method may be called more than once, and all go over one and the same state, rows of a sheet in the
    same order: newest submission first, repeats in document order."""

    @property
    def form_id(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def versions(self) -> Mapping[int, str]:
        """number -> name of every form version that rows follow, oldest first."""

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """The root first, then repeats in form order."""

    def batches(self, sheet: Sheet) -> Iterator[Batch]: ...

    def media(self) -> Iterator[Media]:
        """The files that the rows name and that have arrived."""
