"""How many people of whom a consultation is to hear, kept with it so that every hub and every report knows. No Flask,
no SQL."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from forms.gazetteer import provinces
from server.form_entries import By, signed
from server.hub import Hub
from server.reports.quotas import COLUMNS, ROWS_LIMIT, Quota, read_quotas
from server.store.database import Connection
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from server.subjects import project_subject
from sync.ledger import Entry
from sync.merge import in_order

MOST = 10_000_000
KIND = "project.quotas.update"


def quotas_of(hub: Hub, form: Form) -> list[Quota]:
    """Those that hold now; none before somebody set them."""
    said = _said(hub.read(), form)
    return list(_sound(said[-1].body.get("rows"))) if said else []


def set_quotas(hub: Hub, form: Form, quotas: Sequence[Quota], by: By = None) -> None:
    rows = [[one.province, one.group, one.sex, one.target] for one in quotas]
    body = {"form": form.key, "rows": rows}

    hub.write(lambda turn: turn.append(
        KIND, project_subject(form.project_uid), signed(body, by), supersedes=[e.id for e in _said(turn.db, form)]
    ))  # fmt: skip


def read_file(name: str, said: bytes) -> list[Quota]:
    """A CSV or a workbook as it was brought. Raises Fault quota.unreadable, quota.columns, quota.row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name or "quotas.csv")
        path.write_bytes(said)
        return read_quotas(path)


def as_csv(quotas: Iterable[Quota], groups: Mapping[str, str], sexes: Mapping[str, str]) -> str:
    """What holds now, to be changed in a spreadsheet; before there is anything, a row for each province and sex.
    groups, sexes: code -> label of the form."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(COLUMNS)
    rows = [[one.province, one.group, one.sex, one.target] for one in quotas]
    empty = [[place.code, "", sex, ""] for place in provinces() for sex in (sexes or {"": ""})]
    writer.writerows(rows or empty)
    return "\ufeff" + held.getvalue()


def _said(db: Connection, form: Form) -> list[Entry]:
    held = [e for e in entries_of(db, project_subject(form.project_uid)) if e.kind == KIND]
    return in_order([e for e in held if e.body.get("form") == form.key])


def _sound(rows: Any) -> Iterable[Quota]:
    """An entry comes from anywhere, and may say anything."""
    for number, row in enumerate(rows[:ROWS_LIMIT] if isinstance(rows, list) else [], start=1):
        if isinstance(row, list) and len(row) == len(COLUMNS) and _is_sound(*row):
            yield Quota(row[0], row[1], row[2], row[3], number)


def _is_sound(province: Any, group: Any, sex: Any, target: Any) -> bool:
    return (
        all(isinstance(cell, str) for cell in (province, group, sex))
        and type(target) is int
        and 0 < target < MOST
    )
