"""What analysts' exports cost: each format by the real command, in a process of its own, from a hub on the disk.

The floors are for 100,000 submissions with 5 repeat rows each (of 62 and 7 questions, open ones in Khmer), in the
profile `full`; of fewer only what does not depend on their number is held to its floor.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from benchmarks.instances import FORM_ID, varied
from benchmarks.large_form import fill
from benchmarks.measures import Target, make_hub, start
from benchmarks.sheet import Sheet
from server.consultation.following import catch_up, rebuild
from server.consultation.searching import search
from server.hub import Hub
from server.store import forms

FULL, ROWS, DIFFERENT = 100_000, 5, 2000
# Seconds; a format that the issue names no floor for has None.
FLOORS = {
    "csv": 4.0, "csv.zip": 8.0, "parquet": 8.0, "xlsx": 60.0, "sav": 30.0, "dta": None, "geojson": None,
    "kml": None, "sqlite": None,
}  # fmt: skip
BASES = {"csv": "csv_s", "csv.zip": "zip_s"}
MEMORY_MB, FIRST_ROWS_MS, PROJECTED, SEARCH_MS = 300, 300, 1500, 50
WORD = "មណ្ឌលសុខភាព"
# A process counts the memory of the one that began it as its own most (Linux): so a small one begins it.
LAUNCHER = """
import os, sys, time
begun = time.perf_counter()
nothing = os.open(os.devnull, os.O_WRONLY)
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)])
_, status, used = os.wait4(pid, 0)
print(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss, os.waitstatus_to_exitcode(status))
"""
MORE = 3000  # submissions that the consultation database is brought up by


def run(sheet: Sheet, folder: Path, count: int) -> None:
    path = make_hub(folder)
    hub = Hub(folder)
    try:
        fill(hub, count, varied(min(count, DIFFERENT), seed=6, rows=ROWS))
    finally:
        hub.close()
    print(f"{count:,} submissions, {count * ROWS:,} repeat rows, {_megabytes(folder / 'hub.db'):,.0f} MB")
    for name, floor in FLOORS.items():
        _measure(sheet, folder, name, floor if count >= FULL else None, count)
    target = start(folder, path)
    try:
        _measure_first_rows(sheet, target)
    finally:
        target.server.stop()
    _measure_consultation(sheet, folder, count)


def _measure(sheet: Sheet, folder: Path, name: str, floor: float | None, count: int) -> None:
    place = folder / "out"
    place.mkdir()
    try:
        wall_s, cpu_s, memory_mb, code = _timed([
            sys.executable, "-m", "benchmarks.command", "--data", str(folder), "export", FORM_ID, "--project", "1",
            "--format", name, "--profile", "full", "--reason", "bench", "--out", str(place / f"out.{name}"),
        ])  # fmt: skip
        base = sheet.baseline(count, BASES[name]) if name in BASES else None
        sheet.add(f"{name} of {count:,}", wall_s, "s", base, floor=floor)
        sheet.add("  its CPU time", cpu_s, "s")
        sheet.add("  most memory", memory_mb, "MB", floor=MEMORY_MB)
        sheet.fail_unless(code == 0, f"{name}: exit code", code)
    finally:
        shutil.rmtree(place)


def _timed(command: list[str]) -> tuple[float, float, float, int]:
    """(seconds, seconds of CPU, most MB resident, exit code) of a process."""
    done = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, *command], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True)  # fmt: skip
    wall_s, cpu_s, memory_kb, code = done.stdout.split()
    return float(wall_s), float(cpu_s), int(memory_kb) * 1.024 / 1000, int(code)


def _measure_first_rows(sheet: Sheet, target: Target) -> None:
    """From the request until a whole row of answers is here, of a streamed CSV; the second time counts."""
    for _ in range(2):
        request = urllib.request.Request(f"{target.form_path}/export?format=csv", headers=target.headers)
        begun = time.perf_counter()
        with urllib.request.urlopen(request) as answer:
            answer.readline()
            answer.readline()
            taken_ms = 1000 * (time.perf_counter() - begun)
    sheet.add("first row of a streamed CSV", taken_ms, "ms", floor=FIRST_ROWS_MS)


def _measure_consultation(sheet: Sheet, folder: Path, count: int) -> None:
    hub = Hub(folder)
    try:
        begun = time.perf_counter()
        rebuild(hub)
        sheet.add("consultation.db made anew", count / (time.perf_counter() - begun), "/s", more=True)
        fill(hub, MORE, varied(DIFFERENT, seed=7, rows=ROWS), after=count)
        begun = time.perf_counter()
        catch_up(hub)
        rate = MORE / (time.perf_counter() - begun)
        sheet.add("consultation.db brought up", rate, "/s", more=True, floor=PROJECTED)
        _measure_search(sheet, hub)
    finally:
        hub.close()


def _measure_search(sheet: Sheet, hub: Hub) -> None:
    form = forms.find_form(hub.read(), 1, FORM_ID)
    assert form is not None
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        found = search(hub, WORD, [form.id]).answers
        taken.append(1000 * (time.perf_counter() - begun))
    sheet.add("search of a Khmer word", sorted(taken)[2], "ms", floor=SEARCH_MS)
    sheet.fail_unless(bool(found), "searching", len(found))


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6
