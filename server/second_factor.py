"""The second factor of a sign-in: six digits from an app on the user's phone (TOTP, RFC 6238). No Flask, no SQL.

It works without any network. Clocks are wrong in the field, so how far the phone's is from the hub's is found when
the factor is set up, and followed from sign-in to sign-in; only a step or two around it is taken. Ten recovery codes
stand in for a phone that is lost, or a clock that jumped; an administrator at the hub can take the factor off.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

import pyotp

from i18n.khmer import digits_to_ascii
from server.actor_entries import By, append, by_of
from server.clock import stamp
from server.errors import Fault
from server.hub import Hub, Turn
from server.store import actors, second_factors
from server.store.actors import Actor
from server.store.second_factors import SecondFactor

PERIOD_S = 30
WIDE = 40  # steps looked through at the beginning: clocks within 20 minutes of each other
NEAR = 2  # steps a clock may move between two sign-ins
RECOVERY_CODES = 10
ISSUER = "Samleng"
TICKET_LASTS = timedelta(minutes=5)


Proof = dict[str, Any]
"""What a code proves, as the session's entry keeps it, so that the code is used up: {"step", "drift"} or
{"recovery": SHA-256}."""


def new_secret() -> str:
    return pyotp.random_base32()


def address_of(hub: Hub, user: Actor, secret: str) -> str:
    """What the QR code says that an app scans (otpauth://, Google's key URI format)."""
    return pyotp.TOTP(secret).provisioning_uri(
        name=user.email or user.display_name, issuer_name=f"{ISSUER} {hub.name}"
    )


def switch_on(hub: Hub, user: Actor, secret: str, code: str) -> list[str]:
    """The recovery codes, shown this once. Raises Fault second.wrong when the code is not that of the secret."""
    now = _step(hub)
    found = _matching(secret, code, range(now - WIDE, now + WIDE + 1))
    if found is None:
        raise Fault("second.wrong")
    recovery = [f"{secrets.randbelow(10**10):010d}" for _ in range(RECOVERY_CODES)]
    body = {
        "secret": secret,
        "drift": found - now,
        "step": found,
        "recovery": [_hash(c).hex() for c in recovery],
    }
    hub.write(lambda turn: append(turn, user, "user.second_factor.create", body, by_of(user)))
    return recovery


def switch_off(hub: Hub, user: Actor, by: By | None) -> None:
    hub.write(lambda turn: append(turn, user, "user.second_factor.delete", {}, by))


def prove(turn: Turn, user: Actor, code: str | None) -> Proof | None:
    """Within the transaction that opens the session, so that two at once cannot use one code. None when the user has
    no second factor. Raises Fault second.needed, second.wrong."""
    factor = second_factors.find_second_factor(turn.db, user.id)
    if factor is None:
        return None
    if not code:
        raise Fault("second.needed", ticket=make_ticket(turn.hub, user))
    proof = _by_app(turn.hub, factor, code) or _by_recovery(turn, user, code)
    if proof is None:
        raise Fault("second.wrong")
    return proof


def is_on(hub: Hub, user: Actor) -> bool:
    return second_factors.find_second_factor(hub.read(), user.id) is not None


def make_ticket(hub: Hub, user: Actor) -> str:
    """Says for a few minutes that the user's password was right, so that it is not asked for again."""
    return _ticket(hub, user, stamp(hub.clock.now() + TICKET_LASTS))


def holder_of(hub: Hub, ticket: str) -> Actor | None:
    """Whose ticket it is; None when it is none, has run out, or the password was changed since."""
    said, _, _signature = ticket.rpartition(".")
    uid, _, until = said.partition(".")
    user = actors.find_by_uid(hub.read(), uid)
    if user is None or user.deleted_at is not None or not until or until <= hub.clock.stamp():
        return None
    return user if hmac.compare_digest(_ticket(hub, user, until).encode(), ticket.encode()) else None


def _ticket(hub: Hub, user: Actor, until: str) -> str:
    said = f"second factor {user.uid}.{until}.{user.password}"
    return f"{user.uid}.{until}.{hmac.new(hub.secret, said.encode(), hashlib.sha256).hexdigest()}"


def _by_app(hub: Hub, factor: SecondFactor, code: str) -> Proof | None:
    now = _step(hub)
    middle = now + factor.drift
    around = range(max(middle - NEAR, factor.step + 1), middle + NEAR + 1)  # what was used is not taken again
    found = _matching(factor.secret, code, around)
    return None if found is None else {"step": found, "drift": found - now}


def _by_recovery(turn: Turn, user: Actor, code: str) -> Proof | None:
    hashed = _hash(_plain(code))
    held = second_factors.has_recovery_code(turn.db, user.id, hashed)
    return {"recovery": hashed.hex()} if held else None


def _matching(secret: str, code: str, steps: range) -> int | None:
    totp, said = pyotp.TOTP(secret), _plain(code)
    return next((step for step in steps if secrets.compare_digest(totp.generate_otp(step), said)), None)


def _plain(code: str) -> str:
    """As typed on a Khmer keyboard too, in groups or not; what is no digit can fit nothing."""
    digits = "".join(sign for sign in digits_to_ascii(code) if sign in "0123456789")
    return digits or "-"


def _step(hub: Hub) -> int:
    return int(hub.clock.now().timestamp()) // PERIOD_S


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
