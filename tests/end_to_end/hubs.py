"""Hubs as people run them: the command `samleng` and the served hub, each a process of its own."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
SAMLENG = [sys.executable, "-c", "from server.cli import entry_point; entry_point()"]
EMAIL, PASSWORD = "sokha@kampot.example", "ពាក្យសម្ងាត់វែង"
READY_S = 30
LIBRARY = ROOT / "forms" / "library" / "wps_consultation"


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LANG": "en",
        "SAMLENG_PASSWORD_COST": "4",
        "PYTHONUTF8": "1",
    }


def samleng(data: Path, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        [*SAMLENG, "--data", str(data), *map(str, arguments)], input=stdin, capture_output=True, text=True,
        encoding="utf-8", env=environment(), timeout=120, check=False,
    )  # fmt: skip


def answer(data: Path, *arguments: str | Path, stdin: str = "") -> dict[str, Any]:
    """What a command says to programs; it must succeed."""
    done = samleng(data, *arguments, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def init(data: Path, name: str) -> None:
    answer(data, "init", "--name", name, "--admin", EMAIL, "--password-stdin", stdin=f"{PASSWORD}\n")


class Served:
    """A hub that is being served."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [*SAMLENG, "--data", str(data), "serve", "--port", "0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=environment(),
        )  # fmt: skip
        self.url = self._ready()

    def _ready(self) -> str:
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], READY_S)
        line = self.process.stdout.readline() if readable else ""
        assert line.startswith("listening on "), (line, self.process.poll())
        return line.removeprefix("listening on ").strip()

    def kill(self) -> None:
        """As a power cut does."""
        self.process.kill()
        self._reap()

    def stop(self) -> int:
        """As Ctrl-C does; the exit code."""
        self.process.terminate()
        self.process.wait(timeout=READY_S)
        return self._reap()

    def _reap(self) -> int:
        code = self.process.wait(timeout=READY_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@contextmanager
def serving(data: Path) -> Iterator[Served]:
    served = Served(data)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.kill()


class Coordinator:
    """Signed in by REST."""

    def __init__(self, url: str) -> None:
        self.url = url
        said = requests.post(f"{url}/v1/sessions", json={"email": EMAIL, "password": PASSWORD}, timeout=30)
        assert said.status_code == 200, said.text
        self.headers = {"Authorization": f"Bearer {said.json()['token']}"}

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> requests.Response:
        done = requests.request(method, self.url + path, json=body, headers=self.headers, timeout=60)
        assert done.status_code == status, done.text
        return done
