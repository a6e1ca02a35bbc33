"""What an analyst names, as what the store looks for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from server.clock import stamp
from server.extracts.options import Choosing
from server.extracts.provinces import Provinces
from server.extracts.typed import CAMBODIA
from server.store.extract_source import Wanted, folded


def wanted(choosing: Choosing, provinces: Provinces, only: Collection[str] | None = None) -> Wanted:
    """Raises Fault export.province."""
    return Wanted(
        since=_midnight(choosing.since) if choosing.since else "",
        before=_midnight(choosing.until + timedelta(days=1)) if choosing.until else "",
        review_states=choosing.review_states,
        facilitators=choosing.facilitators,
        provinces=frozenset(folded(answer) for answer in provinces.answers_of(choosing.provinces)),
        deleted=choosing.deleted,
        places=provinces.places,
        only=None if only is None else frozenset(only),
    )


def _midnight(day: date) -> str:
    return stamp(datetime.combine(day, time(), CAMBODIA))
