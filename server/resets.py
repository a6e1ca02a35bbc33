"""New passwords for those who forgot theirs. No Flask, no SQL.

A hub has no mail. Whoever forgot a password asks for a new one; an administrator sees who asked, makes
a token and hands it over; with it the password is set, once, within a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from server import passwords
from server.accounts import by_of, secrets_of
from server.actor_entries import By, append, record
from server.clock import stamp
from server.hub import Hub, Turn
from server.store import actors, resets, state_tables
from server.store.actors import Actor

VALID = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Handed:
    """A token just made. It is shown this once; the hub keeps its hash."""

    user: Actor
    token: str
    expires_at: str


def ask_reset(hub: Hub, email: str) -> None:
    """Notes that the user of this address wants a new password. Says nothing, and takes as long, when there
    is no such user: nobody shall learn which addresses are. Asking again changes nothing, so that strangers
    cannot fill a disk."""

    def work(turn: Turn) -> None:
        state_tables.next_generation(turn.db)  # writes something in any case: a commit takes its time
        user = actors.find_by_email(turn.db, email)
        if user is not None and not resets.has_request(turn.db, user.id):
            append(turn, user, "user.reset.request", {}, None)

    hub.write(work)


def invalidate(hub: Hub, user: Actor, by: By | None = None) -> None:
    """Nobody can sign in as this user until a new password is set; open sessions end."""
    hub.write(lambda turn: record(turn, user, "user.update", {"password": None, "digest": None}, by))


def hand_out(hub: Hub, user: Actor, by: By | None = None) -> Handed:
    """Makes a token that sets this user's password. Earlier ones end."""
    token = passwords.make_token()
    expires_at = stamp(hub.clock.now() + VALID)
    body = {"token_sha256": passwords.token_hash(token).hex(), "expires_at": expires_at}
    hub.write(lambda turn: append(turn, user, "user.reset.create", body, by))
    return Handed(user, token, expires_at)


def link_of(base: str, made: Handed) -> str:
    """Where its holder sets a new password. base: the hub's address."""
    return f"{base.rstrip('/')}/new-password?token={quote(made.token, safe='')}"


def holder_of(hub: Hub, token: str) -> Actor | None:
    """Whose password this token sets; None when it is none, was used or has run out."""
    return resets.find_holder(hub.read(), passwords.token_hash(token), hub.clock.stamp())


def reset_password(hub: Hub, token: str, password: str) -> bool:
    """Ends the token and the user's sessions. False when the token is none. Raises Problem 400.21, 400.38,
    400.44; then the token still holds."""
    user = holder_of(hub, token)
    if user is None:
        return False
    body = secrets_of(hub, user.email or "", password)
    hashed = passwords.token_hash(token)

    def work(turn: Turn) -> bool:
        if resets.find_holder(turn.db, hashed, turn.hub.clock.stamp()) is None:  # used meanwhile
            return False
        record(turn, user, "user.update", body, by_of(user))
        return True

    return hub.write(work)
