"""A report on A4, by the writer of forms on paper: Khmer that can be searched and copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from forms.paper.boxes import (
    Block as Box,
)  # fmt: skip
from forms.paper.boxes import (
    Fill,
    Ink,
    Mark,
    Row,
    Rule,
    Type,
    beside,
    gap,
    height,
    moved,
    paragraph,
)
from forms.paper.boxes import (
    Frame as Outline,
)
from forms.paper.limits import numeral
from forms.paper.pages import SIZES, Frame, Page, paginate
from forms.paper.pdf import write_pdf
from forms.paper.typeface import Piece
from forms.paper.typesetting import natural_width, shortened
from i18n import translate
from server.reports.blocks import (
    Bar,
    Block,
    Facts,
    Heading,
    Paragraph,
    Quote,
    Report,
    Said,
    Table,
    Tile,
    Tiles,
    voices,
)

SIDE, TOP, BOTTOM = 45.0, 46.0, 52.0  # margins, in points
HEADS = {1: Type(20), 2: Type(14), 3: Type(11.5)}
MAIN, SOFT, CELL, NAME = Type(9.5), Type(8.5), Type(8.5), Type(8)
BLUE, MARKED = (0.11, 0.26, 0.41), (0.71, 0.33, 0.04)
SHADES = (None, (0.89, 0.925, 0.96), (0.765, 0.84, 0.92), (0.615, 0.735, 0.86), (0.463, 0.635, 0.8))
BAR = 8.0  # how high a bar is
SPACE = 6.0  # between columns
TILE = 38.0
TORN_FROM = 6  # rows of a table that may go on on the next page
RUNNING_LIMIT = 24.0  # points: a tower of marks in a title stays out of the foot of the pages


def as_pdf(report: Report) -> bytes:
    """The same report gives the same bytes."""
    width, tall = SIZES["A4"]
    frame = Frame(width, tall, SIDE, TOP, SIDE, BOTTOM)
    pages: list[Page] = []
    for part in _parts(report.blocks):
        pages += paginate(_boxes(part, report.languages, frame.measure), frame)
    for number, page in enumerate(pages, 1):
        page.marks += _running(report, frame, number, len(pages))
    title = " · ".join(text for _, text in voices(report.title, report.languages))
    return write_pdf(pages, width, tall, title, report.languages[0])


def _parts(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """What begins on a new page."""
    part: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading) and block.new_page and part:
            yield part
            part = []
        part.append(block)
    yield part


def _boxes(blocks: Sequence[Block], languages: Sequence[str], measure: float) -> Iterator[Box]:
    for block in blocks:
        yield from _box(block, languages, measure)


def _box(block: Block, languages: Sequence[str], measure: float) -> Iterator[Box]:
    match block:
        case Heading():
            yield _heading(block, languages, measure)
        case Paragraph():
            yield Box((*_beside(block.said, languages, measure, SOFT if block.soft else MAIN), gap(4)))
        case Facts():
            for row in block.rows:
                yield Box(tuple(_fact(row, languages, measure)))
            yield Box((gap(8),))
        case Table():
            yield _table(block, languages, measure)
        case Tiles():
            yield _tiles(block, languages, measure)
        case Quote():
            yield _quote(block, languages, measure)
        case _:
            assert_never(block)


def _heading(heading: Heading, languages: Sequence[str], measure: float) -> Box:
    rows = [gap({1: 40.0, 2: 16.0, 3: 10.0}[heading.level])]
    for number, (_, text) in enumerate(voices(heading.said, languages)):
        type_ = HEADS[heading.level]
        pieces = [Piece(text, bold=not number, grey=bool(number))]
        rows += paragraph(pieces, replace(type_, size=type_.size * 0.8) if number else type_, 0, measure)
    if heading.level == 2:
        rows.append(Row(6, (Rule(0, 2, measure, heavy=True),)))
    return Box(tuple(rows), head=True)


def _beside(said: Said, languages: Sequence[str], measure: float, type_: Type, left: float = 0) -> list[Row]:
    """Languages side by side."""
    told = voices(said, languages)
    width = (measure - (len(told) - 1) * 2 * SPACE) / max(len(told), 1)
    columns = [
        paragraph([Piece(text, grey=type_ is SOFT)], type_, left + n * (width + 2 * SPACE), width)
        for n, (_, text) in enumerate(told)
    ]
    return [beside(columns)] if columns else []


def _fact(row: tuple[Said, Said], languages: Sequence[str], measure: float) -> Iterator[Row]:
    half = measure * 0.38
    yield Row(3, (Rule(0, 0, measure),))
    yield beside(
        [
            _stack(row[0], languages, MAIN, 0, half - SPACE),
            _stack(row[1], languages, MAIN, half, measure - half),
        ]
    )
    yield gap(2)


def _stack(
    said: Said,
    languages: Sequence[str],
    type_: Type,
    x: float,
    width: float,
    *,
    bold: bool = False,
    right: bool = False,
) -> list[Row]:
    """Languages one under the other."""
    rows: list[Row] = []
    for number, (_, text) in enumerate(voices(said, languages)):
        for row in paragraph([Piece(text, bold=bold, grey=bool(number))], type_, x, width):
            rows.append(_to_the_right(row, width) if right else row)
    return rows


def _to_the_right(row: Row, width: float) -> Row:
    marks = (moved(m, width - m.line.width, 0) if isinstance(m, Ink) else m for m in row.marks)
    return Row(row.height, tuple(marks))


def _table(table: Table, languages: Sequence[str], measure: float) -> Box:
    columns = list(_columns(table, measure))
    rows = [gap(8), *_stack(table.caption, languages, MAIN, 0, measure, bold=True), gap(2)]
    heads: list[Row] = []
    if table.heads:
        heads = [_row(table.heads, columns, languages, bold=True)]
    body = [
        _ruled(
            _row(row, columns, languages, bold=n >= len(table.rows) - table.sums),
            measure,
            n >= len(table.rows) - table.sums,
        )
        for n, row in enumerate(table.rows)
    ]
    note = _beside(table.note, languages, measure, SOFT)
    if len(body) >= TORN_FROM:  # no sum alone on a page
        body[-3:] = [_joined(body[-3:])]
    together = len(rows) + len(heads) + TORN_FROM // 2 if len(body) >= TORN_FROM else 0
    return Box((*rows, *heads, *body, *note, gap(6)), repeated=tuple(heads), together=together)


def _joined(rows: Sequence[Row]) -> Row:
    marks: list[Mark] = []
    for n, row in enumerate(rows):
        marks += (moved(mark, 0, height(rows[:n])) for mark in row.marks)
    return Row(height(rows), tuple(marks))


def _columns(table: Table, measure: float) -> Iterator[tuple[float, float]]:
    """(x, width) of each."""
    row = table.rows[0] if table.rows else table.heads
    shares = [1.0] * len(row)
    if any(isinstance(cell, Bar) for cell in row):
        shares = [3.2, 2.2, *([0.95] * (len(row) - 2))]
    elif len(row) > 1:
        shares[0] = 2.0
    x, whole = 0.0, sum(shares)
    for share in shares:
        yield x, measure * share / whole - SPACE
        x += measure * share / whole


def _row(
    cells: Sequence[Said | Bar],
    columns: Sequence[tuple[float, float]],
    languages: Sequence[str],
    *,
    bold: bool,
) -> Row:
    found = [
        [_bar(cell, x, width)]
        if isinstance(cell, Bar)
        else _stack(cell, languages, CELL, x, width, bold=bold, right=n > 0)
        for n, (cell, (x, width)) in enumerate(zip(cells, columns, strict=True))
    ]
    return beside(found)


def _ruled(row: Row, measure: float, heavy: bool) -> Row:
    marks = tuple(moved(mark, 0, 3) for mark in row.marks)
    return Row(row.height + 4, (Rule(0, 1, measure, heavy=heavy), *marks))


def _bar(bar: Bar, x: float, width: float) -> Row:
    """Nothing of a hidden number is drawn."""
    marks: list[Mark] = []
    if bar.share is not None:
        marks.append(Fill(x, 3, width * bar.share, BAR, BLUE))
    if bar.goal is not None:
        marks.append(Fill(x + max(width * bar.goal - 1.2, 0), 1, 1.2, BAR + 4, MARKED))
    return Row(BAR + 6, tuple(marks))


def _tiles(tiles: Tiles, languages: Sequence[str], measure: float) -> Box:
    columns = 1 + max(one.column for one in tiles.tiles)
    rows = 1 + max(one.row for one in tiles.tiles)
    width = measure / columns
    marks = [
        moved(m, one.column * width, one.row * TILE)
        for one in tiles.tiles
        for m in _tile(one, languages, width)
    ]
    return Box(
        (
            *_stack(tiles.title, languages, MAIN, 0, measure, bold=True),
            gap(4),
            Row(rows * TILE + 6, tuple(marks)),
        )
    )


def _tile(tile: Tile, languages: Sequence[str], width: float) -> Iterator[Mark]:
    tone = SHADES[tile.shade]
    if tone:
        yield Fill(1, 1, width - 2, TILE - 2, tone)
    yield Outline(1, 1, width - 2, TILE - 2)
    y = 2.0
    for text, bold in (
        (voices(tile.name, languages)[0][1], False),
        (voices(tile.said, languages)[0][1], True),
    ):
        line = shortened([Piece(text, bold=bold)], NAME.size, width - 6)
        if line is not None:
            yield Ink((width - line.width) / 2, y + line.ascent, line)
            y += line.height + 2


def _quote(quote: Quote, languages: Sequence[str], measure: float) -> Box:
    rows = [*paragraph([Piece(quote.text)], MAIN, 12, measure - 12)]
    rows += _stack(quote.source, languages, SOFT, 12, measure - 12)
    rows[0] = Row(rows[0].height, (*rows[0].marks, Fill(0, 0, 3, height(rows), BLUE)))
    return Box((*rows, gap(8)))


def _running(report: Report, frame: Frame, number: int, count: int) -> Iterator[Mark]:
    """At the foot of every page: of what it is, and which."""
    right, foot = frame.width - frame.right, frame.height - frame.bottom + 14
    yield Rule(frame.left, foot - 4, frame.measure)
    said = " · ".join(
        translate(
            "Page {n} of {count}", lang, n=_digits(report, number, lang), count=_digits(report, count, lang)
        )
        for lang in report.languages
    )
    taken = natural_width([Piece(said)], SOFT.size)
    for row in paragraph([Piece(said, grey=True)], SOFT, right - taken, taken + 1)[:1]:
        yield from (moved(m, 0, foot) for m in row.marks)
    title = voices(report.title, report.languages)[0][1]
    line = shortened([Piece(f"{report.export} · {title}", grey=True)], SOFT.size, frame.measure - taken - 20)
    if line is not None and line.height < RUNNING_LIMIT:
        yield Ink(frame.left, foot + line.ascent, line)


def _digits(report: Report, number: int, lang: str) -> str:
    return numeral(number, lang) if report.khmer_digits else str(number)
