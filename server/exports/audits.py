"""The devices' audit logs of all submissions as one table (ODK XForms, audit log)."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterator

from server.exports.csv_lines import line
from server.exports.rows import Media, Source

log = logging.getLogger(__name__)
EVENT = [
    "event",
    "node",
    "start",
    "end",
    "latitude",
    "longitude",
    "accuracy",
    "old-value",
    "new-value",
    "user",
    "change-reason",
]


def audit_lines(source: Source) -> Iterator[str]:
    """A header and a line an event, root instanceID first; nothing at all without any event."""
    started = False
    for media in source.audits():
        for event in _events(media):
            if not started:
                started = True
                yield line(["instance ID", *EVENT])
            yield line([media.instance_id, *event])


def _events(media: Media) -> Iterator[list[str]]:
    """The events of one log by our columns. Columns differ with the form's settings, rows may be
    ragged. A log that cannot be read on is noted and left there: it must not stop the others."""
    with media.open() as file, io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="") as text:
        rows = csv.reader(text, skipinitialspace=True)
        try:
            names = [name.strip() for name in next(rows, [])]
            places = [names.index(name) if name in names else -1 for name in EVENT]
            for row in rows:
                if row:
                    yield [row[p].strip() if 0 <= p < len(row) else "" for p in places]
        except csv.Error as fault:
            log.warning("audit log unreadable instance=%s fault=%s", media.instance_id, fault)
