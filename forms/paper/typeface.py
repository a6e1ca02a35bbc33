"""Letters: which face draws a text, how it is shaped, and the font that goes into the PDF.

Khmer is drawn in another order than it is written: a vowel may stand before its consonant, a subscript
under it. A PDF that places single glyphs therefore gives back scrambled text to whoever searches or copies.
So each cluster – what HarfBuzz shapes as one – becomes one glyph of the embedded font, composed of the
face's own, and stands for its letters in the order in which they are encoded.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import i18n

FONTS = Path(i18n.__file__).parent / "fonts"
FACES = ("NotoSansKhmer", "NotoSans")  # the first that has a letter draws it
EM = 1000  # units of the faces, and of a PDF
SUBSET_GLYPHS = 20_000  # clusters in one embedded font; with what they are composed of, below 65,536
CLUSTER_LIMIT = 24  # letters: no syllable comes near, and a tower of marks must not fill a page


@dataclass(frozen=True, slots=True)
class Cluster:
    """The smallest piece of text that may stand alone on a line. Sizes in thousandths of the type size.

    parts: (glyph, x, y) of the face. top, bottom: of the ink, from the base line, upwards.
    """

    text: str
    face: str
    parts: tuple[tuple[int, int, int], ...]
    advance: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one weight and tone, as part of a paragraph."""

    text: str
    bold: bool = False
    grey: bool = False


class Face:
    """One font file, for shaping."""

    def __init__(self, name: str) -> None:
        import uharfbuzz

        self.name = name
        # Unhinted: HarfBuzz gives plain units of the face.
        self.font = uharfbuzz.Font(uharfbuzz.Face((FONTS / f"{name}.ttf").read_bytes()))

    def has(self, letter: str) -> bool:
        return bool(self.font.get_nominal_glyph(ord(letter)))

    def shape(self, text: str) -> Iterator[Cluster]:
        """The clusters of a text that this face draws, from left to right."""
        import uharfbuzz

        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        # Arabic and Hebrew, which these faces do not have, must not turn the line around.
        buffer.direction = "ltr"
        uharfbuzz.shape(self.font, buffer, {"liga": False, "kern": True})
        glyphs = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
        groups = [
            (start, list(group)) for start, group in groupby(glyphs, key=lambda glyph: glyph[0].cluster)
        ]
        ends = [start for start, _ in groups[1:]] + [len(text)]
        for (start, group), end in zip(groups, ends, strict=True):
            yield self._cluster(text[start:end], group)

    def _cluster(self, text: str, glyphs: list[tuple[Any, Any]]) -> Cluster:
        pen, top, bottom = 0, 0, 0
        parts = []
        for info, place in glyphs:
            ink = self.font.get_glyph_extents(info.codepoint)
            y = place.y_offset
            if ink is not None:
                top, bottom = max(top, y + ink.y_bearing), min(bottom, y + ink.y_bearing + ink.height)
            parts.append((info.codepoint, pen + place.x_offset, y))
            pen += place.x_advance
        return Cluster(text, self.name, tuple(parts), pen, top, bottom)


@cache
def face(name: str) -> Face:
    return Face(name)


def clusters(piece: Piece) -> list[Cluster]:
    """What `piece` is drawn with. Its text holds no line ends and nothing invisible (see `typesetting`)."""
    weight = "Bold" if piece.bold else "Regular"
    return [one for name, text in _stretches(piece.text, weight) for one in face(name).shape(text)]


def undrawable(text: str) -> set[str]:
    """The letters that no bundled face has; they are drawn as an empty box and can still be copied."""
    known = [face(f"{name}-Regular") for name in FACES]
    return {letter for letter in set(text) if not letter.isspace() and not any(f.has(letter) for f in known)}


def _stretches(text: str, weight: str) -> Iterator[tuple[str, str]]:
    """(face, text) by turns. Spaces, marks and signs stay with the face before them if it has them."""
    names = [f"{name}-{weight}" for name in FACES]
    chosen, start, marks = "", 0, 0
    for place, letter in enumerate(text):
        follows = _follows(letter)
        marks = marks + 1 if unicodedata.category(letter).startswith("M") else 0
        name = chosen if chosen and follows and face(chosen).has(letter) else _first(names, letter)
        if place and (name != chosen or marks > CLUSTER_LIMIT):
            yield chosen, text[start:place]
            start, marks = place, 0
        chosen = name
    if text:
        yield chosen, text[start:]


def _follows(letter: str) -> bool:
    return not unicodedata.category(letter).startswith(("L", "N"))


def _first(names: list[str], letter: str) -> str:
    return next((name for name in names if face(name).has(letter)), names[-1])


@dataclass
class Subset:
    """An embedded font: cluster n of `used` is its glyph n + 1, for 0 is the empty box."""

    face: str
    used: dict[Cluster, int] = field(default_factory=dict)

    def number(self, cluster: Cluster) -> int:
        return self.used.setdefault(cluster, len(self.used) + 1)

    def program(self) -> bytes:
        """The TrueType font: one composite glyph a cluster, then the glyphs that they are composed of."""
        from fontTools.fontBuilder import FontBuilder

        glyphs, widths = self._glyphs()
        builder = FontBuilder(EM, isTTF=True)
        # The time of making would be the only thing in the file that changes from run to run.
        builder.font.recalcTimestamp = False
        builder.updateHead(created=0, modified=0)
        builder.setupGlyphOrder(list(glyphs))
        builder.setupGlyf(glyphs)
        table = builder.font["glyf"]
        left = {name: getattr(table[name], "xMin", 0) for name in glyphs}
        builder.setupHorizontalMetrics({name: (max(widths.get(name, 0), 0), left[name]) for name in glyphs})
        builder.setupHorizontalHeader(ascent=1069, descent=-293)
        builder.setupPost(keepGlyphNames=False)
        out = BytesIO()
        builder.save(out)
        return out.getvalue()

    def _glyphs(self) -> tuple[dict[str, Any], dict[str, int]]:
        source = _outlines(self.face)
        glyphs: dict[str, Any] = {".notdef": source.glyph(0)}
        widths = {".notdef": EM // 2}
        for cluster, number in self.used.items():
            glyphs[f"c{number}"] = source.composed(cluster.parts)
            widths[f"c{number}"] = cluster.advance
        for part in sorted({part for cluster in self.used for part, _, _ in cluster.parts}):
            glyphs[f"g{part}"] = source.glyph(part)
        return glyphs, widths


class Outlines:
    """The drawings of a font file, without the hints, which are only right for the whole file."""

    def __init__(self, name: str) -> None:
        from fontTools.ttLib import TTFont

        self.font = TTFont(FONTS / f"{name}.ttf")

    def glyph(self, number: int) -> Any:
        from fontTools.ttLib.tables import _g_l_y_f as outlines
        from fontTools.ttLib.tables.ttProgram import Program

        table = self.font["glyf"]
        made = outlines.Glyph()
        made.coordinates, made.endPtsOfContours, made.flags = table[
            self.font.getGlyphName(number)
        ].getCoordinates(table)
        made.numberOfContours = len(made.endPtsOfContours)
        made.program = Program()
        made.program.fromBytecode(b"")
        return made

    def composed(self, parts: Iterable[tuple[int, int, int]]) -> Any:
        from fontTools.ttLib.tables import _g_l_y_f as outlines

        table = self.font["glyf"]
        inked = [part for part in parts if table[self.font.getGlyphName(part[0])].numberOfContours]
        made = outlines.Glyph()
        if inked:
            made.numberOfContours = -1
            made.components = [_component(*part) for part in inked]
        return made


def _component(number: int, x: int, y: int) -> Any:
    from fontTools.ttLib.tables import _g_l_y_f as outlines

    part = outlines.GlyphComponent()
    part.glyphName, part.x, part.y = f"g{number}", x, y
    part.flags = outlines.ARGS_ARE_XY_VALUES | outlines.ROUND_XY_TO_GRID
    return part


@cache
def _outlines(name: str) -> Outlines:
    return Outlines(name)
