"""What a served hub does by itself: it meets the hubs whose addresses it knows, on a schedule, and soon after
one comes into reach. It never gives up, and never keeps a tablet waiting.

A hub that does not answer is asked again after a while that grows to a minute: one small request.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from server import audits
from server.consultation import following
from server.entity_chores import Chores
from server.errors import Refusal
from server.hub import Hub
from server.store.peers import Peer
from server.sync_schedule import minutes_of
from server.syncing import Surroundings, reachable, sync_with
from server.upkeep import sweep
from sync.exchange import Wishes

log = logging.getLogger(__name__)
FIRST_S, LONGEST_S = 5.0, 60.0


@dataclass(slots=True)
class _Turn:
    """When a hub is met next."""

    at_s: float = 0.0
    failed: int = 0


@dataclass
class Schedule:
    """Meets each hub every `every_s`, none when it is 0. `world`: links, chance and a clock, as sync_with
    takes them."""

    hub: Hub
    world: Surroundings
    every_s: float
    wishes: Wishes = field(default_factory=Wishes)
    _turns: dict[str, _Turn] = field(default_factory=dict)
    _swept: date | None = None

    def __post_init__(self) -> None:
        self._swept = self.hub.clock.now().date()  # a served hub begins by it

    def next_at(self) -> float:
        """When somebody is met next, by the clock of `world`; a hub that was added just now is met at once."""
        if self.every_s <= 0:
            return self.world.now_s() + LONGEST_S
        peers = [self._turns.get(peer.id, _Turn()) for peer in reachable(self.hub)]
        return min((turn.at_s for turn in peers), default=self.world.now_s() + LONGEST_S)

    def run_due(self) -> None:
        """Meets those whose turn it is. What goes wrong with one keeps no other waiting. On a new day the hub
        tidies up first; the audit log's index and the consultation database are brought up, so that nobody who
        looks waits for them."""
        self._tidy()
        self._follow(audits.catch_up, "audit log")
        for peer in reachable(self.hub):
            turn = self._turns.setdefault(peer.id, _Turn())
            if turn.at_s <= self.world.now_s():
                self._meet(peer, turn)
        # Last: after a large merge, or on a hub that is new to it, this takes minutes, and other hubs come first.
        self._follow(lambda hub: following.catch_up(hub, self.world.wait), "consultation database")

    def _tidy(self) -> None:
        today = self.hub.clock.now().date()
        if today == self._swept:
            return
        self._swept = today
        try:
            sweep(self.hub, is_served=True)
        except Exception as fault:  # noqa: BLE001 – tomorrow is another day, and hubs are to be met
            log.error("hub not tidied fault=%s", type(fault).__name__)

    def _follow(self, catch_up: Callable[[Hub], object], name: str) -> None:
        try:
            catch_up(self.hub)
        except Exception as fault:  # noqa: BLE001 – who looks will try again
            log.error("%s not followed fault=%s", name, type(fault).__name__)

    def _meet(self, peer: Peer, turn: _Turn) -> None:
        try:
            sync_with(self.hub, peer.id, self.world, wishes=self.wishes)
            turn.failed, wait_s = 0, self.every_s
        except Refusal as fault:
            log.info("sync not done peer=%s code=%s failed=%d", peer.id, fault.code, turn.failed + 1)
            wait_s = self._after_failure(turn)
        except Exception as fault:  # noqa: BLE001 – whatever it is, the next try may do
            log.error("sync broke peer=%s fault=%s", peer.id, type(fault).__name__)
            wait_s = self._after_failure(turn)
        turn.at_s = self.world.now_s() + wait_s * (0.9 + self.world.chance() / 5)

    def _after_failure(self, turn: _Turn) -> float:
        turn.failed += 1
        return float(min(FIRST_S * 2 ** min(turn.failed - 1, 10), LONGEST_S, self.every_s))


class Background:
    """A thread that keeps to a schedule until it is stopped."""

    def __init__(self, hub: Hub, make: Callable[[Callable[[float], None]], Schedule]) -> None:
        """make: the schedule, given how it waits: until so many seconds went by, or it is stopped."""
        self._stop = threading.Event()
        self._schedule = make(self._wait)
        self._chores = Chores(hub)
        self._hub = hub
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits for what is under way to notice, a little."""
        self._stop.set()
        self._thread.join(timeout=5)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _wait(self, seconds: float) -> None:
        """Raises Stopped when the hub is being closed."""
        if self._stop.wait(seconds):
            raise Stopped

    def _run(self) -> None:
        try:
            while True:
                self._chores.run(self._schedule.world.now_s())
                self._schedule.every_s = minutes_of(self._hub) * 60
                self._schedule.run_due()
                self._wait(min(max(self._schedule.next_at() - self._schedule.world.now_s(), 0.5), LONGEST_S))
        except Stopped:
            return


class Stopped(BaseException):
    """The hub is closed: not a fault, and nothing that catches faults may swallow it."""
