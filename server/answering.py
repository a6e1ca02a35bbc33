"""Answers that are still to be read from stored XML (merged submissions, edits): read before anyone
looks, so that what was written is always read."""

from __future__ import annotations

from server.hub import Hub, Turn
from server.projection.submissions import read_stale
from server.store.answers import stale_submissions

A_FEW = 20  # about 10 ms
BATCH = 200  # submissions a transaction: long enough to share its fsync, short enough for tablets to wait


def catch_up(hub: Hub, form_id: int) -> int:
    """Reads the answers of every submission of the form that waits for it; how many there were."""
    count = 0
    while stale_submissions(hub.read(), form_id, 1):
        count += hub.write(lambda turn: _read_batch(turn, form_id))
    return count


def look_in(hub: Hub, form_id: int) -> None:
    """Before a page about many is shown: a few of those that wait, so that nobody does; the background reads the rest.
    All of them where there is no background."""
    if not hub.config.background:
        catch_up(hub, form_id)
    elif stale_submissions(hub.read(), form_id, 1):
        hub.write(lambda turn: _read_batch(turn, form_id, A_FEW))


def read_one(hub: Hub, number: int) -> None:
    """Before a page about one is shown."""
    hub.write(lambda turn: read_stale(turn.hub.state.context, turn.db, number))


def _read_batch(turn: Turn, form_id: int, limit: int = BATCH) -> int:
    waiting = stale_submissions(turn.db, form_id, limit)
    for number in waiting:
        read_stale(turn.hub.state.context, turn.db, number)
    return len(waiting)
