"""Names of worksheets as Excel takes them: at most 31 characters, without []:*?/\\, unique in any letter case."""

from __future__ import annotations

import re

LONGEST = 31
FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff\ud800-\udfff]")
HISTORY = "history"  # Excel keeps this one for itself


class SheetNames:
    def __init__(self, own: tuple[str, ...] = ()) -> None:
        """own: names given already."""
        self._taken = {HISTORY, *(name.casefold() for name in own)}

    def take(self, wanted: str, ending: str = "") -> str:
        """The name itself where Excel takes it, else the nearest free one. ending: always kept: " (2)"."""
        clean = FORBIDDEN.sub("_", wanted).strip("' ") or "sheet"
        name, times = _cut(clean, ending), 1
        while name.casefold() in self._taken:
            times += 1
            name = _cut(clean, f"{ending} ~{times}")
        self._taken.add(name.casefold())
        return name


def _cut(name: str, ending: str) -> str:
    """Shortened by whole characters; Excel counts those beyond the basic plane twice."""
    while _width(name + ending) > LONGEST:
        name = name[:-1]
    return name + ending


def _width(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def quoted(name: str) -> str:
    """As it is written in a reference: 'it''s'!A1."""
    return "'" + name.replace("'", "''") + "'"
