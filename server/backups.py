"""When this hub was last copied to a safe place, and for how long a copy is new enough. No Flask, no SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from server.hub import Hub

KEPT = "last-backup.json"  # in the data folder: a restored hub has none yet
DUE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LastBackup:
    at: str
    size_bytes: int
    sealed: bool


def note_backup(hub: Hub, size_bytes: int, *, sealed: bool) -> None:
    """Never raises: the backup itself is made."""
    said = {"at": hub.clock.stamp(), "size_bytes": size_bytes, "sealed": sealed}
    try:
        (hub.data / KEPT).write_text(json.dumps(said), encoding="utf-8")
    except OSError:
        return


def last_backup(data: Path) -> LastBackup | None:
    try:
        said = json.loads((data / KEPT).read_text(encoding="utf-8"))
        return LastBackup(str(said["at"]), int(said["size_bytes"]), bool(said["sealed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_due(hub: Hub) -> bool:
    last = last_backup(hub.data)
    if last is None:
        return True
    try:
        return hub.clock.now() - datetime.fromisoformat(last.at) > DUE
    except ValueError:
        return True
