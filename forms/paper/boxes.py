"""What a page is made of. Lengths in points; inside a row, y runs down from its top.

A block is rows that belong together: it is torn between pages only when no page could hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from forms.paper.typeface import Piece
from forms.paper.typesetting import Line, set_lines


@dataclass(frozen=True, slots=True)
class Ink:
    """A line of text; y: its base line."""

    x: float
    y: float
    line: Line


@dataclass(frozen=True, slots=True)
class Frame:
    """An empty box to tick or to write in. `round`: a circle of diameter `width`."""

    x: float
    y: float
    width: float
    height: float
    round: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line to write on, or under a heading when `heavy`."""

    x: float
    y: float
    width: float
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Shade:
    """A light grey ground."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Fill:
    """A ground of one tone: of a bar, of a square on a map. red, green, blue: 0…1."""

    x: float
    y: float
    width: float
    height: float
    tone: tuple[float, float, float]


Mark = Ink | Frame | Rule | Shade | Fill


@dataclass(frozen=True, slots=True)
class Row:
    height: float
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """head: never the last thing on a page. repeated: rows that stand again at the head of each further page of it.
    together: how many of its first rows are not torn apart, where the others may be; 0: all, as above."""

    rows: tuple[Row, ...]
    head: bool = False
    repeated: tuple[Row, ...] = ()
    together: int = 0

    @property
    def height(self) -> float:
        return sum(row.height for row in self.rows)


@dataclass(frozen=True, slots=True)
class Type:
    """size: in points. lead: extra height of a line, as a share of what its letters need."""

    size: float
    lead: float = 0.14


def moved(mark: Mark, x: float, y: float) -> Mark:
    return replace(mark, x=mark.x + x, y=mark.y + y)


def gap(height: float) -> Row:
    return Row(height)


def paragraph(pieces: Sequence[Piece], type_: Type, x: float, width: float) -> list[Row]:
    """One row a line."""
    return [row_of(line, type_, x) for line in set_lines(pieces, type_.size, width)]


def row_of(line: Line, type_: Type, x: float = 0) -> Row:
    extra = line.height * type_.lead
    return Row(line.height + extra, (Ink(x, line.ascent + extra / 2, line),))


def beside(columns: Sequence[Sequence[Row]]) -> Row:
    """Rows of several columns as one row, all from the top."""
    marks: list[Mark] = []
    for column in columns:
        y = 0.0
        for row in column:
            marks += (moved(mark, 0, y) for mark in row.marks)
            y += row.height
    return Row(max((height(column) for column in columns), default=0.0), tuple(marks))


def height(rows: Iterable[Row]) -> float:
    return sum(row.height for row in rows)
