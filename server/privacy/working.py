"""The working profile: whoever works on the consultation sees answers, and nobody's name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from server.exports.rows import Media
from server.extracts.losses import Losses
from server.extracts.sheets import Batch, Cell, Column, Extract, Kind, Role, Sheet
from server.privacy.levels import INSTANCE_NAME, levelled
from server.privacy.pseudonyms import Pseudonyms
from server.privacy.roots import key_place, roots_of

PLACES = frozenset({Kind.POINT, Kind.LINE, Kind.AREA})
SHORTEST = 3  # letters of a name that is looked for in texts: shorter ones stand in half of all words


class Working:
    """An Extract whose identifying answers are pseudonyms. A place that identifies is left empty: nothing stands
    for it; a file that identifies does not go along."""

    def __init__(
        self, extract: Extract, pseudonyms: Pseudonyms, defaults: Mapping[str, str], losses: Losses
    ) -> None:
        self._extract, self._pseudonyms, self._losses = extract, pseudonyms, losses
        self._plain = {sheet.path: sheet for sheet in extract.sheets}
        sheets = _with_instance_name(levelled(extract.sheets, defaults))
        self.sheets = tuple(
            replace(sheet, columns=tuple(_hidden(column) for column in sheet.columns)) for sheet in sheets
        )
        self._kinds = {sheet.path: [column.kind for column in sheet.columns] for sheet in extract.sheets}

    @property
    def form_id(self) -> str:
        return self._extract.form_id

    @property
    def title(self) -> str:
        return self._extract.title

    @property
    def versions(self) -> Mapping[int, str]:
        return self._extract.versions

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        names = [n for n, c in enumerate(sheet.columns) if "pseudonym" in c.note]
        empty = [n for n, c in enumerate(sheet.columns) if "left_out" in c.note]
        texts = [n for n, c in enumerate(sheet.columns) if _is_free_text(c)]
        for batch in self._extract.batches(self._plain[sheet.path]):
            columns = list(batch.columns)
            made = {n: self._pseudonyms.of(columns[n]) for n in names}
            naming = _naming([columns[n] for n in names], [columns[n] for n in texts])
            for text in texts if naming else ():
                columns[text] = self._without(sheet, text, columns, made, naming)
            for place, cells in made.items():
                columns[place] = cells
            for place in empty:
                columns[place] = [None] * len(batch)
            yield Batch(columns, batch.versions)

    def _without(
        self,
        sheet: Sheet,
        text: int,
        columns: Sequence[Sequence[Cell]],
        made: Mapping[int, Sequence[Cell]],
        rows: Collection[int],
    ) -> Sequence[Cell]:
        """The texts without the names that stand in their own row: often a story tells again who tells it."""
        cells = list(columns[text])
        for place, pseudonyms in made.items():
            for row in rows:
                name, said = columns[place][row], cells[row]
                if name and said and len(name) >= SHORTEST and name in said:
                    cells[row] = said.replace(name, pseudonyms[row] or "")
                    self._losses.add("private.named_in_text", sheet.name, sheet.columns[text].name)
        return cells

    def media(self) -> Iterator[Media]:
        left = self._left_out()
        for file in self._extract.media():
            if (file.instance_id, file.name) in left:
                self._losses.add("private.file_left_out")
            else:
                yield file

    def _left_out(self) -> set[tuple[str, str]]:
        """(root instanceID, name) of the files that identify."""
        found = set[tuple[str, str]]()
        for sheet in self.sheets:
            places = [
                n for n, kind in enumerate(self._kinds[sheet.path])
                if kind is Kind.FILE and sheet.columns[n].sensitivity == "identifying"
            ]  # fmt: skip
            for batch in self._extract.batches(self._plain[sheet.path]) if places else ():
                roots = roots_of(sheet, batch.columns[key_place(sheet)])
                for place in places:
                    found |= {
                        (root, name) for root, name in zip(roots, batch.columns[place], strict=True) if name
                    }
        return found


def _naming(names: Sequence[Sequence[Cell]], texts: Sequence[Sequence[Cell]]) -> list[int]:
    """The rows that may hold a name of their own in a text. All texts of a row are looked through at once, since
    nearly none holds one: a look a cell would take a third of the time of a whole export."""
    if not names or not texts:
        return []
    said = ["\n".join(filter(None, cells)) for cells in zip(*texts, strict=True)]
    found = set[int]()
    for column in names:
        rows = enumerate(zip(column, said, strict=True))
        found.update(row for row, (name, text) in rows if name and name in text)
    return sorted(found)


def _with_instance_name(sheets: tuple[Sheet, ...]) -> tuple[Sheet, ...]:
    """The name of an instance is made of its answers, and nobody can tell of which once it is a text: with anything
    identifying in the form it counts as that too."""
    answers = [c for sheet in sheets for c in sheet.columns if c.role is Role.ANSWER]
    if not any(c.sensitivity == "identifying" for c in answers):
        return sheets
    return tuple(
        replace(
            sheet,
            columns=tuple(
                replace(c, sensitivity="identifying")
                if c.path == INSTANCE_NAME and c.role is Role.ANSWER
                else c
                for c in sheet.columns
            ),
        )
        for sheet in sheets
    )


def _hidden(column: Column) -> Column:
    if column.sensitivity != "identifying":
        return column
    if column.kind in PLACES:
        return replace(column, note=(*column.note, "left_out"))
    return replace(column, kind=Kind.TEXT, values={}, values_by_version={}, note=(*column.note, "pseudonym"))


def _is_free_text(column: Column) -> bool:
    return column.kind is Kind.TEXT and column.role is Role.ANSWER and column.sensitivity != "identifying"
