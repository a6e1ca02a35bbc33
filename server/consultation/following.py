"""Bringing consultation.db up to the state, some submissions at a time.

Each step is one transaction of the file, together with how far it came: cut off anywhere, it goes on from there. It
reads the state as any export does, and keeps no tablet waiting.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from server import answering
from server.consultation.filling import add_submissions
from server.consultation.layout import lay_out, rename
from server.consultation.planning import WORDS, FormPlan, plan_forms
from server.hub import Hub
from server.store import consultation_source as source
from server.store.actors import Connection
from server.store.consultation import LAYOUT, NAME, ConsultationFile, Damaged, opened, remove
from server.store.consultation_source import Mark

log = logging.getLogger(__name__)
BATCH = 500  # submissions a transaction: long enough to share its costs, short enough to be cut off
REST_S = 0.2  # about as long as a full step takes: tablets send meanwhile
Pause = Callable[[float], None]


class Moved(Exception):
    """A form was published while its answers were being read: the step is made again."""


@dataclass
class Held:
    """What is remembered of an open hub. working: one thread at a time; plans: of the layout with this fingerprint."""

    working: threading.Lock = field(default_factory=threading.Lock)
    fingerprint: str = ""
    plans: dict[int, FormPlan] = field(default_factory=dict)

    def check(self, db: Connection) -> None:
        if source.fingerprint(db) != self.fingerprint:
            raise Moved


_HELD: WeakKeyDictionary[Hub, Held] = WeakKeyDictionary()


def held_of(hub: Hub) -> Held:
    return _HELD.setdefault(hub, Held())


def catch_up(hub: Hub, pause: Pause = lambda seconds: None) -> bool:
    """Whether there is a consultation database, brought up to the state. A file that is damaged, foreign or of an
    older layout is made anew; one that nobody wants any more is removed. pause: called between steps, with how long
    others should have their turn."""
    if not hub.config.consultation:
        with suppress(OSError):
            remove(hub.data / NAME)
        return False
    held = held_of(hub)
    try:
        _follow(hub, held, pause)
    except Damaged as fault:
        log.warning("consultation database made anew reason=%s", fault)
        with held.working:
            remove(hub.data / NAME)
        _follow(hub, held, pause)
    return True


def is_current(hub: Hub) -> bool:
    """Whether nothing is left to be done."""
    if not (hub.data / NAME).exists():
        return False
    try:
        with opened(hub.data / NAME) as file:
            return bool(file.state().get("mark") == _plain(source.mark(hub.read())))
    except Damaged:
        return False


def rebuild(hub: Hub) -> bool:
    """Makes the file anew; False when the hub has none."""
    if not hub.config.consultation:
        return False
    with held_of(hub).working:
        remove(hub.data / NAME)
    return catch_up(hub)


def plans_of(hub: Hub) -> Mapping[int, FormPlan]:
    """number of a form -> its tables, as of the last catch_up."""
    return held_of(hub).plans


def _follow(hub: Hub, held: Held, pause: Pause) -> None:
    """Whoever waits for it goes on while the one who pauses does nothing."""
    with opened(hub.data / NAME) as file:
        while True:
            with held.working:
                if not step(hub, held, file):
                    return
            pause(REST_S)


def step(hub: Hub, held: Held, file: ConsultationFile) -> bool:
    """One transaction; whether anything may be left. Raises Damaged."""
    try:
        return _step(hub, held, file)
    except Moved:
        return True


def _step(hub: Hub, held: Held, file: ConsultationFile) -> bool:
    mark, state = source.mark(hub.read()), file.state()
    if state.get("mark") == _plain(mark) and state.get("words") == WORDS:
        _plan(hub, held)
        return False
    if state and not goes_on(hub, state):
        raise Damaged("other layout or other hub")
    for number in source.stale_forms(hub.read()):
        answering.catch_up(hub, number)
    with file.transaction():
        state = _begun(hub, file, file.state())
        _lay_out(hub, held, file, state)
        done = _take_changes(hub, held, file, state) and _take_new(hub, held, file)
        if done:
            file.set_state(mark=_plain(mark))
    return True


def goes_on(hub: Hub, state: Mapping[str, Any]) -> bool:
    """Whether the file followed this very state: not one of another hub, nor of what the hub was before it was
    restored, copied, or folded anew."""
    db, seen = hub.read(), state.get("place", {})
    now = source.mark(db)
    return bool(
        state.get("layout") == LAYOUT
        and state.get("hub") == hub.id
        and seen.get("ledger") == now.ledger
        and seen.get("n", 0) <= now.n
        and source.entry_name(db, seen.get("seq", 0)) == seen.get("entry")
        and not source.was_folded_anew(db, seen.get("n", 0))
    )


def _begun(hub: Hub, file: ConsultationFile, state: dict[str, Any]) -> dict[str, Any]:
    if state:
        return state
    file.begin()
    place = _plain(source.mark(hub.read()))
    file.set_state(hub=hub.id, place=place)
    file.tell_about({"hub": hub.name, "hub_id": hub.id, "layout": LAYOUT})
    return {**file.state()}


def _plain(mark: Mark) -> dict[str, Any]:
    return {name: getattr(mark, name) for name in Mark.__slots__}


# Steps


def _lay_out(hub: Hub, held: Held, file: ConsultationFile, state: Mapping[str, Any]) -> None:
    """Makes the tables what the forms ask now."""
    _plan(hub, held)
    if (state.get("fingerprint"), state.get("words")) != (held.fingerprint, WORDS):
        lay_out(file, held.plans)
        file.set_state(fingerprint=held.fingerprint, words=WORDS)
    rename(hub, file, held.plans)


def _plan(hub: Hub, held: Held) -> None:
    """Raises Moved."""
    db = hub.read()
    fingerprint = source.fingerprint(db)
    if held.fingerprint != fingerprint:
        held.plans = {plan.form.id: plan for plan in plan_forms(hub, db)}
        held.fingerprint = fingerprint
        held.check(db)


def _take_changes(hub: Hub, held: Held, file: ConsultationFile, state: Mapping[str, Any]) -> bool:
    """Some submissions that changed since they were written; whether those are all."""
    place = dict(state["place"])
    changed = source.changes_after(hub.read(), place["n"], BATCH)
    numbers = [number for _, number in changed]
    _take_out(held, file, numbers)
    upto = {form: upto for form, (_, upto) in file.held_forms().items()}
    keys = source.keys_of(hub.read(), numbers)
    _add(hub, held, file, {n: form for n, (form, _) in keys.items() if n <= upto.get(form, 0)})
    now = source.mark(hub.read())
    if changed:
        place["n"] = changed[-1][0]
    file.set_state(place={**place, "seq": now.seq, "entry": now.entry})
    return len(changed) < BATCH


def _take_out(held: Held, file: ConsultationFile, numbers: Collection[int]) -> None:
    for form, rows in file.rows_of(numbers).items():
        file.take_out(held.plans[form].tables, rows)


def _take_new(hub: Hub, held: Held, file: ConsultationFile) -> bool:
    """Some submissions that came since; whether those are all."""
    upto = {form: upto for form, (_, upto) in file.held_forms().items()}
    if not upto:
        return True
    page = source.numbers_after(hub.read(), min(upto.values()), BATCH)
    _add(hub, held, file, {number: form for number, form in page if form in upto and number > upto[form]})
    if page:
        file.set_upto(page[-1][0])
    return len(page) < BATCH


def _add(hub: Hub, held: Held, file: ConsultationFile, forms: Mapping[int, int]) -> None:
    """forms: number of a submission -> number of its form."""
    by_form: dict[int, list[int]] = {}
    for number, form in forms.items():
        by_form.setdefault(form, []).append(number)
    for form, numbers in by_form.items():
        if form in held.plans:
            with hub.database.reading() as reader:
                add_submissions(hub, reader, file, held.plans[form], numbers, held.check)
