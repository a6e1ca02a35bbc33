"""Blocks → pages: where each one goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from forms.paper.boxes import Block, Mark, Row, height, moved

SIZES = {"A4": (595.28, 841.89), "A5": (419.53, 595.28), "Letter": (612.0, 792.0)}  # points


@dataclass(frozen=True)
class Frame:
    """The paper, and the part of it that text fills. From the top left, in points."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def measure(self) -> float:
        return self.width - self.left - self.right

    @property
    def room(self) -> float:
        return self.height - self.top - self.bottom


@dataclass
class Page:
    """marks: where they stand on the paper, y down from its upper edge."""

    marks: list[Mark] = field(default_factory=list)
    used: float = 0.0


def paginate(blocks: Iterable[Block], frame: Frame) -> list[Page]:
    """Fill pages in order. A block goes whole onto a page if any page can hold it; a heading goes with what
    follows; a row that is itself too high for a page gets one of its own."""
    pages = [Page()]
    for block in _with_heads(blocks):
        needed = height(block.rows[: block.together]) if block.together else block.height
        if needed > frame.room - pages[-1].used and needed <= frame.room:
            _turn(pages)
        for row in block.rows:
            if row.height > frame.room - pages[-1].used:
                _turn(pages)
                for again in block.repeated:
                    _place(pages[-1], again, frame)
            _place(pages[-1], row, frame)
    return pages


def _turn(pages: list[Page]) -> None:
    if pages[-1].used:
        pages.append(Page())


def _place(page: Page, row: Row, frame: Frame) -> None:
    if not row.marks and not page.used:
        return  # no gap at the head of a page
    page.marks += (moved(mark, frame.left, frame.top + page.used) for mark in row.marks)
    page.used += row.height


def _with_heads(blocks: Iterable[Block]) -> Iterator[Block]:
    rows: tuple[Row, ...] = ()
    for block in blocks:
        rows += block.rows
        if not block.head:
            together = block.together and len(rows) - len(block.rows) + block.together
            yield Block(rows, repeated=block.repeated, together=together)
            rows = ()
    if rows:
        yield Block(rows)
