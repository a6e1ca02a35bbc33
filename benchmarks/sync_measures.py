"""What two hubs cost each other: bytes on the wire, bytes on a bad link, time and memory of a merge."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from random import Random

import zstandard

from benchmarks.counting import Relay
from benchmarks.instances import instances
from benchmarks.measures import make_hub
from benchmarks.process import Server
from benchmarks.sender import post, send
from benchmarks.sheet import Sheet
from benchmarks.slow_link import Line, SlowLink
from forms.sample_answers import FORM_FOLDER
from forms.samples import make_instances
from server import intake
from server.app import create_app
from server.bundles import write_for
from server.hub import Hub
from server.intake import Post
from server.peers import add_peer, make_card
from server.projects import create_project
from server.publish import publish_file
from server.store import projects
from server.syncing import Surroundings, sync_with
from server.tablets import add_tablet
from sync.link import HttpLink

PROVINCES = ("07", "02", "11", "17")
NATION, PROVINCE = "ជាតិ", "ខេត្ត"
ADDRESS = "http://nation.example"
QUICK = {"password_cost": 4, "background": False}


def consultations(count: int, version: str, seed: int) -> list[bytes]:
    """Submissions of the bundled form, as many from each of four provinces, without their files."""
    return [
        sample.xml
        for place, code in enumerate(PROVINCES)
        for sample in make_instances(
            seed=seed + place, n=count // len(PROVINCES), province=code, version=version,
            media=FORM_FOLDER / "media",
        )
    ]  # fmt: skip


def _publish(hub: Hub) -> tuple[str, str]:
    """(the tablet's path, the form's version)"""
    project = create_project(hub, "ការពិគ្រោះយោបល់ ២០២៦")
    out = publish_file(hub, project, FORM_FOLDER / "form.xlsx")
    return f"/v1/key/{add_tablet(hub, project, 'ថេប្លេត').token}/projects/{project.id}", out.version


def _hand_in(hub: Hub, xmls: Iterator[bytes] | list[bytes]) -> None:
    """As a tablet's post does, eight at a time: they share the disk's flushes."""
    project = projects.list_projects(hub.read())[0]
    by = {"id": "tablet7", "name": "ថេប្លេត ៧"}
    agent = "org.odk.collect.android/v2026.1.1 Dalvik/2.1.0 (Linux; U; Android 14)"

    def accept(xml: bytes) -> None:
        intake.accept(hub, Post(project, xml, {}, by, "collect:AbCdEfGhIjKl", agent))

    waiting = iter(xmls)
    with ThreadPoolExecutor(8) as pool:
        while some := list(islice(waiting, 1000)):
            list(pool.map(accept, some))


def _make_pair(folder: Path) -> tuple[Hub, Hub, str]:
    """(province, nation, version): the nation published, and each knows the other."""
    nation = Hub.create(folder / "nation", NATION, **QUICK)  # type: ignore[arg-type]
    province = Hub.create(folder / "province", PROVINCE, **QUICK)  # type: ignore[arg-type]
    _, version = _publish(nation)
    add_peer(province, make_card(nation), url=ADDRESS)
    add_peer(nation, make_card(province))
    return province, nation, version


def measure_wire(sheet: Sheet, folder: Path, count: int = 1000) -> None:
    """The nation is served; the province calls it through a relay that counts."""
    province, nation, version = _make_pair(folder)
    nation.close()
    xmls = consultations(count, version, seed=1)
    posted = _posted(folder, xmls)
    near_limit = len(zstandard.ZstdCompressor(level=19).compress(b"".join(xmls)))
    server = Server(folder / "nation")
    relay = Relay(server.address)
    world = Surroundings(lambda url: HttpLink(relay.url), time.sleep, lambda: 0.5, time.monotonic)
    try:
        sync_with(province, NATION, world)
        _hand_in(province, xmls)
        relay.reset()
        meeting = sync_with(province, NATION, world)
        sheet.fail_unless(meeting.progress.sent >= count, "sync", meeting.progress.sent)
        _add_wire(sheet, relay, posted, near_limit, count)
        _add_nothing_new(sheet, province, relay, world)
    finally:
        relay.close()
        server.stop()
        province.close()


def _add_wire(sheet: Sheet, relay: Relay, posted: int, near_limit: int, count: int) -> None:
    sheet.add(f"{count:,} submissions as single posts", posted / 1000, "KB")
    sheet.add("  the same by sync, all overhead", relay.total / 1000, "KB")
    sheet.add("  share of the posts", 100 * relay.total / posted, "%", floor=6)
    sheet.add("  zstd -19 of all XML in one", near_limit / 1000, "KB")
    sheet.add("  sync to that", relay.total / near_limit, "x")


def _add_nothing_new(sheet: Sheet, province: Hub, relay: Relay, world: Surroundings) -> None:
    sync_with(province, NATION, world)
    relay.reset()
    sync_with(province, NATION, world)
    sheet.add("sync of nothing new", relay.total, "bytes", floor=1023)
    sheet.add("  round trips", relay.round_trips, "", floor=1)


def _posted(folder: Path, xmls: list[bytes]) -> int:
    """Bytes both ways of one OpenRosa post for each."""
    hub = Hub.create(folder / "posted", "posted", **QUICK)  # type: ignore[arg-type]
    path, _ = _publish(hub)
    hub.close()
    server = Server(folder / "posted")
    relay = Relay(server.address)
    try:
        host = server.url.removeprefix("http://")
        sent = send(relay.address, [post(host, f"{path}/submission", xml) for xml in xmls], 1)
        if sent.errors:
            raise SystemExit(f"{sent.errors} posts went wrong")
        return relay.total
    finally:
        relay.close()
        server.stop()


# A bad link


def measure_bad_link(sheet: Sheet, folder: Path, count: int = 10_000) -> None:
    """64 kbit/s, a fifth of all packets lost, a break every ten seconds; benchmarks/slow_link.py."""
    province, nation, version = _make_pair(folder)
    nation.close()
    xmls = consultations(count, version, seed=1)
    province.close()
    _meet(folder, Line(Random(0)))
    province = Hub(folder / "province", **QUICK)  # type: ignore[arg-type]
    _hand_in(province, xmls)
    province.close()
    good = _meet(_copy(folder, "good"), Line(Random(1)))
    bad = _meet(_copy(folder, "bad"), Line(Random(1), loss=0.2, break_s=10))
    sheet.add(f"{count:,} submissions, 64 kbit/s", good.total / 1000, "KB")
    sheet.add("  on the good line", good.now_s / 3600, "h")
    sheet.add("  20 % lost, a break every 10 s", bad.total / 1000, "KB")
    sheet.add("  bytes to those of the good line", bad.total / good.total, "x", floor=1.10)
    sheet.add("  on the bad line", bad.now_s / 3600, "h")
    sheet.add("  breaks in the middle of something", bad.breaks, "")
    sheet.add("  as single posts on the bad line", _posts_h(xmls), "h")


def _copy(folder: Path, name: str) -> Path:
    for hub in ("nation", "province"):
        shutil.copytree(folder / hub, folder / name / hub)
    return folder / name


def _meet(folder: Path, line: Line) -> Line:
    """Syncs until it is done, as often as the caller gives up."""
    app = create_app(folder / "nation", **QUICK)
    province = Hub(folder / "province", **QUICK)  # type: ignore[arg-type]
    chance = Random(2)
    world = Surroundings(
        lambda url: SlowLink(url, line, lambda: app), line.wait, chance.random, lambda: line.now_s, 1000
    )
    try:
        sync_with(province, NATION, world)
    finally:
        province.close()
        app.extensions["samleng"].close()
    return line


def _posts_h(xmls: list[bytes], answer_bytes: int = 420) -> float:
    """Hours for one post each on the bad line; one that is cut is sent again as a whole."""
    line = Line(Random(1), loss=0.2, break_s=10)
    for xml in xmls:
        size = len(post("nation.example", f"/v1/key/{'t' * 64}/projects/1/submission", xml))
        while line.carry(size, out=True) < size or line.carry(answer_bytes, out=False) < answer_bytes:
            line.wait(line.round_trip_s)
        line.wait(line.round_trip_s)
    return line.now_s / 3600


# A merge


def measure_merge_of(sheet: Sheet, folder: Path, count: int = 100_000) -> None:
    """A bundle with as many submissions is read by a process of its own, on one core."""
    make_hub(folder / "province")
    sender, receiver = Hub(folder / "province"), Hub.create(folder / "nation", "nation")
    add_peer(sender, make_card(receiver))
    add_peer(receiver, make_card(sender))
    receiver.close()
    _hand_in(sender, instances(count, seed=3))
    write_for(sender, "nation", folder / "nation.bundle")
    sender.close()
    command = [
        sys.executable,
        "-m",
        "benchmarks.reading",
        str(folder / "nation"),
        str(folder / "nation.bundle"),
    ]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    sheet.fail_unless(said["new"] >= count and said["whole"], "merge", said["new"])
    sheet.add(f"merge of {said['new']:,} entries, one core", said["new"] / said["took_s"], "/s", more=True,
              floor=5000)  # fmt: skip
    sheet.add("  memory, most", said["peak_mb"], "MB", floor=300)


def run(sheet: Sheet, folder: Path, *, quick: bool = False) -> None:
    logging.disable(logging.WARNING)
    os.environ.setdefault(
        "SAMLENG_SYNC_MINUTES", "0"
    )  # a served hub that calls by itself would be counted too
    for name, measure, count in (
        ("wire", measure_wire, 1000),
        ("link", measure_bad_link, 1000 if quick else 10_000),
        ("merge", measure_merge_of, 10_000 if quick else 100_000),
    ):
        (folder / name).mkdir(parents=True)
        measure(sheet, folder / name, count)
