"""What other programs than ours read in an export's files: for each table, key of the row -> column -> text."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import openpyxl
import pandas
import pyarrow.parquet as parquet
import pyreadstat

from server.extracts.sheets import Extract, Role, Sheet
from server.formats import FORMATS, Work

ABOUT = (
    "questions",
    "choices",
    "versions",
    "about",
    "losses",
)  # tables of the SQLite file that hold no answers
Row = dict[str, str]
Tables = list[dict[str, Row]]
"""In the order of the extract's sheets; empty cells left out."""


def expected(extract: Extract) -> Tables:
    """The answers of the extract itself, by the names of their columns."""
    tables: Tables = []
    for sheet in extract.sheets:
        named = [c.name for c in sheet.columns]
        wanted = {c.name for c in sheet.columns if c.role is Role.ANSWER}
        rows = (
            dict(zip(named, cells, strict=True))
            for batch in extract.batches(sheet)
            for cells in zip(*batch.columns, strict=True)
        )
        key = sheet.columns[sheet.place(Role.KEY)].name
        tables.append({str(row[key]): {n: v for n, v in row.items() if n in wanted and v} for row in rows})
    return tables


def answers(extract: Extract, tables: Tables) -> Tables:
    """Of what was read, the answers alone."""
    wanted = [{c.name for c in sheet.columns if c.role is Role.ANSWER} for sheet in extract.sheets]
    return [
        {key: {n: v for n, v in row.items() if n in names and v} for key, row in table.items()}
        for names, table in zip(wanted, tables, strict=True)
    ]


def written(extract: Extract, work: Work, folder: Path) -> list[Path]:
    """The format's files in `folder`, in order."""
    kind, paths = FORMATS[work.imprint.file_format], []
    for part in kind.writer()(extract, work):
        name = f"out-{part.sheet}.{kind.ending}" if part.sheet else f"out.{kind.ending}"
        path = folder / name / part.inside if part.inside else folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(part.pieces))
        paths.append(path)
    return paths


def by_key(rows: Iterator[Sequence[object]], keyed: str = "KEY") -> dict[str, Row]:
    header = [str(name) for name in next(rows)]
    found = [dict(zip(header, cells, strict=False)) for cells in rows]
    return {str(row[keyed]): {n: str(v) for n, v in row.items() if v is not None} for row in found}


def read_csv_zip(extract: Extract, paths: list[Path]) -> Tables:
    with zipfile.ZipFile(paths[0]) as packed:
        names = [name for name in packed.namelist() if name.endswith(".csv")][: len(extract.sheets)]
        texts = [packed.read(name).decode("utf-8") for name in names]
    return [by_key(iter(csv.reader(io.StringIO(text, newline="")))) for text in texts]


def read_xlsx(extract: Extract, paths: list[Path]) -> Tables:
    book = openpyxl.load_workbook(paths[0], read_only=False)
    return [by_key(book[name].iter_rows(values_only=True)) for name in book.sheetnames[: len(extract.sheets)]]


def read_parquet(extract: Extract, paths: list[Path]) -> Tables:
    """Parts lie by province, which a file's own columns say too."""
    tables: Tables = []
    folders = list(dict.fromkeys(path.parents[1] for path in paths))
    for folder in folders:
        found: dict[str, Row] = {}
        for path in (path for path in paths if path.parents[1] == folder):
            for row in parquet.read_table(path, partitioning=None).to_pylist():
                found[row["KEY"]] = {n: str(v) for n, v in row.items() if v is not None}
        tables.append(found)
    return tables


def read_sqlite(extract: Extract, paths: list[Path]) -> Tables:
    """Columns by the questions that the file itself says they hold."""
    with closing(sqlite3.connect(paths[0])) as db:
        db.row_factory = sqlite3.Row
        questions = [dict(row) for row in db.execute('SELECT "table", "column", path FROM questions')]
        held = [
            r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
        ]
        tables = [name for name in held if name not in ABOUT and not name.startswith("sqlite_")]
        return [
            _sqlite_table(db, name, _columns(sheet, [q for q in questions if q["table"] == name]))
            for name, sheet in zip(tables, extract.sheets, strict=True)
        ]


def _columns(sheet: Sheet, questions: list[Row]) -> dict[str, str]:
    """column of the file -> that of the extract"""
    by_path = {column.path: column.name for column in sheet.columns if column.path}
    return {q["column"]: by_path[q["path"]] for q in questions if q["path"] in by_path}


def _sqlite_table(db: sqlite3.Connection, name: str, columns: dict[str, str]) -> dict[str, Row]:
    found = {}
    for row in db.execute(f'SELECT * FROM "{name}"'):
        said = {columns[n]: str(row[n]) for n in row.keys() if n in columns and row[n] is not None}  # noqa: SIM118
        found[row["KEY"]] = said
    return found


def read_sav(extract: Extract, paths: list[Path]) -> Tables:
    frames = [pyreadstat.read_sav(path)[0] for path in paths]
    return [_statistical(sheet, frame) for sheet, frame in zip(extract.sheets, frames, strict=True)]


def read_dta(extract: Extract, paths: list[Path]) -> Tables:
    """Without the numbered variables that stand beside coded texts and carry their labels."""
    frames = [pyreadstat.read_dta(path)[0] for path in paths]
    plain = [frame[[n for n in frame.columns if not _is_twin(n, frame)]] for frame in frames]
    return [_statistical(sheet, frame) for sheet, frame in zip(extract.sheets, plain, strict=True)]


def _is_twin(name: str, frame: pandas.DataFrame) -> bool:
    return name.endswith("_l") and name[:-2] in frame.columns


def _statistical(sheet: Sheet, frame: pandas.DataFrame) -> dict[str, Row]:
    """Names of variables are made of those of columns, in their order."""
    assert len(frame.columns) == len(sheet.columns)
    named = frame.set_axis([column.name for column in sheet.columns], axis="columns")
    return {
        str(row["KEY"]): {n: str(v) for n, v in row.items() if v is not None and not pandas.isna(v)}
        for row in named.to_dict(orient="records")
    }


def untrailed(tables: Tables) -> Tables:
    """Without blanks at the end of texts: SPSS fills its texts up with them."""
    return [
        {key: {n: v.rstrip(" ") for n, v in row.items() if v.rstrip(" ")} for key, row in table.items()}
        for table in tables
    ]


READERS: dict[str, Callable[[Extract, list[Path]], Tables]] = {
    "csv.zip": read_csv_zip,
    "xlsx": read_xlsx,
    "parquet": read_parquet,
    "sqlite": read_sqlite,
    "sav": read_sav,
    "dta": read_dta,
}
