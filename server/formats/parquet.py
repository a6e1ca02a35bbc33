"""Parquet, a file for each sheet and province in folders named Hive's way: "province=07/part-0.parquet".

Rows come newest first, with provinces mixed, so they are parted into a spool for each province first, and each spool
becomes a file of large row groups when its part is read: readers skip and decode by row groups, and memory does not
grow with the form. The province is in each file as a column too: readers that make a number of the folder's "07"
find it there as text.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from server.extracts.sheets import Batch, Cell, Extract, Role, Sheet
from server.formats import Part, Work
from server.formats.parquet_schema import schema_of, typed_as

UNKNOWN = "unknown"  # the province of rows that name none
AT_ONCE = 1000  # rows that become Arrow's at once
GATHERED = 4000  # rows that are parted by province at once: a call a province and column, not a call a row
GROUP_BYTES = 24 << 20  # of a row group, before it is packed
PACKING, LEVEL = "zstd", 1
READ = 1 << 18


def write(extract: Extract, work: Work, group_bytes: int = GROUP_BYTES) -> Iterator[Part]:
    provinces, key = Provinces(), _key(extract)
    for sheet in extract.sheets:
        with TemporaryDirectory(dir=work.folder, ignore_cleanup_errors=True) as folder:
            for province, spool in _parted(extract, sheet, work, provinces, Path(folder)):
                inside = f"{key}={quote(province, safe='')}/part-0.parquet"
                yield Part(sheet.name if sheet.path else "", _file(spool, group_bytes), inside)


def _key(extract: Extract) -> str:
    """What folders are called after: no question's name, or readers would put the folder's value for its answers."""
    columns = (column for sheet in extract.sheets for column in sheet.columns)
    asked = {column.name.casefold() for column in columns if column.role is not Role.PROVINCE}
    key = "province"
    while key in asked:
        key += "_of_row"
    return key


def _parted(
    extract: Extract, sheet: Sheet, work: Work, provinces: Provinces, folder: Path
) -> list[tuple[str, Path]]:
    """(province, its spool) of one sheet, in the order of the provinces."""
    columns = [typed_as(column, work) for column in sheet.columns]
    schema = schema_of(sheet, [column.type for column in columns], extract, work)
    with Spools(folder, schema) as spools:
        for batch in _larger(extract.batches(sheet)):
            arrays = [column.array(cells) for column, cells in zip(columns, batch.columns, strict=True)]
            spools.add(pa.RecordBatch.from_arrays(arrays, schema=schema), provinces.of(sheet, batch))
            work.count(sheet.name, len(batch))
        spools.finish()
    for column, made in zip(sheet.columns, columns, strict=True):
        work.losses.add("value.not_typed", sheet.name, column.name, made.bad)
    return sorted(spools.paths.items())


def _larger(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same rows, more at once: each call of Arrow costs, however little it gets."""
    held: list[Batch] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= AT_ONCE:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(batches: Sequence[Batch]) -> Batch:
    columns: list[Sequence[Cell]] = [
        list(chain.from_iterable(parts)) for parts in zip(*(batch.columns for batch in batches), strict=True)
    ]
    return Batch(columns, list(chain.from_iterable(batch.versions for batch in batches)))


def _file(spool: Path, group_bytes: int) -> Iterator[bytes]:
    """The bytes of a Parquet file with the rows of a spool."""
    path = spool.with_suffix(".parquet")
    with (
        pa.OSFile(str(spool)) as source,
        pa.ipc.open_stream(source) as rows,
        pq.ParquetWriter(path, rows.schema, compression=PACKING, compression_level=LEVEL) as writer,
    ):
        for table in _groups(rows, group_bytes):
            writer.write_table(table, row_group_size=table.num_rows)
    spool.unlink()
    with path.open("rb") as file:
        yield from iter(lambda: file.read(READ), b"")
    path.unlink()


def _groups(rows: pa.RecordBatchReader, group_bytes: int) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in rows:
        held.append(batch)
        size += batch.nbytes
        if size >= group_bytes:
            yield pa.Table.from_batches(held)
            held, size = [], 0
    if held:
        yield pa.Table.from_batches(held)


class Provinces:
    """The province of each row. Of submissions eight bytes and a number are kept, whatever their keys' length;
    repeats come in the same order, so that each key is found just behind the one before."""

    def __init__(self) -> None:
        self._keys, self._numbers = array("q"), array("H")
        self._names: dict[str, int] = {}
        self._place = 0

    def of(self, sheet: Sheet, batch: Batch) -> list[str]:
        places = {column.role: place for place, column in enumerate(sheet.columns)}
        keys = batch.columns[places[Role.KEY]] if Role.KEY in places else [None] * len(batch)
        if Role.PROVINCE in places:
            found = [province or UNKNOWN for province in batch.columns[places[Role.PROVINCE]]]
            if not sheet.path:
                self._keep(keys, found)
            return found
        return self._found(_roots(sheet, keys))

    def _keep(self, keys: Sequence[Cell], provinces: Sequence[str]) -> None:
        self._keys.extend(map(hash, keys))
        for name in provinces:
            self._names.setdefault(name, len(self._names))
        self._numbers.extend([self._names[name] for name in provinces])

    def _found(self, roots: Sequence[Cell]) -> list[str]:
        names = list(self._names)
        known = {root: self._find(root, names) if root else UNKNOWN for root in dict.fromkeys(roots)}
        return [known[root] for root in roots]

    def _find(self, root: Cell, names: Sequence[str]) -> str:
        """Looked for from the last one on, then from the beginning."""
        sought = hash(root)
        for start in (self._place, 0):
            try:
                self._place = self._keys.index(sought, start)
            except ValueError:
                continue
            return names[self._numbers[self._place]]
        return UNKNOWN


def _roots(sheet: Sheet, keys: Sequence[Cell]) -> list[Cell]:
    """The submission of each row of a repeat: before as many slashes as the repeat's path has. None where the key
    says none, as the public profile's numbers: row 1 of a repeat is not of submission 1."""
    depth = sheet.path.count("/")
    parts = [key.rsplit("/", depth) if key else [] for key in keys]
    return [one[0] if len(one) > depth else None for one in parts]


class Spools:
    """The rows of one sheet, parted by province on disk. paths: province -> spool."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.paths: dict[str, Path] = {}
        self._folder, self._schema = folder, schema
        self._writers: dict[str, pa.RecordBatchStreamWriter] = {}
        self._rows: list[pa.RecordBatch] = []
        self._provinces: list[str] = []
        self._open = ExitStack()

    def __enter__(self) -> Spools:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, batch: pa.RecordBatch, provinces: Sequence[str]) -> None:
        self._rows.append(batch)
        self._provinces.extend(provinces)
        if len(self._provinces) >= GATHERED:
            self._part()

    def finish(self) -> None:
        """A sheet without rows gives one spool, whose file says its columns."""
        if self._rows:
            self._part()
        if not self._writers:
            self._writer(UNKNOWN)

    def _part(self) -> None:
        rows = pa.concat_batches(self._rows)
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, province in enumerate(self._provinces):
            numbers[province].append(number)
        self._rows, self._provinces = [], []
        for province, some in numbers.items():
            part = rows if len(numbers) == 1 else rows.take(pa.array(some, pa.int32()))
            self._writer(province).write_batch(part)

    def _writer(self, province: str) -> pa.RecordBatchStreamWriter:
        if province not in self._writers:
            path = self.paths[province] = self._folder / f"{len(self._writers)}.arrows"
            file = self._open.enter_context(pa.OSFile(str(path), "wb"))
            # Not packed: packing these small pieces takes as long as all the rest.
            self._writers[province] = self._open.enter_context(pa.ipc.new_stream(file, self._schema))
        return self._writers[province]
