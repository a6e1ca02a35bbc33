"""user.*, field_key.* and public_link.* entries -> rows of people, tablets and links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server.store import actors, preferences, resets, second_factors
from server.store.actors import Connection
from server.store.ledger_sqlite import entries_of
from server.store.second_factors import SecondFactor
from server.subjects import actor_number
from sync.ledger import Entry
from sync.merge import in_order, merged_fields

FIELDS = ("display_name", "email", "password", "digest", "project", "token", "form", "once")
DELETED = ("user.delete", "field_key.delete", "public_link.delete")
UPDATED = ("user.update", "field_key.update")
ENDED = ("field_key.session.end", "public_link.session.end")
_BORN = {"user.create": "user", "field_key.create": "field_key", "public_link.create": "public_link"}


def fold(db: Connection, entry: Entry) -> None:
    alone = _ALONE.get(entry.kind)
    if alone is not None:
        alone(db, entry)
        return
    uid = entry.subject.removeprefix("actor:")
    entries = in_order(_of_one_type(entries_of(db, entry.subject)))
    made = min((e for e in entries if e.kind in _BORN), key=lambda e: e.id, default=None)
    if made is not None:
        number = actors.write_actor(db, uid, _row(db, entries, made))
        _fold_assignments(db, number, made, entries)
    if entry.kind == "user.delete" or (entry.kind == "user.update" and "password" in entry.body):
        _end_sessions(db, actor_number(uid), entry)


def _of_one_type(entries: list[Entry]) -> list[Entry]:
    """Web users and public links are made and changed by local entries alone. What another hub says of
    app users must not change them, or a bundle could make an administrator here."""
    local = next((e.kind for e in entries if e.kind in ("user.create", "public_link.create")), None)
    kind = local.removesuffix("create") if local else "field_key."
    return [e for e in entries if e.kind.startswith(kind)]


def _end_sessions(db: Connection, number: int, entry: Entry) -> None:
    """A changed password ends what the old one opened, but not the session in which it was changed; and
    what was handed out to set a new one."""
    resets.end_resets(db, number)
    keep = entry.body.get("keep_session")
    actors.end_sessions_of(db, number, bytes.fromhex(keep) if keep else None)


def _row(db: Connection, entries: list[Entry], made: Entry) -> dict[str, Any]:
    said = [e for e in entries if e.kind in UPDATED or e.kind in _BORN]  # others name a project too
    values = dict.fromkeys(FIELDS) | merged_fields(said, FIELDS)
    values["display_name"] = values["display_name"] or ""
    ended = any(e.kind in ENDED for e in entries)
    later = [e.made_at for e in entries if e.kind in UPDATED and {"display_name", "email"} & set(e.body)]
    gone = [e.made_at for e in entries if e.kind in DELETED]
    if gone or ended:
        values["token"] = None
    if gone:
        values["email"] = None  # free for a new user of that address
    return {
        **values,
        "type": _BORN[made.kind],
        "created_by": actors.number_of(made.body.get("by")),
        "created_at": made.made_at,
        "updated_at": max(later, default=None),
        "deleted_at": max(gone, default=None),
    }


def _fold_assignments(db: Connection, number: int, made: Entry, entries: list[Entry]) -> None:
    """An app user's access ends with its own project, whoever says otherwise: it comes from other hubs."""
    actors.clear_assignments(db, number)
    if any(e.kind in DELETED for e in entries):
        return
    held: dict[tuple[int, str, str], bool] = {}
    for entry in entries:
        if entry.kind.endswith("assignment.create") or entry.kind.endswith("assignment.delete"):
            place = (entry.body["role"], entry.body.get("project", ""), entry.body.get("form", ""))
            held[place] = entry.kind.endswith("create")
    own = made.body.get("project")
    for (role, project, form), given in held.items():
        if given and (made.kind == "user.create" or project == own):
            actors.add_assignment(db, actors.Assignment(number, role, project, form))


def _open_session(db: Connection, entry: Entry) -> None:
    number, said = _met(db, entry), entry.body
    token = bytes.fromhex(said["token_sha256"])
    opened = actors.Session(number, said["csrf"], entry.made_at, said["expires_at"], said.get("user_agent"))
    actors.write_session(db, token, opened)
    actors.note_login(db, number, entry.made_at)
    _use_up(db, number, said.get("second_factor", {}))


def _use_up(db: Connection, number: int, proof: Mapping[str, Any]) -> None:
    """The code by which the session was opened."""
    if "recovery" in proof:
        second_factors.use_recovery_code(db, number, bytes.fromhex(proof["recovery"]))
    elif proof:
        second_factors.note_step(db, number, proof["step"], proof["drift"])


def _add_second_factor(db: Connection, entry: Entry) -> None:
    said = entry.body
    factor = SecondFactor(_met(db, entry), said["secret"], said["drift"], said["step"])
    second_factors.write_second_factor(db, factor, [bytes.fromhex(code) for code in said["recovery"]])


def _drop_second_factor(db: Connection, entry: Entry) -> None:
    second_factors.delete_second_factor(db, _met(db, entry))


def _end_session(db: Connection, entry: Entry) -> None:
    actors.end_session(db, bytes.fromhex(entry.body["token_sha256"]))


def _set_preference(db: Connection, entry: Entry) -> None:
    said = entry.body
    preferences.write_preference(db, _met(db, entry), said.get("project", ""), said["name"], said["value"])


def _drop_preference(db: Connection, entry: Entry) -> None:
    said = entry.body
    preferences.delete_preference(db, _met(db, entry), said.get("project", ""), said["name"])


def _ask_reset(db: Connection, entry: Entry) -> None:
    resets.write_request(db, _met(db, entry), entry.made_at)


def _hand_reset(db: Connection, entry: Entry) -> None:
    said = entry.body
    resets.write_token(db, bytes.fromhex(said["token_sha256"]), _met(db, entry), said["expires_at"])


def _met(db: Connection, entry: Entry) -> int:
    """The number of the actor that the entry is about; it has a row from now on."""
    owner = {"id": entry.subject.removeprefix("actor:")}
    actors.meet(db, owner, entry.made_at)
    return actors.number_of(owner) or 0


# Kinds of this hub alone that say one thing each: folded in the order in which they were said, without
# reading all the others about the actor.
_ALONE: dict[str, Callable[[Connection, Entry], None]] = {
    "user.session.create": _open_session,
    "user.session.end": _end_session,
    "user.second_factor.create": _add_second_factor,
    "user.second_factor.delete": _drop_second_factor,
    "user.preference.update": _set_preference,
    "user.preference.delete": _drop_preference,
    "user.reset.request": _ask_reset,
    "user.reset.create": _hand_reset,
}
