"""What a writer gets beside its extract, and how its parts are read to their end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.extracts.imprint import Imprint
from server.extracts.options import Options
from server.extracts.sheets import Extract
from server.formats import Work, format_named

MADE_AT = datetime(2026, 11, 24, 3, 0, 8, tzinfo=UTC)


def make_work(folder: Path, file_format: str, **options: Any) -> Work:
    imprint = Imprint("00f1e2d3c4b5a697", "សុខា", MADE_AT, "កំពត", "WPS 2026", "wps", "working", file_format)
    return Work(imprint, Options(**options), folder)


def write(extract: Extract, work: Work) -> dict[str, bytes]:
    """name of the part -> its bytes."""
    parts = format_named(work.imprint.file_format).writer()(extract, work)
    return {part.sheet: b"".join(part.pieces) for part in parts}


def write_one(extract: Extract, work: Work) -> bytes:
    written = write(extract, work)
    assert list(written) == [""]
    return written[""]


def counted(work: Work) -> dict[tuple[str, str, str], int]:
    return {(loss.code, loss.sheet, loss.column): loss.count for loss in work.losses}
