"""`python -m benchmarks.reading DATA BUNDLE`: reads a bundle on one core; says in JSON what it took."""

from __future__ import annotations

import json
import os
import resource
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
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024 / 1000
    print(json.dumps({"new": report.taken.new, "whole": report.whole, "took_s": took_s, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main()
