"""A guard against cells that a spreadsheet would work out as a formula, which can be taken off again.

Excel and LibreOffice take text that begins with = + - @ (also full-width) for a formula, some go by | and % too, and
blanks, tabs or line breaks before it do not always help (OWASP, CSV injection). Such a cell gets an apostrophe in
front. So does one that begins with an apostrophe of its own: a leading apostrophe is then always the guard's, and
`unguard(guard(text)) == text` holds for every text.

Left alone: a number, a place and a telephone number, as long as it is nothing but digits after its sign.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

GUARD = "'"
_SIGNS = "=+\\-@|%＝＋－＠｜％"
# Blanks, control characters, and what nobody sees: some programs pass over them.
_PASSED = "\\s\x00-\x1f\x7f\u00ad\u17b4\u17b5\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_FORMULA = re.compile(f"[{_PASSED}]*(?:[{_SIGNS}]|(?<=[\t\r\n])|(?<=^){GUARD})")
_FIRST = re.compile(f"[{_PASSED}{_SIGNS}{GUARD}]")
_NUMBER = r"(?:\d+(?:[.,]\d+)*\.?|\.\d+)(?:[eE][+-]?\d+)?"
# A second sign makes a sum of it: "-1.26 -36.79" would be shown as -38.05. Signs alone stand for "nothing".
_HARMLESS = re.compile(rf"[+-]{_NUMBER}(?: +{_NUMBER})*|-+")


def guard(text: str) -> str:
    """The text as a spreadsheet may have it."""
    return GUARD + text if is_formula(text) else text


def unguard(text: str) -> str:
    """What `guard` was given, whatever that was."""
    return text.removeprefix(GUARD)


def is_formula(text: str) -> bool:
    """Whether the guard goes in front."""
    return bool(_FORMULA.match(text)) and not _HARMLESS.fullmatch(text)


def guarded(cells: Sequence[str]) -> tuple[Sequence[str], int]:
    """A column's cells behind the guard, and how many have got it."""
    # By first letters: most columns have none that could begin a formula, and are done.
    if not any(map(_FIRST.match, {cell[:1] for cell in cells})):
        return cells, 0
    kept = [guard(cell) for cell in cells]
    return kept, sum(map(len, kept)) - sum(map(len, cells))
