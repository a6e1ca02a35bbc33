"""What was worked out of bytes that never change, kept while the process runs: a form's findings, how far it is
translated, what it changes. Named by the hashes of those bytes, so that nothing in it can be old.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
KEPT = 500


class Known:
    """For several threads; two that ask for the same at once both work it out."""

    def __init__(self, kept: int = KEPT) -> None:
        self._held: OrderedDict[tuple[str, ...], Any] = OrderedDict()
        self._kept = kept
        self._lock = threading.Lock()

    def get(self, name: tuple[str, ...]) -> Any:
        """None when it is not known."""
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
            return self._held.get(name)

    def put(self, name: tuple[str, ...], found: T) -> T:
        with self._lock:
            self._held[name] = found
            while len(self._held) > self._kept:
                self._held.popitem(last=False)
        return found

    def find(self, name: tuple[str, ...], work_out: Callable[[], T]) -> T:
        held: T | None = self.get(name)
        return held if held is not None else self.put(name, work_out())
