"""What a format or a profile could not carry over. Nothing is cut in silence: what is counted here is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loss:
    """code: of LOSSES in server/extracts/messages.py; sheet and column: names, "" where it concerns all; count:
    how many cells, labels or rows."""

    code: str
    sheet: str
    column: str
    count: int


class Losses:
    """Counts while an export is made; read when it is finished."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self.rows: Counter[str] = Counter()  # sheet -> rows written

    def add(self, code: str, sheet: str = "", column: str = "", count: int = 1) -> None:
        if count:
            self._counts[code, sheet, column] += count

    def __iter__(self) -> Iterator[Loss]:
        return (Loss(*key, count) for key, count in sorted(self._counts.items()))

    def __bool__(self) -> bool:
        return bool(self._counts)
