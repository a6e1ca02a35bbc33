"""The hub's clock, as a value that tests can replace. Times are UTC, ISO 8601 with microseconds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

STEP = timedelta(microseconds=1)
SLACK = timedelta(seconds=1)


class Clock:
    """Gives moments that differ: two submissions in one microsecond keep the order of their arrival.

    Only small steps back are smoothed. A clock that was years off and is set right is believed.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._last = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            moment = self._now()
            if moment <= self._last < moment + SLACK:
                moment = self._last + STEP
            self._last = moment
            return moment

    def stamp(self) -> str:
        """Now, as entries carry it: "2026-11-23T07:00:00.000000Z"."""
        return stamp(self.now())


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def shown(stamped: str | None) -> str | None:
    """A stamp as Central's API shows it: milliseconds."""
    return None if stamped is None else f"{stamped[:23]}Z"
