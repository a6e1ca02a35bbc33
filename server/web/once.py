"""A form of a page counts once, however often it is sent: a double click, a page sent again after a link broke.

Each form carries a name drawn for it. Held in memory, since a page is seldom older than the process that made it.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict

HELD = 5000
WAIT_S = 30.0


class Sending:
    """One form on its way. `led_to`: where its sender was sent on to, once it is done."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.led_to: str | None = None


class Once:
    def __init__(self) -> None:
        self._held: OrderedDict[str, Sending] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str) -> str | None:
        """None when this form is new and is to be worked on; else where the first one led to. A form that was
        refused may be sent again."""
        while True:
            with self._lock:
                first = self._held.get(name)
                if first is None:
                    self._held[name] = Sending()
                    while len(self._held) > HELD:
                        self._held.popitem(last=False)
                    return None
            first.done.wait(WAIT_S)
            if first.led_to is not None or not first.done.is_set():
                return first.led_to or "/"

    def end(self, name: str, led_to: str | None) -> None:
        """led_to: None when it was refused."""
        with self._lock:
            sending = self._held.get(name)
            if sending is None:
                return
            if led_to is None:
                del self._held[name]
            sending.led_to = led_to
            sending.done.set()


def new_name() -> str:
    return secrets.token_urlsafe(12)
