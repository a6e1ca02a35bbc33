"""Texts that are longer than a cell of Excel: whole in a sheet of their own, with a pointer where they belong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

from i18n import mark, translate
from server.extracts.losses import Losses
from server.extracts.sheets import Cell
from server.formats.xlsx_cells import letters_of, text_tail
from server.formats.xlsx_sheet import Link, Written, beginning, ending, wrapped_row

LONG_TEXTS = "Long texts"
CELL_LIMIT = 32_767  # characters, those beyond the basic plane counted twice
HEADERS = ("KEY", mark("Sheet"), mark("Column"), mark("Part"), mark("Text"))
WIDTHS = (42.0, 20.0, 24.0, 8.0, 100.0)
POINTER = mark("A text of {count} characters stands whole in the sheet “{sheet}”, row {row}.")
READ = 1 << 16


class LongTexts:
    """Collected in a file of its own while the sheets are written, and written after them."""

    def __init__(self, folder: Path, language: str, limit: int) -> None:
        self.written = Written(LONG_TEXTS, len(HEADERS))
        self._language, self._limit = language, limit
        self._rows = TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> LongTexts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()

    def needed(self, columns: Sequence[Sequence[Cell]]) -> bool:
        """Whether any of these texts may be too long: asked of all, so asked cheaply."""
        return any(max(map(len, filter(None, texts)), default=0) > self._limit // 2 for texts in columns)

    def spare(
        self, columns: Sequence[Sequence[Cell]], headers: Sequence[str], keys: Sequence[str], page: Written,
        losses: Losses,
    ) -> list[Sequence[Cell]]:  # fmt: skip
        """The columns with pointers in place of what no cell takes. page: on which they come after its last row."""
        spared: list[Sequence[Cell]] = []
        for place, (texts, header) in enumerate(zip(columns, headers, strict=True)):
            cells = list(texts)
            for number, text in enumerate(texts):
                if text and _width(text) > self._limit:
                    row = self._take((keys[number], page.name, header), text)
                    cells[number] = self._pointer(text, row)
                    cell = f"{letters_of(place)}{page.row + 1 + number}"
                    page.lead(Link(cell, LONG_TEXTS, f"A{row}"))
                    losses.add("text.in_own_sheet", page.sheet, header)
            spared.append(cells)
        return spared

    def xml(self) -> Iterator[str | bytes]:
        yield beginning(WIDTHS)
        headers = [translate(header, self._language) for header in HEADERS]
        yield wrapped_row(1, headers, WIDTHS, "header")
        self._rows.seek(0)
        yield from iter(lambda: self._rows.read(READ), b"")
        yield ending(self.written)

    def _take(self, where: tuple[str, str, str], text: str) -> int:
        """Keeps the text in as many parts as it needs; the number of the first one's row."""
        first = self.written.row = max(self.written.row, 1) + 1
        step = self._limit if max(text) <= "\uffff" else self._limit // 2
        parts = [text[start : start + step] for start in range(0, len(text), step)]
        for row, part in enumerate(parts, first):
            cells = (*where, str(row - first + 1), part)
            made = (f'<c r="{"ABCDE"[n]}{row}{text_tail(cell)}' for n, cell in enumerate(cells) if cell)
            self._rows.write(f'<row r="{row}">{"".join(made)}</row>'.encode())
        self.written.row = first + len(parts) - 1
        return first

    def _pointer(self, text: str, row: int) -> str:
        return translate(POINTER, self._language, count=f"{len(text):,}", sheet=LONG_TEXTS, row=row)


def _width(text: str) -> int:
    """As Excel counts: in units of UTF-16."""
    return len(text) + sum(sign > "\uffff" for sign in text)
