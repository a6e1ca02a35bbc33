"""Who waits for which of the server's threads.

Checking a password takes 0.1 s and 32 MB by design. Sign-ins have threads of their own, so that a hall full of
people who sign in at once wait for each other, and no tablet waits for them.
"""

from __future__ import annotations

import os
from typing import Any

from waitress.task import ThreadedTaskDispatcher

SIGN_IN = frozenset(
    {
        ("POST", "/v1/sessions"),
        ("POST", "/sign-in"),
        ("POST", "/new-password"),
        ("POST", "/v1/users/reset/verify"),
    }
)
# One core stays free for everybody else.
SIGN_IN_THREADS = max(1, min(2, (os.cpu_count() or 1) - 1))


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """The server's threads, `threads` of them for what is no sign-in."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._signing_in = ThreadedTaskDispatcher()
        self._signing_in.set_thread_count(SIGN_IN_THREADS)
        self.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        """task: a connection with the requests that came on it, or anything with `service`."""
        if _signs_in(task):
            self._signing_in.add_task(task)
        else:
            super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        done = self._signing_in.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout) and done)


def _signs_in(task: Any) -> bool:
    requests: list[Any] = getattr(task, "requests", None) or []
    return any((each.command, each.path.rstrip("/")) in SIGN_IN for each in requests[:1])
