"""The XML of one sheet: where each cell lies in its bytes, and putting others in their place.

Offsets are the parser's own, so that what is not changed is not written anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

from forms.errors import FormFault

Place = tuple[int, int]  # (row, column), both from 1
ENTITIES = {"\r": "&#13;"}  # a reader of XML would make it a line feed
# Characters that no XML 1.0 may hold, in whatever spelling.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TEXTS = ("v", "t")


@dataclass(slots=True)
class CellXml:
    """One `<c>`. `text` is what it holds, an index when `kind` is "s"; `start`, `end` in bytes."""

    start: int
    kind: str
    style: str
    end: int = 0
    text: str = ""
    formula: bool = False


@dataclass(slots=True)
class RowXml:
    """One `<row>`. `inside`: where its start tag ends; `end`: where its end tag begins, or None for `<row/>`."""

    start: int
    style: str
    inside: int = 0
    end: int | None = None


@dataclass
class SheetXml:
    """A sheet's bytes and the places of things in them. `prefix`: "x:" where names are written so.
    `borrowed`: styles for cells that are yet to be made."""

    data: bytes
    prefix: str = ""
    cells: dict[Place, CellXml] = field(default_factory=dict)
    rows: dict[int, RowXml] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    column_styles: list[tuple[int, int, str]] = field(default_factory=list)
    dimension: tuple[int, int, str] | None = None
    borrowed: dict[Place, str] = field(default_factory=dict)


def is_writable(text: str) -> bool:
    """Whether XML can hold the text at all."""
    return not UNWRITABLE.search(text)


def read_sheet(data: bytes) -> SheetXml:
    """Raises FormFault xlsform.unreadable, ValueError for a document type or another encoding than UTF-8."""
    return _Reading(data).sheet


def patched(sheet: SheetXml, changes: Mapping[Place, str]) -> bytes:
    """The sheet's bytes with these texts in these cells. Rows must be there; styles stay."""
    edits: list[tuple[int, int, int, bytes]] = []
    for place in sorted(changes):
        cell = sheet.cells.get(place)
        written = _cell(sheet, place, changes[place])
        if cell is not None:
            edits.append((cell.start, cell.end, place[1], written))
        else:
            edits.append(_insertion(sheet, place, written))
    edits += _widened(sheet, changes)
    data = sheet.data
    # From the end, so that offsets before stay right; at one place the later column first.
    for start, end, _, written in sorted(edits, key=lambda e: (e[0], e[2]), reverse=True):
        data = data[:start] + written + data[end:]
    return data


def _cell(sheet: SheetXml, place: Place, text: str) -> bytes:
    held = sheet.cells.get(place)
    style = held.style if held else sheet.borrowed.get(place) or _default_style(sheet, place)
    p, said = sheet.prefix, escape(text, ENTITIES)
    styled = f' s="{style}"' if style else ""
    return (
        f'<{p}c r="{_letters(place[1])}{place[0]}"{styled} t="inlineStr"><{p}is>'
        f'<{p}t xml:space="preserve">{said}</{p}t></{p}is></{p}c>'
    ).encode()


def _default_style(sheet: SheetXml, place: Place) -> str:
    """What the row, else the column, says of cells that are not written."""
    row = sheet.rows[place[0]].style
    return row or next((s for first, last, s in sheet.column_styles if first <= place[1] <= last), "")


def _insertion(sheet: SheetXml, place: Place, written: bytes) -> tuple[int, int, int, bytes]:
    number, column = place
    row = sheet.rows[number]
    if row.end is None:  # <row/>: opened, filled, closed
        tag = sheet.data[row.start : row.inside]
        opened = tag[:-2].rstrip() + b">" + written + f"</{sheet.prefix}row>".encode()
        return row.start, row.inside, column, opened
    behind = [c.start for (r, c_), c in sheet.cells.items() if r == number and c_ > column]
    at = min(behind, default=row.end)
    return at, at, column, written


def _widened(sheet: SheetXml, changes: Mapping[Place, str]) -> list[tuple[int, int, int, bytes]]:
    """The sheet's stated extent, and hints of rows about theirs, when a change lies outside."""
    edits = []
    if sheet.dimension and ":" in sheet.dimension[2]:
        start, end, said = sheet.dimension
        top, left, bottom, right = _area(said)
        widest = max((c for _, c in changes), default=0)
        if widest > right:
            now = f"{_letters(left)}{top}:{_letters(widest)}{bottom}"
            tag = sheet.data[start:end].replace(said.encode(), now.encode(), 1)
            edits.append((start, end, 0, tag))
    for number in {r for r, _ in changes}:
        row = sheet.rows[number]
        tag = sheet.data[row.start : row.inside]
        spans = re.search(rb'\s+spans="\d+:(\d+)"', tag)
        if row.end is not None and spans and int(spans[1]) < max(c for r, c in changes if r == number):
            edits.append((row.start + spans.start(), row.start + spans.end(), 0, b""))
    return edits


def _letters(column: int) -> str:
    """1 -> A, 27 -> AA."""
    said = ""
    while column:
        column, rest = divmod(column - 1, 26)
        said = chr(65 + rest) + said
    return said


def _place(reference: str) -> Place:
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7})", reference)
    if found is None:
        raise ValueError(reference)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


def _area(reference: str) -> tuple[int, int, int, int]:
    first, _, last = reference.partition(":")
    return (*_place(first), *_place(last or first))


class _Reading:
    """One pass of the parser over a sheet."""

    def __init__(self, data: bytes) -> None:
        self.sheet = SheetXml(data)
        self.path: list[str] = []
        self.at: Place = (0, 0)
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.open
        self.parser.EndElementHandler = self.close
        self.parser.CharacterDataHandler = self.read
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.XmlDeclHandler = self.declare
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as fault:
            raise FormFault("xlsform.unreadable", error=type(fault).__name__) from None

    def refuse(self, *_: object) -> None:
        raise ValueError("doctype")

    def declare(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
            raise ValueError(encoding)

    def open(self, raw: str, attributes: dict[str, str]) -> None:
        prefix, _, name = raw.rpartition(":")
        here = self.parser.CurrentByteIndex
        if name == "worksheet":
            self.sheet.prefix = f"{prefix}:" if prefix else ""
        elif name == "row":
            self._open_row(here, attributes)
        elif name == "c":
            self._open_cell(here, attributes)
        elif name == "f" and self.path[-1:] == ["c"]:
            self.sheet.cells[self.at].formula = True
        elif name == "mergeCell":
            self.sheet.merged.append(_area(attributes.get("ref", "")))
        elif name == "col" and attributes.get("style"):
            said = attributes.get("min", "0"), attributes.get("max", "0")
            self.sheet.column_styles.append((int(said[0]), int(said[1]), attributes["style"]))
        elif name == "dimension":
            end = self.sheet.data.index(b">", here) + 1
            self.sheet.dimension = here, end, attributes.get("ref", "")
        self.path.append(name)

    def _open_row(self, here: int, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r") or self.at[0] + 1)
        self.at = (number, 0)
        style = attributes.get("s", "") if attributes.get("customFormat") in ("1", "true") else ""
        # No attribute that a row may have holds a ">" as such.
        self.sheet.rows[number] = RowXml(here, style, self.sheet.data.index(b">", here) + 1)

    def _open_cell(self, here: int, attributes: dict[str, str]) -> None:
        self.at = _place(attributes["r"]) if "r" in attributes else (self.at[0], self.at[1] + 1)
        self.sheet.cells[self.at] = CellXml(here, attributes.get("t", "n"), attributes.get("s", ""))

    def close(self, raw: str) -> None:
        name = raw.rpartition(":")[2]
        self.path.pop()
        if name == "c":
            self.sheet.cells[self.at].end = self._end_of(raw)
        elif name == "row":
            here = self.parser.CurrentByteIndex
            row = self.sheet.rows[self.at[0]]
            row.end = None if self.sheet.data[row.inside - 2 : row.inside] == b"/>" else here

    def _end_of(self, raw: str) -> int:
        """Where the element ends: behind its end tag, or here when it has none."""
        here, tag = self.parser.CurrentByteIndex, b"</" + raw.encode()
        data = self.sheet.data
        if data.startswith(tag, here) and data[here + len(tag) : here + len(tag) + 1] in b"> \t\r\n":
            return data.index(b">", here) + 1
        return here

    def read(self, text: str) -> None:
        if self.path[-1] in TEXTS and "c" in self.path and "rPh" not in self.path:
            self.sheet.cells[self.at].text += text
