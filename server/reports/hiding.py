"""Small numbers hidden so that nobody can work them out from what stands beside them.

A number from 1 to k - 1 is small. It is hidden, and so are as many others of its table as it takes for each small one
to remain possible as anything from 1 to k - 1, for somebody who knows all that is shown, the totals, the rule, and
which of the hidden ones are small. Zeros are shown: nobody stands behind them. Method: interval protection by
complementary suppression; the intervals of a table with two directions are exact, by maximum flow in the network of
its hidden cells.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

Place = tuple[int, int]
UNBOUNDED = 10**12


@dataclass(frozen=True, slots=True)
class Shield:
    """small: places of the numbers below k; others: of those hidden for their sake. whole: nothing of the table may be
    shown, not even its zeros."""

    small: frozenset[int] = frozenset()
    others: frozenset[int] = frozenset()
    whole: bool = False

    def hides(self, place: int) -> bool:
        return self.whole or place in self.small or place in self.others


def is_small(count: int, k: int) -> bool:
    return 0 < count < k


def protect(counts: Sequence[int], k: int, forced: frozenset[int] = frozenset()) -> Shield:
    """Of numbers whose sum is known. forced: places to hide whatever stands there."""
    small = frozenset(n for n, count in enumerate(counts) if is_small(count, k))
    others = {n for n in forced if counts[n] >= k}
    rest = sorted((n for n, count in enumerate(counts) if count >= k and n not in others),
                  key=lambda n: (counts[n], n), reverse=True)  # fmt: skip
    while (small or others) and not _is_safe([counts[n] for n in small], [counts[n] for n in others], k):
        if not rest:
            return Shield(whole=True)
        others.add(rest.pop())
    return Shield(small, frozenset(others))


def _is_safe(small: Sequence[int], others: Sequence[int], k: int) -> bool:
    if not small:  # only what was forced: it must not stand alone
        return len(others) > 1
    left, fellows = sum(small) + sum(others), len(small) - 1
    if left - fellows - k * len(others) < k - 1:  # the most that one can be
        return False
    return bool(others) or left - (k - 1) * fellows <= 1  # the least


def chosen(count: int, base: int, k: int) -> bool:
    """Whether a choice of several may be told: neither those who made it nor those who did not are few."""
    return not is_small(count, k) and not is_small(base - count, k)


@dataclass
class Cross:
    """A table with rows and columns whose sums are known, but for `rows` and `columns` that hide their sums."""

    counts: Sequence[Sequence[int]]
    k: int
    rows: Shield
    columns: Shield
    hidden: set[Place] = field(default_factory=set)
    whole: bool = False

    def __post_init__(self) -> None:
        self._groups()
        if self.rows.whole or self.columns.whole:
            self.whole = True
            return
        self._hide()

    def shows(self, row: int, column: int) -> bool:
        return not self.whole and (self._row[row], self._column[column]) not in self.hidden

    def is_small(self, row: int, column: int) -> bool:
        """Of a hidden one, whether it may be said that it is small."""
        is_blind = (self._row[row], self._column[column]) in self._blind
        return not self.whole and not is_blind and is_small(self.counts[row][column], self.k)

    def _groups(self) -> None:
        """Rows that hide their sums count as one, for together their sum is known; columns too."""
        self._row, height = _grouped(len(self.counts), self.rows)
        self._column, width = _grouped(len(self.counts[0]) if self.counts else 0, self.columns)
        self._cells = [[0] * width for _ in range(height)]
        for r, row in enumerate(self.counts):
            for c, count in enumerate(row):
                self._cells[self._row[r]][self._column[c]] += count
        self._blind = {
            (r, c)
            for r in range(height)
            for c in range(width)
            if (r == height - 1 and _any(self.rows)) or (c == width - 1 and _any(self.columns))
        }

    def _hide(self) -> None:
        for r, row in enumerate(self._cells):
            for c, count in enumerate(row):
                if is_small(count, self.k) or ((r, c) in self._blind):
                    self.hidden.add((r, c))
        while (place := self._exposed()) is not None:
            is_eased = not self._is_cramped(place) and self._add_around(place)
            if not is_eased and not self._blind_out(place):
                self.whole = True
                return

    def _exposed(self) -> Place | None:
        """A small number of which more could be told than that it is small."""
        for r, c in sorted(self.hidden):
            count = self._cells[r][c]
            if not is_small(count, self.k):
                continue
            if self._slack((r, c), up=True) < self.k - 1 - count or self._slack((r, c), up=False) < count - 1:
                return r, c
        return None

    def _add_around(self, place: Place) -> bool:
        """Hides the cheapest corners of a rectangle with `place`: along it, numbers can be shifted."""
        r, c = place
        best: tuple[int, list[Place]] | None = None
        for other in range(len(self._cells)):
            for column in range(len(self._cells[0])):
                if other == r or column == c:
                    continue
                corners = [(r, column), (other, c), (other, column)]
                new = [p for p in corners if p not in self.hidden]
                if any(self._cells[a][b] == 0 for a, b in new) or not new:
                    continue
                cost = sum(self._cells[a][b] for a, b in new)
                if best is None or cost < best[0]:
                    best = cost, new
        if best is None:
            return False
        self.hidden.update(best[1])
        return True

    def _is_cramped(self, place: Place) -> bool:
        """Whether the sum of its row or column leaves it too little room, whatever else is hidden."""
        row = [(place[0], c) for c in range(len(self._cells[0]))]
        column = [(r, place[1]) for r in range(len(self._cells))]
        return any(self._leaves_no_room(line) for line in (row, column) if not set(line) & self._blind)

    def _leaves_no_room(self, line: Sequence[Place]) -> bool:
        counts = [self._cells[r][c] for r, c in line if self._cells[r][c]]
        return all(is_small(count, self.k) for count in counts) and not _is_safe(counts, [], self.k)

    def _blind_out(self, place: Place) -> bool:
        """Hides the row or the column, whichever is of fewer, zeros too, and says of none of it that it is small."""
        row = {(place[0], c) for c in range(len(self._cells[0]))}
        column = {(r, place[1]) for r in range(len(self._cells))}
        lines = [line for line in (row, column) if not line <= self._blind]
        if not lines:
            return False
        chosen = min(lines, key=lambda line: sum(self._cells[r][c] for r, c in line))
        self._blind |= chosen
        self.hidden |= chosen
        return True

    def _bounds(self, place: Place) -> tuple[int, int]:
        """What a reader knows of a hidden number without the sums."""
        count = self._cells[place[0]][place[1]]
        if place in self._blind:
            return 0, UNBOUNDED
        return (1, self.k - 1) if is_small(count, self.k) else (self.k, UNBOUNDED)

    def _slack(self, place: Place, *, up: bool) -> int:
        """How much more (or less) `place` could be with all sums as they are, up to k."""
        height = len(self._cells)
        room: dict[tuple[int, int], int] = {}
        near: dict[int, list[int]] = {}
        for r, c in self.hidden - {place}:
            count, (low, high) = self._cells[r][c], self._bounds((r, c))
            more, less = high - count, count - low
            room[r, height + c], room[height + c, r] = (less, more) if up else (more, less)
            near.setdefault(r, []).append(height + c)
            near.setdefault(height + c, []).append(r)
        flow = 0
        while flow < self.k and (found := _path(near, room, place[0], height + place[1])):
            width = min([self.k - flow, *(room[step] for step in found)])
            for a, b in found:
                room[a, b] -= width
                room[b, a] += width
            flow += width
        return flow


def _any(shield: Shield) -> bool:
    return bool(shield.small or shield.others)


def _grouped(length: int, shield: Shield) -> tuple[list[int], int]:
    """(place in the table as it is seen, how many places that has); what is hidden is the last."""
    shown = [n for n in range(length) if not shield.hides(n)]
    places = {n: place for place, n in enumerate(shown)}
    return [places.get(n, len(shown)) for n in range(length)], len(shown) + (len(shown) < length)


def _path(
    near: dict[int, list[int]], room: dict[tuple[int, int], int], start: int, end: int
) -> list[tuple[int, int]]:
    came, waiting = {start: start}, deque([start])
    while waiting:
        here = waiting.popleft()
        for there in near.get(here, ()):
            if there not in came and room[here, there] > 0:
                came[there] = here
                waiting.append(there)
    if end not in came:
        return []
    steps, here = [], end
    while here != start:
        steps.append((came[here], here))
        here = came[here]
    return steps
