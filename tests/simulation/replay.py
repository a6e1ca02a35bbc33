"""Plays one history again: python -m tests.simulation.replay SEED [--shrink]"""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path

from tests.simulation.country import make_template
from tests.simulation.history import make_history, play, shrink


def main(seed: int, is_shrunk: bool) -> int:
    with tempfile.TemporaryDirectory() as folder:
        make_template(Path(folder) / "template")
        steps = make_history(seed)
        if is_shrunk:
            steps = shrink(Path(folder) / "template", Path(folder) / "run", seed, steps)
        try:
            log = play(Path(folder) / "template", Path(folder) / "run", seed, steps)
        except Exception as fault:  # noqa: BLE001 – shown as it is
            traceback.print_exc()
            print("\n".join(fault.__dict__["history"]))
            return 1
        print("\n".join(log))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), "--shrink" in sys.argv))
