"""Hiding answers until whoever shares what is shown is one of many: k-anonymity over everything that is shown.

Rows are parted column by column, the most useful columns first. Within a part, a value that fewer than k rows give is
hidden; and if fewer than k rows would be hidden, the smallest shown values are hidden with them, or the hidden ones
could be counted off (complementary suppression). What is hidden looks like what was not answered. In the end every
row is the same as at least k - 1 others in all that is shown, so every combination of columns is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from server.extracts.sheets import Cell

OWNERS = 3  # submissions, at least, that the people of a group come from: one village is no crowd


@dataclass(slots=True)
class Hiding:
    """columns: the cells that may be shown. hidden: by column, how many answers may not."""

    columns: list[list[Cell]]
    hidden: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What is large enough. owners: of each row the submission, where rows are people of one; None where rows are
    submissions themselves."""

    k: int
    owners: Sequence[int] | None = None

    def holds(self, rows: Sequence[int]) -> bool:
        if len(rows) < self.k:
            return False
        return self.owners is None or len({self.owners[row] for row in rows}) >= OWNERS


def hide(columns: Sequence[Sequence[Cell]], crowd: Crowd, harmless: Sequence[bool]) -> Hiding:
    """columns: the most useful first, all of one length that the crowd holds. harmless: of each column, whether it
    does no harm when all of a group gave one answer; elsewhere knowing the group would be knowing the answer."""
    length = len(columns[0]) if columns else 0
    parts = [list(range(length))]
    done = Hiding([[None] * length for _ in columns])
    for place, cells in enumerate(columns):
        held, following = 0, []
        for part in parts:
            shown, hidden = _parted(part, cells, crowd, harmless[place])
            for value, rows in shown.items():
                for row in rows:
                    done.columns[place][row] = value
            held += sum(cells[row] is not None for row in hidden)
            following += [*shown.values(), *([hidden] if hidden else [])]
        done.hidden.append(held)
        parts = following
    return done


def _parted(
    part: Sequence[int], cells: Sequence[Cell], crowd: Crowd, harmless: bool
) -> tuple[dict[str, list[int]], list[int]]:
    """(rows of each shown value, rows of which nothing is shown)"""
    shown: dict[str, list[int]] = {}
    hidden: list[int] = []
    for row in part:
        value = cells[row]
        if value is None:
            hidden.append(row)
        else:
            shown.setdefault(value, []).append(row)
    for value in [value for value, rows in shown.items() if not crowd.holds(rows)]:
        hidden += shown.pop(value)
    while hidden and shown and not crowd.holds(hidden):
        hidden += shown.pop(min(shown, key=lambda value: (len(shown[value]), value)))
    if not harmless and not hidden and len(shown) == 1:
        return {}, list(part)
    return shown, hidden
