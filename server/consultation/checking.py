"""Whether consultation.db says what it would say if it were made anew."""

from __future__ import annotations

import tempfile
from pathlib import Path

from server.consultation.following import Held, catch_up, step
from server.consultation.wiping import CHECKING
from server.hub import Hub
from server.store.consultation import NAME, opened
from server.store.consultation_check import digests


def compare(hub: Hub) -> list[str]:
    """Names of its tables that would come out otherwise; none when the hub keeps no such file."""
    if not (hub.data / NAME).exists() or not catch_up(hub):
        return []
    with tempfile.TemporaryDirectory(prefix=CHECKING, dir=hub.data) as folder:
        path = Path(folder) / NAME
        with opened(path) as file:
            held = Held()
            while step(hub, held, file):
                pass
        here, made = digests(hub.data / NAME), digests(path)
    return sorted(name for name in here.keys() | made.keys() if here.get(name) != made.get(name))
