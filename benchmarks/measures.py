"""What is measured. Each measure adds rows to the sheet; they run in the order of `__main__`."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.instances import FORM_ID, form, instances
from benchmarks.process import Server, Watch
from benchmarks.sender import Sent, post, send
from benchmarks.sheet import Sheet
from server.accounts import assign, create_user
from server.answering import catch_up
from server.bundles import read, write_for
from server.hub import Hub
from server.peers import add_peer, make_card
from server.projects import create_project
from server.publish import publish_file
from server.roles import ADMIN, role_named
from server.tablets import add_tablet

EMAIL, PASSWORD = "bench@samleng.example", "a-long-enough-password"
CONNECTIONS = 8
PAGE = 250


@dataclass
class Target:
    """A hub that is served: the tablet's path on it, and the headers of a signed-in coordinator."""

    server: Server
    path: str
    headers: dict[str, str]
    held: int = 0

    @property
    def form_path(self) -> str:
        return f"{self.server.url}/v1/projects/1/forms/{FORM_ID}"


def make_hub(data: Path) -> str:
    """A hub with the form; returns the path that its tablet sends to."""
    hub = Hub.create(data, data.name, password_cost=4)
    try:
        assign(hub, create_user(hub, EMAIL, PASSWORD), role_named(ADMIN))
        project = create_project(hub, "ការវាស់ល្បឿន")
        file = data / f"{FORM_ID}.xml"
        file.write_text(form(), encoding="utf-8")
        publish_file(hub, project, file)
        return f"/v1/key/{add_tablet(hub, project, 'ថេប្លេត').token}/projects/{project.id}"
    finally:
        hub.close()


def start(data: Path, path: str) -> Target:
    server = Server(data)
    said = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{server.url}/v1/sessions", said, headers)) as answer:
        token = json.load(answer)["token"]
    return Target(server, path, {"Authorization": f"Bearer {token}"})


def measure_start(sheet: Sheet, target: Target) -> None:
    sheet.add("time until ready", target.server.ready_s, "s", floor=1.5)
    sheet.add(
        "memory before load", target.server.memory_mb(), "MB", sheet.baseline("idle", "memory_mb"), floor=120
    )


def _requests(target: Target, count: int, seed: int) -> Iterator[bytes]:
    host = target.server.url.removeprefix("http://")
    return (post(host, f"{target.path}/submission", xml) for xml in instances(count, seed))


def measure_ingest(sheet: Sheet, target: Target, count: int) -> None:
    """Each submission is on disk before it is answered."""
    requests = list(_requests(target, count, seed=1))  # made before the clock starts
    with Watch(target.server) as watch:
        sent = send(target.server.address, requests, CONNECTIONS)
    target.held += count
    _add_sent(sheet, f"{count:,} submissions", sent, watch, count)
    with Watch(target.server) as watch:
        again = send(target.server.address, requests, CONNECTIONS)
    base = sheet.baseline(count, "again_rate")
    sheet.add("the same again", again.rate, "/s", base, more=True)
    sheet.fail_unless(again.errors == 0, "sending again", again.errors)


def _add_sent(sheet: Sheet, what: str, sent: Sent, watch: Watch, count: int) -> None:
    sheet.fail_unless(sent.errors == 0, what, sent.errors)
    sheet.add(
        f"ingest of {what}", sent.rate, "/s", sheet.baseline(count, "ingest_rate"), more=True, floor=400
    )
    for name, share, floor in (("p50", 0.5, None), ("p95", 0.95, None), ("p99", 0.99, 100)):
        base = sheet.baseline(count, f"ingest_{name}_ms")
        sheet.add(f"  {name}", sent.percentile_ms(share), "ms", base, floor=floor)
    each_ms = 1000 * watch.cpu_s / count
    sheet.add("  server CPU for each", each_ms, "ms", sheet.baseline(count, "ingest_cpu_ms"), floor=2)
    sheet.add("  memory, most", watch.memory_mb, "MB", sheet.baseline(count, "memory_mb"), floor=200)


def fill(target: Target, upto: int) -> None:
    """Brings the hub to this many submissions without measuring."""
    missing = upto - target.held
    if missing > 0:
        send(target.server.address, _requests(target, missing, seed=100 + target.held), CONNECTIONS)
        target.held = upto


def measure_exports(sheet: Sheet, target: Target) -> None:
    n = target.held
    with Watch(target.server) as watch:
        first_s, whole_s, size = _download(target, f"{target.form_path}/submissions.csv.zip")
    sheet.add(f"csv.zip of {n:,} with repeats", whole_s, "s", sheet.baseline(n, "zip_s"))
    sheet.add("  server CPU", watch.cpu_s, "s", sheet.baseline(n, "zip_cpu_s"), floor=3 * n / 20_000)
    sheet.add("  first byte", 1000 * first_s, "ms", floor=300)
    sheet.add("  size", size / 1e6, "MB")
    sheet.add("  memory, most", watch.memory_mb, "MB", floor=250)
    _, whole_s, _ = _download(target, f"{target.form_path}/submissions.csv")
    sheet.add(f"csv of {n:,}", whole_s, "s", sheet.baseline(n, "csv_s"))
    begun = time.perf_counter()
    for skip in range(0, n, PAGE):
        _download(target, f"{target.form_path}.svc/Submissions?%24top={PAGE}&%24skip={skip}")
    sheet.add(f"OData by {PAGE}, all pages", time.perf_counter() - begun, "s", sheet.baseline(n, "odata_s"))
    with Watch(target.server) as watch:
        url, pages = f"{target.form_path}.svc/Submissions?%24top={PAGE}", 0
        while url:
            url, pages = _following(target, url), pages + 1
    base = sheet.baseline(n, "odata_s")
    sheet.add("  by nextLink, server CPU", watch.cpu_s, "s", base, floor=3 * n / 20_000)
    sheet.fail_unless(pages == -(-n // PAGE), "following nextLinks", pages)
    with Watch(target.server) as watch:
        first_s, whole_s, size = _download(target, f"{target.form_path}/submissions")
    sheet.add(f"list of {n:,} as JSON", whole_s, "s", floor=n / 20_000)
    sheet.add("  server CPU", watch.cpu_s, "s")
    sheet.add("  first byte", 1000 * first_s, "ms", floor=300)
    sheet.add("  size", size / 1e6, "MB")


def _following(target: Target, url: str) -> str:
    """The nextLink of a page, "" after the last."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=target.headers)) as answer:
        found: str = json.load(answer).get("@odata.nextLink", "")
        return found


def _download(target: Target, url: str) -> tuple[float, float, int]:
    """(seconds to the first byte, seconds in all, bytes)"""
    begun = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(url, headers=target.headers)) as answer:
        size = len(answer.read(1))
        first_s = time.perf_counter() - begun
        while piece := answer.read(1 << 16):
            size += len(piece)
    return first_s, time.perf_counter() - begun, size


def measure_form_list(sheet: Sheet, target: Target, asked: int = 300) -> None:
    host = target.server.url.removeprefix("http://")
    request = (
        f"GET {target.path}/formList HTTP/1.1\r\nHost: {host}\r\nX-OpenRosa-Version: 1.0\r\n\r\n".encode()
    )
    sent = send(target.server.address, [request] * asked, 1, expected=200)
    sheet.fail_unless(sent.errors == 0, "formList", sent.errors)
    base = sheet.baseline(target.held, "formlist_p50_ms")
    sheet.add("formList p50", sent.percentile_ms(0.5), "ms", base, floor=10)


def measure_merge(sheet: Sheet, folder: Path, data: Path) -> None:
    """What the served hub holds goes to a new one by a bundle. The server is stopped by now."""
    sender, receiver = Hub(data), Hub.create(folder / "nation", "nation")
    try:
        add_peer(sender, make_card(receiver))
        add_peer(receiver, make_card(sender))
        begun = time.perf_counter()
        (header,) = write_for(sender, "nation", folder / "nation.bundle")
        sheet.add(
            f"bundle of {header.entries:,} entries, written",
            header.entries / (time.perf_counter() - begun),
            "/s",
        )
        sheet.add("  size", (folder / "nation.bundle").stat().st_size / 1e6, "MB")
        for name in ("merged", "merged again"):
            begun = time.perf_counter()
            report = read(receiver, folder / "nation.bundle")
            sheet.add(f"  {name}", header.entries / (time.perf_counter() - begun), "/s")
            sheet.fail_unless(report.whole and report.taken.refused == 0, name, report.taken.refused)
        begun = time.perf_counter()
        read_answers = catch_up(receiver, 1)  # before anybody looks, once
        sheet.add("  answers read for exports", read_answers / (time.perf_counter() - begun), "/s")
    finally:
        sender.close()
        receiver.close()


def measure_flatness(sheet: Sheet, target: Target, upto: int, step: int = 10_000) -> None:
    """CPU for each submission, ten thousand at a time: the last must cost what the first did."""
    costs = []
    while target.held < upto:
        count = min(step, upto - target.held)
        with Watch(target.server) as watch:
            sent = send(target.server.address, _requests(target, count, seed=1000 + target.held), CONNECTIONS)
        sheet.fail_unless(sent.errors == 0, "filling", sent.errors)
        target.held += count
        costs.append(1000 * watch.cpu_s / count)
        sheet.add(f"ingest at {target.held:,}", sent.rate, "/s", more=True)
        sheet.add("  server CPU for each", costs[-1], "ms")
        sheet.add("  memory, most", watch.memory_mb, "MB", floor=200)
    if len(costs) > 1:
        sheet.add("  CPU, last ten thousand to first", costs[-1] / costs[0], "x", floor=1.5)
