"""How often a served hub exchanges by itself: as a coordinator set it on a page, else as the settings say. No Flask, no
SQL."""

from __future__ import annotations

from server.errors import Fault
from server.hub import Hub

KEPT = "sync-minutes"  # a file in the data folder: it is this computer's affair, not the ledger's
CHOICES = (10, 30, 60, 360, 1440, 0)  # minutes; 0: never


def minutes_of(hub: Hub) -> int:
    """0: never. What is not understood counts as not set."""
    try:
        said = int((hub.data / KEPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return hub.config.sync_minutes
    return said if said in CHOICES else hub.config.sync_minutes


def set_minutes(hub: Hub, said: str) -> int:
    """Raises Fault sync.schedule."""
    if not (said.isascii() and said.isdigit() and int(said[:6]) in CHOICES):
        raise Fault("sync.schedule", value=said)
    (hub.data / KEPT).write_text(said, encoding="utf-8")
    return int(said)
