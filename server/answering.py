"""Answers that are still to be read from stored XML (merged submissions, edits): read before anyone
looks, so that what was written is always read."""

from __future__ import annotations

from server.hub import Hub, Turn
from server.projection.submissions import read_stale
from server.store.answers import stale_submissions

BATCH = 200  # submissions a transaction: long enough to share its fsync, short enough for tablets to wait


def catch_up(hub: Hub, form_id: int) -> int:
    """Reads the answers of every submission of the form that waits for it; how many there were."""
    count = 0
    while stale_submissions(hub.read(), form_id, 1):
        count += hub.write(lambda turn: _read_batch(turn, form_id))
    return count


def _read_batch(turn: Turn, form_id: int) -> int:
    waiting = stale_submissions(turn.db, form_id, BATCH)
    for number in waiting:
        read_stale(turn.hub.state.context, turn.db, number)
    return len(waiting)
