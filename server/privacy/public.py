"""The public profile: tables that may be handed to anybody.

Rows are coarsened (coarsening.py), and answers hidden until each row is one of at least k alike (suppressing.py).
They come in the order of what they show, so that no place in a list tells when somebody spoke.

Rows are published in waves: those that were here when the first public export was made, then those that came until
the next, and so on. Each wave is hidden by itself, and one too small waits for the next. So what two exports differ
by is a whole wave; and filters choose among what is hidden already, never what it is hidden among.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from server.errors import Fault
from server.exports.rows import Media
from server.extracts.losses import Losses
from server.extracts.options import Choosing
from server.extracts.sheets import ROWS, Batch, Cell, Column, Extract, Kind, Role, Sheet
from server.privacy.coarsening import Shown, shown_columns
from server.privacy.roots import key_place, roots_of
from server.privacy.suppressing import Crowd, hide

LEAST_K = 11  # nobody may ask for less; IOM and CTDC publish at 11


@dataclass(frozen=True, slots=True)
class Waves:
    """arrived: root instanceID -> its place in the ledger. through: the places up to which earlier public exports
    went, in order. k: what they were made with, None when there was none."""

    arrived: Mapping[str, int]
    through: Sequence[int] = ()
    k: int | None = None

    def of(self, root: str) -> int:
        return bisect_left(self.through, self.arrived.get(root, 0))

    @property
    def now_through(self) -> int:
        return max(self.arrived.values(), default=0)


def check_public(options_k: int, choosing: Choosing, waves: Waves) -> None:
    """Raises Fault public.k (too small, or another than before), public.filter."""
    if options_k < LEAST_K or (waves.k is not None and options_k != waves.k):
        raise Fault("public.k", k=options_k, least=waves.k or LEAST_K)
    if replace(choosing, provinces=frozenset()) != Choosing():
        raise Fault("public.filter")


class Public:
    """An Extract of what may be published. provinces: codes of the only ones wanted; empty = all."""

    def __init__(
        self, extract: Extract, k: int, waves: Waves, losses: Losses, provinces: frozenset[str] = frozenset()
    ) -> None:
        self._extract, self._k, self._waves, self._losses = extract, k, waves, losses
        self._provinces = provinces
        self._rows: dict[str, list[tuple[Cell, ...]]] = {}
        self._of_root: dict[str, tuple[Cell, Cell]] = {}
        root = extract.sheets[0]
        self._shown = {sheet.path: self._columns(sheet) for sheet in extract.sheets}
        kept = [root, *(sheet for sheet in extract.sheets[1:] if len(self._shown[sheet.path]) > 2)]
        self.sheets = tuple(_published(sheet, self._shown[sheet.path]) for sheet in kept)
        self._tell_columns()

    @property
    def form_id(self) -> str:
        return self._extract.form_id

    @property
    def title(self) -> str:
        return self._extract.title

    @property
    def versions(self) -> Mapping[int, str]:
        """One for all: who filled in an old version is one of few."""
        return {1: ""}

    def media(self) -> Iterator[Media]:
        return iter(())

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        rows = self._hidden(sheet.path)
        for first in range(0, len(rows), ROWS):
            some = rows[first : first + ROWS]
            cells: list[Sequence[Cell]] = [list(column) for column in zip(*some, strict=True)]
            keys: list[Cell] = [str(number) for number in range(first + 1, first + len(some) + 1)]
            ends: list[Sequence[Cell]] = [keys] if not sheet.path else [[None] * len(some), keys]
            yield Batch([*cells, *ends], [1] * len(some))

    def _columns(self, sheet: Sheet) -> list[Shown]:
        """Of a repeat behind the province and the month of its submission, which stand at place -1 and -2."""
        shown = shown_columns(sheet)
        if not sheet.path:
            return _distinct(shown)
        ends = [s for s in shown_columns(self._extract.sheets[0]) if s.column.role is not Role.ANSWER]
        outer = [replace(s, place=-1 - n, coarsen=list, column=replace(s.column, table=sheet.path)) for n, s in
                 enumerate(sorted(ends, key=lambda s: s.rank))]  # fmt: skip
        return [*outer, *shown]

    def _tell_columns(self) -> None:
        for sheet in self._extract.sheets:
            shown = {one.place for one in self._shown[sheet.path]}
            for place, column in enumerate(sheet.columns):
                if place not in shown and column.role is Role.ANSWER:
                    self._losses.add("public.column_dropped", sheet.name, column.name)

    def _hidden(self, path: str) -> list[tuple[Cell, ...]]:
        """The rows that are published, in their order; worked out once."""
        if path not in self._rows:
            if path and not self._of_root:
                self._hidden("")
            self._rows[path] = self._work_out(next(s for s in self._extract.sheets if s.path == path))
        return self._rows[path]

    def _work_out(self, sheet: Sheet) -> list[tuple[Cell, ...]]:
        shown = self._shown[sheet.path]
        columns, roots = self._read(sheet, shown)
        order = sorted(range(len(shown)), key=lambda n: (shown[n].rank, n))
        found: list[tuple[Cell, ...]] = []
        for block in self._blocks(sheet, roots):
            crowd = Crowd(self._k, [self._numbers[roots[row]] for row in block] if sheet.path else None)
            hidden = hide(
                [[columns[n][row] for row in block] for n in order], crowd, [shown[n].harmless for n in order]
            )
            cells = dict(zip(order, hidden.columns, strict=True))
            for n, count in zip(order, hidden.hidden, strict=True):
                self._losses.add("public.cells_hidden", sheet.name, shown[n].column.name, count)
            rows = list(zip(*(cells[n] for n in range(len(shown))), strict=True))
            self._remember(sheet, shown, [roots[row] for row in block], rows)
            found += rows
        return sorted((row for row in found if self._is_wanted(shown, row)), key=_order)

    def _read(self, sheet: Sheet, shown: Sequence[Shown]) -> tuple[list[list[Cell]], list[str]]:
        columns: list[list[Cell]] = [[] for _ in shown]
        roots: list[str] = []
        for batch in self._extract.batches(sheet):
            here = roots_of(sheet, batch.columns[key_place(sheet)])
            roots += here
            for held, one in zip(columns, shown, strict=True):
                held += (
                    self._outer(one.place, here) if one.place < 0 else one.coarsen(batch.columns[one.place])
                )
        return columns, roots

    def _outer(self, place: int, roots: Sequence[str]) -> list[Cell]:
        nothing = (None, None)
        return [self._of_root.get(root, nothing)[-1 - place] for root in roots]

    def _remember(
        self, sheet: Sheet, shown: Sequence[Shown], roots: Sequence[str], rows: Sequence[tuple[Cell, ...]]
    ) -> None:
        """What is published of a submission's province and month is all that its people's rows may say of it."""
        if sheet.path or len(self._extract.sheets) == 1:
            return
        places = [next((n for n, s in enumerate(shown) if s.rank == rank), None) for rank in (0, 1)]
        for root, row in zip(roots, rows, strict=True):
            self._of_root[root] = tuple(None if n is None else row[n] for n in places)  # type: ignore[assignment]
        self._numbers = {root: number for number, root in enumerate(self._of_root)}

    def _blocks(self, sheet: Sheet, roots: Sequence[str]) -> Iterator[list[int]]:
        """The rows of each wave; one that is too small goes on into the next."""
        waves = dict[int, list[int]]()
        for row, root in enumerate(roots):
            if not sheet.path or root in self._of_root:
                waves.setdefault(self._waves.of(root), []).append(row)
        block: list[int] = []
        owners = [self._numbers.get(root, -1) for root in roots] if sheet.path else None
        crowd = Crowd(self._k, owners)
        for wave in sorted(waves):
            block += waves[wave]
            if crowd.holds(block):
                yield block
                block = []
        self._losses.add("public.rows_held_back", sheet.name, "", len(block))

    def _is_wanted(self, shown: Sequence[Shown], row: Sequence[Cell]) -> bool:
        if not self._provinces:
            return True
        return any(one.rank == 0 and cell in self._provinces for one, cell in zip(shown, row, strict=True))


def _published(sheet: Sheet, shown: Sequence[Shown]) -> Sheet:
    keys = [Column("KEY", Kind.INTEGER, role=Role.KEY, table=sheet.path, note=("number",))]
    if sheet.path:
        keys.insert(
            0, Column("PARENT_KEY", Kind.TEXT, role=Role.PARENT, table=sheet.path, note=("left_out",))
        )
    return replace(sheet, columns=(*(one.column for one in shown), *keys))


def _distinct(shown: Sequence[Shown]) -> list[Shown]:
    """Without places that would only say again what the column Province says."""
    has_province = any(one.rank == 0 for one in shown)
    return [one for one in shown if not (has_province and "province" in one.column.note)]


def _order(row: tuple[Cell, ...]) -> tuple[str, ...]:
    return tuple(cell or "" for cell in row)
