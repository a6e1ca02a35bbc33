"""Deciding about many submissions at once. Each is decided about by itself: one that fails stops none of the others.

Two coordinators may be at it together: what somebody else decided meanwhile is told apart and left as it is. The last
lot can be undone. No Flask, no SQL.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from server import review
from server.errors import Refusal
from server.hub import Hub
from server.review import By
from server.store import submissions
from server.store.forms import Form

MOST = 1000  # at once


@dataclass(slots=True)
class Outcome:
    """`changed`: (number, state before, state now); `meanwhile`: numbers that somebody else decided about since
    the page was shown; `same`: those that were so already; `refused`: number -> why."""

    state: str | None
    changed: list[tuple[int, str | None, str | None]] = field(default_factory=list)
    meanwhile: list[int] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    refused: dict[int, Refusal] = field(default_factory=dict)


def decide_about(
    hub: Hub, form: Form, seen: Sequence[tuple[int, str | None]], state: str | None, comment: str, by: By
) -> Outcome:
    """seen: (number, review state that the page showed)."""
    outcome = Outcome(state)
    for number, shown in seen:
        held = submissions.find_by_number(hub.read(), number)
        if (
            held is None
            or held.form_id != form.id
            or held.deleted_at is not None
            or held.review_state != shown
        ):
            outcome.meanwhile.append(number)
        elif held.review_state == state:
            outcome.same.append(number)
        else:
            _decide(hub, form, held, state, comment, by, outcome)
    return outcome


def _decide(
    hub: Hub,
    form: Form,
    held: submissions.Submission,
    state: str | None,
    comment: str,
    by: By,
    outcome: Outcome,
) -> None:
    try:
        review.set_review_state(hub, form, held, state, by=by)
        if comment:
            review.add_comment(hub, form, held, comment, by=by)
    except Refusal as fault:
        outcome.refused[held.id] = fault
    else:
        outcome.changed.append((held.id, held.review_state, state))


class Undoing:
    """What each session decided about last, so that it can be taken back. In memory: a decision is also taken back
    one by one."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, Outcome]] = {}
        self._lock = threading.Lock()

    def note(self, session: str, form: Form, outcome: Outcome) -> None:
        with self._lock:
            self._held[session] = form.id, outcome

    def last(self, session: str, form: Form) -> Outcome | None:
        with self._lock:
            number, outcome = self._held.get(session, (0, None))
        return outcome if number == form.id else None

    def undo(self, hub: Hub, session: str, form: Form, by: By) -> Outcome | None:
        """Each goes back to what it was, unless somebody decided about it since."""
        with self._lock:
            number, last = self._held.pop(session, (0, None))
        if last is None or number != form.id:
            return None
        whole = Outcome(None)
        for was in dict.fromkeys(before for _, before, _ in last.changed):
            seen = [(number, now) for number, before, now in last.changed if before == was]
            part = decide_about(hub, form, seen, was, "", by)
            whole.changed += part.changed
            whole.meanwhile += part.meanwhile
            whole.refused |= part.refused
        return whole
