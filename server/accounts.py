"""People and tablets: making them, signing in, and what they may do. No Flask, no SQL.

Every change is an entry about the actor. Web users, their sessions and assignments are local to this
hub; app users travel with their project. Rules and problem codes: ODK Central's API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server import passwords, second_factor
from server.actor_entries import By as By
from server.actor_entries import append, assignment, born, record, reread
from server.actor_entries import by_of as by_of
from server.clock import stamp
from server.errors import Problem
from server.hub import Hub, Turn
from server.password_strength import check_strength
from server.roles import Rights, Role
from server.store import actors
from server.store.actors import Actor, Assignment, Connection, Session, SignedIn
from server.store.forms import Form
from server.store.projects import Project
from server.subjects import plain_key

USER_AGENT = 500  # characters kept: anybody may send any length


@dataclass(frozen=True, slots=True)
class SignIn:
    """A session just opened. The token is shown this once; the hub keeps its hash."""

    token: str
    csrf: str
    expires_at: str
    created_at: str
    actor: Actor


# What somebody may do


def rights_of(db: Connection, actor: Actor | None) -> Rights:
    return Rights(actors.assignments_of(db, actor.id) if actor else ())


def place(project: Project | None, form: Form | None) -> tuple[str, str]:
    return (project.uid if project else "", plain_key(form.key) if form else "")


def may(
    db: Connection, actor: Actor | None, verb: str, project: Project | None = None, form: Form | None = None
) -> bool:
    return rights_of(db, actor).may(verb, *place(project, form))


def verbs_on(db: Connection, actor: Actor | None, project: Project | None = None) -> list[str]:
    """Every verb that the actor holds in the project, or at the site."""
    return rights_of(db, actor).verbs_on(*place(project, None))


# Web users


def create_user(
    hub: Hub, email: str, password: str | None, display_name: str | None = None, by: By | None = None
) -> Actor:
    """A web user without rights. Without a password nobody can sign in as this user until one is set.

    Raises Problem 400.11 (email), 400.21, 400.38, 400.44 (password), 409.3 (email taken).
    """
    address = check_email(email)
    body = {"display_name": display_name or address, "email": address, **secrets_of(hub, address, password)}

    def work(turn: Turn) -> Actor:
        _refuse_taken(turn, address, None)
        return born(turn, "user.create", body, by)

    return hub.write(work)


def update_user(hub: Hub, actor: Actor, changes: Mapping[str, str], by: By | None = None) -> Actor:
    """changes: display_name and email, those that shall change. Raises Problem 400.11, 409.3."""
    body: dict[str, Any] = {name: changes[name] for name in ("display_name", "email") if name in changes}
    if "email" in body:
        body["email"] = check_email(body["email"])
        if body["email"] != actor.email:
            body["digest"] = None  # made from the old address: made anew when the user next signs in

    def work(turn: Turn) -> Actor:
        if "email" in body:
            _refuse_taken(turn, body["email"], actor)
        return record(turn, actor, "user.update", body, by)

    return hub.write(work)


def set_password(
    hub: Hub, actor: Actor, password: str, by: By | None = None, keep: str | None = None
) -> Actor:
    """Ends the user's sessions but the one of the token `keep`. Raises Problem 400.21, 400.38, 400.44."""
    body = secrets_of(hub, actor.email or "", password)
    if keep is not None:
        body["keep_session"] = passwords.token_hash(keep).hex()
    return hub.write(lambda turn: record(turn, actor, "user.update", body, by))


def delete_user(hub: Hub, actor: Actor, by: By | None = None) -> None:
    """Ends sessions and assignments too; the address is free again."""
    hub.write(lambda turn: append(turn, actor, "user.delete", {}, by))


def check_email(email: str) -> str:
    """The address as it is kept. Raises Problem 400.11."""
    address = email.strip().lower()  # kept in small letters: addresses are compared without case
    if address.count("@") != 1 or address.startswith("@") or address.endswith("@") or " " in address:
        raise Problem("400.11", field="email", value=email, expected="email address")
    return address


def _refuse_taken(turn: Turn, email: str, but: Actor | None) -> None:
    other = actors.find_by_email(turn.db, email)
    if other is not None and (but is None or other.id != but.id):
        raise Problem("409.3", fields=["email"], values=[email])


def check_new_password(password: str) -> None:
    """Raises Problem 400.21 (short), 400.38 (long) or 400.44 (easy to guess)."""
    if len(password) < passwords.MINIMUM_LENGTH:
        raise Problem("400.21")
    if len(password.encode()) > passwords.MAXIMUM_BYTES:
        raise Problem("400.38")
    check_strength(password)


def secrets_of(hub: Hub, email: str, password: str | None) -> dict[str, Any]:
    """What an entry keeps of a password; nothing of none. Raises Problem 400.21, 400.38, 400.44."""
    if password is None:
        return {}
    check_new_password(password)
    return {
        "password": passwords.hash_password(password, hub.config.password_cost),
        "digest": passwords.digest_secret(email, password),
    }


# Signing in


def check_password(hub: Hub, email: str, password: str) -> Actor | None:
    """The user of this address, if the password is right. Takes as long for an address not known here,
    so that nobody can ask which addresses are."""
    actor = actors.find_by_email(hub.read(), email)
    if len(password.encode()) > passwords.MAXIMUM_BYTES:
        return None
    if actor is None or actor.password is None:
        passwords.hash_password(password, hub.config.password_cost)
        return None
    return actor if passwords.password_fits(password, actor.password) else None


def sign_in(
    hub: Hub, email: str, password: str, user_agent: str | None = None, code: str | None = None
) -> SignIn:
    """code: of the user's second factor. Raises Problem 401.2, Fault second.needed (with a ticket for
    `finish_sign_in`), second.wrong."""
    actor = check_password(hub, email, password)
    if actor is None:
        raise Problem("401.2")

    def work(turn: Turn) -> SignIn:
        if actor.digest is None:
            digest = passwords.digest_secret(actor.email or "", password)
            record(turn, actor, "user.update", {"digest": digest}, None)
        return _open_session(turn, actor, user_agent, code)

    return hub.write(work)


def finish_sign_in(hub: Hub, actor: Actor, code: str, user_agent: str | None = None) -> SignIn:
    """For the holder of a ticket (server/second_factor.py). Raises Fault second.wrong."""
    return hub.write(lambda turn: _open_session(turn, actor, user_agent, code))


def _open_session(turn: Turn, actor: Actor, user_agent: str | None, code: str | None) -> SignIn:
    proof = second_factor.prove(turn, actor, code)
    token, csrf = passwords.make_token(), passwords.make_token()
    expires_at = stamp(turn.hub.clock.now() + timedelta(hours=turn.hub.config.session_hours))
    body: dict[str, Any] = {
        "token_sha256": passwords.token_hash(token).hex(), "csrf": csrf, "expires_at": expires_at,
    }  # fmt: skip
    if user_agent:
        body["user_agent"] = user_agent[:USER_AGENT]
    if proof is not None:
        body["second_factor"] = proof
    entry = append(turn, actor, "user.session.create", body, by_of(actor))
    return SignIn(token, csrf, expires_at, entry.made_at, reread(turn, actor.uid))


def find_session(hub: Hub, token: str) -> SignedIn | None:
    """Who is signed in with this token, and since when; None when it has run out."""
    found = actors.find_signed_in(hub.read(), passwords.token_hash(token))
    return found if found is not None and found.session.expires_at > hub.clock.stamp() else None


def sessions_of(hub: Hub, actor: Actor) -> list[tuple[str, Session]]:
    """(name to end it by, session) of those that are open, newest first."""
    held = actors.list_sessions(hub.read(), actor.id, hub.clock.stamp())
    return [(hashed.hex(), session) for hashed, session in held]


def end_named_session(hub: Hub, actor: Actor, name: str, by: By | None = None) -> bool:
    """One of the actor's own, named as `sessions_of` does. False when there is none."""
    if name not in {held for held, _session in sessions_of(hub, actor)}:
        return False
    hub.write(lambda turn: append(turn, actor, "user.session.end", {"token_sha256": name}, by))
    return True


def end_session(hub: Hub, token: str, by: By | None = None) -> bool:
    """False when no session has this token."""
    hashed = passwords.token_hash(token)
    found = actors.find_signed_in(hub.read(), hashed)
    if found is None:
        return False
    body = {"token_sha256": hashed.hex()}
    hub.write(lambda turn: append(turn, found.actor, "user.session.end", body, by))
    return True


# App users


def create_app_user(hub: Hub, project: Project, display_name: str, by: By | None = None) -> Actor:
    """A tablet's access to the project; it sees a form only once it is assigned to it."""
    body = {"display_name": display_name, "project": project.uid, "token": passwords.make_token()}
    return hub.write(lambda turn: born(turn, "field_key.create", body, by))


def revoke_app_user(hub: Hub, actor: Actor, by: By | None = None) -> None:
    """Ends its token for good; the app user stays listed."""
    hub.write(lambda turn: append(turn, actor, "field_key.session.end", _home(actor), by))


def delete_app_user(hub: Hub, actor: Actor, by: By | None = None) -> None:
    hub.write(lambda turn: append(turn, actor, "field_key.delete", _home(actor), by))


def _home(actor: Actor) -> dict[str, Any]:
    """Names the project, so that what ends an access goes wherever the access went."""
    return {"project": actor.project}


# Assignments


def assign(
    hub: Hub, actor: Actor, role: Role, project: Project | None = None, form: Form | None = None,
    by: By | None = None,
) -> None:  # fmt: skip
    """Gives the role at the site, in the project or on the form. Raises Problem 409.3 when given."""

    def work(turn: Turn) -> None:
        where = place(project, form)
        if _given(turn, actor, role, where):
            fields = ["actorId", "roleId", "acteeId"]
            raise Problem(
                "409.3", fields=fields, values=[actor.id, role.id, "/".join(where).strip("/") or "*"]
            )
        assignment(turn, actor, "create", role, where, by)

    hub.write(work)


def unassign(
    hub: Hub, actor: Actor, role: Role, project: Project | None = None, form: Form | None = None,
    by: By | None = None,
) -> None:  # fmt: skip
    """Raises Problem 404.1 when the role was not given there."""

    def work(turn: Turn) -> None:
        where = place(project, form)
        if not _given(turn, actor, role, where):
            raise Problem("404.1")
        assignment(turn, actor, "delete", role, where, by)

    hub.write(work)


def _given(turn: Turn, actor: Actor, role: Role, where: tuple[str, str]) -> bool:
    return Assignment(actor.id, role.id, *where) in actors.assignments_of(turn.db, actor.id)
