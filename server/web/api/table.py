"""All rows together."""

from __future__ import annotations

from server.web.api import entities, forms, people, submissions, system
from server.web.api.rows import Row

ROWS: tuple[Row, ...] = (*people.ROWS, *forms.ROWS, *submissions.ROWS, *entities.ROWS, *system.ROWS)
AREAS = {
    "people": people.ROWS,
    "forms": forms.ROWS,
    "submissions": submissions.ROWS,
    "entities": entities.ROWS,
    "system": system.ROWS,
}
BY_SHAPE = {row.shape: row for row in ROWS}
