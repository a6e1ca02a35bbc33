"""The server as a process of its own, and what the system says of it (Linux: /proc)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
COMMAND = "from server.cli import entry_point; entry_point()"


class Server:
    """`samleng serve` on a free port. `ready_s`: from starting the process until it accepts."""

    def __init__(self, data: Path) -> None:
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "serve", "--data", str(data), "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.ready_s = time.perf_counter() - begun
        if not line.startswith("listening on "):
            raise SystemExit(f"the server did not start: {line!r}")
        self.url = line.removeprefix("listening on ").strip()
        host, _, port = self.url.removeprefix("http://").partition(":")
        self.address = (host, int(port))
        self.pid = self._process.pid

    def cpu_s(self) -> float:
        """User and system time used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self) -> float:
        """Resident now, in MB of a million bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1.024 / 1000
        return 0.0

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=60)
        if self._process.stdout is not None:
            self._process.stdout.close()


class Watch:
    """The most memory that a server had while the block ran, and the CPU that it used."""

    def __init__(self, server: Server) -> None:
        self._server, self._ended = server, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.memory_mb = self.cpu_s = 0.0

    def __enter__(self) -> Watch:
        self._begun = self._server.cpu_s()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu_s = self._server.cpu_s() - self._begun
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.05):
            self.memory_mb = max(self.memory_mb, self._server.memory_mb())
