"""Rows of people and tablets: users, app users, their sessions and assignments."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from sqlite3 import Connection as Connection
from typing import Any

from server.subjects import actor_number

_COLUMNS = (
    "id, uid, type, display_name, email, password, digest, project, token, created_by, "
    "created_at, updated_at, deleted_at, last_login_at, form, once"
)


@dataclass(frozen=True, slots=True)
class Actor:
    id: int
    uid: str
    type: str
    display_name: str
    email: str | None
    password: str | None
    digest: str | None
    project: str | None
    token: str | None
    created_by: int | None
    created_at: str
    updated_at: str | None
    deleted_at: str | None
    last_login_at: str | None
    form: str | None = None
    once: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    actor_id: int
    csrf: str
    created_at: str
    expires_at: str
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    session: Session
    actor: Actor


@dataclass(frozen=True, slots=True)
class Assignment:
    """`project` is a project's uid and `form` a form's key; "" means all of them."""

    actor_id: int
    role_id: int
    project: str = ""
    form: str = ""


def number_of(by: Mapping[str, Any] | None) -> int | None:
    """The number of the actor that an entry names, None for nobody."""
    return None if by is None else actor_number(by["id"])


def meet(db: sqlite3.Connection, by: Mapping[str, Any] | None, seen_at: str) -> None:
    """Gives an actor that an entry names, and that is not known here yet, a row of its own."""
    if by is None:
        return
    db.execute(
        "INSERT INTO actor (id, uid, type, display_name, created_at) VALUES (?, ?, 'unknown', ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET display_name = max(display_name, excluded.display_name), "
        "created_at = min(created_at, excluded.created_at) WHERE type = 'unknown'",
        (actor_number(by["id"]), by["id"], by.get("name") or "", seen_at),
    )


def write_actor(db: sqlite3.Connection, uid: str, values: Mapping[str, Any]) -> int:
    """Inserts or fills the row of this uid with the given columns; returns its number."""
    number = actor_number(uid)
    columns = {"id": number, "uid": uid, **values}
    names = ", ".join(columns)
    slots = ", ".join("?" for _ in columns)
    filled = ", ".join(f"{c} = excluded.{c}" for c in values)
    db.execute(
        f"INSERT INTO actor ({names}) VALUES ({slots}) ON CONFLICT (id) DO UPDATE SET {filled}",
        tuple(columns.values()),
    )
    return number


def find_actor(db: sqlite3.Connection, number: int) -> Actor | None:
    return _one(db, "id = ?", number)


def find_by_uid(db: sqlite3.Connection, uid: str) -> Actor | None:
    return _one(db, "uid = ?", uid)


def find_by_email(db: sqlite3.Connection, email: str) -> Actor | None:
    """A web user that may sign in; letter case of the address does not matter."""
    return _one(db, "type = 'user' AND deleted_at IS NULL AND email = ?", email.lower())


def find_by_token(db: sqlite3.Connection, token: str) -> Actor | None:
    """The app user or public link of this token, revoked and deleted ones left out."""
    return _one(db, "deleted_at IS NULL AND token = ?", token)


def _one(db: sqlite3.Connection, where: str, *values: object) -> Actor | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM actor WHERE {where}", values).fetchone()
    return Actor(*row) if row else None


_LIVE_FIRST = "token IS NULL, created_at DESC, id"


def list_users(db: sqlite3.Connection) -> list[Actor]:
    where = "type = 'user' AND deleted_at IS NULL ORDER BY email"
    return [Actor(*r) for r in db.execute(f"SELECT {_COLUMNS} FROM actor WHERE {where}")]


def is_in_use(db: sqlite3.Connection) -> bool:
    """Whether a web user ever had a password, or there was ever a tablet."""
    sql = "SELECT EXISTS (SELECT 1 FROM actor WHERE type = 'field_key' OR type = 'user' AND password IS NOT NULL)"
    return bool(db.execute(sql).fetchone()[0])


def list_app_users(db: sqlite3.Connection, project_uid: str) -> list[Actor]:
    """Those with a live token first, newest first (Central)."""
    where = "type = 'field_key' AND project = ? AND deleted_at IS NULL"
    rows = db.execute(f"SELECT {_COLUMNS} FROM actor WHERE {where} ORDER BY {_LIVE_FIRST}", (project_uid,))
    return [Actor(*r) for r in rows]


def count_public_links(db: sqlite3.Connection, project_uid: str, form_key: str) -> int:
    """Those of the form that still open it."""
    where = "type = 'public_link' AND project = ? AND form = ? AND deleted_at IS NULL AND token IS NOT NULL"
    row = db.execute(f"SELECT count(*) FROM actor WHERE {where}", (project_uid, form_key)).fetchone()
    return int(row[0])


def list_public_links(db: sqlite3.Connection, project_uid: str, form_key: str) -> list[Actor]:
    """Those with a live token first, newest first (Central)."""
    where = "type = 'public_link' AND project = ? AND form = ? AND deleted_at IS NULL"
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM actor WHERE {where} ORDER BY {_LIVE_FIRST}", (project_uid, form_key)
    )
    return [Actor(*r) for r in rows]


def last_used(db: sqlite3.Connection, numbers: list[int]) -> dict[int, str]:
    """actor number -> when it last sent a submission."""
    slots = ", ".join("?" for _ in numbers)
    where = f"submitter_id IN ({slots}) GROUP BY submitter_id ORDER BY submitter_id"
    return dict(db.execute(f"SELECT submitter_id, max(created_at) FROM submission WHERE {where}", numbers))


def last_sent(db: sqlite3.Connection, project_id: int, numbers: list[int]) -> dict[int, str]:
    """actor number -> when it last sent a submission to the project; looked up one by one, in an index."""
    listed = [r[0] for r in db.execute("SELECT id FROM form WHERE project_id = ? ORDER BY id", (project_id,))]
    found: dict[int, str] = {}
    for number in numbers:
        for form in listed:
            where = "form_id = ? AND submitter_id = ? AND deleted_at IS NULL"
            row = db.execute(
                f"SELECT max(created_at) FROM submission WHERE {where}", (form, number)
            ).fetchone()
            if row[0] is not None:
                found[number] = max(found.get(number, ""), row[0])
    return found


def add_assignment(db: sqlite3.Connection, given: Assignment) -> None:
    db.execute(
        "INSERT OR IGNORE INTO assignment (actor_id, role_id, project, form) VALUES (?, ?, ?, ?)",
        (given.actor_id, given.role_id, given.project, given.form),
    )


def clear_assignments(db: sqlite3.Connection, actor_id: int) -> None:
    db.execute("DELETE FROM assignment WHERE actor_id = ?", (actor_id,))


_ASSIGNMENT = "SELECT actor_id, role_id, project, form FROM assignment"


def assignments_of(db: sqlite3.Connection, actor_id: int) -> list[Assignment]:
    rows = db.execute(f"{_ASSIGNMENT} WHERE actor_id = ? ORDER BY role_id, project, form", (actor_id,))
    return [Assignment(*r) for r in rows]


_GIVEN = (
    "SELECT g.actor_id, g.role_id, g.project, g.form FROM assignment g JOIN actor a ON a.id = g.actor_id "
    "WHERE a.deleted_at IS NULL AND "
)
_OLDEST_FIRST = "a.created_at, a.id, g.role_id"


def assignments_on(db: sqlite3.Connection, project: str, form: str) -> list[Assignment]:
    """Those made for exactly the site ("", ""), a project (uid, "") or a form (uid, key), by the age of
    who holds them."""
    where = f"g.project = ? AND g.form = ? ORDER BY {_OLDEST_FIRST}"
    return [Assignment(*r) for r in db.execute(_GIVEN + where, (project, form))]


def form_assignments(db: sqlite3.Connection, project: str) -> list[Assignment]:
    """Those made for single forms of the project."""
    where = f"g.project = ? AND g.form > '' ORDER BY {_OLDEST_FIRST}, g.form"
    return [Assignment(*r) for r in db.execute(_GIVEN + where, (project,))]


def write_session(db: sqlite3.Connection, token_hash: bytes, session: Session) -> None:
    db.execute(
        "INSERT OR REPLACE INTO session (token, actor_id, csrf, created_at, expires_at, user_agent) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            token_hash, session.actor_id, session.csrf, session.created_at, session.expires_at,
            session.user_agent,
        ),
    )  # fmt: skip


def list_sessions(db: sqlite3.Connection, actor_id: int, now: str) -> list[tuple[bytes, Session]]:
    """(token hash, session) of those that have not run out, newest first."""
    sql = (
        "SELECT token, actor_id, csrf, created_at, expires_at, user_agent FROM session "
        "WHERE actor_id = ? AND expires_at > ? ORDER BY created_at DESC"
    )
    return [(row[0], Session(*row[1:])) for row in db.execute(sql, (actor_id, now))]


def end_session(db: sqlite3.Connection, token_hash: bytes) -> bool:
    return db.execute("DELETE FROM session WHERE token = ?", (token_hash,)).rowcount == 1


def end_sessions_of(db: sqlite3.Connection, actor_id: int, keep: bytes | None = None) -> None:
    """All but the one of the token hash `keep`."""
    db.execute("DELETE FROM session WHERE actor_id = ? AND token IS NOT ?", (actor_id, keep))


def find_signed_in(db: sqlite3.Connection, token_hash: bytes) -> SignedIn | None:
    """The session of this token hash, run out or not, and its user."""
    columns = ", ".join(f"a.{name}" for name in _COLUMNS.split(", "))
    row = db.execute(
        f"SELECT s.actor_id, s.csrf, s.created_at, s.expires_at, {columns} "
        "FROM session s JOIN actor a ON a.id = s.actor_id WHERE s.token = ? AND a.deleted_at IS NULL",
        (token_hash,),
    ).fetchone()
    return SignedIn(Session(*row[:4]), Actor(*row[4:])) if row else None


def note_login(db: sqlite3.Connection, actor_id: int, moment: str) -> None:
    db.execute("UPDATE actor SET last_login_at = ? WHERE id = ?", (moment, actor_id))
