"""Whether a served hub is reached from its own computer alone, or from the network that it is on too.

A coordinator opens and shuts it on a page, while the hub is served; it stays so at the next start. Who named an
address on the command line decided otherwise. No Flask.
"""

from __future__ import annotations

from pathlib import Path

from server.errors import Fault

HERE, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - what somebody opened by hand
KEPT = "open-to-network"  # a file in the data folder: it is this computer's affair, not the ledger's
LOOPBACK = ("127.", "localhost", "::1")


class Door:
    """`host`: the address to listen on, read by the server again and again. `port`: once it listens."""

    def __init__(self, data: Path, named: str | None = None) -> None:
        """named: the address given on the command line."""
        self._kept = data / KEPT
        self.is_fixed = named is not None
        self.host = named or (EVERYWHERE if self._kept.exists() else HERE)
        self.port = 0

    @property
    def is_open(self) -> bool:
        return not self.host.startswith(LOOPBACK)

    def open(self) -> None:
        """Raises Fault door.fixed."""
        self._move(EVERYWHERE)
        self._kept.touch(mode=0o600)

    def shut(self) -> None:
        """Raises Fault door.fixed."""
        self._move(HERE)
        self._kept.unlink(missing_ok=True)

    def _move(self, host: str) -> None:
        if self.is_fixed:
            raise Fault("door.fixed", host=self.host)
        self.host = host
