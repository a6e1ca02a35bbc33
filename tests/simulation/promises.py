"""What must hold in a simulated country: after each step, and once everybody could exchange everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from server import bundles, errors, upkeep
from server.flow import Direction, Way, may_flow
from server.hub import Hub
from server.store import peers, submissions
from server.store.ledger_sqlite import chain_at, entries_with_origin, head
from sync.exchange import Wishes
from sync.ledger import travels
from tests.loose_link import Weather
from tests.server.season import csv, rice, told
from tests.simulation.country import NAMES, NATION, Broken, Country, Site, entries

ROUNDS = 6

EVERYTHING = Way(Direction.LEVEL, None, "", lambda subject: True)  # between equals


def promise(kept: object, *what: object) -> None:
    if not kept:
        raise Broken(*what)


# After each step


def check_cursors(country: Country) -> None:
    """A batch's entries and its cursor are there together or not at all."""
    sites: dict[str, list[Site]] = {}
    for site in country.sites:
        sites.setdefault(site.hub.ledger_id, []).append(site)
    for taker in country.sites:
        for peer in peers.list_peers(taker.hub.read()):
            for ledger in peers.list_ledgers(taker.hub.read(), peer.id):
                givers = sites.get(ledger.ledger, [])
                if len(givers) == 1:  # of two copies of one disk nobody knows whose ledger it is
                    _check_cursor(country, taker, givers[0], ledger)


def _check_cursor(country: Country, taker: Site, giver: Site, ledger: Any) -> None:
    db, seen = giver.hub.read(), ledger.seen
    if seen.seq > head(db) or chain_at(db, seen.seq) != seen.chain:
        promise(len(country.holders(giver.hub.id)) > 1, "cursor ahead", taker.number, giver.number, seen)
        return
    given = {entry.id: seq for seq, entry, _ in entries_with_origin(db, 0, 1_000_000)}
    held = {entry.id: via for _, entry, via in entries_with_origin(taker.hub.read(), 0, 1_000_000)}
    own = _own_ledgers(country, taker)
    for seq, entry, via in entries_with_origin(db, 0, 1_000_000):
        if seq <= seen.seq and may_flow(entry, EVERYTHING) and via not in own:
            promise(
                entry.id in held, "entry missing below the cursor", taker.number, giver.number, entry.kind
            )
    if (taker.hub.id, giver.hub.id) not in country.by_stick:
        for entry_id, via in held.items():
            if via == ledger.ledger and entry_id in given:
                promise(given[entry_id] <= seen.seq, "entry without its cursor", taker.number, giver.number)


def _own_ledgers(country: Country, taker: Site) -> set[str]:
    """Every ledger under which the hub of this id was ever known: what came over one of them, it had."""
    known = {taker.hub.ledger_id}
    for site in country.sites:
        known |= {ledger.ledger for ledger in peers.list_ledgers(site.hub.read(), taker.hub.id)}
    return known


# At the end


def check_all(country: Country) -> None:
    _exchange(country)
    first = _state(country.sites[0].hub)
    for site in country.sites:
        state = _state(site.hub)
        differ = [name for name in first if first[name] != state[name]]
        promise(not differ, "hubs differ", site.number, differ, _difference(country, site))
        _check_told(country, site)
        _check_whole(country, site)
    site = Random(country.seed).choice(country.sites)
    promise((rebuilt := upkeep.compare(site.hub)) == [], "a rebuild would change", site.number, rebuilt)


def _exchange(country: Country) -> None:
    """Everybody meets the nation, by link or by stick, until nothing moves."""
    # By stick there is always one more receipt to carry. Copies of one disk may take turns so that their
    # peer takes them for one: only a call tells them apart.
    if country.seed % 4 == 0 and len(country.sites) == len(NAMES):
        _until_rest(country, _carry_both_ways)
    else:
        promise(_until_rest(country, _call), "they never come to rest")
    if any(_moved(site.hub)[1] for site in country.sites):
        # A file is asked for at the hubs that brought its submission, which need not be the nation.
        promise(_until_rest(country, _call_everybody), "they never come to rest")


def _until_rest(country: Country, meet: Callable[[Country, Site], None]) -> bool:
    for _ in range(ROUNDS):
        before = [_moved(site.hub) for site in country.sites]
        for site in country.sites:
            if site.number != NATION:
                meet(country, site)
        if before == [_moved(site.hub) for site in country.sites]:
            return True
    return False


def _call_everybody(country: Country, site: Site) -> None:
    for other in country.sites[: len(NAMES)]:
        if other.hub.id != site.hub.id:
            _call(country, site, other)


def _moved(hub: Hub) -> tuple[int, int]:
    """What changes as long as anything comes: entries held, files lacking."""
    lacking: int = hub.read().execute("SELECT count(*) FROM blob_wanted").fetchone()[0]
    return hub.ledger.head(), lacking


def _call(country: Country, site: Site, other: Site | None = None) -> None:
    meeting = country.call(site, other or country.sites[NATION], Weather(Random(0)), None, site, Wishes())
    promise(meeting is not None and meeting.progress.done, "a good link fails", site.number, country.log[-1:])


def _carry_both_ways(country: Country, site: Site) -> None:
    nation = country.sites[NATION]
    for giver, taker in ((site, nation), (nation, site)):
        path = country.path("last.bundle")
        try:
            bundles.write_for(giver.hub, taker.hub.name, path)
        except errors.Fault as fault:
            promise(fault.code == "bundle.nothing", fault.code)
            continue
        report = bundles.read(taker.hub, path)
        promise(report.whole and not report.taken.refused, "a whole bundle is not taken", taker.number)


def _state(hub: Hub) -> Mapping[str, object]:
    shared = sorted(entry.id for entry in entries(hub) if travels(entry.kind))
    return {"entries": shared, **told(hub), "csv": csv(hub)}


def _difference(country: Country, site: Site) -> list[str]:
    ours, theirs = ({e for e in entries(s.hub) if travels(e.kind)} for s in (site, country.sites[0]))
    return [f"{'has' if e in ours else 'lacks'} {e.kind} {e.id[:8]} of {e.hub[:6]}" for e in ours ^ theirs]


def _check_told(country: Country, site: Site) -> None:
    """Each submission that a tablet was told to be received is held, and shown once."""
    form, db = rice(site.hub), site.hub.read()
    for instance_id, xml in country.told:
        versions = [v for v in submissions.versions_with(db, form.id, instance_id) if v.xml == xml]
        parked = submissions.parked_with(db, form.project_id, form.key, instance_id, xml)
        promise(len(versions) + (parked is not None) >= 1, "lost", site.number, instance_id)
        promise(len(versions) <= 1, "doubled", site.number, instance_id, versions, parked)


def _check_whole(country: Country, site: Site) -> None:
    found = upkeep.verify(site.hub)
    promise(not found.damaged, "damaged", site.number, found.damaged)
    missing = {said.split()[1] for said in found.missing} - country.lost
    promise(not missing, "files missing", site.number, missing)
