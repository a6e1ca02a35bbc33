"""SPSS system files (.sav), written as they stream: a first pass finds widths, then header and rows follow.

Format: the description of system files in PSPP's developer's guide. UTF-8 throughout, byte code compression. Codes
that are all whole numbers are numeric variables with value labels; other codes are text with value labels, as SPSS
has them too. Dates and times are SPSS's own, moments as clocks in Cambodia showed them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import groupby
from typing import Any

import numpy as np

from server.extracts.sheets import Batch, Cell, Column, Extract, Kind, Sheet
from server.formats import Part, Work
from server.formats.statistical import (
    SLACK,
    Plan,
    Variable,
    counted,
    cut,
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

RESERVED = re.compile("ALL|AND|BY|EQ|GE|GT|LE|LT|NE|NOT|OR|TO|WITH")
NAME_LIMIT, LABEL_LIMIT, VALUE_LABEL_LIMIT = 64, 252, 120  # bytes
LONGEST = 32_760  # bytes of a text variable: 130 segments of 252
SEGMENT, CONTENT, BLOCK = 252, 255, 256  # how SPSS counts, fills and stores the segments of a long text
SHORT = 255  # bytes of a text that needs no segments
BIAS = 100
MISSING = -1.7976931348623157e308
LOWEST = struct.unpack("<d", bytes.fromhex("feffffffffffefff"))[0]
EPOCH_US = microseconds(date(1582, 10, 14))
FORMATS = {  # (type, width, decimals), as the file writes them
    Kind.INTEGER: (5, 11, 0), Kind.DECIMAL: (5, 16, 6), Kind.FLAG: (5, 1, 0), Kind.DATE: (39, 10, 0),
    Kind.DATETIME: (22, 20, 0), Kind.TIME: (21, 8, 0), Kind.CHOICE: (5, 9, 0),
}  # fmt: skip
SPACES = int.from_bytes(b"        ", "little")


def write(extract: Extract, work: Work) -> Iterator[Part]:
    for sheet in extract.sheets:
        yield Part(sheet.name if sheet.path else "", _file(extract, sheet, work))


@dataclass(frozen=True, slots=True)
class Slot:
    """One variable of the file. piece: which part of a long text it holds. width: 0 of a number, else bytes of text;
    elements: how many 8 bytes a case it takes."""

    short: str
    long: str
    label: str
    of: Variable
    piece: int
    width: int

    @property
    def segments(self) -> int:
        return 1 if self.width <= SHORT else -(-self.width // SEGMENT)

    @property
    def elements(self) -> int:
        if self.width == 0:
            return 1
        return -(-self.width // 8) if self.width <= SHORT else self.segments * BLOCK // 8


def _file(extract: Extract, sheet: Sheet, work: Work) -> Iterator[bytes]:
    made = plan(extract, sheet, work)
    slots = _slots(made, work)
    width = 8 * sum(slot.elements for slot in slots)
    yield from _dictionary(extract, made, slots, work)
    packed = Packing()
    for batch in extract.batches(sheet):
        for some in slices(batch, width):
            yield packed.add(_cases(slots, some))
        work.count(sheet.name, len(batch))
    yield packed.rest()
    tell_unsound(made, work)


def _slots(made: Plan, work: Work) -> list[Slot]:
    found: list[Slot] = []
    for number, one in enumerate(made.variables, start=1):
        label = variable_label(one, made, work, LABEL_LIMIT)
        pieces = 1 if one.numeric or one.width <= LONGEST else -(-one.width // (LONGEST - SLACK))
        named = [one.column.name, *(f"{one.column.name}_{piece + 1}" for piece in range(1, pieces))]
        names = [mangled(name, number, made.names, NAME_LIMIT, RESERVED) for name in named]
        remember_names(made, one, names, work)
        for piece, name in enumerate(names):
            found.append(Slot(f"@{len(found) + 1:05}", name, label, one, piece, _width(one, pieces)))
        if pieces > 1:
            work.losses.add("text.continued", made.sheet.name, one.column.name, pieces)
        if not one.numeric:
            work.losses.add("text.blanks", made.sheet.name, one.column.name, one.blanks)
    return found


def _width(one: Variable, pieces: int) -> int:
    if one.numeric:
        return 0
    if pieces > 1:
        return LONGEST
    return one.width if one.width <= SHORT else -(-one.width // SEGMENT) * SEGMENT


# The dictionary


def _dictionary(extract: Extract, made: Plan, slots: Sequence[Slot], work: Work) -> Iterator[bytes]:
    elements = sum(slot.elements for slot in slots)
    moment = work.imprint.made_at
    yield struct.pack(
        "<4s60siiiiid9s8s64s3x", b"$FL2", _blank("@(#) SPSS DATA FILE Samleng", 60), 2, elements, 1, 0, made.rows,
        float(BIAS), moment.strftime("%d %b %y").encode(), moment.strftime("%H:%M:%S").encode(),
        _blank(shortened(extract.title, 64), 64),
    )  # fmt: skip
    for slot in slots:
        yield from _variable(slot)
    yield from _value_labels(made, slots, work)
    yield _document(work)
    yield from _extensions(made, slots, work)
    yield struct.pack("<ii", 999, 0)


def _blank(text: str, size: int) -> bytes:
    return text.encode("utf-8", "replace")[:size].ljust(size)


def _variable(slot: Slot) -> Iterator[bytes]:
    label = slot.label.encode("utf-8", "replace")
    for segment in range(slot.segments):
        short = slot.short if not segment else _segment_name(slot.short, segment)
        width = slot.width if slot.segments == 1 else SHORT if segment < slot.segments - 1 else SEGMENT
        shape = _shape(slot, width)
        said = label if not segment else b""
        yield struct.pack("<iiiiii8s", 2, width, bool(said), 0, shape, shape, short.encode().ljust(8))
        if said:
            yield struct.pack("<i", len(said)) + said.ljust(-(-len(said) // 4) * 4)
        for _rest in range(-(-width // 8) - 1 if width else 0):
            yield struct.pack("<iiiiii8s", 2, -1, 0, 0, 0, 0, b" " * 8)


def _segment_name(short: str, segment: int) -> str:
    """Of the variable's number and the segment's: no two are alike, nor like a variable's own, which is shorter."""
    return f"@{int(short[1:]):05X}{segment:02X}"


def _shape(slot: Slot, width: int) -> int:
    kind, size, decimals = (1, min(width, SHORT), 0) if slot.width else FORMATS[slot.of.column.kind]
    return kind << 16 | size << 8 | decimals


def _value_labels(made: Plan, slots: Sequence[Slot], work: Work) -> Iterator[bytes]:
    """Of numbers, and of texts of up to 8 bytes; longer ones have an extension record."""
    place = 1
    for slot in slots:
        if slot.of.column.values and slot.piece == 0 and slot.width <= 8 and _is_choice(slot.of.column):
            labels = list(_labelled(slot, made, work))
            yield struct.pack("<ii", 3, len(labels))
            for code, label in labels:
                value = (
                    struct.pack("<d", float(code))
                    if slot.width == 0
                    else code.encode("utf-8", "replace").ljust(8)
                )
                yield value + bytes([len(label)]) + label.ljust(-(-(len(label) + 1) // 8) * 8 - 1)
            yield struct.pack("<iii", 4, 1, place)
        place += slot.elements


def _is_choice(column: Column) -> bool:
    return column.kind is Kind.CHOICE


def _labelled(slot: Slot, made: Plan, work: Work) -> Iterator[tuple[str, bytes]]:
    return value_labels(slot.of, made, work, VALUE_LABEL_LIMIT, slot.width)


def _document(work: Work) -> bytes:
    """The imprint, in lines of 80 bytes."""
    text = [f"{name}: {value}" for name, value in work.imprint.lines().items()]
    lines = [piece.ljust(80) for line in text for piece in cut(line.encode("utf-8", "replace"), 80)]
    return struct.pack("<ii", 6, len(lines)) + b"".join(lines)


def _extensions(made: Plan, slots: Sequence[Slot], work: Work) -> Iterator[bytes]:
    yield struct.pack("<iiii8i", 7, 3, 4, 8, 1, 0, 0, -1, 1, 1, 2, 65001)
    yield struct.pack("<iiii3d", 7, 4, 8, 3, MISSING, -MISSING, LOWEST)
    measures = b"".join(
        struct.pack("<iii", _measure(slot), 16 if slot.width else 10, 0 if slot.width else 1)
        for slot in slots
        for _segment in range(slot.segments)
    )
    yield struct.pack("<iiii", 7, 11, 4, len(measures) // 4) + measures
    sets = b"".join(_response_sets(slots, work))
    if sets:
        yield _extension(7, sets)
    yield _extension(13, "\t".join(f"{slot.short}={slot.long}" for slot in slots).encode())
    long = b"".join(
        f"{slot.short}={slot.width:05}".encode() + b"\0\t" for slot in slots if slot.width > SHORT
    )
    if long:
        yield _extension(14, long)
    yield _extension(20, b"UTF-8")
    labels = b"".join(_long_labels(made, slots, work))
    if labels:
        yield _extension(21, labels)


def _measure(slot: Slot) -> int:
    nominal = slot.width or slot.of.coded or slot.of.column.kind is Kind.FLAG
    return 1 if nominal else 3


def _response_sets(slots: Sequence[Slot], work: Work) -> Iterator[bytes]:
    """The split choices of a question as one multiple response set, so that SPSS counts them together. One set a
    line: name, counted value 1, label, short names."""
    taken: set[str] = set()
    labels = {s.of.column.path: s.label for s in slots if s.of.column.kind in (Kind.CHOICES, Kind.RANK)}
    for (kind, path), found in groupby(slots, lambda slot: (slot.of.column.kind, slot.of.column.path)):
        names = [slot.short.lower() for slot in found]
        if kind is Kind.FLAG and path and len(names) > 1:
            name = mangled(path.rpartition("/")[2], len(taken) + 1, taken, NAME_LIMIT - 1, RESERVED)
            label = labels.get(path, name).encode("utf-8", "replace")
            yield f"${name}=D1 1 {len(label)} ".encode() + label + f" {' '.join(names)}\n".encode()


def _extension(subtype: int, content: bytes) -> bytes:
    return struct.pack("<iiii", 7, subtype, 1, len(content)) + content


def _long_labels(made: Plan, slots: Sequence[Slot], work: Work) -> Iterator[bytes]:
    for slot in slots:
        if slot.width > 8 and slot.piece == 0 and slot.of.column.values and _is_choice(slot.of.column):
            labels = list(_labelled(slot, made, work))
            name = slot.long.encode()
            yield struct.pack("<i", len(name)) + name + struct.pack("<ii", slot.width, len(labels))
            for code, label in labels:
                value = code.encode("utf-8", "replace").ljust(slot.width)
                yield struct.pack("<i", len(value)) + value + struct.pack("<i", len(label)) + label


# The cases


def _cases(slots: Sequence[Slot], batch: Batch) -> Any:
    """The batch as 8-byte elements, case after case."""
    known: dict[int, Any] = {}
    columns = [_elements(slot, batch.columns[slot.of.place], known) for slot in slots]
    return np.concatenate(columns, axis=1).ravel()


def _elements(slot: Slot, cells: Sequence[Cell], known: dict[int, Any]) -> Any:
    if slot.width == 0:
        values = counted(numbers(slot.of, cells), MISSING, COUNTS.get(slot.of.column.kind, float))
        return np.array(values, dtype="<f8").view("<u8").reshape(-1, 1)
    if slot.of.place not in known:
        known[slot.of.place] = [(cell or "").encode("utf-8", "replace") for cell in cells]
    texts = known[slot.of.place]
    if slot.width == LONGEST:
        texts = [_piece(text, slot.piece) for text in texts]
    width = slot.elements * 8
    if slot.width > SHORT:
        joined = b"".join([_segmented(text, width) for text in texts])
    else:
        joined = b"".join([text.ljust(width) for text in texts])
    return np.frombuffer(joined, dtype="<u8").reshape(len(texts), slot.elements)


def _piece(text: bytes, piece: int) -> bytes:
    pieces = cut(text, LONGEST)
    return pieces[piece] if piece < len(pieces) else b""


def _segmented(text: bytes, width: int) -> bytes:
    if len(text) <= CONTENT:
        return text.ljust(width)
    pieces = [text[n : n + CONTENT].ljust(BLOCK) for n in range(0, len(text), CONTENT)]
    return b"".join(pieces).ljust(width)


def _day_s(value: date) -> float:
    """SPSS counts the seconds since the calendar began."""
    return (microseconds(value) - EPOCH_US) / 1_000_000


def _time_s(value: time) -> float:
    return microseconds(value) / 1_000_000


COUNTS: dict[Kind, Callable[[Any], float]] = {Kind.DATE: _day_s, Kind.DATETIME: _day_s, Kind.TIME: _time_s}


class Packing:
    """Byte codes: eight commands, then the elements that no command says by itself."""

    def __init__(self) -> None:
        self._left = np.empty(0, dtype="<u8")

    def add(self, elements: Any) -> bytes:
        held = np.concatenate([self._left, elements])
        whole = len(held) // 8 * 8
        self._left = held[whole:].copy()
        return _packed(held[:whole])

    def rest(self) -> bytes:
        """What is left, filled up with commands that say nothing."""
        count = len(self._left)
        if not count:
            return b""
        filled = np.zeros(8, dtype="<u8")
        filled[:count] = self._left
        return _packed(filled, count)


def _packed(elements: Any, count: int | None = None) -> bytes:
    numbers_ = elements.view("<f8")
    with np.errstate(invalid="ignore"):
        small = (numbers_ >= 1 - BIAS) & (numbers_ <= 251 - BIAS) & (numbers_ == np.floor(numbers_))
        small &= ~((numbers_ == 0) & np.signbit(numbers_))
        codes = np.where(small, numbers_ + BIAS, 253).astype(np.uint8)
    codes[elements == SPACES] = 254
    codes[numbers_ == MISSING] = 255
    if count is not None:
        codes[count:] = 0
    whole = codes == 253
    found = np.flatnonzero(whole)
    before = np.concatenate(
        [[0], np.cumsum(whole.reshape(-1, 8).sum(axis=1))]
    )  # elements in front of each eight
    groups = len(before) - 1
    out = np.empty(groups + len(found), dtype="<u8")
    out[np.arange(groups) + before[:-1]] = codes.view("<u8")
    out[found // 8 + 1 + np.arange(len(found))] = elements[found]
    return out.tobytes()
