"""What a person is told of the consultation database: where it is, how far it came, what was found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.consultation.following import catch_up, is_current
from server.consultation.searching import Found
from server.errors import Fault
from server.hub import Hub
from server.store.consultation import NAME, Damaged, count_rows, read_only


@dataclass(frozen=True, slots=True)
class FormRows:
    """tables: name -> rows, the root's first."""

    project_id: int
    project: str
    form_id: str
    table: str
    tables: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """current: whether it holds what the hub holds."""

    path: Path
    current: bool
    forms: tuple[FormRows, ...]


def overview(hub: Hub, *, update: bool = False) -> Overview:
    """Raises Fault search.off."""
    if not hub.config.consultation:
        raise Fault("search.off")
    if update:
        catch_up(hub)
    path = hub.data / NAME
    try:
        db = read_only(path)
    except Damaged:
        return Overview(path, False, ())
    try:
        forms = tuple(FormRows(*row, tables) for row, tables in count_rows(db))
    except Damaged:
        return Overview(path, False, ())
    finally:
        db.close()
    return Overview(path, is_current(hub), forms)


def answer_json(found: Found) -> dict[str, Any]:
    return {
        "xmlFormId": found.form_id, "instanceId": found.submission, "submissionDate": found.received,
        "key": found.key, "path": found.path, "table": found.table, "column": found.column,
        "labels": dict(found.labels), "snippet": found.snippet, "marks": [list(mark) for mark in found.marks],
    }  # fmt: skip
