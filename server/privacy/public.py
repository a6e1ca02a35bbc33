"""The public profile: tables that may be handed to anybody.

Rows are coarsened (coarsening.py), and answers hidden until each row is one of at least k alike (suppressing.py).
They come in the order of what they show, so that no place in a list tells when somebody spoke.

Rows are published in waves (waves.py): those that were here when the first public export was made, then those that
came until the next, and so on. Each wave is hidden by itself and never changes again, and one too small waits for the
next. So what two exports differ by is whole waves; and filters choose among what is hidden already, never what it is
hidden among.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, compress, islice, repeat

from server.errors import Fault
from server.exports.rows import Media
from server.extracts.losses import Losses
from server.extracts.options import Choosing
from server.extracts.sheets import ROWS, Batch, Cell, Column, Extract, Kind, Role, Sheet
from server.extracts.stages import Stage
from server.privacy.coarsening import Shown, shown_columns
from server.privacy.roots import key_place, roots_of
from server.privacy.suppressing import Crowd, hide
from server.privacy.waves import Figures, Wave, Waves, member

LEAST_K = 11  # nobody may ask for less; IOM and CTDC publish at 11


def check_public(options_k: int, choosing: Choosing, waves: Waves) -> None:
    """Raises Fault public.k (too small, or another than before), public.filter."""
    if options_k < LEAST_K or (waves.k is not None and options_k != waves.k):
        raise Fault("public.k", k=options_k, least=waves.k or LEAST_K)
    if replace(choosing, provinces=frozenset()) != Choosing():
        raise Fault("public.filter")


def rounded(count: int, k: int) -> int:
    """Up to a multiple of k: an exact number that goes along with a public file, and is one more the next time, tells
    of one person."""
    return -(-count // k) * k


class Public(Stage):
    """An Extract of what may be published. provinces: codes of the only ones wanted; empty = all."""

    def __init__(
        self, extract: Extract, k: int, waves: Waves, losses: Losses, provinces: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(extract)
        self.versions = {1: ""}  # one for all: who filled in an old version is one of few
        self._k, self._waves, self._losses = k, waves, losses
        self._provinces = provinces
        self._of_root: dict[str, tuple[Cell, Cell]] = {}
        self._shown = {sheet.path: self._columns(sheet) for sheet in extract.sheets}
        self._publish()
        kept = [
            s for s in extract.sheets if not s.path or len(self._shown[s.path]) > len(self._outer(s.path))
        ]
        self.sheets = tuple(_published(sheet, self._shown[sheet.path]) for sheet in kept)
        self._tell_columns()

    def media(self) -> Iterator[Media]:
        return iter(())

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        rows = chain.from_iterable(repeat(row, count) for row, count in self._rows(sheet.path))
        first = 0
        while some := list(islice(rows, ROWS)):
            cells: list[Sequence[Cell]] = [list(column) for column in zip(*some, strict=True)]
            keys: list[Cell] = [str(number) for number in range(first + 1, first + len(some) + 1)]
            ends: list[Sequence[Cell]] = [keys] if not sheet.path else [[None] * len(some), keys]
            yield Batch([*cells, *ends], [1] * len(some))
            first += len(some)

    def _rows(self, path: str) -> list[tuple[tuple[Cell, ...], int]]:
        """(row, how many there are), of all waves, in an order that what they show alone decides."""
        shown = self._shown[path]
        found = Counter[tuple[Cell, ...]]()
        for wave in self._waves.published:
            if figures := wave.sheets.get(path):
                found.update(figures.under([_key(one) for one in shown]))
        wanted = [(row, count) for row, count in found.items() if self._is_wanted(shown, row)]
        return sorted(wanted, key=lambda one: _order(one[0]))

    def _columns(self, sheet: Sheet) -> list[Shown]:
        """Of a repeat behind the province and the month of its submission."""
        shown = shown_columns(sheet)
        return _distinct(shown) if not sheet.path else [*self._outer(sheet.path), *shown]

    def _outer(self, path: str) -> list[Shown]:
        """What a repeat's rows say of their submission, at places -1 and -2."""
        ends = [s for s in shown_columns(self.inner.sheets[0]) if s.column.role is not Role.ANSWER]
        return [
            replace(one, place=-1 - one.rank, coarsen=list, column=replace(one.column, table=path))
            for one in sorted(ends, key=lambda s: s.rank)
            if path
        ]

    def _tell_columns(self) -> None:
        for sheet in self.inner.sheets:
            shown = {one.place for one in self._shown[sheet.path]}
            for place, column in enumerate(sheet.columns):
                if place not in shown and column.role is Role.ANSWER:
                    self._losses.add("public.column_dropped", sheet.name, column.name)
            held = [f for wave in self._waves.published if (f := wave.sheets.get(sheet.path))]
            for one in self._shown[sheet.path]:
                count = sum(figures.hidden.get(_key(one), 0) for figures in held)
                self._tell("public.cells_hidden", sheet, one.column.name, count)

    def _tell(self, code: str, sheet: Sheet, column: str, count: int) -> None:
        self._losses.add(code, sheet.name, column, rounded(count, self._k))

    def _publish(self) -> None:
        """Makes a wave of what has come since the last, if that is enough."""
        sheets = {sheet.path: self._work_out(sheet) for sheet in self.inner.sheets}
        if self._of_root:
            members = frozenset(member(root) for root in self._of_root)
            self._waves.publish(Wave(self._k, members, sheets))

    def _work_out(self, sheet: Sheet) -> Figures:
        """The rows of a sheet as they will be published, and how often each: at least k times."""
        shown = self._shown[sheet.path]
        columns, roots = self._read(sheet, shown)
        crowd = Crowd(self._k, self._owners(roots) if sheet.path else None)
        figures = Figures([_key(one) for one in shown], {})
        if not crowd.holds(range(len(roots))):
            self._tell("public.rows_held_back", sheet, "", len(roots))
            return figures
        order = sorted(range(len(shown)), key=lambda n: (shown[n].rank, n))
        hidden = hide([columns[n] for n in order], crowd, [shown[n].harmless for n in order])
        cells = dict(zip(order, hidden.columns, strict=True))
        counts = {_key(shown[n]): count for n, count in zip(order, hidden.hidden, strict=True)}
        if not sheet.path:
            self._remember(shown, roots, cells)
        counted = Counter(zip(*(cells[n] for n in range(len(shown))), strict=True))
        return replace(figures, rows=dict(counted), hidden=counts)

    def _read(self, sheet: Sheet, shown: Sequence[Shown]) -> tuple[list[list[Cell]], list[str]]:
        """The new rows: those of submissions that no wave has, and of repeats those of submissions of this one."""
        columns: list[list[Cell]] = [[] for _ in shown]
        roots: list[str] = []
        for batch in self.inner.batches(sheet):
            here = roots_of(sheet, batch.columns[key_place(sheet)])
            new = [root in self._of_root if sheet.path else self._waves.is_new(root) for root in here]
            roots += compress(here, new)
            for held, one in zip(columns, shown, strict=True):
                cells = (
                    self._said(one.place, here) if one.place < 0 else one.coarsen(batch.columns[one.place])
                )
                held += compress(cells, new)
        return columns, roots

    def _said(self, place: int, roots: Sequence[str]) -> list[Cell]:
        nothing = (None, None)
        return [self._of_root.get(root, nothing)[-1 - place] for root in roots]

    def _owners(self, roots: Sequence[str]) -> list[int]:
        numbers = {root: number for number, root in enumerate(self._of_root)}
        return [numbers[root] for root in roots]

    def _remember(
        self, shown: Sequence[Shown], roots: Sequence[str], cells: Mapping[int, Sequence[Cell]]
    ) -> None:
        """What is published of a submission's province and month is all that its people's rows may say of it."""
        places = [next((n for n, s in enumerate(shown) if s.rank == rank), None) for rank in (0, 1)]
        nothing: list[Cell] = [None] * len(roots)
        provinces, dates = (nothing if n is None else cells[n] for n in places)
        self._of_root = dict(zip(roots, zip(provinces, dates, strict=True), strict=True))

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


def _key(one: Shown) -> str:
    """By which a column is known to the waves of other versions of the form."""
    return one.column.path or one.column.name


def _order(row: tuple[Cell, ...]) -> tuple[str, ...]:
    return tuple(cell or "" for cell in row)
