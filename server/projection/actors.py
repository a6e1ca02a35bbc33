"""user.* and field_key.* entries -> rows of people and tablets."""

from __future__ import annotations

from typing import Any

from server.store import actors
from server.store.actors import Connection
from server.store.ledger_sqlite import entries_of
from server.subjects import actor_number
from sync.ledger import Entry
from sync.merge import in_order, merged_fields

FIELDS = ("display_name", "email", "password", "digest", "project", "token")
DELETED = ("user.delete", "field_key.delete")
_BORN = {"user.create": "user", "field_key.create": "field_key"}
_SESSIONS = ("user.session.create", "user.session.end")


def fold(db: Connection, entry: Entry) -> None:
    if entry.kind in _SESSIONS:
        _fold_session(db, entry)
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
    """Web users are made and changed by local entries alone. What another hub says of app users must
    not change a web user, or a bundle could make an administrator here."""
    kind = "user." if any(e.kind == "user.create" for e in entries) else "field_key."
    return [e for e in entries if e.kind.startswith(kind)]


def _end_sessions(db: Connection, number: int, entry: Entry) -> None:
    """A changed password ends what the old one opened, but not the session in which it was changed."""
    keep = entry.body.get("keep_session")
    actors.end_sessions_of(db, number, bytes.fromhex(keep) if keep else None)


def _row(db: Connection, entries: list[Entry], made: Entry) -> dict[str, Any]:
    values = dict.fromkeys(FIELDS) | merged_fields(entries, FIELDS)
    values["display_name"] = values["display_name"] or ""
    ended = any(e.kind == "field_key.session.end" for e in entries)
    later = [e.made_at for e in entries if e.kind.endswith(".update")]
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


def _fold_session(db: Connection, entry: Entry) -> None:
    token = bytes.fromhex(entry.body["token_sha256"])
    if entry.kind == "user.session.end":
        actors.end_session(db, token)
        return
    owner = {"id": entry.subject.removeprefix("actor:")}
    actors.meet(db, owner, entry.made_at)
    number, said = actors.number_of(owner) or 0, entry.body
    actors.write_session(db, token, actors.Session(number, said["csrf"], entry.made_at, said["expires_at"]))
    actors.note_login(db, number, entry.made_at)
