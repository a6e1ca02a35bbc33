"""Histories of a country: made from a seed, played, and shrunk when they break a promise.

Each step draws from a seed of its own, so that the others can be left out without changing it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from server import bundles, review, upkeep
from server.hub import Hub
from server.loading import SPLIT_LEAST
from server.store import projects, submissions
from sync.exchange import Wishes
from tests.loose_link import Weather
from tests.server.season import answers, hand_in, publish, rice
from tests.simulation.country import NAMES, NATION, Country, Site, clock, simulated
from tests.simulation.disk import Fault
from tests.simulation.promises import check_all, check_cursors

LENGTH = 24
WEIGHTS = {
    "post": 8, "resend": 2, "edit": 3, "review": 2, "comment": 1, "delete": 1, "restore": 1, "sync": 8,
    "write": 4, "carry": 5, "backup": 1, "turn_back": 1, "copy": 1, "set_clock": 1, "publish": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """`place`: at which hub; `seed`: of all that is chosen in it; `fault`: what strikes the disk of that hub,
    or, with `strikes_other`, of the hub that it calls."""

    deed: str
    place: int
    seed: int
    fault: Fault | None = None
    strikes_other: bool = False


def make_history(seed: int) -> list[Step]:
    rng = Random(seed)
    deeds = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=rng.randrange(4, LENGTH))
    return [Step(deed, rng.randrange(8), rng.getrandbits(32), *_fault(rng)) for deed in deeds]


def _fault(rng: Random) -> tuple[Fault | None, bool]:
    if rng.random() > 0.35:
        return None, False
    kind = rng.choice(("cut", "done", "cut", "done", "full"))
    return Fault(kind, rng.randrange(1, rng.choice((4, 12, 40)))), rng.random() < 0.5


def play(template: Path, folder: Path, seed: int, steps: list[Step]) -> list[str]:
    """The log of a history. Raises Broken, or whatever came out of a hub that should not."""
    with simulated(template, folder, seed) as country:
        try:
            for step in steps:
                country.log.append(f"{step}")
                _DEEDS[step.deed](country, country.sites[step.place % len(country.sites)], step)
                check_cursors(country)
            check_all(country)
        except BaseException as fault:
            fault.__dict__["history"] = country.log
            raise
        return country.log


def shrink(template: Path, folder: Path, seed: int, steps: list[Step]) -> list[Step]:
    """The fewest steps and faults found with which it fails in the same way."""

    def outcome(some: list[Step]) -> str:
        try:
            play(template, folder, seed, some)
        except Exception as fault:  # noqa: BLE001 – whatever it is
            return f"{type(fault).__name__} {fault.args[:1]}"
        return ""

    wrong = outcome(steps)

    def fails(some: list[Step]) -> bool:
        return outcome(some) == wrong

    size = (len(steps) + 1) // 2
    while size and wrong:
        if not _drop_some(steps, size, fails):
            size //= 2
    for n, step in enumerate(steps):
        if step.fault is not None and fails([*steps[:n], replace(step, fault=None), *steps[n + 1 :]]):
            steps[n] = replace(step, fault=None)
    return steps


def _drop_some(steps: list[Step], size: int, fails: Callable[[list[Step]], bool]) -> bool:
    for start in range(0, len(steps), size):
        rest = steps[:start] + steps[start + size :]
        if fails(rest):
            steps[:] = rest
            return True
    return False


# Deeds


def _post(country: Country, site: Site, step: Step) -> None:
    rng = Random(step.seed)
    # Most instanceIDs are new; some come with other answers, at the same hub or at another.
    instance_id = f"uuid:{rng.randrange(6) if rng.random() < 0.2 else rng.getrandbits(32)}"
    _hand_in(country, site, step, *_answers(rng, instance_id))


def _answers(rng: Random, instance_id: str, edits: str | None = None) -> tuple[str, bytes, dict[str, bytes]]:
    photo, sound = "", ""
    files: dict[str, bytes] = {}
    if rng.random() < 0.4:
        photo = f"រូប{rng.randrange(3)}.jpg"
        files[photo] = rng.randbytes(rng.choice((10, 3000, 3000, 66_000, 70_000)))
    if rng.random() < 0.04:
        sound = "ខ្សែ.m4a"
        files[sound] = rng.randbytes(600_000)
    if rng.random() < 0.2:
        files.pop(photo, None)  # a second request will bring it, or none
    version = rng.choice(("1", "1", "1", "2"))
    xml = answers(
        instance_id, f"ភូមិ{rng.randrange(4)}", edits=edits, version=version, photo=photo, sound=sound
    )
    return instance_id, xml, files


def _resend(country: Country, site: Site, step: Step) -> None:
    rng = Random(step.seed)
    if country.sent:
        instance_id, xml, files = rng.choice(country.sent)
        _hand_in(country, site, step, instance_id, xml, files)


def _edit(country: Country, site: Site, step: Step) -> None:
    rng = Random(step.seed)
    if country.sent:
        edited = rng.choice(country.sent)[0]
        _hand_in(country, site, step, *_answers(rng, f"uuid:e{rng.getrandbits(32)}", edited))


def _hand_in(
    country: Country, site: Site, step: Step, instance_id: str, xml: bytes, files: dict[str, bytes]
) -> None:
    country.sent.append((instance_id, xml, files))
    outcome = country.at(site, step.fault, lambda hub: hand_in(hub, xml, **files))
    if outcome is not None:
        country.told[instance_id, hashlib.sha256(xml).hexdigest()] = "rice"


def _on_one(work: Callable[[Hub, Any, Any, Random], object]) -> Callable[[Country, Site, Step], None]:
    """A coordinator's deed on one of the submissions that a hub holds."""

    def deed(country: Country, site: Site, step: Step) -> None:
        rng, form = Random(step.seed), rice(site.hub)
        ids = sorted({said[0] for said in country.sent})
        found = [
            s for i in ids if (s := submissions.find_submission(site.hub.read(), form.id, i)) is not None
        ]
        if found:
            held = rng.choice(found)
            country.at(site, step.fault, lambda hub: work(hub, form, held, rng))

    return deed


def _review(hub: Hub, form: Any, held: Any, rng: Random) -> None:
    review.set_review_state(hub, form, held, rng.choice(review.STATES))


def _comment(hub: Hub, form: Any, held: Any, rng: Random) -> None:
    review.add_comment(hub, form, held, f"សូមពិនិត្យ {rng.randrange(9)}")


def _delete(hub: Hub, form: Any, held: Any, rng: Random) -> None:
    review.delete_submission(hub, form, held)


def _restore(hub: Hub, form: Any, held: Any, rng: Random) -> None:
    review.restore_submission(hub, form, held)


def _sync(country: Country, site: Site, step: Step) -> None:
    """A province calls the nation, now and then a neighbour, over a link as bad as the seed says."""
    rng = Random(step.seed)
    other = country.sites[NATION if rng.random() < 0.8 else rng.randrange(len(NAMES))]
    if other.hub.id == site.hub.id:
        return
    cut, lost, flip = rng.choice(((0, 0, 0), (0.3, 0.2, 0), (0.1, 0.5, 0), (0, 0, 0.2), (0.3, 0.2, 0.05)))
    weather = Weather(Random(step.seed), cut=cut, lost=lost, flip=flip)
    wishes = Wishes(rng.choice((None, None, 0, 5000)))
    tries = rng.choice((2, 5, 40))
    victim = other if step.strikes_other else site
    country.call(site, other, weather, step.fault, victim, wishes, tries)


def _write(country: Country, site: Site, step: Step) -> None:
    rng = Random(step.seed)
    name = NAMES[NATION if rng.random() < 0.6 else rng.randrange(len(NAMES))]
    if name == site.hub.name:
        return
    path = country.path("stick.bundle")
    split = rng.choice((None, None, SPLIT_LEAST))
    headers = country.at(site, step.fault, lambda hub: bundles.write_for(hub, name, path, split_bytes=split))
    country.sticks += [bundles.numbered(path, n + 1) for n in range(len(headers or ()))]


def _carry(country: Country, _site: Site, step: Step) -> None:
    """A stick reaches a hub that it is for: early, late, twice, damaged, or never."""
    rng = Random(step.seed)
    if not country.sticks:
        return
    path = rng.choice(country.sticks)
    if rng.random() < 0.6:
        country.sticks.remove(path)
    if rng.random() < 0.1:
        return
    header = bundles.show(path)
    site = rng.choice(country.holders(header.receiver))
    country.by_stick.add((header.receiver, header.sender))
    if rng.random() < 0.25:
        path = _damaged(country, path, rng)
    receipt = country.path("back.receipt") if rng.random() < 0.6 else None
    report = country.at(site, step.fault, lambda hub: bundles.read(hub, path, receipt))
    if report is not None and report.receipt is not None:
        country.sticks.append(report.receipt)


def _damaged(country: Country, path: Path, rng: Random) -> Path:
    data = bytearray(path.read_bytes())
    if rng.random() < 0.5:
        del data[rng.randrange(len(data)) :]
    for _ in range(rng.randrange(3)):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    spoilt = country.path("spoilt.bundle")
    spoilt.write_bytes(data)
    return spoilt


def _backup(country: Country, site: Site, step: Step) -> None:
    path = country.path("backup.tar")
    upkeep.backup(site.hub, path)
    country.backups.append((site.number, path))


def _turn_back(country: Country, site: Site, step: Step) -> None:
    """The disk of a hub is gone; it goes on from an old backup."""
    mine = [path for number, path in country.backups if number == site.number]
    if not mine:
        return
    site.hub.close()
    site.folder = country.path("restored")
    upkeep.restore(Random(step.seed).choice(mine), site.folder)
    site.open()
    country.remember_losses()


def _copy(country: Country, site: Site, step: Step) -> None:
    """Somebody copies a province's disk, and both run."""
    if site.number == NATION or len(country.sites) > len(NAMES):
        return
    site.hub.close()
    folder = country.path("copy")
    shutil.copytree(site.folder, folder)
    site.open()
    country.sites.append(Site(len(country.sites), folder, country.disk, 2026))


def _set_clock(country: Country, site: Site, step: Step) -> None:
    site.clock = clock(Random(step.seed).choice((1970, 2026, 2038)))
    site.hub.clock = site.clock


def _publish(country: Country, _site: Site, step: Step) -> None:
    site = country.sites[NATION]
    project = projects.list_projects(site.hub.read())[0]
    country.at(site, step.fault, lambda hub: publish(hub, project, "2"))


_DEEDS: dict[str, Callable[[Country, Site, Step], None]] = {
    "post": _post, "resend": _resend, "edit": _edit, "review": _on_one(_review), "comment": _on_one(_comment),
    "delete": _on_one(_delete), "restore": _on_one(_restore), "sync": _sync, "write": _write, "carry": _carry,
    "backup": _backup, "turn_back": _turn_back, "copy": _copy, "set_clock": _set_clock, "publish": _publish,
}  # fmt: skip
