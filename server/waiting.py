"""What of this hub's entries another hub is not known to hold: counted by the rules by which it goes there.

Counted bit by bit, and on from there when asked again: nobody waits for a hundred thousand to be looked at. No Flask,
no SQL.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from server.carrying import Course, course_to, outgoing
from server.following import active_ledgers, our_ledger, starts_after
from server.hub import Hub
from server.store.ledger_sqlite import head
from server.store.peers import Peer
from sync.ledger import Entry

STEP = 250  # entries looked at between two looks at the clock
PATIENCE_S = 0.01


@dataclass(frozen=True, slots=True)
class Waiting:
    """`entries`: how many, about how many `submissions`; `since`: when the first of them was made; `is_whole`: whether
    all were looked at, else there may be more."""

    entries: int
    submissions: int
    since: str | None
    is_whole: bool


@dataclass(slots=True)
class _Tally:
    """`basis`: what the count depends on; `after`: the seq up to which it is done."""

    basis: tuple[object, ...]
    course: Course
    after: int
    entries: int = 0
    since: str | None = None
    submissions: set[str] = field(default_factory=set)

    def add(self, entry: Entry) -> None:
        self.entries += 1
        self.since = self.since or entry.made_at
        if entry.subject.startswith("submission:"):
            self.submissions.add(entry.subject)


class Waits:
    """Of one hub, towards each other one. now_s: a clock that only goes on."""

    def __init__(self, hub: Hub, now_s: Callable[[], float], patience_s: float = PATIENCE_S) -> None:
        self._hub, self._now_s, self._patience_s = hub, now_s, patience_s
        self._tallies: dict[str, _Tally] = {}
        self._guard = threading.Lock()

    def of(self, peer: Peer) -> Waiting:
        return self.of_all((peer,))[peer.id]

    def of_all(self, peers: Iterable[Peer]) -> dict[str, Waiting]:
        """By their ids. All share one patience: a nation has many provinces."""
        with self._guard:
            until_s = self._now_s() + self._patience_s
            return {peer.id: self._count(peer, until_s) for peer in peers}

    def _count(self, peer: Peer, until_s: float) -> Waiting:
        tally, upto = self._tally(peer), head(self._hub.read())
        while tally.after < upto and self._now_s() < until_s:
            self._step(tally, upto)
        return Waiting(tally.entries, len(tally.submissions), tally.since, tally.after >= upto)

    def _tally(self, peer: Peer) -> _Tally:
        """Begun anew once the hub confirmed more, or other things flow."""
        db = self._hub.read()
        after, known = starts_after(db, peer), tuple(one.ledger for one in active_ledgers(db, peer))
        basis = (after, known, our_ledger(db), peer.relation, peer.projects)
        held = self._tallies.get(peer.id)
        if held is None or held.basis != basis:
            held = self._tallies[peer.id] = _Tally(basis, course_to(self._hub, peer), after)
        return held

    def _step(self, tally: _Tally, upto: int) -> None:
        until = min(tally.after + STEP, upto)
        for _seq, entry in outgoing(self._hub, tally.course, tally.after, until):
            tally.add(entry)
        tally.after = until
