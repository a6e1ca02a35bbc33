"""When this hub last spoke with each other one, and what kept it from it. The ledger keeps what was exchanged; that
there was nothing to exchange, or nobody answered, is known to this process alone. No Flask, no SQL.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from server.errors import Fault, Refusal


@dataclass(frozen=True, slots=True)
class Contact:
    """`spoke_at`: when it last went well, whoever called; `fault`: why the last try since then did not, at
    `tried_at`. Times as Clock.stamp says them."""

    spoke_at: str | None = None
    tried_at: str | None = None
    fault: Refusal | None = None


class Contacts:
    """Of one hub with all others, by their ids."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[str, Contact] = {}
        self._called = set[str]()

    def of(self, peer_id: str) -> Contact:
        with self._guard:
            return self._held.get(peer_id, Contact())

    def went_well(self, peer_id: str, at: str) -> None:
        with self._guard:
            self._held[peer_id] = Contact(spoke_at=at)

    def went_ill(self, peer_id: str, at: str, fault: Refusal) -> None:
        with self._guard:
            held = self._held.get(peer_id, Contact())
            self._held[peer_id] = replace(held, tried_at=at, fault=fault)

    @contextmanager
    def alone(self, peer_id: str, name: str) -> Iterator[None]:
        """Two calls at once would write into one download and finish each other's uploads. Raises Fault
        sync.under_way."""
        with self._guard:
            if peer_id in self._called:
                raise Fault("sync.under_way", name=name)
            self._called.add(peer_id)
        try:
            yield
        finally:
            with self._guard:
                self._called.discard(peer_id)
