"""How far a consultation has come, counted as in its report and hidden by the same rule; kept while nothing new came.

Counting a hundred thousand submissions takes a while: it is done in the background, and a page shows the last figures
with the moment that they are of. No Flask, no SQL.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from server.errors import Refusal, places
from server.extracting import new_id
from server.extracts.imprint import Imprint
from server.extracts.opening import opened
from server.extracts.options import Choosing, Options
from server.formats import Work
from server.hub import Hub
from server.quota_keeping import quotas_of
from server.reports.blocks import Block
from server.reports.chapters import Wishes, progress_blocks
from server.reports.counting import count
from server.reports.finding import People, make_plan
from server.store import state_tables
from server.store.forms import Form
from server.store.ledger_sqlite import head
from server.workrooms import ROOM

log = logging.getLogger(__name__)
AT_LEAST = timedelta(seconds=20)  # between two countings: tablets that send must not keep the laptop counting


@dataclass(frozen=True, slots=True)
class Figures:
    """`place`: of the ledger that they are of; `at`: when they were counted. `groups`, `sexes`: code -> labels of the
    form, for quotas; empty when it asks for none."""

    place: tuple[int, int]
    at: str
    blocks: Sequence[Block]
    groups: dict[str, dict[str, str]]
    sexes: dict[str, dict[str, str]]
    fault: Refusal | None = None


class Countings:
    """Of one hub. in_background: else they are there when asked for."""

    def __init__(self, hub: Hub, *, in_background: bool) -> None:
        self._hub, self._in_background = hub, in_background
        self._held: dict[int, Figures] = {}
        self._running: dict[int, threading.Thread] = {}
        self._guard = threading.Lock()
        self._closed = threading.Event()

    def of(self, form: Form) -> tuple[Figures | None, bool]:
        """(the last figures, whether newer ones are being counted)"""
        held = self._held.get(form.id)
        if held is not None and held.place == self._place():
            return held, False
        if not self._in_background:
            self._count(form)
            return self._held.get(form.id), False
        if held is not None and self._hub.clock.now() - datetime.fromisoformat(held.at) < AT_LEAST:
            return held, False
        return held, self._begin(form)

    def _place(self) -> tuple[int, int]:
        """Anything that a figure depends on moves it."""
        return head(self._hub.read()), state_tables.generation(self._hub.read())

    def _begin(self, form: Form) -> bool:
        with self._guard:
            running = self._running.get(form.id)
            if (running is None or not running.is_alive()) and not self._closed.is_set():
                thread = threading.Thread(target=self._count, args=(form,), name="figures", daemon=True)
                self._running[form.id] = thread
                thread.start()
        return True

    def _count(self, form: Form) -> None:
        place = self._place()
        try:
            figures = figures_of(self._hub, form, place, self._stop)
        except Refusal as fault:
            figures = Figures(place, self._hub.clock.stamp(), (), {}, {}, fault)
        except Exception as fault:  # noqa: BLE001 – the page says that there are none; the next look counts again
            log.error("figures not counted form=%s fault=%s", form.id, places(fault))
            return
        self._held[form.id] = figures

    def _stop(self, _rows: int) -> None:
        if self._closed.is_set():
            raise InterruptedError

    def close(self) -> None:
        self._closed.set()
        for thread in list(self._running.values()):
            thread.join(timeout=5)


def figures_of(hub: Hub, form: Form, place: tuple[int, int], on_rows: object) -> Figures:
    """Counted now. Raises what opening an extract raises."""
    options = Options(choosing=Choosing(parked=True))
    imprint = Imprint(
        new_id(), "", hub.clock.now(), hub.name, "", form.xml_form_id, options.profile, "figures"
    )
    room = hub.data / ROOM
    room.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=room) as folder:
        work = Work(imprint, options, Path(folder), on_rows=on_rows)  # type: ignore[arg-type]
        with opened(hub, form, options, {}, work) as (extract, _count):
            plan = make_plan(extract, {})
            found = count(extract, plan, work.count)
            found.no_consent += sum(loss.count for loss in work.losses if loss.code == "consent.refused")
            wishes = Wishes(("km", "en"), khmer_digits=False, quotas=quotas_of(hub, form))
            blocks = progress_blocks(plan, found, wishes, options.k)
            labels = _labels(plan.people)
    return Figures(place, hub.clock.stamp(), blocks, labels.get("group", {}), labels.get("sex", {}))


def _labels(people: People | None) -> dict[str, dict[str, dict[str, str]]]:
    """trait -> code -> labels."""
    if people is None:
        return {}
    columns = {trait: people.sheet.columns[place] for trait, place in people.places.items()}
    return {trait: {code: dict(text) for code, text in c.values.items()} for trait, c in columns.items()}
