"""Repeats joined to the rows that they belong to: to the right (wide), or row by row (long).

Rows of every sheet come in the order of the submissions, so that sheets are read side by side and no more than one
batch of each is held. Where a row belongs is told by its keys alone, whatever an earlier stage made of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import repeat

from server.extracts.sheets import ROWS, Batch, Cell, Column, Extract, Kind, Labels, Role, Sheet
from server.extracts.stages import Stage
from server.extracts.wording import within

ROW_KEY = "ROW_KEY"  # of a row of several sheets joined: the key of the innermost that there is
Row = Sequence[Cell]
Turn = tuple[tuple[str, int], ...]
"""Which repetition: (path of the repeat, from 1) from the outermost in: person[2]-job[1]."""


def joined(extract: Extract, repeats: str, *, group_names: bool) -> Extract:
    """repeats, group_names: as in options.Options."""
    if repeats == "files" or len(extract.sheets) == 1:
        return extract
    return (Wide if repeats == "wide" else Long)(extract, group_names=group_names)


def _name(sheet: Sheet, *, group_names: bool) -> str:
    """What stands before the names of the repeat's questions: below the enclosing repeat."""
    if not group_names:
        return sheet.path.rpartition("/")[2]
    return sheet.path[len(sheet.parent or "") + 1 :].replace("/", "-")


class _Joined(Stage):
    """What both have in common."""

    def __init__(self, extract: Extract, *, group_names: bool) -> None:
        super().__init__(extract)
        self._names = {sheet.path: _name(sheet, group_names=group_names) for sheet in extract.sheets}


class _Belonging:
    """The rows of a repeat, taken from the front as long as they belong to known rows."""

    def __init__(self, extract: Extract, sheet: Sheet, *, counted: bool = False) -> None:
        """counted: the rows themselves are not wanted."""
        self.sheet = sheet
        parent, key = sheet.place(Role.PARENT), sheet.place(Role.KEY)
        self._rows = (
            found
            for batch in extract.batches(sheet)
            for found in zip(
                batch.columns[parent],
                batch.columns[key],
                repeat((), len(batch)) if counted else zip(*batch.columns, strict=True),
                strict=True,
            )
        )
        self._next: tuple[Cell, Cell, Row] | None = next(self._rows, None)

    def of(self, keys: Collection[Cell]) -> Iterator[tuple[Cell, Cell, Row]]:
        """(key of the row that it belongs to, its own, the row)"""
        while self._next is not None and self._next[0] in keys:
            found = self._next
            self._next = next(self._rows, None)
            yield found

    def finish(self) -> None:
        """Raises LookupError when rows are left that belong to none: what was joined would lack them."""
        if self._next is not None:
            raise LookupError(f"rows of {self.sheet.path} out of order")


class Wide(_Joined):
    """One row a submission, every repetition to the right, as many as any submission has."""

    def __init__(self, extract: Extract, *, group_names: bool) -> None:
        super().__init__(extract, group_names=group_names)
        self._turns = self._find_turns()
        root = extract.sheets[0]
        self.sheets = (replace(root, columns=(*root.columns, *self._columns())),)

    def _find_turns(self) -> list[Turn]:
        """Every repetition that there is anywhere, those inside another behind it."""
        found = {turn for _, rows in self._walk(counted=True) for turn in rows}
        order = {sheet.path: n for n, sheet in enumerate(self.inner.sheets)}
        return sorted(found, key=lambda turn: [(order[path], number) for path, number in turn])

    def _columns(self) -> Iterator[Column]:
        for turn in self._turns:
            sheet = self._held[turn[-1][0]]
            for place in _answers(sheet):
                yield _numbered(sheet.columns[place], turn, self._names, self._held)

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        for batch, rows in self._walk():
            columns = list(batch.columns)
            for turn in self._turns:
                places = _answers(self._held[turn[-1][0]])
                if places:
                    columns += _gathered(rows.get(turn, {}), len(batch), places)
            yield Batch(columns, batch.versions)

    def _walk(self, *, counted: bool = False) -> Iterator[tuple[Batch, dict[Turn, dict[int, Row]]]]:
        """Each batch of the root, with the rows of each repetition by the place of their submission in it."""
        root = self.inner.sheets[0]
        repeats = self.inner.sheets[1:]
        belonging = {sheet.path: _Belonging(self.inner, sheet, counted=counted) for sheet in repeats}
        for batch in self.inner.batches(root):
            keys = batch.columns[root.place(Role.KEY)]
            held: dict[str, dict[Cell, tuple[int, Turn]]] = {"": {k: (n, ()) for n, k in enumerate(keys)}}
            rows: dict[Turn, dict[int, Row]] = {}
            for path, below in belonging.items():
                held[path] = self._take(below, held[below.sheet.parent or ""], rows)
            yield batch, rows
        for below in belonging.values():
            below.finish()

    def _take(
        self,
        below: _Belonging,
        above: Mapping[Cell, tuple[int, Turn]],
        rows: dict[Turn, dict[int, Row]],
    ) -> dict[Cell, tuple[int, Turn]]:
        counts: dict[Cell, int] = {}
        here = {}
        for parent, key, row in below.of(above.keys()):
            counts[parent] = number = counts.get(parent, 0) + 1
            place, turn = above[parent]
            turn = (*turn, (below.sheet.path, number))
            here[key] = place, turn
            rows.setdefault(turn, {})[place] = row
        return here


def _gathered(rows: Mapping[int, Row], count: int, places: Sequence[int]) -> list[Sequence[Cell]]:
    """The rows of one repetition as columns of a batch of so many submissions."""
    if not rows:
        return [(None,) * count for _ in places]
    nothing = (None,) * (max(places) + 1)
    columns = list(zip(*[rows.get(n, nothing)[: len(nothing)] for n in range(count)], strict=True))
    return [columns[place] for place in places]


def _numbered(column: Column, turn: Turn, names: Mapping[str, str], sheets: Mapping[str, Sheet]) -> Column:
    """ "people-person[1]-age", "Participant [1] – Age"."""
    name = "".join(f"{names[path]}[{number}]-" for path, number in turn)
    labels: Labels = column.labels or {"en": column.name}
    for path, number in reversed(turn):
        said = sheets[path].labels or {"en": sheets[path].name}
        titled = {language: f"{text} [{number}]" for language, text in said.items()}
        labels = within(titled, labels)
    return replace(column, name=name + column.name, labels=labels)


class Long(_Joined):
    """A row of the innermost repeat with all that it belongs to; where nobody was entered, the row above all the
    same. A form with one innermost repeat becomes one sheet, else one each beside the root."""

    def __init__(self, extract: Extract, *, group_names: bool) -> None:
        super().__init__(extract, group_names=group_names)
        above = {sheet.parent for sheet in extract.sheets}
        leaves = [sheet for sheet in extract.sheets if sheet.path not in above]
        self._chains = {leaf.path if len(leaves) > 1 else "": self._chain(leaf) for leaf in leaves}
        joint = [self._sheet(path, chain) for path, chain in self._chains.items()]
        self.sheets = tuple(joint) if len(leaves) == 1 else (extract.sheets[0], *joint)

    def _chain(self, leaf: Sheet) -> list[Sheet]:
        """From the root to the leaf."""
        chain = [leaf]
        while chain[0].parent is not None:
            chain.insert(0, self._held[chain[0].parent])
        return chain

    def _sheet(self, path: str, chain: list[Sheet]) -> Sheet:
        root, leaf = chain[0], chain[-1]
        columns = [replace(c, role=Role.PARENT) if c.role is Role.KEY else c for c in root.columns]
        prefix = ""
        for sheet in chain[1:]:
            prefix += f"{self._names[sheet.path]}-"
            named = [replace(c, name=prefix + c.name) for c in sheet.columns]
            columns += [named[place] for place in _answers(sheet)]
        columns.append(Column(ROW_KEY, Kind.TEXT, role=Role.KEY, table=leaf.path))
        if not path:
            return replace(root, columns=tuple(columns))
        return replace(leaf, parent="", columns=tuple(columns))

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        chain = self._chains.get(sheet.path)
        if chain is None:
            yield from self.inner.batches(self.inner.sheets[0])
            return
        belonging = [_Belonging(self.inner, sheet) for sheet in chain[1:]]
        for batch in self.inner.batches(chain[0]):
            lines = self._lines(chain, belonging, batch)
            for first in range(0, len(lines), ROWS):
                some = lines[first : first + ROWS]
                columns: list[Row] = list(zip(*[cells for _, cells in some], strict=True))
                yield Batch(columns, [version for version, _ in some])
        for one in belonging:
            one.finish()

    def _lines(self, chain: list[Sheet], belonging: list[_Belonging], batch: Batch) -> list[tuple[int, Row]]:
        """(version, cells with the row's own key last) of everything that belongs to a batch of the root."""
        keys = batch.columns[chain[0].place(Role.KEY)]
        cells = zip(*batch.columns, keys, strict=True)
        lines: list[tuple[int, Row]] = list(zip(batch.versions, cells, strict=True))
        for one in belonging:
            below: dict[Cell, list[Row]] = {}
            places = _answers(one.sheet)
            for parent, key, row in one.of({cells[-1] for _, cells in lines}):
                below.setdefault(parent, []).append((*[row[n] for n in places], key))
            blank = (None,) * len(places)
            lines = [
                (version, (*cells[:-1], *more))
                for version, cells in lines
                for more in below.get(cells[-1], [(*blank, cells[-1])])
            ]
        return lines


def _answers(sheet: Sheet) -> list[int]:
    """The places of what is no key."""
    return [n for n, c in enumerate(sheet.columns) if c.role not in (Role.KEY, Role.PARENT)]
