"""One worksheet as XML, piece by piece: what stands before the rows, the rows, and what follows them.

Elements stand in the order of ECMA-376 part 1, 18.3.1.99 (worksheet).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from server.extracts.sheets import Batch, Cell, Column, Kind
from server.formats.xlsx_cells import Shared, Tails, attribute, cells, letters_of, styled, tails_of
from server.formats.xlsx_names import quoted
from server.formats.xlsx_package import DECLARATION, MAIN

ROWS_LIMIT, COLUMNS_LIMIT = 1_048_576, 16_384
LINKS_LIMIT = 65_530  # of Excel, in a sheet
# Points. Khmer OS at 10 points is 18.6 high; the subscripts of the next line must not touch.
ROW_HEIGHT, LINE_HEIGHT = 21, 19.5
MOST_LINES, HEADER_LINES = 15, 6  # a header that stays in sight must leave room; the codebook has it whole
NARROWEST, WIDEST = 9, 44  # characters of a column
SHOWN = {Kind.DATE: 10, Kind.DATETIME: 19, Kind.TIME: 8}  # characters, however they were recorded
LOOKED_AT = 200  # rows, to find how wide a column is
# Signs that stand above, below or before their letter, and letters below another: none takes width of its own.
NO_WIDTH = re.compile("\u17d2.|[\u17b4\u17b5\u17b7-\u17bd\u17c6\u17c9-\u17d3\u17dd\u200b-\u200d]")
KHMER = re.compile("[\u1780-\u17ff]")


@dataclass(frozen=True, slots=True)
class Link:
    """From a cell to a cell: place "A7", sheet and its cell."""

    place: str
    sheet: str
    cell: str


def width_of(text: str) -> float:
    """About how many digits wide the longest line of a text is."""
    lines = (NO_WIDTH.sub("", line) for line in text.split("\n"))
    return max(len(line) + 0.25 * len(KHMER.findall(line)) for line in lines)


def widths(columns: Sequence[Column], rows: Batch | None) -> list[float]:
    """Of each column: of its cells, and of its header on about three lines."""
    made = []
    for place, column in enumerate(columns):
        texts = list(islice(filter(None, rows.columns[place]), LOOKED_AT)) if rows else []
        answer = SHOWN.get(column.kind) or max(map(width_of, texts), default=0)
        made.append(min(max(round(max(answer, width_of(column.name) / 2.5) + 3, 1), NARROWEST), WIDEST))
    return made


def height_of(texts: Iterable[Cell], columns: Sequence[float], most: int = MOST_LINES) -> float:
    """Of a row whose cells are wrapped, in points."""
    lines = max(
        (
            sum(1 + int(width_of(line) // (width - 2)) for line in text.split("\n"))
            for text, width in zip(texts, columns, strict=False)
            if text
        ),
        default=1,
    )
    return min(lines, most) * LINE_HEIGHT + 4


def beginning(columns: Sequence[float], *, frozen: bool = True, shown: bool = False) -> str:
    """frozen: the first row stays in sight. shown: this is the sheet with which the workbook opens."""
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>'
    listed = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(columns, 1)
    )
    return (
        f'{DECLARATION}<worksheet xmlns="{MAIN}"><sheetViews><sheetView{_SHOWN if shown else ""} workbookViewId="0">'
        f"{pane if frozen else ''}</sheetView></sheetViews>"
        f'<sheetFormatPr defaultRowHeight="{ROW_HEIGHT}" customHeight="1"/><cols>{listed}</cols><sheetData>'
    )


_SHOWN = ' tabSelected="1"'


def wrapped_row(
    number: int, texts: Sequence[Cell], columns: Sequence[float], style: str | Sequence[str]
) -> str:
    """A row as high as its texts ask for. style: of all cells, or of each."""
    named = [style] * len(texts) if isinstance(style, str) else style
    made = "".join(
        f'<c r="{letters_of(place)}{number}{styled(text, one)}'
        for place, (text, one) in enumerate(zip(texts, named, strict=True))
        if text
    )
    height = height_of(texts, columns, HEADER_LINES if style == "header" else MOST_LINES)
    return f'<row r="{number}" ht="{height:g}" customHeight="1">{made}</row>'


@dataclass(slots=True)
class Written:
    """A worksheet while it is written. columns, row: of its table, the last row so far; 0: it has no table.
    sheet: name of the extract's sheet that it shows."""

    name: str
    columns: int = 0
    row: int = 0
    sheet: str = ""
    links: list[Link] = field(default_factory=list)

    @property
    def area(self) -> str:
        return f"A1:{letters_of(self.columns - 1)}{self.row}"

    def lead(self, link: Link) -> None:
        """A link more, as long as Excel takes it."""
        if len(self.links) < LINKS_LIMIT:
            self.links.append(link)


def ending(page: Written) -> str:
    """With the filter of its table; and Excel need not say of each code that it looks like a number."""
    table = page.row > 0
    filtered = f'<autoFilter ref="{page.area}"/>' if table else ""
    ignored = (
        f'<ignoredErrors><ignoredError sqref="{page.area}" numberStoredAsText="1"/></ignoredErrors>'
        if table
        else ""
    )
    return (
        f"</sheetData>{filtered}{_hyperlinks(page.links)}"
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        f'<pageSetup paperSize="9" orientation="landscape"/>{ignored}</worksheet>'
    )


def _hyperlinks(links: Sequence[Link]) -> str:
    listed = "".join(
        f'<hyperlink ref="{link.place}" location="{attribute(quoted(link.sheet))}!{link.cell}"/>'
        for link in links
    )
    return f"<hyperlinks>{listed}</hyperlinks>" if listed else ""


class Rows:
    """Turns batches into rows. odd: of each column, how many cells stay text though the column has a type."""

    def __init__(self, columns: Sequence[Column], shared: Shared, *, wall_times: bool) -> None:
        self._letters = [letters_of(place) for place in range(len(columns))]
        self._tails: list[Tails] = [tails_of(column, shared, wall_times=wall_times) for column in columns]
        self.odd = [0] * len(columns)

    def xml(self, columns: Sequence[Sequence[Cell]], first: int) -> str:
        """first: number of the first of these rows in the sheet."""
        numbers = [str(number) for number in range(first, first + len(columns[0]))]
        made = [[f'<row r="{number}">' for number in numbers]]
        for place, (texts, tails) in enumerate(zip(columns, self._tails, strict=True)):
            column, odd = cells(self._letters[place], numbers, texts, tails)
            made.append(column)
            self.odd[place] += odd
        return "</row>".join(map("".join, zip(*made, strict=True))) + "</row>"


class Feed:
    """The batches of a sheet, taken in portions of so many rows. False: nothing is left."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self.next: Batch | None = next(batches, None)

    def __bool__(self) -> bool:
        return self.next is not None

    def take(self, rows: int) -> Iterator[Batch]:
        while rows > 0 and (batch := self.next) is not None:
            if len(batch) > rows:
                now, self.next = _part(batch, slice(0, rows)), _part(batch, slice(rows, None))
            else:
                now, self.next = batch, next(self._batches, None)
            rows -= len(now)
            yield now


def _part(batch: Batch, rows: slice) -> Batch:
    return Batch([texts[rows] for texts in batch.columns], batch.versions[rows])
