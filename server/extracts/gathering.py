"""The first stage: a form's answers over all versions, as they were answered, with where each row comes from.

All is read from one snapshot, by columns: a call of a function a cell would cost more than the reading itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import chain, repeat
from operator import add, itemgetter
from typing import Any, TypeVar

import orjson

from server.answering import catch_up
from server.errors import Fault
from server.exporting import unlocked_keys
from server.exports.central_csv import parent_suffix
from server.exports.columns import places_of
from server.exports.decrypted import DecryptedSource
from server.exports.rows import Media
from server.extracts import provenance
from server.extracts.asking import ReadFile, read_asked
from server.extracts.choosing import wanted
from server.extracts.decrypting import DecryptedRows
from server.extracts.merging import Version, merged_sheets
from server.extracts.options import Choosing
from server.extracts.parking import Parked, read_parked
from server.extracts.provinces import find_provinces
from server.extracts.sheets import ROWS, Batch, Cell, Column, Role, Sheet
from server.hub import Hub
from server.store import forms
from server.store.actors import Connection
from server.store.extract_source import ExtractSource, RepeatRow, RootRow
from server.store.forms import Form, FormVersion

SUBMISSIONS = 40  # whose rows of a repeat are read at once: about as many rows as a batch has
Rows = list[list[Cell]]
T = TypeVar("T")


@contextmanager
def gathered(
    hub: Hub,
    form: Form,
    choosing: Choosing = Choosing(),  # noqa: B008 frozen
    *,
    leave_out: Collection[str] = (),
    only: Collection[str] | None = None,
    passphrases: Mapping[int, str] | None = None,
) -> Iterator[Gathered]:
    """The form's chosen submissions over one state of the hub.

    leave_out: root instanceIDs that are in no sheet and no media. only: root instanceIDs of the only ones wanted.
    passphrases: by number of the key, for what is encrypted.
    Raises Fault form.unknown (never published), export.province, Problem 400.12 (a passphrase is wrong).
    """
    keys = unlocked_keys(hub, form, passphrases or {})
    # What a sealed submission says of its province is known once it is open.
    asked = replace(choosing, provinces=frozenset()) if keys else choosing
    catch_up(hub, form.id)
    with hub.database.reading() as reader:
        found: list[Version] = []

        def versions(db: Connection) -> dict[int, Any]:
            found.extend(published_versions(hub, form, db))
            return {version.id: version.schema for version in found}

        source = ExtractSource(
            reader, hub.blobs, form.id, versions, now=hub.clock.now(),
            only=lambda form_id, _: wanted(asked, find_provinces(found), only).where(form_id),
        )  # fmt: skip
        with closing(source):
            if not found:
                raise Fault("form.unknown", form_id=form.xml_form_id)
            parked = read_parked(hub, reader, form, found, choosing) if choosing.parked else []
            opened = DecryptedSource(source, keys, frozenset(keys))
            rows = DecryptedRows(source, opened) if keys else source
            made = Gathered(form.xml_form_id, tuple(found), rows, parked, frozenset(leave_out))
            yield made.within(choosing.provinces) if keys and choosing.provinces else made


def published_versions(hub: Hub, form: Form, db: Connection) -> list[Version]:
    """Oldest first, the one in force last."""
    return [
        Version.of(
            number,
            row.id,
            hub.reader_of(db, row).schema,
            read_asked(hub.blobs.read(row.xform, db), _files_of(hub, row, db)),
        )
        for number, row in enumerate(forms.list_in_order(db, form), start=1)
    ]


def _files_of(hub: Hub, version: FormVersion, db: Connection) -> ReadFile:
    held = {file.name: file.sha256 for file in forms.list_files(db, version.id)}

    def read(name: str) -> bytes | None:
        sha256 = held.get(name)
        return hub.blobs.read(sha256, db) if sha256 and hub.blobs.has(sha256, db) else None

    return read


@dataclass
class Gathered:
    """An Extract (sheets.py) over an open snapshot. Rows of parked versions come last."""

    form_id: str
    published: tuple[Version, ...]
    source: ExtractSource | DecryptedRows
    parked: Sequence[Parked]
    leave_out: frozenset[str]

    def __post_init__(self) -> None:
        self._answers = merged_sheets(self.form_id, self.published)
        self._provinces = find_provinces(self.published)
        self._names = provenance.Names(self.source.actor_names(), self.source.hub_names())
        self._by_id = {version.id: version for version in self.published}
        self._by_name = {version.name: version for version in self.published}
        after = provenance.columns_after(self._provinces.labels)
        self.sheets = (
            surrounded(self._answers[0], provenance.columns_before(), after),
            *(surrounded(sheet, (), provenance.key_columns(sheet.path)) for sheet in self._answers[1:]),
        )

    @property
    def title(self) -> str:
        return self.published[-1].schema.title

    @property
    def versions(self) -> Mapping[int, str]:
        return {version.number: version.name for version in self.published}

    def leaving_out(self, instance_ids: Collection[str]) -> Gathered:
        """The same over the same snapshot, without these submissions as well. Root instanceIDs."""
        return replace(self, leave_out=self.leave_out | frozenset(instance_ids))

    def province_codes(self, named: Iterable[str]) -> set[str]:
        """Of provinces named by code or in either language. Raises Fault export.province."""
        return {
            code for answer in self._provinces.answers_of(named) if (code := self._provinces.code_of(answer))
        }

    def within(self, provinces: Collection[str]) -> Gathered:
        """Only the submissions of these provinces, found by reading them all. Raises Fault export.province."""
        answers = self._provinces.answers_of(provinces)
        wanted_codes = {self._provinces.code_of(answer) for answer in answers}
        root = self.sheets[0]
        places = root.place(Role.KEY), root.place(Role.PROVINCE)
        found = (zip(*(batch.columns[place] for place in places), strict=True) for batch in self._roots())
        return self.leaving_out(
            {key or "" for key, code in chain.from_iterable(found) if code not in wanted_codes}
        )

    def count(self) -> int:
        """How many submissions there are, those counted that are left out."""
        return self.source.count() + len(self.parked)

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        return self._roots() if sheet.path == "" else self._repeats(sheet)

    def media(self) -> Iterator[Media]:
        for file in chain(self.source.media(), *(parked.media for parked in self.parked)):
            if file.instance_id not in self.leave_out:
                yield file

    def _roots(self) -> Iterator[Batch]:
        answers = _Answers(self._answers[0], self._by_id, shift=0)
        for rows in self.source.root_rows(ROWS):
            if rows := self._kept(rows):
                statuses = [None if row[2] is not None else provenance.status(row) for row in rows]
                yield self._root_batch(answers, rows, statuses)
        for first in range(0, len(self.parked), ROWS):
            some = [p for p in self.parked[first : first + ROWS] if p.row[0] not in self.leave_out]
            if some:
                yield self._root_batch(answers, [p.row for p in some], [p.status for p in some])

    def _kept(self, rows: list[Any]) -> list[Any]:
        return [row for row in rows if row[0] not in self.leave_out] if self.leave_out else rows

    def _root_batch(self, answers: _Answers, rows: list[RootRow], statuses: list[Cell]) -> Batch:
        records = [row[2] or b"[[]]" for row in rows]
        cells = [record[0] for record in _loaded(records)]
        schemas = [None if row[2] is None else row[1] for row in rows]
        columns = answers.columns(schemas, cells)
        provinces = self._province_cells(schemas, cells)
        before, after = provenance.cells(rows, statuses, self._names, provinces)
        return Batch([*before, *columns, *after], [self._number(row[1], row[13]) for row in rows])

    def _province_cells(self, schemas: Sequence[int | None], cells: Rows) -> list[Cell]:
        places = self._provinces.places
        said = [
            row[places[schema]] if schema is not None and schema in places else None
            for schema, row in zip(schemas, cells, strict=True)
        ]
        return self._provinces.codes(said)

    def _number(self, schema: int | None, name: str) -> int:
        held = self._by_id.get(schema or 0) or self._by_name.get(name) or self.published[-1]
        return held.number

    def _repeats(self, sheet: Sheet) -> Iterator[Batch]:
        answers = _Answers(next(s for s in self._answers if s.path == sheet.path), self._by_id, shift=1)
        parked = [p.repeats[sheet.path] for p in self.parked if sheet.path in p.repeats]
        pages = self.source.repeat_rows(sheet.path, SUBMISSIONS)
        for page in chain(pages, [parked] if parked else []):
            if rows := self._kept(page):
                yield from self._repeat_batches(answers, rows)

    def _repeat_batches(self, answers: _Answers, rows: list[RepeatRow]) -> Iterator[Batch]:
        records = _loaded([row[2] for row in rows])
        counts = [len(record) for record in records]
        cells = list(chain.from_iterable(records))
        keys = _spread([row[0] for row in rows], counts)
        schemas = _spread([row[1] for row in rows], counts)
        suffixes = [row[0] or "" for row in cells]
        columns = answers.columns(schemas, cells)
        parents = list(map(add, keys, map(parent_suffix, suffixes))) if answers.is_nested else keys
        numbers = [self._by_id[schema].number for schema in schemas]
        yield from _sliced([*columns, parents, list(map(add, keys, suffixes))], numbers)


def surrounded(sheet: Sheet, before: Sequence[Column], after: Sequence[Column]) -> Sheet:
    """The sheet with columns around its answers. A question with the name of one of them gives way."""
    own = {column.name for column in (*before, *after)}
    given = own | {column.name for column in sheet.columns}
    answers = [replace(c, name=_free(c.name, given)) if c.name in own else c for c in sheet.columns]
    return replace(sheet, columns=(*before, *answers, *after))


def _free(name: str, given: Collection[str]) -> str:
    number = 2
    while f"{name}_{number}" in given:
        number += 1
    return f"{name}_{number}"


def _loaded(records: Sequence[bytes]) -> list[Rows]:
    """One call for all of them: a call each takes twice as long."""
    found: list[Rows] = orjson.loads(b"[" + b",".join(records) + b"]")
    return found


def _spread(values: Sequence[T], counts: Sequence[int]) -> list[T]:
    """Each value as many times as its count says."""
    return list(chain.from_iterable(map(repeat, values, counts)))


def _sliced(columns: list[Sequence[Cell]], versions: list[int]) -> Iterator[Batch]:
    if len(versions) <= ROWS:
        yield Batch(columns, versions)
        return
    for first in range(0, len(versions), ROWS):
        part = slice(first, first + ROWS)
        yield Batch([column[part] for column in columns], versions[part])


class _Answers:
    """Records of any version, as the columns of one sheet. shift: how many cells stand before the answers."""

    def __init__(self, sheet: Sheet, versions: Mapping[int, Version], shift: int) -> None:
        self._wanted = [column.path for column in sheet.columns]
        tables = (table for v in versions.values() for table in v.schema.tables if table.path == sheet.path)
        self.is_nested = any(table.parent for table in tables)  # in another repeat, in any version
        self._places = dict[int | None, list[int]]()
        for number, version in versions.items():
            places = places_of(self._wanted, version.schema, sheet.path)
            here = range(len(self._wanted)) if places is None else places
            self._places[number] = [place + shift if place >= 0 else -1 for place in here]
        self._places[None] = [-1] * len(self._wanted)
        self._getters = {schema: _getter(places) for schema, places in self._places.items()}

    def columns(self, schemas: Sequence[int | None], rows: Rows) -> list[Sequence[Cell]]:
        """schemas: the version of each row, None where there are no answers. Blank cells become None."""
        if not self._wanted:
            return []
        one = schemas[0] if len(set(schemas)) == 1 else None
        found = self._of_one(one, rows) if one is not None else self._of_many(schemas, rows)
        return [[cell or None for cell in column] if "" in column else column for column in found]

    def _of_one(self, schema: int, rows: Rows) -> list[Sequence[Cell]]:
        held = list(zip(*rows, strict=True))
        held.append((None,) * len(rows))  # what place -1 points at
        return [held[place] for place in self._places[schema]]

    def _of_many(self, schemas: Sequence[int | None], rows: Rows) -> list[Sequence[Cell]]:
        for row in rows:
            row.append(None)
        aligned = [self._getters[schema](row) for schema, row in zip(schemas, rows, strict=True)]
        return list(zip(*aligned, strict=True))


def _getter(places: list[int]) -> Callable[[Sequence[Cell]], tuple[Cell, ...]]:
    if len(places) == 1:
        place = places[0]
        return lambda row: (row[place],)
    return itemgetter(*places) if places else lambda _: ()
