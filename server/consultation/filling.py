"""Rows of submissions, put into the tables of their form as an extract gathers them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing

from server.consultation.planning import FormPlan
from server.consultation.tables import TablePlan
from server.extracts.gathering import Gathered
from server.extracts.losses import Losses
from server.extracts.opening import agreed
from server.extracts.sheets import Batch, Cell, Extract, Role
from server.hub import Hub
from server.store import consultation_source as source
from server.store.actors import Connection
from server.store.consultation import ConsultationFile
from server.store.extract_source import ExtractSource
from server.store.sheet_tables import insert_batch

SUBMITTER, SUBMITTER_NAME = "SubmitterID", "SubmitterName"


def add_submissions(
    hub: Hub,
    reader: Connection,
    file: ConsultationFile,
    plan: FormPlan,
    numbers: Collection[int],
    check: Callable[[Connection], None],
) -> None:
    """Those of the numbers that stand now, without those of people who did not agree to take part. check: raises
    when the forms are no longer those of the plan."""
    where = source.among(plan.form.id, numbers)
    schemas = {version.id: version.schema for version in plan.versions}
    rows = ExtractSource(
        reader, hub.blobs, plan.form.id, lambda _: schemas, now=hub.clock.now(), only=lambda *_: where
    )
    with closing(rows):
        check(reader)
        held = source.standing(reader, plan.form.id, numbers)
        if held:
            extract = Gathered(plan.form.xml_form_id, plan.versions, rows, (), frozenset())
            _Filling(file, plan, held).fill(agreed(extract, Losses()))


class _Filling:
    """numbers: root instanceID -> number of the submission."""

    def __init__(self, file: ConsultationFile, plan: FormPlan, numbers: Mapping[str, int]) -> None:
        self._file, self._plan, self._numbers = file, plan, numbers
        self._owners: dict[Cell, int] = {}  # key of a row -> number of its submission
        self._texts: dict[int, list[str]] = defaultdict(list)

    def fill(self, extract: Extract) -> None:
        for table, sheet in zip(self._plan.tables, extract.sheets, strict=True):
            key, parent = sheet.place(Role.KEY), None if table.is_root else sheet.place(Role.PARENT)
            for batch in extract.batches(sheet):
                insert_batch(self._file.db, table, batch)
                self._note(
                    table, batch, batch.columns[key], None if parent is None else batch.columns[parent]
                )
        self._file.add_words(self._plan.root, self._texts)

    def _note(
        self, table: TablePlan, batch: Batch, keys: Sequence[Cell], parents: Sequence[Cell] | None
    ) -> None:
        if parents is None:
            owners = [self._numbers[str(key)] for key in keys]
            self._file.add_rows(self._plan.form.id, {str(k): n for k, n in zip(keys, owners, strict=True)})
            self._note_people(table, batch)
        else:
            owners = [self._owner(parent) for parent in parents]
        self._owners.update(zip(keys, owners, strict=True))
        for place in table.open:
            for number, cell in zip(owners, batch.columns[place.source], strict=True):
                if cell:
                    self._texts[number].append(cell)

    def _owner(self, parent: Cell) -> int:
        """Of a row whose parent was not read before it (two versions nest repeats differently) by its key."""
        held = self._owners.get(parent)
        if held is not None:
            return held
        return next(number for key, number in self._numbers.items() if str(parent).startswith(f"{key}/"))

    def _note_people(self, table: TablePlan, batch: Batch) -> None:
        held = {
            place.column.name: batch.columns[place.source] for place in table.places if not place.column.path
        }
        pairs = zip(held[SUBMITTER], held[SUBMITTER_NAME], strict=True)
        self._file.keep_names("actor", {str(who): name for who, name in pairs if who is not None})
