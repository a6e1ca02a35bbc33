"""Entity lists as CSV: for tablets, which read `name`, `label` and `__version`, and for people. No HTTP.

Columns and order: ODK Central.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from server.clock import shown
from server.exports.csv_lines import chunks, line
from server.store.dataset_rows import Row
from server.store.entity_source import Told

FOR_TABLETS = ("name", "label", "__version")
FIRST = ("__id", "label")
LAST = ("__createdAt", "__creatorId", "__creatorName", "__updates", "__updatedAt", "__version")


def tablet_csv(rows: Iterable[Row], properties: Sequence[str]) -> Iterator[bytes]:
    """What a form reads as its file."""
    return chunks(_tablet_lines(rows, properties))


def _tablet_lines(rows: Iterable[Row], properties: Sequence[str]) -> Iterator[str]:
    yield line([*FOR_TABLETS, *properties])
    for row in rows:
        values = (row.values.get(name, "") for name in properties)
        yield line([row.uuid, row.label, str(row.version), *values])


def people_csv(rows: Iterable[Told], properties: Sequence[str]) -> Iterator[bytes]:
    return chunks(_people_lines(rows, properties))


def _people_lines(rows: Iterable[Told], properties: Sequence[str]) -> Iterator[str]:
    yield line([*FIRST, *properties, *LAST])
    for told in rows:
        held, values = told.entity, told.version.values
        yield line(
            [
                held.uuid,
                told.version.label,
                *(values.get(name, "") for name in properties),
                shown(held.created_at) or "",
                "" if held.creator_id is None else str(held.creator_id),
                told.creator_name or "",
                str(held.version - 1),
                shown(held.updated_at) or "",
                str(held.version),
            ]
        )
