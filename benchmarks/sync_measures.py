"""Bytes on the wire between hubs, a bad link, and the merge of a large bundle."""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import zstandard

from benchmarks.instances import FORM_ID, form, instances
from benchmarks.links import BadLink, CountingProxy
from benchmarks.process import Server
from benchmarks.sender import post, send
from benchmarks.sheet import Sheet
from forms.compile import compile_form
from forms.sample_answers import FORM_FOLDER
from forms.samples import make_instances
from server import intake
from server.app import create_app
from server.bundles import read
from server.hub import Hub
from server.intake import Post
from server.peers import add_peer, find_peer, make_card
from server.projects import create_project
from server.publish import publish_file
from server.store import projects
from server.subjects import submission_subject
from server.syncing import Surroundings, default_world, sync_with
from server.tablets import add_tablet
from sync.bundle import make_header, write_bundle
from sync.keys import HubKey
from sync.ledger import make_entry
from sync.messages import BlobRecord, EntryRecord, Record, pack
from sync.receipt import digest_ids

QUICK = {"password_cost": 4}
PROVINCES = ("07", "02", "11", "12")
NATION, PROVINCE = "nation", "province"


def measure_sync(sheet: Sheet, folder: Path, *, many: int = 10_000, merged: int = 100_000) -> None:
    measure_wire(sheet, folder)
    measure_bad_link(sheet, folder, many)
    measure_large_merge(sheet, folder, merged)


def _pair(folder: Path, url: str | None = None) -> None:
    """A nation that has published the bundled form, and a province that has it."""
    nation, province = (Hub.create(folder / name, name, **QUICK) for name in (NATION, PROVINCE))
    add_peer(nation, make_card(province))
    add_peer(province, make_card(nation), url=url)
    project = create_project(nation, "WPS")
    publish_file(nation, project, FORM_FOLDER / "form.xlsx", FORM_FOLDER / "media")
    add_tablet(nation, project, "ថេប្លេត")
    nation.close()
    province.close()


def _texts(count: int) -> list[bytes]:
    """Submissions of the bundled form, from four provinces, without files."""
    version = compile_form(FORM_FOLDER / "form.xlsx").version
    each = count // len(PROVINCES)
    return [
        sample.xml
        for place in PROVINCES
        for sample in make_instances(
            seed=1, n=each, province=place, version=version, media=FORM_FOLDER / "media"
        )
    ]


def _hand_in(data: Path, xmls: list[bytes]) -> None:
    hub = Hub(data, **QUICK)
    (project, *_) = projects.list_projects(hub.read())
    by = {"id": "tablet7", "name": "ថេប្លេត ៧"}
    for xml in xmls:
        intake.accept(hub, Post(project, xml, {}, by, "collect:abcdefghijklmnop", "org.odk.collect.android"))
    hub.close()


def measure_wire(sheet: Sheet, folder: Path) -> None:
    """Every byte of every connection, headers and answers and all, between two served hubs."""
    place = folder / "wire"
    _pair(place)
    server = Server(place / NATION)
    proxy = CountingProxy(server.address)
    try:
        _call(place / PROVINCE, proxy.url)  # the form comes down first
        xmls = _texts(1000)
        _hand_in(place / PROVINCE, xmls)
        before = proxy.bytes_passed
        _call(place / PROVINCE, proxy.url)
        synced = proxy.bytes_passed - before
        before = proxy.bytes_passed
        _call(place / PROVINCE, proxy.url)
        nothing = proxy.bytes_passed - before
    finally:
        proxy.close()
        server.stop()
    posted = _posted(place / NATION, xmls)
    near = len(zstandard.ZstdCompressor(level=19).compress(b"".join(xmls)))
    sheet.add("sync of 1,000 text submissions", synced / 1000, "KB")
    sheet.add("  of what single posts cost", 100 * synced / posted, "%", floor=6)
    sheet.add("  to zstd -19 of their XML", synced / near, "x")
    sheet.add("sync of nothing new", nothing, "B", floor=1024)


def _call(data: Path, url: str) -> None:
    hub = Hub(data, **QUICK)
    add_peer(hub, _card(hub, url), url=url)
    sync_with(hub, NATION, default_world(time.sleep, random.random, time.monotonic))
    hub.close()


def _card(hub: Hub, url: str) -> object:
    from server.peers import card_of

    return replace(card_of(find_peer(hub, NATION)), addresses=(url,))


def _posted(data: Path, xmls: list[bytes]) -> int:
    """Bytes of the same submissions as single posts of a tablet, with their answers."""
    hub = Hub(data, **QUICK)
    project = projects.list_projects(hub.read())[0]
    path = f"/v1/key/{add_tablet(hub, project, 'ថេប្លេត ២').token}/projects/{project.id}/submission"
    hub.close()
    server = Server(data)
    proxy = CountingProxy(server.address)
    try:
        host = proxy.url.removeprefix("http://")
        send(proxy.address, [post(host, path, xml) for xml in xmls], 4)
        return proxy.bytes_passed
    finally:
        proxy.close()
        server.stop()


def measure_bad_link(sheet: Sheet, folder: Path, count: int) -> None:
    """64 kbit/s, a fifth of the packets lost, a break every ten seconds; beside it the same without either."""
    place = folder / "link"
    _pair(place, url="http://nation.example:8383")
    _sync_over(place, "form", loss=0, break_s=None)
    _hand_in(place / PROVINCE, _texts(count))
    shutil.copytree(place, folder / "link-good")
    good = _sync_over(folder / "link-good", "good", loss=0, break_s=None)
    bad = _sync_over(place, "bad", loss=0.2, break_s=10)
    sheet.add(f"{count:,} submissions over 64 kbit/s", good.now_s / 60, "min")
    sheet.add("  with loss and breaks", bad.now_s / 60, "min")
    sheet.add("  breaks", bad.breaks, "")
    sheet.add("  bytes, to the run without", bad.bytes_passed / good.bytes_passed, "x", floor=1.10)


def _sync_over(place: Path, seed: str, *, loss: float, break_s: float | None) -> BadLink:
    app, province = create_app(place / NATION, **QUICK, background=False), Hub(place / PROVINCE, **QUICK)
    rng = Random(seed)
    link = BadLink(app, rng, loss=loss, break_s=break_s)

    def wait(seconds: float) -> None:
        link.now_s += seconds

    world = Surroundings(lambda url: link, wait, rng.random, lambda: link.now_s, tries=1000)
    done = sync_with(province, NATION, world)
    assert done.progress.done
    province.close()
    app.extensions["samleng"].close()
    return link


def measure_large_merge(sheet: Sheet, folder: Path, count: int) -> None:
    """In a process of its own, so that its memory is its own."""
    place = folder / "merge"
    receiver = Hub.create(place / NATION, NATION, **QUICK)
    key = HubKey.make()
    add_peer(receiver, replace(make_card(receiver), id=key.id, name=PROVINCE, key=key.public))
    project = create_project(receiver, "ការវាស់ល្បឿន")
    file = place / f"{FORM_ID}.xml"
    file.write_text(form(), encoding="utf-8")
    publish_file(receiver, project, file)
    _write_bundle(place / "large.bundle", key, receiver, project.uid, count)
    receiver.close()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sync_measures", str(place / NATION), str(place / "large.bundle")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    sheet.add(f"merge of {count:,} entries from a bundle", count / said["cpu_s"], "/s", more=True, floor=5000)
    sheet.add("  by the clock", count / said["wall_s"], "/s", more=True)
    sheet.add("  memory, most", said["memory_mb"], "MB", floor=300)
    sheet.fail_unless(said["new"] == count and said["whole"], "merge", count - said["new"])


def _write_bundle(path: Path, key: HubKey, receiver: Hub, project: str, count: int) -> None:
    ids: list[str] = []
    frames = list(pack(_records(key, project, count, ids)))
    header, file_key = make_header(
        key, receiver.key.public, sender_name=PROVINCE, receiver_name=NATION, made_at="2026-11-24T00:00:00Z",
        ledger="0" * 16, lineage=(), known=None, after=0, upto=count, chain="0" * 32,
        digest=digest_ids(ids), entries=count, blobs=count, set="0" * 16, number=1, files=1,
    )  # fmt: skip
    with path.open("wb") as file:
        write_bundle(file, header, file_key, key, frames)


def _records(key: HubKey, project: str, count: int, ids: list[str]) -> Iterator[Record]:
    import hashlib

    for number, xml in enumerate(instances(count, seed=7)):
        instance_id = xml.rpartition(b"<instanceID>")[2].partition(b"<")[0].decode()
        body = {"instance_id": instance_id, "form_version": "1", "device_id": "collect:abcdefghijklmnop"}
        subject = submission_subject(project, FORM_ID, instance_id)
        entry = make_entry(
            "submission.create", subject, hub=key.id, made_at=f"2026-11-24T00:00:00.{number % 10**6:06}Z",
            body=body, blobs=[hashlib.sha256(xml).hexdigest()],
        )  # fmt: skip
        ids.append(entry.id)
        yield BlobRecord(xml)
        yield EntryRecord(entry.header)


def _merge(data: Path, bundle: Path) -> None:
    """Run by itself: reads the bundle and prints what it took."""
    hub = Hub(data, **QUICK)
    begun, cpu = time.perf_counter(), time.process_time()
    report = read(hub, bundle)
    said = {
        "wall_s": time.perf_counter() - begun, "cpu_s": time.process_time() - cpu, "new": report.taken.new,
        "whole": report.whole, "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024 / 1000,
    }  # fmt: skip
    hub.close()
    print(json.dumps(said))


if __name__ == "__main__":
    _merge(Path(sys.argv[1]), Path(sys.argv[2]))
