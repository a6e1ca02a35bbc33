"""A simulated country: a nation, four provinces, their tablets, links, sticks, disks and clocks. Real hubs on
real databases; everything else comes from a seed."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask

from server import bundles, errors
from server.app import create_app
from server.clock import Clock
from server.hub import Hub
from server.peers import add_peer, make_card
from server.syncing import Surroundings, sync_with
from sync.exchange import Wishes
from sync.keys import HubKey
from sync.ledger import Entry
from sync.merge import CREATE, EDIT
from sync.transport import LinkBroken
from tests.loose_link import LooseLink, Weather
from tests.server.season import QUICK, begin
from tests.simulation.disk import Disk, Fault, PowerCut, installed, watch

NATION = 0
NAMES = ("ជាតិ", "កំពត", "កែប", "តាកែវ", "កំពង់ស្ពឺ")
YEARS_OFF = (1970, 2038, 2026, 2026, 2026)
Sent = tuple[str, bytes, dict[str, bytes]]  # instanceID, XML, files


class Broken(AssertionError):
    """A promise that a history broke."""


def make_template(folder: Path) -> None:
    """The disks of a country before anything happened: hubs that know each other and hold one form. Every
    history of every run begins with the same keys."""
    with seeded(Random(0)):
        hubs = []
        for number, name in enumerate(NAMES):
            HubKey.make, make = classmethod(lambda cls, n=number: cls(bytes([n + 1]) * 32)), HubKey.make  # type: ignore[method-assign, assignment, misc]
            try:
                hubs.append(Hub.create(folder / str(number), name, clock=clock(2026), **QUICK))
            finally:
                HubKey.make = make  # type: ignore[method-assign]
        for hub in hubs:
            for number, other in enumerate(hubs):
                if other is not hub:
                    add_peer(hub, make_card(other), url=f"http://{number}.example")
        begin(hubs[NATION])
        for number, hub in enumerate(hubs[1:], start=1):
            bundles.write_for(hubs[NATION], NAMES[number], folder / "first")
            bundles.read(hub, folder / "first")
        (folder / "first").unlink()
        for hub in hubs:
            hub.close()


@contextmanager
def seeded(rng: Random) -> Iterator[None]:
    """What would be drawn by true chance comes from `rng`."""
    true = secrets.token_bytes, secrets.token_hex
    secrets.token_bytes = lambda nbytes=32: rng.randbytes(nbytes)  # type: ignore[assignment]
    secrets.token_hex = lambda nbytes=32: rng.randbytes(nbytes).hex()  # type: ignore[assignment]
    try:
        yield
    finally:
        secrets.token_bytes, secrets.token_hex = true


def clock(year: int) -> Clock:
    """Goes on a second whenever somebody looks at it."""
    held = [datetime(year, 3, 1, tzinfo=UTC)]

    def now() -> datetime:
        held[0] += timedelta(seconds=1)
        return held[0]

    return Clock(now)


class Site:
    """A place where a hub runs. `number`: its place in the country; a copy has one of its own."""

    def __init__(self, number: int, folder: Path, disk: Disk, year: int) -> None:
        self.number, self.folder, self.disk, self.clock = number, folder, disk, clock(year)
        self.restarts = 0
        self.open()

    def open(self) -> None:
        self.hub = Hub(self.folder, clock=self.clock, **QUICK)  # type: ignore[arg-type]
        watch(self.hub.database, self.disk)

    def power_comes_back(self) -> None:
        """The hub as it is on disk."""
        self.hub.close()
        self.disk.disarm()
        self.disk.lose_unflushed()
        self.restarts += 1
        self.open()


class Served:
    """What a link leads to: the app of a site, which may lose its power while it answers."""

    def __init__(self, country: Country, site: Site) -> None:
        self.country, self.site = country, site

    def wsgi_app(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        app = self.country.app
        app.extensions["samleng"].hub = self.site.hub
        try:
            with self.country.disk.acting(self.site.number):
                answer = app.wsgi_app(environ, start_response)
                try:
                    return [b"".join(answer)]
                finally:
                    if hasattr(answer, "close"):
                        answer.close()
        except PowerCut:
            self.site.power_comes_back()
            raise LinkBroken("power") from None


_APPS: dict[Path, Flask] = {}


def app_of(template: Path) -> Flask:
    """One app a process: making one takes longer than a history. It opens a copy: what comes and goes beside
    an open database would trip the other processes, which copy the template meanwhile."""
    if template not in _APPS:
        with tempfile.TemporaryDirectory() as own:
            shutil.copytree(template / "0", Path(own) / "0")
            _APPS[template] = create_app(Path(own) / "0", **QUICK)
            _APPS[template].extensions["samleng"].hub.close()
    return _APPS[template]


@dataclass
class Country:
    """`told`: (instanceID, hash of the XML) of what a tablet was told to be received; `lost`: files that
    went down with a disk before anybody else had them; `by_stick`: (taker, giver) hub ids."""

    template: Path
    folder: Path
    seed: int
    sites: list[Site] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    told: dict[tuple[str, str], str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    sticks: list[Path] = field(default_factory=list)
    backups: list[tuple[int, Path]] = field(default_factory=list)
    by_stick: set[tuple[str, str]] = field(default_factory=set)
    log: list[str] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.app = app_of(self.template)
        self.disk = Disk(Random(self.seed))
        rng = Random(self.seed)
        for number in range(len(NAMES)):
            shutil.copytree(self.template / str(number), self.folder / str(number))
            self.sites.append(Site(number, self.folder / str(number), self.disk, rng.choice(YEARS_OFF)))

    def close(self) -> None:
        for site in self.sites:
            site.hub.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name: str) -> Path:
        self.made += 1
        return self.folder / f"{self.made}-{name}"

    # What is done at one site, with a fault that may strike

    def at(
        self, site: Site, fault: Fault | None, work: Callable[[Hub], Any], victim: Site | None = None
    ) -> Any:
        """The result of `work`; None when the fault struck or the hub refused. Anything but a refusal is a bug."""
        self.disk.arm((victim or site).number, fault)
        struck = self.disk.struck
        try:
            with self.disk.acting(site.number):
                return work(site.hub)
        except PowerCut:
            site.power_comes_back()
            self.log.append(f"power cut at {site.number}")
        except (errors.Fault, errors.Problem) as refusal:
            self.log.append(f"refused at {site.number}: {refusal.code}")
        except (OSError, sqlite3.OperationalError) as full:
            if self.disk.struck == struck:
                raise
            self.log.append(f"disk full at {site.number}: {full}")
        finally:
            self.disk.disarm()
        return None

    def call(
        self, site: Site, other: Site, weather: Weather, fault: Fault | None, victim: Site, wishes: Wishes,
        tries: int = 40,
    ) -> Any:  # fmt: skip
        moments = iter(range(10**9))
        served: Any = Served(self, other)
        world = Surroundings(
            link=lambda url: LooseLink(lambda: served, weather), wait=lambda seconds: None,
            chance=weather.rng.random, now_s=lambda: next(moments) / 10, tries=tries,
        )  # fmt: skip
        name = NAMES[other.number]
        return self.at(site, fault, lambda hub: sync_with(hub, name, world, wishes=wishes), victim)

    # What is known of everybody

    def holders(self, hub_id: str) -> list[Site]:
        """The sites at which a hub of this id runs: more than one when its disk was copied."""
        return [site for site in self.sites if site.hub.id == hub_id]

    def remember_losses(self) -> None:
        """After a disk was lost: what nobody holds any more can be asked of nobody."""
        held: set[tuple[str, str]] = set()
        named: set[str] = set()
        for site in self.sites:
            for entry in entries(site.hub):
                named |= set(entry.blobs)
                if entry.kind in (CREATE, EDIT) and site.hub.blobs.has(entry.blobs[0]):
                    held.add((entry.body["instance_id"], entry.blobs[0]))
        self.told = {key: form for key, form in self.told.items() if key in held}
        self.lost |= {b for b in named if not any(site.hub.blobs.has(b) for site in self.sites)}


def entries(hub: Hub) -> list[Entry]:
    return [entry for _, entry in hub.ledger.entries_after(0, 1_000_000)]


@contextmanager
def simulated(template: Path, folder: Path, seed: int) -> Iterator[Country]:
    """A country of its own, and all that surrounds it, from a seed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with seeded(Random(seed)):
        country = Country(template, folder, seed)
        try:
            with installed(country.disk):
                yield country
        finally:
            country.close()
