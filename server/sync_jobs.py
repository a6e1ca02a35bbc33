"""Exchanges that somebody asked for on a page: one at a time with each hub, watched while it goes, and stopped.

A job is known to this process alone: what it brought is kept, and the next exchange goes on from there. No Flask,
no SQL.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass, field

from server.errors import Fault, Refusal, places
from server.hub import Hub
from server.hub_notices import notices_of
from server.store.peers import Peer
from server.syncing import Meeting, Surroundings, default_world, sync_with
from sync.exchange import Progress, Wishes

log = logging.getLogger(__name__)
TRIES = 3  # breaks in a row: somebody waits


class Stopped(BaseException):
    """Somebody stopped it: nothing that catches faults may swallow it."""


@dataclass(slots=True)
class Job:
    """`fault`: why it ended early; `notices`: what to know of the two hubs, once it is done."""

    peer: Peer
    begun_at: str
    progress: Progress = field(default_factory=Progress)
    running: bool = True
    stopped: bool = False
    fault: Refusal | None = None
    notices: list[object] = field(default_factory=list)
    ended_at: str | None = None


class Exchanges:
    """Of one hub. in_background: else an exchange is over when `begin` returns."""

    def __init__(self, hub: Hub, *, in_background: bool, world: Surroundings | None = None) -> None:
        self._hub, self._in_background, self._world = hub, in_background, world
        self._jobs: dict[str, Job] = {}
        self._stops: dict[str, threading.Event] = {}
        self._guard = threading.Lock()
        self._threads: list[threading.Thread] = []

    def begin(self, peer: Peer) -> Job:
        """The one under way, if there is one."""
        with self._guard:
            held = self._jobs.get(peer.id)
            if held is not None and held.running:
                return held
            job = self._jobs[peer.id] = Job(peer, self._hub.clock.stamp())
            stop = self._stops[peer.id] = threading.Event()
        thread = threading.Thread(target=self._run, args=(job, stop), name="exchange", daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()
        if not self._in_background:
            thread.join()
        return job

    def last(self, peer: Peer) -> Job | None:
        with self._guard:
            return self._jobs.get(peer.id)

    def stop(self, peer: Peer) -> None:
        with self._guard:
            stop = self._stops.get(peer.id)
        if stop is not None:
            stop.set()

    def close(self) -> None:
        for stop in list(self._stops.values()):
            stop.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _run(self, job: Job, stop: threading.Event) -> None:
        def wait(seconds: float) -> None:
            if stop.wait(seconds):
                raise Stopped

        def tell(_progress: Progress) -> None:
            if stop.is_set():
                raise Stopped

        world = self._world or default_world(wait, random.random, time.monotonic, TRIES)
        try:
            met: Meeting = sync_with(
                self._hub, job.peer.id, world, wishes=Wishes(), tell=tell, progress=job.progress
            )
            job.notices = list(notices_of(self._hub, job.peer, met.replies))
        except Stopped:
            job.stopped = True
        except Refusal as fault:
            job.fault = fault
        except Exception as fault:  # noqa: BLE001 – told on the page; the log gets the places
            job.fault = Fault("sync.broke", name=job.peer.name)
            log.error("sync broke peer=%s fault=%s", job.peer.id, places(fault))
        finally:
            job.ended_at = self._hub.clock.stamp()
            job.running = False
