"""Where an answer is written: circles, squares, boxes for digits, lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from forms.itext import Texts
from forms.paper.boxes import Frame, Mark, Row, Rule, Type, beside, gap, height, moved, paragraph
from forms.paper.typeface import Piece
from forms.paper.typesetting import natural_width
from forms.questions import Choice, Choices, Question
from i18n import mark, translate

LIST_LIMIT = 60  # choices; a longer list is written in by name and code
CODE_LIMIT, CODE_DEFAULT = 12, 8  # boxes for a choice's code
PITCH, BOX, TICK = 21.0, (14.0, 17.0), 9.0  # points: between written lines; a digit's box; a circle or square
COLUMNS = (4, 3, 2, 1)
SMALL, CHOICE = Type(8.5), Type(10)
UPPER = re.compile(r"\.\s*<=?\s*(\d{1,9})\b")
LETTERS = re.compile(r"string-length\(\s*\.\s*\)\s*<=?\s*(\d{1,9})\b")
DATE = ((2, mark("day")), (2, mark("month")), (4, mark("year")))
TIME = ((2, mark("hour")), (2, mark("minute")))
GEO = (mark("Latitude"), mark("Longitude"))
FILES = {
    "image": mark("Number of the photo"),
    "audio": mark("Number of the recording"),
    "video": mark("Number of the video"),
}

Lists = Mapping[str, Sequence[Choice]]
"""Choices of the files beside a form, by file name."""


@dataclass(frozen=True)
class Room:
    """Where on the paper, and for whom. `voices(texts)` gives each text that is to be printed, main one first."""

    languages: tuple[str, ...]
    x: float
    width: float
    voices: Callable[[Texts], list[list[Piece]]]
    lists: Lists

    def words(self, message: str, **values: object) -> list[Piece]:
        """A marked sentence in every language printed, on one line."""
        both = list(dict.fromkeys(translate(message, lang, **values) for lang in self.languages))
        return [Piece(" · ".join(both), grey=True)]


def answer_rows(question: Question, room: Room) -> list[Row]:
    """The room for the answer to one question; none for a note."""
    if not question.number:
        return []
    if question.choices is not None:
        return _choices(question, question.choices, room)
    if question.control == "trigger":
        return [
            _choice(room, "square", [Piece(" · ".join(translate("Done", lang) for lang in room.languages))])
        ]
    if question.control == "upload":
        medium = question.settings.get("mediatype", "").partition("/")[0]
        return _line(room, FILES.get(medium, mark("Number of the file")))
    if question.control == "range":
        return _range(question, room)
    return _typed(question, room)


def _typed(question: Question, room: Room) -> list[Row]:
    match question.rules.type:
        case "int":
            return [_comb(room, [(_digits(question), "")])]
        case "date":
            return [_comb(room, _date(question))]
        case "time":
            return [_comb(room, TIME)]
        case "dateTime":
            return [_comb(room, (*DATE, *TIME))]
        case "decimal":
            return _lines(room, 1, 0.4)
        case "geopoint":
            return [gap(6), *(row for name in GEO for row in _line(room, name, 0.6))]
        case "geotrace" | "geoshape":
            return _lines(room, 4)
        case "barcode":
            return _lines(room, 1, 0.6)
    if "regex(" in question.rules.constraint:
        return _lines(room, 1, 0.6)  # a code or a number in a given form
    return _lines(room, _line_count(question))


def _date(question: Question) -> Sequence[tuple[int, str]]:
    look = question.settings.get("appearance", "").split()
    return DATE[1:] if "month-year" in look else DATE[2:] if "year" in look else DATE


def _digits(question: Question) -> int:
    found = UPPER.search(question.rules.constraint)
    return max(len(found[1]), 1) if found else 5


def _line_count(question: Question) -> int:
    rows = question.settings.get("rows", "")
    if rows.isdigit():
        return min(max(int(rows), 1), 20)
    letters = LETTERS.search(question.rules.constraint)
    if letters:
        return 1 if int(letters[1]) <= 60 else 2 if int(letters[1]) <= 200 else 6
    return 6 if "multiline" in question.settings.get("appearance", "") else 2


def _lines(room: Room, count: int, share: float = 1.0) -> list[Row]:
    return [Row(PITCH, (Rule(room.x, PITCH - 2, room.width * share),)) for _ in range(count)]


def _line(room: Room, name: str, share: float = 1.0) -> list[Row]:
    """A line to write on, behind its name; below it when the name takes most of the room."""
    pieces = [Piece(piece.text + " ") for piece in room.words(name)]
    taken = natural_width(pieces, SMALL.size)
    if taken > room.width * 0.5:
        return [*paragraph(pieces, SMALL, room.x, room.width), *_lines(room, 1, share)]
    named = paragraph(pieces, SMALL, room.x, room.width)
    down = PITCH - height(named)
    rule = Rule(
        room.x + taken,
        PITCH - 2,
        room.width * share - taken if share * room.width > taken * 2 else room.width - taken,
    )
    return [Row(PITCH, (*(moved(m, 0, down) for row in named for m in row.marks), rule))]


def comb(x: float, y: float, count: int) -> list[Mark]:
    """Boxes side by side, a digit or letter each."""
    width, high = BOX
    return [Frame(x + number * width, y, width, high) for number in range(count)]


def _comb(room: Room, parts: Sequence[tuple[int, str]]) -> Row:
    """Groups of boxes, each with its name beneath. A group that does not fit begins a new line."""
    marks: list[Mark] = []
    x, y, deepest = 0.0, 4.0, BOX[1]
    for count, name in parts:
        label = paragraph(room.words(name), Type(7), 0, room.width) if name else []
        taken = max(count * BOX[0], natural_width(room.words(name), 7) if name else 0)
        if x and x + taken > room.width:
            x, y, deepest = 0.0, y + deepest + 6, BOX[1]
        marks += comb(room.x + x, y, count)
        down = y + BOX[1]
        for row in label:
            marks += (moved(m, room.x + x, down) for m in row.marks)
            down += row.height
        deepest = max(deepest, down - y)
        x += taken + 12
    return Row(y + deepest + 4, tuple(marks))


def _range(question: Question, room: Room) -> list[Row]:
    start, end, step = (question.settings.get(name, "") for name in ("start", "end", "step"))
    said = room.words(
        mark("From {low} to {high}, in steps of {step}."), low=start, high=end, step=step or "1"
    )
    return [*paragraph(said, SMALL, room.x, room.width), *_lines(room, 1, 0.3)]


def _choices(question: Question, choices: Choices, room: Room) -> list[Row]:
    items = choices.items or tuple(room.lists.get(choices.file, ()))
    if not items or len(items) > LIST_LIMIT:
        return _written(question, items, room)
    sign = {"select": "square", "rank": "box"}.get(question.control, "circle")
    rows = _grid(room, sign, [_label(choice, room) for choice in items])
    if question.control == "rank":
        told = room.words(mark("Write 1 beside the first in order, 2 beside the second, and so on."))
        return [*paragraph(told, SMALL, room.x, room.width), *rows]
    return rows


def _written(question: Question, items: Sequence[Choice], room: Room) -> list[Row]:
    """A name and a code to write in. For several answers, three times."""
    longest = max((len(choice.name) for choice in items), default=CODE_DEFAULT)
    boxes = [_comb(room, [(min(max(longest, 1), CODE_LIMIT), mark("Code in the list"))])]
    once = [*_line(room, mark("Name")), *boxes]
    return once * (1 if question.control == "select1" or question.control == "input" else 3)


def _label(choice: Choice, room: Room) -> list[Piece]:
    pieces: list[Piece] = []
    for voice in room.voices(choice.labels):
        pieces += [Piece("  ")] * bool(pieces)
        pieces += voice
    return pieces if any(piece.text.strip() for piece in pieces) else [Piece(choice.name)]


def _grid(room: Room, sign: str, labels: Sequence[list[Piece]]) -> list[Row]:
    """Choices in as many columns as hold every one of them on one line, read from left to right."""
    widest = max(natural_width(label, CHOICE.size) for label in labels) + _lead(sign) + 8
    columns = next((n for n in COLUMNS if n <= len(labels) and widest * n <= room.width), 1)
    share = room.width / columns
    rows = []
    for start in range(0, len(labels), columns):
        cells = [
            _cell(room.x + number * share, share - 8 * (columns > 1), sign, label)
            for number, label in enumerate(labels[start : start + columns])
        ]
        rows.append(beside(cells) if columns > 1 else _joined(cells[0]))
    return rows


def _joined(rows: list[Row]) -> Row:
    return beside([rows])


def _lead(sign: str) -> float:
    return BOX[0] + 6 if sign == "box" else TICK + 6


def _choice(room: Room, sign: str, label: list[Piece]) -> Row:
    return _joined(_cell(room.x, room.width, sign, label))


def _cell(x: float, width: float, sign: str, label: list[Piece]) -> list[Row]:
    lead = _lead(sign)
    rows = paragraph(label, CHOICE, x + lead, width - lead) or [gap(CHOICE.size * 1.5)]
    base = next((m.y for m in rows[0].marks), CHOICE.size)
    side = BOX[0] if sign == "box" else TICK
    tick = Frame(x, base - side + 1, side, side, round=sign == "circle")
    return [Row(rows[0].height + 2, (*rows[0].marks, tick)), *rows[1:]]
