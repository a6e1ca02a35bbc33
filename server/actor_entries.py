"""Entries about people, tablets and links: what every use case about actors writes with. No Flask, no SQL."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from server.hub import Turn
from server.roles import Role
from server.store import actors
from server.store.actors import Actor
from server.store.ledger_sqlite import entries_of
from server.subjects import actor_number, actor_subject
from sync.ledger import Entry

By = Mapping[str, str]
_RECORDS = ("user.create", "user.update", "field_key.create", "field_key.update")


def by_of(actor: Actor) -> dict[str, str]:
    """How entries name who acted."""
    return {"id": actor.uid, "name": actor.display_name}


def append(
    turn: Turn,
    actor: Actor,
    kind: str,
    body: Mapping[str, Any],
    by: By | None,
    replaces: Callable[[Entry], bool] | None = None,
) -> Entry:
    """`replaces` tells which earlier entries this one decides over; that, not time, orders a ledger."""
    subject = actor_subject(actor.uid)
    before = [e.id for e in entries_of(turn.db, subject) if replaces(e)] if replaces else []
    return turn.append(kind, subject, {**body, **signed(by)}, supersedes=before)


def record(turn: Turn, actor: Actor, kind: str, body: Mapping[str, Any], by: By | None) -> Actor:
    """A change of what the actor is; it decides over all earlier ones."""
    append(turn, actor, kind, body, by, lambda entry: entry.kind in _RECORDS)
    return reread(turn, actor.uid)


def born(turn: Turn, kind: str, body: Mapping[str, Any], by: By | None) -> Actor:
    """A new actor, of a uid and a number that nobody has."""
    uid = new_uid(turn)
    turn.append(kind, actor_subject(uid), {**body, **signed(by)})
    return reread(turn, uid)


def new_uid(turn: Turn) -> str:
    uid = secrets.token_hex(16)
    while actors.find_actor(turn.db, actor_number(uid)) is not None:  # numbers have 31 bits only
        uid = secrets.token_hex(16)
    return uid


def reread(turn: Turn, uid: str) -> Actor:
    actor = actors.find_by_uid(turn.db, uid)
    if actor is None:
        raise LookupError(uid)
    return actor


def assignment(
    turn: Turn, actor: Actor, deed: str, role: Role, where: tuple[str, str], by: By | None
) -> None:
    """`deed`: create or delete. `where`: (project uid, form key), "" for all of them."""
    slot = slot_of(role, where)

    def same_slot(entry: Entry) -> bool:
        said = {k: entry.body[k] for k in ("role", "project", "form") if k in entry.body}
        return ".assignment." in entry.kind and said == slot

    append(turn, actor, f"{actor.type}.assignment.{deed}", slot, by, same_slot)


def slot_of(role: Role, where: tuple[str, str]) -> dict[str, Any]:
    """What an entry about an assignment says of it."""
    return {"role": role.id, **{k: v for k, v in zip(("project", "form"), where, strict=True) if v}}


def signed(by: By | None) -> dict[str, Any]:
    """The part of an entry's body that says who acted."""
    return {"by": dict(by)} if by else {}
