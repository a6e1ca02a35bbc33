"""`python -m benchmarks`: measures everything and exits 1 when a floor was missed.

--quick is a trial run of a minute or two; --forms measures the form kit alone, --sync what hubs cost each
other alone, --people what signing in costs others alone, --exports what analysts take away alone, --console
the pages of the console alone; --large goes on to 100,000 submissions, and to pages of a million (5 GB, minutes
to write); --load PATH runs another load client against the served hub instead: a program that takes --base-url,
--email, --password, --n and --pid.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    console_measures,
    export_measures,
    form_measures,
    large_form,
    measures,
    people_measures,
    sync_measures,
)
from benchmarks.sheet import Sheet

FOLDER = Path("build")  # on the disk of the checkout: a folder in memory would make every fsync free


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--n", type=int, default=2000, help="submissions of the ingest measure")
    parser.add_argument("--held", type=int, default=20_000, help="submissions that exports are measured on")
    parser.add_argument("--quick", action="store_true", help="a trial run: 300 and 1,000")
    parser.add_argument("--large", action="store_true", help="go on to 100,000 submissions")
    parser.add_argument("--forms", action="store_true", help="measure the form kit alone")
    parser.add_argument(
        "--pages", type=int, default=100_000, help="submissions that single pages are read of"
    )
    parser.add_argument("--load", type=Path, help="run this load client instead")
    parser.add_argument("--sync", action="store_true", help="measure what hubs cost each other alone")
    parser.add_argument("--exports", action="store_true", help="measure what analysts take away alone")
    parser.add_argument("--console", action="store_true", help="measure the pages of the console alone")
    parser.add_argument("--people", action="store_true", help="measure what signing in costs others alone")
    said = parser.parse_args()
    if said.quick:
        said.n, said.held, said.pages = 300, 1000, 10_000
    return said


Measure = Callable[[Sheet, Path, argparse.Namespace], None]
ALONE: dict[str, Measure] = {
    "forms": lambda sheet, folder, said: form_measures.measure_forms(sheet, folder.parent),
    "sync": lambda sheet, folder, said: sync_measures.run(sheet, folder, quick=said.quick),
    "exports": lambda sheet, folder, said: export_measures.run(
        sheet, folder, 2000 if said.quick else 100_000
    ),
    "people": lambda sheet, folder, said: people_measures.run(sheet, folder),
    "console": lambda sheet, folder, said: console_measures.run(sheet, folder, said.pages),
}


def run(said: argparse.Namespace, folder: Path) -> int:
    for name, measure in ALONE.items():
        if getattr(said, name):
            sheet = Sheet()
            measure(sheet, folder / name, said)
            return _tell(sheet)
    data = folder / "province"
    path = measures.make_hub(data)
    target = measures.start(data, path)
    try:
        if said.load:
            return _run_client(said, target)
        sheet = Sheet()
        measures.measure_start(sheet, target)
        measures.measure_ingest(sheet, target, said.n)
        measures.fill(target, said.held)
        measures.measure_exports(sheet, target)
        measures.measure_form_list(sheet, target)
        if said.large:
            measures.measure_flatness(sheet, target, 100_000)
            measures.measure_exports(sheet, target)
    finally:
        target.server.stop()
    measures.measure_merge(sheet, folder, data)
    large_form.run(sheet, folder / "large", 1_000_000 if said.large else said.pages)
    for name in ("forms", "people", "console", "sync"):
        ALONE[name](sheet, folder / name, said)
    return _tell(sheet)


def _tell(sheet: Sheet) -> int:
    for failure in sheet.failures:
        print(f"MISSED {failure}")
    return 1 if sheet.failures else 0


def _run_client(said: argparse.Namespace, target: measures.Target) -> int:
    command = [sys.executable, str(said.load), "--base-url", target.server.url, "--n", str(said.n)]
    command += ["--email", measures.EMAIL, "--password", measures.PASSWORD, "--pid", str(target.server.pid)]
    return subprocess.run(command, check=False).returncode


def main() -> None:
    said = arguments()
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=FOLDER) as folder:
        sys.exit(run(said, Path(folder)))


if __name__ == "__main__":
    main()
