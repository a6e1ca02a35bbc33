"""`python -m benchmarks.reading DATA BUNDLE`: reads a bundle on one core; says in JSON what it took."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from server.bundles import read
from server.hub import Hub


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    hub = Hub(Path(sys.argv[1]))
    begun = time.perf_counter()
    report = read(hub, Path(sys.argv[2]))
    took_s = time.perf_counter() - begun
    hub.close()
    said = {"new": report.taken.new, "whole": report.whole, "took_s": took_s, "peak_mb": peak_mb()}
    print(json.dumps(said))


def peak_mb() -> float:
    """The most that was resident, in MB of a million bytes. Not ru_maxrss: that one begins at what the process
    had that started this one."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1.024 / 1000
    return 0.0


if __name__ == "__main__":
    main()
