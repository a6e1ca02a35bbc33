"""What lies beside an export: README.txt for people, in both languages, and export.json for programs.

Who took it, when, with which options; the files with their SHA-256; and what could not be carried over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from i18n import LANGUAGES, mark, translate
from server.extracts.messages import REMARKS, said, told
from server.extracts.sheets import Extract
from server.formats import Work

README, MANIFEST, INDEX = "README.txt", "export.json", "media.csv"
IMPRINT = {
    "export": mark("Number of this export"),
    "made_by": mark("Made by"),
    "made_at": mark("Made at"),
    "hub": mark("Hub"),
    "project": mark("Project"),
    "form": mark("Form"),
    "profile": mark("Profile"),
    "format": mark("Format"),
    "reason": mark("Reason"),
    "options": mark("Options"),
}


@dataclass(slots=True)
class Filed:
    """A file of the export. rows: None when it holds no rows of answers."""

    path: str
    sheet: str = ""
    rows: int | None = None
    size_bytes: int = 0
    _sum: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        return str(self._sum.hexdigest())

    def measured(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, taken account of as they go by."""
        for piece in pieces:
            self._sum.update(piece)
            self.size_bytes += len(piece)
            yield piece

    def plain(self) -> dict[str, object]:
        shown = {"path": self.path, "sheet": self.sheet, "rows": self.rows}
        counted = {"size_bytes": self.size_bytes, "sha256": self.sha256}
        return {name: value for name, value in shown.items() if value not in ("", None)} | counted


def manifest(extract: Extract, work: Work, files: Sequence[Filed]) -> bytes:
    """JSON: imprint, versions, files, losses, remarks."""
    known = {
        **work.imprint.lines(),
        "title": extract.title,
        "versions": {str(number): name for number, name in extract.versions.items()},
        "files": [one.plain() for one in files],
        "losses": [told(loss) for loss in work.losses if loss.code not in REMARKS],
        "remarks": [told(loss) for loss in work.losses if loss.code in REMARKS],
    }
    return orjson.dumps(known, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def readme(extract: Extract, work: Work, files: Sequence[Filed]) -> bytes:
    """Khmer first, then English."""
    parts = ("\n".join(_page(extract, work, files, lang)) for lang in LANGUAGES)
    return f"\n\n{'-' * 72}\n\n".join(parts).encode("utf-8", "replace") + b"\n"


def _page(extract: Extract, work: Work, files: Sequence[Filed], lang: str) -> Iterator[str]:
    yield extract.title
    yield ""
    yield from (f"{translate(IMPRINT[name], lang)}: {value}" for name, value in work.imprint.lines().items())
    yield from _section(translate("What lies here", lang), (_line(one, lang) for one in files))
    yield from _section(translate("How to read it", lang), _reading(work, files, lang))
    lost = [said(loss, lang) for loss in work.losses if loss.code not in REMARKS]
    whole = [translate("Nothing was left out or cut.", lang)]
    yield from _section(translate("What could not be carried over", lang), lost or whole)
    remarks = [said(loss, lang) for loss in work.losses if loss.code in REMARKS]
    if remarks:
        yield from _section(translate("What else to know", lang), remarks)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("", title, "=" * 24)
    yield from (f"- {one}" for one in lines)


def _line(one: Filed, lang: str) -> str:
    """rows are told only where a file has any to tell."""
    if one.rows is None:
        told = translate(
            "{path}: {size_bytes} bytes, SHA-256 {sha256}", lang,
            path=one.path, size_bytes=one.size_bytes, sha256=one.sha256,
        )  # fmt: skip
    else:
        told = translate(
            "{path}: {rows} rows, {size_bytes} bytes, SHA-256 {sha256}", lang,
            path=one.path, rows=one.rows, size_bytes=one.size_bytes, sha256=one.sha256,
        )  # fmt: skip
    return told


def _reading(work: Work, files: Sequence[Filed], lang: str) -> Iterator[str]:
    yield translate("A row of a repeat belongs to the row whose KEY stands in its PARENT_KEY.", lang)
    yield translate(
        "Codes such as 07 keep their zero when every column is read as text. "
        'pandas: read_csv(path, dtype=str, keep_default_na=False). R: read.csv(path, colClasses = "character").',
        lang,
    )
    if any(one.path == INDEX for one in files):
        yield translate(
            "Photos and recordings lie in media/, in a folder for each submission: its KEY without the colon. "
            "media.csv says for each KEY and name where the file lies, and whether it is whole.",
            lang,
        )
    if work.options.guard:
        yield translate(UNGUARD, lang)


UNGUARD = mark(
    "An apostrophe at the beginning of a cell or header is a guard against formulas. To take it off, remove the "
    "first apostrophe of each that begins with one. "
    'pandas: table.map(lambda cell: cell.removeprefix("\'")). '
    'R: table[] <- lapply(table, sub, pattern = "^\'", replacement = "").'
)
