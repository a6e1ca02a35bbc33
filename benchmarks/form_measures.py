"""The form kit: checking one form, compiling the whole library. Each command is a process of its own, and
Python's own start is taken off."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.process import COMMAND
from benchmarks.sheet import Sheet
from forms.compile import compile_folder
from forms.design import read_design
from forms.lint import check_file
from forms.workbook import read_workbook

LIBRARY = Path("forms/library")
FORM = LIBRARY / "wps_consultation" / "form.xlsx"
TIMES = 5


def measure_forms(sheet: Sheet, folder: Path) -> None:
    measure_check(sheet)
    measure_compile(sheet, folder)


def measure_check(sheet: Sheet) -> None:
    """`samleng form check` of the bundled form, without Java."""
    asked = sum(question.asks for question in read_design(read_workbook(FORM)).questions)
    bare = _best("pass")
    run = _best(COMMAND, "form", "check", str(FORM), "--no-java")
    report = check_file(FORM, java=False)
    sheet.fail_unless(report.errors == 0, "check", report.errors)
    sheet.add(f"check of a form of {asked} questions", run - bare, "s", floor=1)
    sheet.add("  pyxform's own time in it", report.compile_s, "s")
    sheet.add("  Python's start, taken off", bare, "s")


def measure_compile(sheet: Sheet, folder: Path) -> None:
    """Every form of the library with its media, one after the other, without Java."""
    forms = sorted(LIBRARY.glob("*/form.xlsx"))
    begun = time.perf_counter()
    for form in forms:
        compile_folder(form, folder / form.parent.name)
    sheet.add(f"compile of the library ({len(forms)})", time.perf_counter() - begun, "s", floor=10)


def _best(code: str, *arguments: str) -> float:
    """Seconds of a Python process, the best of a few: others use this machine too."""
    times = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begun)
    return min(times)
