"""What a served hub does about entities by itself: what merged submissions bring, and once a day what waited
too long and what lay in the trash long enough."""

from __future__ import annotations

import logging

from server.entities import purge_entities
from server.entity_making import catch_up
from server.entity_waiting import force_held
from server.errors import places
from server.hub import Hub

log = logging.getLogger(__name__)
DAY_S = 24 * 3600


class Chores:
    """Asked often; does little unless it is time. `now_s`: seconds of a clock that only goes forward."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._daily_at_s: float | None = None

    def run(self, now_s: float) -> None:
        """What goes wrong is logged, and tried again."""
        try:
            catch_up(self._hub)
            if self._daily_at_s is None or now_s >= self._daily_at_s:
                self._daily_at_s = now_s + DAY_S
                forced = force_held(self._hub, self._hub.clock.now())
                purged = purge_entities(self._hub)
                log.info("entities forced=%d purged=%d", forced, purged)
        except Exception as fault:  # noqa: BLE001 – whatever it is, the next round may do
            log.error("entity chores broke fault=%s", places(fault))
