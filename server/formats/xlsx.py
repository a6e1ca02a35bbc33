"""An Excel workbook: a sheet for the submissions and one for each repeat, a codebook, and what the export says of
itself. Written by hand and streamed: general libraries take a minute for what takes seconds here.

What Excel cannot hold is told and goes elsewhere whole: a text longer than a cell into the sheet "Long texts", rows
beyond a sheet's into "name (2)", columns beyond a sheet's into "name, columns 2". What would change as a number,
a date or a time stays text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.exports.zip_stream import ZipStream
from server.extracts.sheets import Batch, Column, Extract, Role, Sheet
from server.formats import Part, Work
from server.formats import xlsx_package as package
from server.formats.xlsx_about import CODEBOOK, EXPORT, Codebook, Homes, about
from server.formats.xlsx_cells import Shared, letters_of
from server.formats.xlsx_long import CELL_LIMIT, LONG_TEXTS, LongTexts
from server.formats.xlsx_names import SheetNames
from server.formats.xlsx_package import Page
from server.formats.xlsx_sheet import (
    COLUMNS_LIMIT,
    ROWS_LIMIT,
    Feed,
    Link,
    Rows,
    Written,
    beginning,
    ending,
    widths,
    wrapped_row,
)

MADE_AT = datetime(1980, 1, 1, tzinfo=UTC)  # of every file in the zip: the same rows are the same bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sheet takes; smaller in tests."""

    rows: int = ROWS_LIMIT
    columns: int = COLUMNS_LIMIT
    text: int = CELL_LIMIT


def write(extract: Extract, work: Work, limits: Limits | None = None) -> Iterator[Part]:
    yield Part("", _Workbook(extract, work, limits or Limits()).pieces())


@dataclass(frozen=True, slots=True)
class _Portion:
    """As many columns of a sheet as a worksheet takes, by their places. first: whether it is the first one."""

    sheet: Sheet
    places: tuple[int, ...]
    first: bool

    @property
    def columns(self) -> list[Column]:
        return [self.sheet.columns[place] for place in self.places]

    def of(self, batch: Batch) -> Batch:
        return Batch([batch.columns[place] for place in self.places], batch.versions)


def _portions(sheet: Sheet, limit: int) -> list[_Portion]:
    """All columns, or else so many, and the others with the key of their row before them."""
    every = range(len(sheet.columns))
    keys = tuple(place for place in every if sheet.columns[place].role is Role.KEY)
    others = [place for place in every[limit:] if place not in keys]
    step = limit - len(keys)
    further = [(*keys, *others[first : first + step]) for first in range(0, len(others), step)]
    places = [tuple(every[:limit]), *further]
    return [_Portion(sheet, some, number == 0) for number, some in enumerate(places)]


@dataclass(slots=True)
class _Workbook:
    extract: Extract
    work: Work
    limits: Limits
    zip: ZipStream = field(default_factory=lambda: ZipStream(MADE_AT))
    names: SheetNames = field(default_factory=lambda: SheetNames((CODEBOOK, EXPORT, LONG_TEXTS)))
    shared: Shared = field(default_factory=Shared)
    pages: list[Page] = field(default_factory=list)
    homes: Homes = field(default_factory=dict)

    def pieces(self) -> Iterator[bytes]:
        yield from self._file("_rels/.rels", [package.package_relations()])
        yield from self._properties()
        yield from self._file("xl/styles.xml", [package.styles()])
        names = [self._named(sheet) for sheet in self.extract.sheets]
        with LongTexts(self.work.folder, self.work.options.language, self.limits.text) as long:
            for sheet, name in zip(self.extract.sheets, names, strict=True):
                yield from self._sheet(sheet, name, long)
            if long.written.row:
                yield from self._page(long.written, long.xml())
        yield from self._about()
        yield from self._file("xl/sharedStrings.xml", package.shared_strings(self.shared))
        yield from self._file("xl/workbook.xml", [package.workbook(self.pages)])
        yield from self._file("xl/_rels/workbook.xml.rels", [package.workbook_relations(self.pages)])
        yield from self._file("[Content_Types].xml", [package.content_types(self.pages)])
        yield from self.zip.finish()

    def _properties(self) -> Iterator[bytes]:
        imprint = self.work.imprint
        lines = imprint.lines()
        said = "\n".join(f"{name}: {value}" for name, value in lines.items())
        core = package.core_properties(self.extract.title, imprint.by, said, imprint.made_at)
        yield from self._file("docProps/core.xml", [core])
        yield from self._file("docProps/app.xml", [package.app_properties()])
        yield from self._file("docProps/custom.xml", [package.custom_properties(lines)])

    def _named(self, sheet: Sheet) -> str:
        name = self.names.take(sheet.name)
        if name != sheet.name:
            self.work.losses.add("sheet.renamed", sheet.name, name)
        return name

    def _sheet(self, sheet: Sheet, name: str, long: LongTexts) -> Iterator[bytes]:
        portions = _portions(sheet, self.limits.columns)
        self.work.losses.add("sheet.widened", sheet.name, count=len(portions) - 1)
        for number, portion in enumerate(portions, 1):
            base = name if portion.first else self.names.take(name, f", columns {number}")
            yield from self._portion(portion, base, long)

    def _portion(self, portion: _Portion, base: str, long: LongTexts) -> Iterator[bytes]:
        """One worksheet, and further ones as long as rows are left."""
        feed, name, times = Feed(self.extract.batches(portion.sheet)), base, 1
        rows = Rows(portion.columns, self.shared, wall_times=self.work.options.times == "cambodia")
        self._settle(portion, name)
        while True:
            page = Written(name, len(portion.places), 1, portion.sheet.name)
            yield from self._page(page, self._rows(portion, rows, feed, page, long))
            if not feed:
                break
            times += 1
            name = self.names.take(base, f" ({times})")
        self.work.losses.add("sheet.continued", portion.sheet.name, count=times - 1)
        for column, odd in zip(portion.columns, rows.odd, strict=True):
            self.work.losses.add("value.kept_as_text", portion.sheet.name, column.name, odd)

    def _settle(self, portion: _Portion, name: str) -> None:
        """Where each column is found; a key that is repeated, where it is found first."""
        for place, column in enumerate(portion.columns):
            link = Link("", name, f"{letters_of(place)}1")
            self.homes.setdefault((portion.sheet.path, column.name), link)

    def _rows(
        self, portion: _Portion, rows: Rows, feed: Feed, page: Written, long: LongTexts
    ) -> Iterator[str]:
        headers = [column.name for column in portion.columns]
        wide = widths(portion.columns, portion.of(feed.next) if feed.next else None)
        yield beginning(wide, shown=not self.pages) + wrapped_row(1, headers, wide, "header")
        for batch in feed.take(self.limits.rows - 1):
            cells = portion.of(batch).columns
            if long.needed(cells):
                cells = long.spare(cells, headers, _keys(portion.sheet, batch), page, self.work.losses)
            yield rows.xml(cells, page.row + 1)
            page.row += len(batch)
            if portion.first:
                self.work.count(portion.sheet.name, len(batch))
        yield ending(page)

    def _about(self) -> Iterator[bytes]:
        """Last, since only now all losses are known."""
        codebook = Codebook(self.extract, self.work.options.language, self.homes)
        yield from self._page(codebook.written, codebook.xml())
        export = Written(EXPORT)
        yield from self._page(export, about(self.work, self.extract))

    def _page(self, written: Written, xml: Iterable[str | bytes]) -> Iterator[bytes]:
        """A worksheet; how many rows it has is known when it is written."""
        yield from self._file(f"xl/worksheets/sheet{len(self.pages) + 1}.xml", xml)
        self.pages.append(Page(written.name, written.columns, written.row))

    def _file(self, name: str, xml: Iterable[str | bytes]) -> Iterator[bytes]:
        pieces = (piece.encode() if isinstance(piece, str) else piece for piece in xml)
        return self.zip.file(name, pieces)


def _keys(sheet: Sheet, batch: Batch) -> list[str]:
    """The key of each row, "" where a row has none."""
    places = [place for place, column in enumerate(sheet.columns) if column.role is Role.KEY]
    return [key or "" for key in batch.columns[places[0]]] if places else [""] * len(batch)
