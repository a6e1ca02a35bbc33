"""What columns are called: with or without their groups, by names or by labels; never two alike in a sheet."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from server.extracts.merging import unique
from server.extracts.options import Options
from server.extracts.sheets import Column, Extract, Role, Sheet
from server.extracts.stages import Stage
from server.extracts.wording import text_of


def named(extract: Extract, *, group_names: bool) -> Extract:
    """Without their groups' names, questions keep them where two would be called alike."""
    return extract if group_names else Stage(extract, [_ungrouped(sheet) for sheet in extract.sheets])


def _ungrouped(sheet: Sheet) -> Sheet:
    short = [column.path.rpartition("/")[2] or column.name for column in sheet.columns]
    counts = Counter(short)
    names = [name if counts[name] == 1 else c.name for name, c in zip(short, sheet.columns, strict=True)]
    columns = [replace(c, name=name) for c, name in zip(sheet.columns, unique(names), strict=True)]
    return replace(sheet, columns=tuple(columns))


def headed(extract: Extract, options: Options) -> Extract:
    return Stage(extract, [_headed(sheet, options) for sheet in extract.sheets])


def _headed(sheet: Sheet, options: Options) -> Sheet:
    names = unique(_header(column, options) for column in sheet.columns)
    columns = [replace(c, name=name) for c, name in zip(sheet.columns, names, strict=True)]
    return replace(sheet, columns=tuple(columns))


def _header(column: Column, options: Options) -> str:
    """Labels of several lines on one: a header has one. Keys keep their names: files are joined by them."""
    if column.role in (Role.KEY, Role.PARENT):
        return column.name
    label = " ".join(text_of(column.labels, options.language).split()) if options.headers == "labels" else ""
    return label or column.name
