"""The markdown of labels → pieces of text. Clients show bold, headings and links; paper shows their words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from forms.paper.typeface import Piece

PLACE = re.compile(r"\$\{([^{}]*)\}")
MARKS = re.compile(
    r"\*\*(?P<stars>[^\s*](?:[^*]*[^\s*])?)\*\*|__(?P<bars>[^\s_](?:[^_]*[^\s_])?)__"
    r"|(?<![\w*])\*(?P<star>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])|(?<![\w_])_(?P<bar>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|(?m:^)#{1,6}[ \t]+(?P<head>[^\n]+)|\[(?P<link>[^\]\n]+)\]\((?P<address>[^)\s]+)\)"
    r"|</?(?:span|p|b|i|em|strong|br|h[1-6])\b[^<>]*>"
)
HELD = 0xF0000  # private use: where a place waits while the marks around it are read


def pieces(text: str, fill: Callable[[str], str], grey: bool = False) -> list[Piece]:
    """The text with its places filled by `fill(path)`, emphasis in bold, other marks gone."""
    places = [found[1] for found in PLACE.finditer(text)]
    waiting = iter(range(HELD, HELD + len(places)))
    held = PLACE.sub(lambda _: chr(next(waiting)), text) if len(places) < 1000 else text

    def filled(part: str) -> str:
        return "".join(
            fill(places[ord(c) - HELD]) if HELD <= ord(c) < HELD + len(places) else c for c in part
        )

    return [Piece(filled(part), bold, grey) for part, bold in _parts(held)]


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    end = 0
    for found in MARKS.finditer(text):
        yield text[end : found.start()], False
        bold = found["stars"] or found["bars"] or found["head"]
        yield bold or found["star"] or found["bar"] or "", bool(bold)
        if found["link"]:
            yield f"{found['link']} ({found['address']})", False
        end = found.end()
    yield text[end:], False
