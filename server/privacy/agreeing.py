"""People of a repeat who were asked for themselves: without their yes their row goes, and nothing else does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import compress

from server.exports.rows import Media
from server.extracts.losses import Losses
from server.extracts.sheets import Batch, Extract, Kind, Role, Sheet
from server.extracts.stages import Stage
from server.privacy.consent import agreeing, consent_column
from server.privacy.roots import key_place, roots_of


class Agreeing(Stage):
    """An Extract without the rows of people who did not agree, what hangs on these rows, and their files. asked: as in
    `consent.refused`."""

    def __init__(self, extract: Extract, asked: Mapping[str, Collection[int]], losses: Losses) -> None:
        super().__init__(extract)
        self._asked, self._losses = asked, losses
        self._places = {s.path: p for s in extract.sheets[1:] if (p := consent_column(s)) is not None}

    @property
    def asks(self) -> bool:
        """Whether any repeat asks at all."""
        return bool(self._places)

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        left = self._left[sheet.path]
        for batch in self.inner.batches(sheet):
            kept = [key not in left for key in batch.columns[key_place(sheet)]] if left else []
            if all(kept):
                yield batch
            elif any(kept):
                columns = [list(compress(cells, kept)) for cells in batch.columns]
                yield Batch([*columns], list(compress(batch.versions, kept)))

    def media(self) -> Iterator[Media]:
        files = self._files
        return (file for file in self.inner.media() if (file.instance_id, file.name) not in files)

    @cached_property
    def _left(self) -> dict[str, set[str]]:
        """path of a sheet -> keys of the rows that are left out. Parents stand before what is in them."""
        left = dict[str, set[str]]()
        for sheet in self.inner.sheets:
            above = left.get(sheet.parent or "", set())
            left[sheet.path] = self._left_in(sheet, above) if above or sheet.path in self._places else set()
        for sheet in self.inner.sheets:
            if sheet.path in self._places:
                self._losses.add("consent.rows_refused", sheet.name, "", len(left[sheet.path]))
        return left

    def _left_in(self, sheet: Sheet, above: Collection[str]) -> set[str]:
        place, parent = self._places.get(sheet.path), sheet.place(Role.PARENT)
        having = None if place is None else self._asked.get(sheet.columns[place].path)
        left = set[str]()
        for batch in self.inner.batches(sheet):
            keys = batch.columns[key_place(sheet)]
            left |= {key or "" for key in compress(keys, [one in above for one in batch.columns[parent]])}
            if place is not None:
                yes = agreeing(sheet.columns[place], set(batch.columns[place]))
                rows = zip(keys, batch.columns[place], batch.versions, strict=True)
                left |= {
                    key or ""
                    for key, answer, version in rows
                    if answer not in yes and (having is None or version in having)
                }
        return left

    @cached_property
    def _files(self) -> set[tuple[str, str]]:
        """(root instanceID, name) of files that rows left out name."""
        found = set[tuple[str, str]]()
        for sheet in self.inner.sheets:
            places = [n for n, c in enumerate(sheet.columns) if c.kind is Kind.FILE]
            left = self._left[sheet.path]
            for batch in self.inner.batches(sheet) if places and left else ():
                keys = batch.columns[key_place(sheet)]
                gone = [key in left for key in keys]
                roots = list(compress(roots_of(sheet, keys), gone))
                for place in places:
                    named = compress(batch.columns[place], gone)
                    found |= {(root, name) for root, name in zip(roots, named, strict=True) if name}
        return found
