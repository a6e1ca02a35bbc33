"""The formats in which an extract leaves the hub. Each module has one `write`; none is imported before it is
needed, since some lean on large libraries. No Flask, no SQL outside server/store/.

A writer gives one part or several: the main sheet's file first, then, where the format has one sheet a file, those
of the repeats. It streams where the format can; where its beginning depends on its end, the writer works in files
of its own in `Work.folder`, which is on the disk of the data folder, and yields those. Parts are read in order,
each to its end. Whoever opened the door (command line, API, page) decides whether parts lie side by side or in one
zip, and puts the codebook (`server/formats/codebook.py`) with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from server.errors import Fault
from server.extracts.imprint import Imprint
from server.extracts.losses import Losses
from server.extracts.options import Options
from server.extracts.sheets import Extract


@dataclass(slots=True)
class Work:
    """What a writer gets beside the extract. language: "km" or "en", for texts in the file. on_rows: called with
    how many rows were written since the last call; it may raise to cancel. remembered: what the ledger's
    entry is to keep beside the imprint. names: (path of the sheet, name of the column) -> what the column is called in
    the file, where a format cannot call it so."""

    imprint: Imprint
    options: Options
    folder: Path
    losses: Losses = field(default_factory=Losses)
    on_rows: Callable[[int], None] = lambda _: None
    remembered: dict[str, int] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)

    def count(self, sheet: str, rows: int) -> None:
        self.losses.rows[sheet] += rows
        self.on_rows(rows)


@dataclass(slots=True)
class Part:
    """One file. sheet: "" of the main file, else the name by which a file beside it is told apart: "person" of
    "wps-person.sav". inside: "" or, where the format is a folder, the path in it: "province=07/part-0.parquet"."""

    sheet: str
    pieces: Iterator[bytes]
    inside: str = ""


Write = Callable[[Extract, Work], Iterator[Part]]


@dataclass(frozen=True, slots=True)
class Format:
    """ending: of each file's name. module: below server.formats. forced: options that the format decides.
    single: whether it is always one file. has_media, has_codebook: whether these are inside it."""

    name: str
    ending: str
    media_type: str
    module: str
    forced: Mapping[str, Any] = field(default_factory=dict)
    single: bool = True
    has_media: bool = False
    has_codebook: bool = False

    def writer(self) -> Write:
        write: Write = import_module(f"server.formats.{self.module}").write
        return write


CODES = {"values": "codes", "headers": "names"}
FORMATS = {
    one.name: one
    for one in (
        Format("csv", "csv", "text/csv; charset=utf-8", "csv_file"),
        Format("csv.zip", "zip", "application/zip", "csv_zip", has_media=True, has_codebook=True),
        Format("xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx",
               has_codebook=True),
        Format("sav", "sav", "application/x-spss-sav", "sav", CODES, single=False),
        Format("dta", "dta", "application/x-stata-dta", "dta", CODES, single=False),
        Format("parquet", "parquet", "application/vnd.apache.parquet", "parquet", {"headers": "names"},
               single=False),
        Format("geojson", "geojson", "application/geo+json", "geojson", {"points": "whole", "repeats": "files"}),
        Format("kml", "kml", "application/vnd.google-earth.kml+xml", "kml",
               {"points": "whole", "repeats": "files"}),
        Format("sqlite", "db", "application/vnd.sqlite3", "sqlite", {"repeats": "files", **CODES},
               has_codebook=True),
    )
}  # fmt: skip


def format_named(name: str) -> Format:
    """Raises Fault format.unknown."""
    if name not in FORMATS:
        raise Fault("format.unknown", format=name, formats=", ".join(FORMATS))
    return FORMATS[name]
