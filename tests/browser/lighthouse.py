"""Google's Lighthouse on one page, in a Chromium of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

PROGRAM = Path(".ci/lighthouse/node_modules/lighthouse/cli/index.js")
NODE = shutil.which("node")
KINDS = ("accessibility", "best-practices")
DESKTOP = {"phone": [], "laptop": ["--preset=desktop"]}
WAIT_S = 180


def audit(
    address: str, cookie: str, chromium: str, size: str, folder: Path
) -> tuple[dict[str, float], list[str]]:
    """(kind -> score of 1 at best, names of the audits that found something)."""
    told = folder / "lighthouse.json"
    flags = "--headless=new" + ("" if os.name == "nt" or os.geteuid() else " --no-sandbox")
    command = [
        NODE or "node", str(PROGRAM), address, f"--only-categories={','.join(KINDS)}", "--output=json", "--quiet",
        f"--output-path={told}", f"--chrome-flags={flags}", f"--extra-headers={json.dumps({'Cookie': cookie})}",
        *DESKTOP[size],
    ]  # fmt: skip
    subprocess.run(
        command, check=True, capture_output=True, timeout=WAIT_S, env={**os.environ, "CHROME_PATH": chromium}
    )
    said: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    assert said["finalDisplayedUrl"] == address
    found = [name for name, one in said["audits"].items() if one["score"] is not None and one["score"] < 1]
    return {kind: said["categories"][kind]["score"] for kind in KINDS}, found
