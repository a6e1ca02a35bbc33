"""A paragraph → lines of a width. Where a line may end, and what is done when nothing lets it end.

Khmer has no spaces between words. ICU's dictionary finds them; in a run of letters that holds no word, a line
ends between clusters, never inside one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from forms.paper.typeface import EM, Cluster, Piece, clusters
from i18n.khmer import strip_invisible

ASCENT, DESCENT = 1069, 293  # of both faces, in thousandths of the type size
ZERO_WIDTH_SPACE = "\u200b"
# What a line must not begin with: ICU lets it begin with the sign that repeats a word.
NO_BEGINNING = frozenset("ៗ។៕៖,.;:!?)]}»”’…%៛")
NO_END = frozenset("([{«“‘")

Segmenter = Callable[[str], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A stretch of a line in one face and tone."""

    face: str
    grey: bool
    clusters: tuple[Cluster, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in points. ascent, descent: what its ink and its faces need above and below the base line.
    squeeze: below 1 when a single cluster is wider than the box and is drawn narrower."""

    stretches: tuple[Glyphs, ...]
    size: float
    width: float
    ascent: float
    descent: float
    squeeze: float = 1.0

    @property
    def height(self) -> float:
        return self.ascent + self.descent

    @property
    def text(self) -> str:
        return "".join(one.text for stretch in self.stretches for one in stretch.clusters)


def words(text: str) -> Iterator[str]:
    """The text in parts between which a line may end, by ICU's rules and its dictionary of Khmer."""
    from icu4py.breakers import LineBreaker

    return (str(part) for part in LineBreaker(text, "km"))


def set_lines(pieces: Sequence[Piece], size: float, width: float, segmenter: Segmenter = words) -> list[Line]:
    """The lines of a paragraph. An empty text has none. Line ends in the text are kept."""
    return [
        line
        for paragraph in _paragraphs(pieces)
        for line in _lines(paragraph, size, width, _places(paragraph, segmenter))
    ]


def natural_width(pieces: Sequence[Piece], size: float) -> float:
    """How wide the text is on one line, in points."""
    lines = (
        [one for piece in paragraph for one in clusters(_clean(piece))] for paragraph in _paragraphs(pieces)
    )
    return max((sum(one.advance for one in line) * size / EM for line in lines), default=0.0)


def shortened(pieces: Sequence[Piece], size: float, width: float) -> Line | None:
    """The first line, with "…" where more follows; None for an empty text."""
    lines = set_lines(pieces, size, width)
    if len(lines) < 2:
        return lines[0] if lines else None
    dots = natural_width([Piece(" …")], size)
    first = set_lines(pieces, size, width - dots)[0]
    return set_lines([Piece(first.text.rstrip() + " …", grey=pieces[0].grey)], size, width)[0]


def _paragraphs(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    paragraph: list[Piece] = []
    for piece in pieces:
        for number, part in enumerate(re.split(r"[\n\r\u2028\u2029\x0b\x0c]+", piece.text)):
            if number:
                yield paragraph
                paragraph = []
            if part:
                paragraph.append(Piece(re.sub(r"\s", " ", part), piece.bold, piece.grey))
    yield paragraph


def _clean(piece: Piece) -> Piece:
    """Without what nobody sees. It would stand in the way of a search in the PDF."""
    seen = "".join(letter for letter in strip_invisible(piece.text) if unicodedata.category(letter) != "Cc")
    return Piece(seen, piece.bold, piece.grey)


def _places(paragraph: list[Piece], segmenter: Segmenter) -> set[int]:
    """Where in the cleaned text a line may end."""
    places: set[int] = set()
    text, start = "".join(piece.text for piece in paragraph), 0
    for part in text.split(ZERO_WIDTH_SPACE):  # the writer's own mark between words
        seen = _clean(Piece(part)).text
        places.update(start + end for end in accumulate(map(len, segmenter(seen))))
        start += len(seen)
    seen = _clean(Piece(text)).text
    return {
        p for p in places if p >= len(seen) or (seen[p] not in NO_BEGINNING and seen[p - 1] not in NO_END)
    }


def _lines(paragraph: list[Piece], size: float, width: float, places: set[int]) -> Iterator[Line]:
    waiting = [(one, piece.grey) for piece in map(_clean, paragraph) for one in clusters(piece)]
    room = width * EM / size
    start, position = 0, 0
    while start < len(waiting):
        end = _end(waiting, start, position, room, places)
        position += sum(len(one.text) for one, _ in waiting[start:end])
        yield _line(waiting[start:end], size, width)
        start = end


def _end(
    waiting: list[tuple[Cluster, bool]], start: int, position: int, room: float, places: set[int]
) -> int:
    """The end of the line that begins at `start`: the last good place that fits, else as much as fits."""
    used, good, fits = 0.0, start, start
    for number in range(start, len(waiting)):
        one = waiting[number][0]
        used += one.advance
        # A space may hang over the edge: it is not drawn.
        if used > room and not one.text.isspace():
            return good if good > start else max(fits, start + 1)
        fits = number + 1
        position += len(one.text)
        if position in places:
            good = number + 1
    return len(waiting)


def _line(waiting: list[tuple[Cluster, bool]], size: float, width: float) -> Line:
    while len(waiting) > 1 and waiting[-1][0].text.isspace():
        waiting = waiting[:-1]
    scale = size / EM
    taken = sum(one.advance for one, _ in waiting) * scale
    top = max([ASCENT, *(one.top for one, _ in waiting)]) * scale
    bottom = max([DESCENT, *(-one.bottom for one, _ in waiting)]) * scale
    squeeze = min(1.0, width / taken) if taken else 1.0
    return Line(tuple(_stretches(waiting)), size, min(taken, width), top, bottom, squeeze)


def _stretches(waiting: list[tuple[Cluster, bool]]) -> Iterator[Glyphs]:
    start = 0
    for end in range(1, len(waiting) + 1):
        first = waiting[start]
        if end == len(waiting) or (waiting[end][0].face, waiting[end][1]) != (first[0].face, first[1]):
            yield Glyphs(first[0].face, first[1], tuple(one for one, _ in waiting[start:end]))
            start = end
