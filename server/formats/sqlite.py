"""A SQLite file with the layout of the consultation database (docs/consultation-database.md), for one form: tables,
views in both languages, what was asked, what could be chosen, what the export says of itself, and what was lost.

Only the extract is written: what its profile left out or changed is nowhere in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from i18n import translate
from server.consultation.names import distinct, table_name
from server.consultation.tables import TablePlan, plan_table
from server.extracts.losses import Losses
from server.extracts.messages import LOSSES
from server.extracts.sheets import Extract, Role, Sheet
from server.formats import Part, Work
from server.store.sheet_database import made

FIXED = ("about", "losses", "versions", "questions", "choices")
PIECE = 1 << 18


def write(extract: Extract, work: Work) -> Iterator[Part]:
    yield Part("", _pieces(extract, work))


def _pieces(extract: Extract, work: Work) -> Iterator[bytes]:
    with TemporaryDirectory(dir=work.folder) as folder:
        path = Path(folder) / "extract.db"
        _write(extract, work, path)
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def _write(extract: Extract, work: Work, path: Path) -> None:
    tables = plan_sheets(extract)
    with made(path) as file:
        file.begin(tables, extract.versions, distinct=not work.options.choosing.parked)
        for plan, sheet in zip(tables, extract.sheets, strict=True):
            for batch in extract.batches(sheet):
                file.insert(plan, batch)
                work.count(sheet.name, len(batch))
            for column in plan.left_out:
                work.losses.add("column.left_out", sheet.name, column.name)
        file.tell(tables)
        file.tell_about(
            {**work.imprint.lines(), "title": extract.title}, _said(work.losses, work.options.language)
        )


def plan_sheets(extract: Extract) -> list[TablePlan]:
    names = distinct({sheet.path: _wanted(extract.form_id, sheet) for sheet in extract.sheets}, FIXED)
    keyed = {sheet.path for sheet in extract.sheets if any(c.role is Role.KEY for c in sheet.columns)}
    return [
        plan_table(
            sheet,
            names[sheet.path],
            parent=None if sheet.parent not in keyed else names[sheet.parent],
            split_points=False,
        )
        for sheet in extract.sheets
    ]


def _wanted(form_id: str, sheet: Sheet) -> str:
    return table_name(form_id, *([sheet.name] if sheet.path else []))


def _said(losses: Losses, language: str) -> Iterator[Sequence[object]]:
    for loss in losses:
        values = {"sheet": loss.sheet, "column": loss.column, "count": loss.count}
        words = translate(LOSSES[loss.code], language, **values)
        yield loss.code, loss.sheet, loss.column, loss.count, words
