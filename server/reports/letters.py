"""The letters of a page, from the bundled fonts, cut down to those that it uses and put into it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from forms.paper.typeface import FONTS

FACES = (("Samleng Khmer", "NotoSansKhmer"), ("Samleng", "NotoSans"))
WEIGHTS = ((400, "Regular"), (700, "Bold"))


def font_faces(text: str) -> str:
    """The CSS that brings them."""
    letters = {ord(letter) for letter in text} | set(range(0x20, 0x7F))
    return "\n".join(_faces(frozenset(letters)))


def _faces(letters: frozenset[int]) -> Iterator[str]:
    for family, name in FACES:
        for weight, style in WEIGHTS:
            data = base64.b64encode(_cut(f"{name}-{style}", letters)).decode("ascii")
            yield (
                f'@font-face {{ font-family: "{family}"; font-weight: {weight};'
                f' src: url("data:font/woff;base64,{data}") format("woff"); }}'
            )


@lru_cache(maxsize=8)  # cutting takes most of the time that a page takes, and reports share their letters
def _cut(name: str, letters: frozenset[int]) -> bytes:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options: Any = subset.Options(hinting=False, notdef_outline=True, recalc_timestamp=False)
    font = TTFont(FONTS / f"{name}.ttf", recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=letters)
    cutter.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()
