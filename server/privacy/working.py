"""The working profile: whoever works on the consultation sees answers, and nobody's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from server.exports.rows import Media
from server.extracts.losses import Losses
from server.extracts.sheets import Batch, Cell, Column, Extract, Kind, Role, Sheet
from server.extracts.stages import Stage
from server.privacy.levels import IDENTIFYING, levelled
from server.privacy.naming import APART, hits, joined, masked
from server.privacy.pseudonyms import Pseudonyms
from server.privacy.roots import key_place, roots_of

PLACES = frozenset({Kind.POINT, Kind.LINE, Kind.AREA})
NAMING = frozenset(
    {Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.DATE}
)  # identifying answers worth looking for


class Working(Stage):
    """An Extract whose identifying answers are pseudonyms. A place that identifies is left empty: nothing stands
    for it. Only files go along that a question asks for which does not identify."""

    def __init__(
        self, extract: Extract, pseudonyms: Pseudonyms, defaults: Mapping[str, str], losses: Losses
    ) -> None:
        super().__init__(extract)
        self._pseudonyms, self._losses = pseudonyms, losses
        self._told = set[str]()  # sheets whose losses are counted: they may be read again
        self.sheets = tuple(
            replace(sheet, columns=tuple(_hidden(column) for column in sheet.columns))
            for sheet in levelled(extract.sheets, defaults)
        )

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        plain = self._held[sheet.path]
        names = [n for n, c in enumerate(sheet.columns) if "pseudonym" in c.note]
        empty = [n for n, c in enumerate(sheet.columns) if "left_out" in c.note]
        for batch in self.inner.batches(plain):
            columns = list(batch.columns)
            self._mask(sheet, columns)
            for n in names:
                is_file = plain.columns[n].kind is Kind.FILE
                columns[n] = (self._pseudonyms.files if is_file else self._pseudonyms.of)(columns[n])
            for n in empty:
                columns[n] = [None] * len(batch)
            yield Batch(columns, batch.versions)
        self._told.add(sheet.path)

    def _mask(self, sheet: Sheet, columns: list[Sequence[Cell]]) -> None:
        """Takes the names of a submission out of its texts: often a story tells again who tells it."""
        texts = [n for n, c in enumerate(sheet.columns) if _is_free_text(c)]
        if not texts or not self._naming:
            return
        said = self._said(sheet, columns)
        for row in hits(joined([columns[n] for n in texts]), said):
            for n in texts:
                if cell := columns[n][row]:
                    self._put(sheet, columns, n, row, masked(cell, said[row].split(APART), self._pseudonyms))

    def _put(self, sheet: Sheet, columns: list[Sequence[Cell]], n: int, row: int, text: str) -> None:
        if text != columns[n][row]:
            cells = list(columns[n])
            cells[row] = text
            columns[n] = cells
            if sheet.path not in self._told:
                self._losses.add("private.named_in_text", sheet.name, sheet.columns[n].name)

    def _said(self, sheet: Sheet, columns: Sequence[Sequence[Cell]]) -> list[str]:
        """The identifying answers of each row's submission, as one text."""
        if list(self._naming) == [sheet.path] == [""]:
            return joined([columns[n] for n in self._naming[""]])
        roots = roots_of(sheet, columns[key_place(sheet)])
        return [self._by_root.get(root, "") for root in roots]

    @cached_property
    def _naming(self) -> dict[str, list[int]]:
        """path of a sheet -> places of the columns whose answers may stand in texts too."""
        found = {
            sheet.path: [
                n
                for n, column in enumerate(self.sheets[place].columns)
                if column.role is Role.ANSWER
                and "pseudonym" in column.note
                and sheet.columns[n].kind in NAMING
                and not column.reads
            ]
            for place, sheet in enumerate(self.inner.sheets)
        }
        return {path: places for path, places in found.items() if places}

    @cached_property
    def _by_root(self) -> dict[str, str]:
        """root instanceID -> the identifying answers of all its rows. Read ahead, since a person in a repeat is told
        of in the root, and the other way round."""
        found: dict[str, str] = {}
        for path, places in self._naming.items():
            for batch in self.inner.batches(self._held[path]):
                roots = roots_of(self._held[path], batch.columns[key_place(self._held[path])])
                for root, said in zip(roots, joined([batch.columns[n] for n in places]), strict=True):
                    if said:
                        found[root] = f"{found[root]}{APART}{said}" if root in found else said
        return found

    def media(self) -> Iterator[Media]:
        going = self._files(identifying=False) - self._files(identifying=True)
        left = 0
        for file in self.inner.media():
            if (file.instance_id, file.name) in going:
                yield file
            else:
                left += 1
        if "media" not in self._told:
            self._losses.add("private.file_left_out", count=left)
        self._told.add("media")

    def _files(self, *, identifying: bool) -> set[tuple[str, str]]:
        """(root instanceID, name) of the files that answers name."""
        found = set[tuple[str, str]]()
        for sheet in self.sheets:
            plain = self._held[sheet.path]
            places = [
                n for n, column in enumerate(plain.columns)
                if column.kind is Kind.FILE and (sheet.columns[n].sensitivity == IDENTIFYING) is identifying
            ]  # fmt: skip
            for batch in self.inner.batches(plain) if places else ():
                roots = roots_of(plain, batch.columns[key_place(plain)])
                for place in places:
                    cells = batch.columns[place]
                    found |= {(root, name) for root, name in zip(roots, cells, strict=True) if name}
        return found


def _hidden(column: Column) -> Column:
    if column.sensitivity != IDENTIFYING:
        return column
    if column.kind in PLACES:
        return replace(column, note=(*column.note, "left_out"))
    return replace(column, kind=Kind.TEXT, values={}, values_by_version={}, note=(*column.note, "pseudonym"))


def _is_free_text(column: Column) -> bool:
    return column.kind is Kind.TEXT and column.role is Role.ANSWER and column.sensitivity != IDENTIFYING
