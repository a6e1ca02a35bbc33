"""Stata files (.dta, release 118: Stata 14 and later), UTF-8.

Format: "File formats .dta" of Stata's documentation. A first pass finds what each variable needs; the file is
written in the work folder, since its map of places stands before the places. Codes that are whole numbers have value
labels. Stata gives no labels to texts, so another code is a text as in the CSV, and beside it stands a numbered
variable with the labels, name_l. Texts beyond 2,045 bytes are strLs, and so are answers of very different lengths,
which would fill the file with nothing.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import accumulate
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, Any

import numpy as np

from server.extracts.sheets import Batch, Cell, Extract, Kind, Role, Sheet
from server.formats import Part, Work
from server.formats.statistical import (
    Plan,
    Variable,
    counted,
    mangled,
    microseconds,
    numbers,
    plan,
    remember_names,
    shortened,
    slices,
    tell_unsound,
    value_labels,
    variable_label,
)

RESERVED = re.compile(
    "BYTE|DOUBLE|FLOAT|IF|IN|INT|LONG|STRL|STR[0-9]+|USING|WITH|_ALL|_B|_COEF|_CONS|_N|_PI|_PRED|_RC|_SE|_SKIP"
)
NAME_LIMIT, LABEL_LIMIT, VALUE_LABEL_LIMIT = 32, 80, 32_000  # characters, characters, bytes
FIXED = 2045  # bytes of a text that stands in its row
UNEVEN, APART = (
    128,
    30,
)  # bytes: texts that may stand apart when it saves half, and what each takes there besides
LABELS_LIMIT = 65_536  # of one list, in every edition of Stata
DOUBLE, LONG, STRL = 65526, 65528, 32768
MISSING = struct.unpack("<d", bytes.fromhex("000000000000e07f"))[0]
LONG_MISSING, LONG_LIMIT = 2147483621, 2147483620
EPOCH = date(1960, 1, 1)
SHOWN = {
    Kind.INTEGER: "%12.0g", Kind.DECIMAL: "%16.0g", Kind.FLAG: "%8.0g", Kind.CHOICE: "%12.0g",
    Kind.DATE: "%td", Kind.DATETIME: "%tc", Kind.TIME: "%tcHH:MM:SS",
}  # fmt: skip
READ = 1 << 18
SECTIONS = (
    "stata_dta", "map", "variable_types", "varnames", "sortlist", "formats", "value_label_names", "variable_labels",
    "characteristics", "data", "strls", "value_labels",
)  # fmt: skip


def write(extract: Extract, work: Work) -> Iterator[Part]:
    for sheet in extract.sheets:
        yield Part(sheet.name if sheet.path else "", _file(extract, sheet, work))


@dataclass(frozen=True, slots=True)
class Slot:
    """One variable of the file. numbered: whether it is the numbered twin of a code. type: Stata's."""

    name: str
    label: str
    of: Variable
    type: int
    numbered: bool = False

    @property
    def dtype(self) -> str:
        if self.type == DOUBLE:
            return "<f8"
        return "<i4" if self.type == LONG else "<u8" if self.type == STRL else f"S{self.type}"

    @property
    def shown(self) -> str:
        if self.numbered or self.of.numeric:
            return SHOWN[Kind.CHOICE if self.numbered else self.of.column.kind]
        return "%9s" if self.type == STRL else f"%{min(self.type, 244)}s"

    @property
    def has_labels(self) -> bool:
        return self.numbered or self.of.coded


def _file(extract: Extract, sheet: Sheet, work: Work) -> Iterator[bytes]:
    made = plan(extract, sheet, work)
    slots = _slots(made, work)
    with NamedTemporaryFile(dir=work.folder, suffix=".dta", delete=False) as file:
        path = Path(file.name)
        try:
            _Writing(file, extract, made, slots, work).all()
            file.seek(0)
            while piece := file.read(READ):
                yield piece
        finally:
            file.close()
            path.unlink(missing_ok=True)
    tell_unsound(made, work)


def _slots(made: Plan, work: Work) -> list[Slot]:
    found = []
    for number, one in enumerate(made.variables, start=1):
        label = variable_label(one, made, work, LABEL_LIMIT, "characters")
        wanted = [one.column.name]
        if one.column.kind is Kind.CHOICE and one.column.values and not one.coded:
            wanted.append(f"{one.column.name}_l")
        names = [mangled(name, number, made.names, NAME_LIMIT, RESERVED) for name in wanted]
        remember_names(made, one, names, work)
        found.append(Slot(names[0], label, one, _type(one, made.rows)))
        found += [Slot(twin, label, one, LONG, True) for twin in names[1:]]
    return found


def _type(one: Variable, rows: int) -> int:
    if one.numeric:
        return LONG if one.coded else DOUBLE
    is_uneven = one.width > UNEVEN and 2 * (one.size + APART * one.given) < rows * one.width
    return STRL if one.width > FIXED or (is_uneven and one.column.role is Role.ANSWER) else one.width


class _Writing:
    """The sections in their order, and where each begins."""

    def __init__(
        self, file: IO[bytes], extract: Extract, made: Plan, slots: Sequence[Slot], work: Work
    ) -> None:
        self._file, self._extract, self._made, self._slots, self._work = file, extract, made, slots, work
        self._places: dict[str, int] = {}
        # Without a name, which would be looked for when Ctrl-C took the folder away first.
        self._long = TemporaryFile(dir=work.folder)  # noqa: SIM115 closed in `all`
        self._codes = [_numbered(slot) if slot.numbered else {} for slot in slots]

    def all(self) -> None:
        with self._long:
            self._places["stata_dta"] = 0
            self._file.write(b"<stata_dta>" + self._header())
            self._section("map", lambda: struct.pack("<14q", *[0] * 14))
            self._section(
                "variable_types", lambda: b"".join(struct.pack("<H", slot.type) for slot in self._slots)
            )
            self._section("varnames", lambda: self._padded([slot.name for slot in self._slots], 129))
            self._section("sortlist", lambda: bytes(2 * (len(self._slots) + 1)))
            self._section("formats", lambda: self._padded([slot.shown for slot in self._slots], 57))
            self._section("value_label_names", lambda: self._padded(self._label_names(), 129))
            self._section("variable_labels", lambda: self._padded([slot.label for slot in self._slots], 321))
            self._section("characteristics", self._characteristics)
            self._section("data", self._data)
            self._section("strls", self._texts)
            self._section("value_labels", self._labels)
            self._places["end"] = self._file.tell()
            self._file.write(b"</stata_dta>")
            self._map()

    def _section(self, name: str, content: Any) -> None:
        self._places[name] = self._file.tell()
        self._file.write(f"<{name}>".encode())
        self._file.write(content() or b"")
        self._file.write(f"</{name}>".encode())

    def _header(self) -> bytes:
        title = shortened(self._extract.title, LABEL_LIMIT, "characters").encode("utf-8", "replace")
        moment = self._work.imprint.made_at.strftime("%d %b %Y %H:%M").encode()
        counts = struct.pack("<H", len(self._slots)), struct.pack("<q", self._made.rows)
        return (
            b"<header><release>118</release><byteorder>LSF</byteorder><K>" + counts[0] + b"</K><N>" + counts[1]
            + b"</N><label>" + struct.pack("<H", len(title)) + title + b"</label><timestamp>" + bytes([len(moment)])
            + moment + b"</timestamp></header>"
        )  # fmt: skip

    def _padded(self, texts: Sequence[str], size: int) -> bytes:
        return b"".join(text.encode("utf-8", "replace")[: size - 1].ljust(size, b"\0") for text in texts)

    def _label_names(self) -> list[str]:
        return [slot.name if slot.has_labels else "" for slot in self._slots]

    def _characteristics(self) -> bytes:
        """The imprint as notes of the data set, which `notes` shows in Stata."""
        lines = [f"{name}: {value}" for name, value in self._work.imprint.lines().items()]
        said = [("note0", str(len(lines))), *((f"note{n}", line) for n, line in enumerate(lines, start=1))]
        return b"".join(self._characteristic(name, text) for name, text in said)

    def _characteristic(self, name: str, text: str) -> bytes:
        content = self._padded(["_dta", name], 129) + text.encode("utf-8", "replace") + b"\0"
        return b"<ch>" + struct.pack("<I", len(content)) + content + b"</ch>"

    def _data(self) -> None:
        row = np.dtype([(f"v{n}", slot.dtype) for n, slot in enumerate(self._slots)])
        done = 0
        for batch in self._extract.batches(self._made.sheet):
            for some in slices(batch, row.itemsize):
                self._file.write(self._rows(row, some, done))
                done += len(some)
            self._work.count(self._made.sheet.name, len(batch))

    def _rows(self, row: Any, batch: Batch, done: int) -> bytes:
        held = np.zeros(len(batch), dtype=row)
        apart: list[tuple[int, int, bytes]] = []
        for n, slot in enumerate(self._slots):
            cells = batch.columns[slot.of.place]
            if slot.type == STRL:
                held[f"v{n}"] = _references(n + 1, cells, done, apart)
            elif slot.numbered:
                numbered = self._codes[n]
                held[f"v{n}"] = [numbered.get(cell, LONG_MISSING) if cell else LONG_MISSING for cell in cells]
            elif slot.of.numeric:
                held[f"v{n}"] = _values(slot, numbers(slot.of, cells))
            else:
                held[f"v{n}"] = [(cell or "").encode("utf-8", "replace") for cell in cells]
        for place, variable, text in sorted(apart):
            self._long.write(
                b"GSO" + struct.pack("<IQBI", variable, place, 130, len(text) + 1) + text + b"\0"
            )
        return held.tobytes()

    def _texts(self) -> None:
        """In the order of observations, and in each of variables, as Stata wants them."""
        self._long.seek(0)
        while piece := self._long.read(READ):
            self._file.write(piece)

    def _labels(self) -> bytes:
        return b"".join(self._table(slot) for slot in self._slots if slot.has_labels)

    def _table(self, slot: Slot) -> bytes:
        labels = list(value_labels(slot.of, self._made, self._work, VALUE_LABEL_LIMIT))
        over, labels = len(labels) - LABELS_LIMIT, labels[:LABELS_LIMIT]
        self._work.losses.add(
            "value_label.left_out", self._made.sheet.name, slot.of.column.name, max(over, 0)
        )
        numbers_ = [n if slot.numbered else int(code) for n, (code, _) in enumerate(labels, start=1)]
        held = sorted(
            zip(numbers_, (label + b"\0" for _, label in labels), strict=True)
        )  # Stata looks up by halving
        offsets = [0, *accumulate(len(text) for _, text in held)]
        table = struct.pack(
            f"<ii{len(held)}i{len(held)}i", len(held), offsets[-1], *offsets[:-1], *(n for n, _ in held)
        )
        table += b"".join(text for _, text in held)
        name = slot.name.encode().ljust(129, b"\0") + b"\0\0\0"
        return b"<lbl>" + struct.pack("<i", len(table)) + name + table + b"</lbl>"

    def _map(self) -> None:
        places = [self._places[name] for name in SECTIONS] + [self._places["end"], self._file.tell()]
        self._file.seek(self._places["map"] + len("<map>"))
        self._file.write(struct.pack("<14q", *places))


def _references(
    variable: int, cells: Sequence[Cell], done: int, apart: list[tuple[int, int, bytes]]
) -> list[int]:
    """Each text that stands apart, as (observation, variable, text), goes into `apart`; in its row stands where: the
    variable in 2 bytes, the observation in 6."""
    found = list(enumerate(cells, start=done + 1))
    apart += [(place, variable, cell.encode("utf-8", "replace")) for place, cell in found if cell]
    return [variable | place << 16 if cell else 0 for place, cell in found]


def _numbered(slot: Slot) -> dict[str, int]:
    return {code: number for number, code in enumerate(slot.of.column.values, start=1)}


def _values(slot: Slot, values: Sequence[Any]) -> list[float]:
    if slot.type == LONG:
        return counted(values, LONG_MISSING, _long)
    return counted(values, MISSING, COUNTS.get(slot.of.column.kind, float))


def _long(code: int) -> float:
    return LONG_MISSING if abs(code) > LONG_LIMIT else code


def _days(day: date) -> float:
    return day.toordinal() - EPOCH.toordinal()


def _moment_ms(moment: datetime) -> float:
    return (microseconds(moment) - microseconds(EPOCH)) // 1000


def _time_ms(value: time) -> float:
    return microseconds(value) // 1000


COUNTS: dict[Kind, Callable[[Any], float]] = {
    Kind.DATE: _days, Kind.DATETIME: _moment_ms, Kind.TIME: _time_ms,
}  # fmt: skip
