"""Sheets as tables of a database: names, column types, keys, and what the views say. Pure: no hub, no SQL."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from server.consultation.names import in_order
from server.extracts.sheets import Cell, Column, Kind, Labels, Role, Sheet

KEY, PARENT, VERSION = "KEY", "PARENT_KEY", "VersionNumber"
TYPES = {Kind.INTEGER: "INTEGER", Kind.FLAG: "INTEGER", Kind.DECIMAL: "REAL"}
POINT = ("Latitude", "Longitude", "Altitude", "Accuracy")
LONG = 15  # figures that SQLite keeps of a number, whatever its size
NUMBER = re.compile(r"\s*[-+]?([0-9.]+)(?:[eE][-+]?[0-9]+)?\s*")
MOST = 1990  # columns; SQLite takes 2,000
TITLE = 80  # characters of a question that head a column of a view
CHOOSING = (Kind.CHOICE, Kind.CHOICES, Kind.RANK)


@dataclass(frozen=True, slots=True)
class Place:
    """One column of a table. type: TEXT, INTEGER or REAL. source: place of its cells in a batch of the sheet.
    part: which of the four numbers of a point it holds; None for whole cells. open: whether people answered freely,
    so that words are looked for in it."""

    name: str
    type: str
    source: int
    column: Column
    part: int | None = None
    open: bool = False

    @property
    def is_labelled(self) -> bool:
        return self.column.kind in CHOOSING and bool(self.column.values)


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table. parent: name of the table that PARENT_KEY leads to, None when there is none or it differs between
    versions. places: KEY, PARENT_KEY of a repeat, then provenance, then answers, each version's new ones last."""

    name: str
    path: str
    places: tuple[Place, ...]
    parent: str | None = None
    labels: Labels = field(default_factory=dict, hash=False)
    left_out: tuple[Column, ...] = ()  # what no table of SQLite has room for

    @property
    def is_root(self) -> bool:
        return self.path == ""

    @property
    def key(self) -> str | None:
        """Name of the column of keys; a profile may leave it out."""
        return self._named(Role.KEY)

    @property
    def parent_key(self) -> str | None:
        return self._named(Role.PARENT)

    def _named(self, role: Role) -> str | None:
        return next((place.name for place in self.places if place.column.role is role), None)

    @property
    def keys(self) -> int:
        """How many places stand before the version's number."""
        return sum(place.column.role in (Role.KEY, Role.PARENT) for place in self.places)

    @property
    def types(self) -> dict[str, str]:
        """Of all columns, in their order. The last come from the newest versions, so that nothing has to move."""
        types = [(place.name, place.type) for place in self.places]
        return dict([*types[: self.keys], (VERSION, "INTEGER"), *types[self.keys :]])

    @property
    def open(self) -> list[Place]:
        return [place for place in self.places if place.open]

    @property
    def search(self) -> str:
        """The index in which words are looked for, beside the root."""
        return f"{self.name}_search"

    def view(self, language: str) -> str:
        return f"{self.name}_{language}"

    def titles(self, language: str) -> list[str]:
        """What heads each place in the view of a language: what was asked, where something was. Questions that say
        the same, or what another column is called, have their name behind it."""
        said = [_title(place, language) or place.name for place in self.places]
        totals = Counter(title.casefold() for title in said)
        return in_order(
            [
                title if totals[title.casefold()] == 1 or title == place.name else f"{title} ({place.name})"
                for title, place in zip(said, self.places, strict=True)
            ]
        )


def _title(place: Place, language: str) -> str:
    """ "" where nothing was asked; keys have their name in every language, since tables are joined by it."""
    words = " ".join(place.column.labels.get(language, "").split())
    if not words or place.column.role in (Role.KEY, Role.PARENT):
        return ""
    words = words if len(words) <= TITLE else f"{words[:TITLE]}…"
    return words if place.part is None else f"{words} ({POINT[place.part]})"


def plan_table(
    sheet: Sheet,
    name: str,
    *,
    parent: str | None = None,
    order: Sequence[str] | None = None,
    open_paths: frozenset[str] = frozenset(),
    split_points: bool = True,
    leave_out: Collection[str] = (),
) -> TablePlan:
    """order: paths of the answers, oldest first; None: as the sheet has them. leave_out: names of columns that are
    no answers."""
    numbers = _ordered(sheet, order) if order is not None else list(range(len(sheet.columns)))
    numbers = [n for n in numbers if sheet.columns[n].path or sheet.columns[n].name not in leave_out]
    held = [p for n in numbers for p in _places(sheet.columns[n], n, open_paths, split_points)]
    held.sort(key=lambda p: {Role.KEY: 0, Role.PARENT: 1}.get(p.column.role, 2))
    held, rest = held[:MOST], held[MOST:]
    names = in_order([p.name for p in held], [VERSION])
    places = tuple(
        Place(given, p.type, p.source, p.column, p.part, p.open) for given, p in zip(names, held, strict=True)
    )
    return TablePlan(name, sheet.path, places, parent, sheet.labels, tuple(p.column for p in rest))


def _ordered(sheet: Sheet, order: Sequence[str]) -> list[int]:
    """Places in the sheet: what is not an answer, then the answers in the order of `order`."""
    answers = {column.path: n for n, column in enumerate(sheet.columns) if column.path}
    rest = [n for n, column in enumerate(sheet.columns) if not column.path]
    return [*rest, *(answers[path] for path in order if path in answers)]


def _places(column: Column, source: int, open_paths: frozenset[str], split: bool) -> Iterator[Place]:
    is_open = column.kind is Kind.TEXT and column.path in open_paths and column.role is Role.ANSWER
    yield Place(column.name, TYPES.get(column.kind, "TEXT"), source, column, None, is_open)
    if split and column.kind is Kind.POINT:
        for number, name in enumerate(POINT):
            yield Place(f"{column.name}-{name}", "REAL", source, column, number)


def cells_of(place: Place, columns: Sequence[Sequence[Cell]]) -> Sequence[Cell | bytes]:
    """The cells of one place out of a batch. SQLite makes numbers of them where they are numbers; one with more
    figures than it keeps stands as the bytes of its text, since a text would be rounded too."""
    cells = columns[place.source]
    if place.part is not None:
        return [
            None if cell is None else [*cell.split(), None, None, None, None][place.part] for cell in cells
        ]
    if place.type == "TEXT" or max(map(len, filter(None, cells)), default=0) <= LONG:
        return cells
    return [cell.encode() if cell and _is_too_long(cell, place.type) else cell for cell in cells]


def _is_too_long(cell: str, type: str) -> bool:
    """Of a fraction the 17 figures of a binary one are no loss, so that calculated ones stay numbers."""
    number = NUMBER.fullmatch(cell)
    return number is not None and len(number[1].replace(".", "").lstrip("0")) > (
        18 if type == "INTEGER" else 17
    )
