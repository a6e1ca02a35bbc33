"""How often a wrong password may be tried, and how long one waits then. No Flask, no SQL.

Counted in memory: a restart forgets it, and whoever can restart the hub needs no password. What was tried under an
address that nobody has counts as well, or the difference would tell who is here. Who is signed in already, and every
tablet with a token, notices nothing.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from server.errors import Fault, Refusal

WRONG = ("401.2", "second.wrong")
OWN = frozenset({"127.0.0.1", "::1", ""})
KEPT = 10_000  # names counted at most; those not tried for longest are forgotten first


@dataclass(frozen=True, slots=True)
class Limit:
    """After `times` failures within `within_s` there is a pause of `rest_s`."""

    times: int
    within_s: float = 900
    rest_s: float = 900


# Most narrow first: one person who mistypes on one device must not lock out the same person elsewhere, nor a
# colleague on the same device. From the hub's own computer the first alone counts: whoever sits there needs no
# password, and a web server in front that does not say who asks makes everybody seem to.
PERSON_AT_PLACE = Limit(10)
PERSON = Limit(50)
PLACE = Limit(100)


@dataclass(slots=True)
class _Count:
    began: float
    failures: int = 0
    until: float = 0.0


class Attempts:
    """now_s: a clock that never goes back."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()
        # Who was let in from where: strangers who try the same name cannot keep a tablet out that sends by password.
        self._welcome: OrderedDict[tuple[str, str], None] = OrderedDict()

    @contextmanager
    def counted(self, email: str, place: str) -> Iterator[None]:
        """Around looking at a password; a refusal of WRONG says that it was wrong. place: the caller's network address.
        Raises Fault auth.paused before it is looked at, right or wrong."""
        self._check(email, place)
        try:
            yield
        except Refusal as fault:
            if fault.code in WRONG:
                self._fail(email, place)
            raise
        with self._lock:
            # What others try under the same name, or from the same place, still counts; but not against this one.
            self._counts.pop((email.lower(), place), None)
            self._welcome[email.lower(), place] = None
            while len(self._welcome) > KEPT:
                self._welcome.popitem(last=False)

    def paused(self) -> list[tuple[str, str, int]]:
        """(address tried, place, minutes left) of those that wait now; "" for any."""
        now = self._now_s()
        with self._lock:
            held = [(who, place, count.until - now) for (who, place), count in self._counts.items()]
        return [(who, place, math.ceil(left / 60)) for who, place, left in held if left > 0]

    def forgive(self, who: str, place: str) -> None:
        """They may try again at once."""
        with self._lock:
            self._counts.pop((who, place), None)

    def _check(self, email: str, place: str) -> None:
        now = self._now_s()
        with self._lock:
            names = _names(email, place)
            known = (email.lower(), place) in self._welcome or place in OWN
            held = [self._counts.get(name) for name, _limit in (names[:1] if known else names)]
        rest_s = max((count.until - now for count in held if count), default=0)
        if rest_s > 0:
            raise Fault("auth.paused", minutes=math.ceil(rest_s / 60))

    def _fail(self, email: str, place: str) -> None:
        now = self._now_s()
        with self._lock:
            for name, limit in _names(email, place):
                self._count(name, limit, now)
            while len(self._counts) > KEPT:
                self._counts.popitem(last=False)

    def _count(self, name: tuple[str, str], limit: Limit, now: float) -> None:
        count = self._counts.pop(name, None)
        if count is None or now - count.began > limit.within_s:
            count = _Count(now)
        count.failures += 1
        if count.failures >= limit.times:
            count.until, count.began, count.failures = now + limit.rest_s, now, 0
        self._counts[name] = count


def _names(email: str, place: str) -> tuple[tuple[tuple[str, str], Limit], ...]:
    who = email.lower()
    return (((who, place), PERSON_AT_PLACE), ((who, ""), PERSON), (("", place), PLACE))
