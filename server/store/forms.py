"""Rows of forms, their versions and their files."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from server.subjects import is_trial

_FORM = (
    "f.id, f.project_id, p.uid, f.key, f.xml_form_id, f.state, f.current_id, f.draft_id, f.draft_token, "
    "f.created_by, f.created_at, f.updated_at, f.deleted_at, f.trial, f.webforms, f.purged_at"
)
_IN_TRASH = "f.deleted_at IS NOT NULL AND f.purged_at IS NULL"
_VERSION = (
    "id, form_id, version, name, lower(hex(xform)), md5, sha1, lower(hex(xls)), xls_type, created_by, "
    "created_at, published_at, notes, key_id"
)


@dataclass(frozen=True, slots=True)
class Form:
    id: int
    project_id: int
    project_uid: str
    key: str
    xml_form_id: str
    state: str
    current_id: int | None
    draft_id: int | None
    draft_token: str | None
    created_by: int | None
    created_at: str
    updated_at: str | None
    deleted_at: str | None
    trial: str | None = None
    webforms: int = 0
    purged_at: str | None = None

    @property
    def is_trial(self) -> bool:
        return self.id < 0


@dataclass(frozen=True, slots=True)
class FormVersion:
    id: int
    form_id: int
    version: str
    name: str | None
    xform: str
    md5: str
    sha1: str
    xls: str
    xls_type: str | None
    created_by: int | None
    created_at: str
    published_at: str | None
    notes: str | None = None
    key_id: int | None = None


@dataclass(frozen=True, slots=True)
class FormFile:
    name: str
    type: str
    sha256: str | None
    md5: str | None
    size: int | None
    updated_at: str | None
    content_type: str | None = None


def find_form(db: sqlite3.Connection, project_id: int, xml_form_id: str) -> Form | None:
    """The form that now bears this id, deleted ones left out."""
    return _one(
        db, "f.project_id = ? AND f.xml_form_id = ? AND f.deleted_at IS NULL", project_id, xml_form_id
    )


def find_deleted(db: sqlite3.Connection, project_id: int, xml_form_id: str) -> Form | None:
    """The form in the trash that was deleted last of those that bore this id."""
    where = f"f.project_id = ? AND f.xml_form_id = ? AND {_IN_TRASH} ORDER BY f.deleted_at DESC"
    return _one(db, f"{where} LIMIT 1", project_id, xml_form_id)


def find_by_key(db: sqlite3.Connection, project_uid: str, key: str) -> Form | None:
    """The form of a subject, deleted or not; of a draft's test submissions, while it is the draft in force."""
    if is_trial(key):
        return as_trial(_one(db, "p.uid = ? AND f.trial = ?", project_uid, key))
    return _one(db, "p.uid = ? AND f.key = ?", project_uid, key)


def find_by_number(db: sqlite3.Connection, form_id: int) -> Form | None:
    found = _one(db, "f.id = ?", abs(form_id))
    return as_trial(found) if form_id < 0 else found


def as_trial(form: Form | None) -> Form | None:
    """The form as the test submissions to its draft see it: open, with the draft as its only version, and
    under a number of its own, so that nothing that counts or lists submissions ever meets them. None
    when it has no draft."""
    if form is None or form.trial is None or form.is_trial:
        return None
    return replace(
        form, id=-form.id, key=form.trial, state="open", current_id=form.draft_id, draft_id=None, trial=None
    )


def _one(db: sqlite3.Connection, where: str, *values: object) -> Form | None:
    row = db.execute(
        f"SELECT {_FORM} FROM form f JOIN project p ON p.id = f.project_id WHERE {where}", values
    )
    found = row.fetchone()
    return Form(*found) if found else None


def list_forms(db: sqlite3.Connection, project_id: int, *, deleted: bool = False) -> list[Form]:
    """By name, else by id (Central); those in the trash instead when `deleted`."""
    rows = db.execute(
        f"SELECT {_FORM} FROM form f JOIN project p ON p.id = f.project_id "
        "LEFT JOIN form_version v ON v.id = coalesce(f.current_id, f.draft_id) "
        f"WHERE f.project_id = ? AND {_IN_TRASH if deleted else 'f.deleted_at IS NULL'} "
        "ORDER BY coalesce(v.name, f.xml_form_id), f.xml_form_id, f.id",
        (project_id,),
    )
    return [Form(*r) for r in rows]


def list_standing(db: sqlite3.Connection) -> list[Form]:
    """The forms of all projects that are in no trash."""
    rows = db.execute(
        f"SELECT {_FORM} FROM form f JOIN project p ON p.id = f.project_id "
        "WHERE f.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY f.id"
    )
    return [Form(*r) for r in rows]


def deleted_before(db: sqlite3.Connection, moment: str) -> list[Form]:
    """The forms of all projects that were put into the trash earlier, and lie there still."""
    rows = db.execute(
        f"SELECT {_FORM} FROM form f JOIN project p ON p.id = f.project_id "
        f"WHERE {_IN_TRASH} AND f.deleted_at < ? ORDER BY f.id",
        (moment,),
    )
    return [Form(*r) for r in rows]


def write_form(db: sqlite3.Connection, project_id: int, key: str, values: Mapping[str, Any]) -> int:
    names = ", ".join(["project_id", "key", *values])
    slots = ", ".join("?" for _ in range(len(values) + 2))
    filled = ", ".join(f"{c} = excluded.{c}" for c in values)
    db.execute(
        f"INSERT INTO form ({names}) VALUES ({slots}) ON CONFLICT (project_id, key) DO UPDATE SET {filled}",
        (project_id, key, *values.values()),
    )
    row = db.execute("SELECT id FROM form WHERE project_id = ? AND key = ?", (project_id, key)).fetchone()
    return int(row[0])


def point_form(
    db: sqlite3.Connection,
    form_id: int,
    current: int | None,
    draft: int | None,
    draft_token: str | None,
    trial: str | None,
) -> None:
    """Says which versions are published and in draft."""
    db.execute(
        "UPDATE form SET current_id = ?, draft_id = ?, draft_token = ?, trial = ? WHERE id = ?",
        (current, draft, draft_token, trial, form_id),
    )


def find_version(db: sqlite3.Connection, version_id: int) -> FormVersion | None:
    row = db.execute(f"SELECT {_VERSION} FROM form_version WHERE id = ?", (version_id,)).fetchone()
    return FormVersion(*row) if row else None


def find_published(db: sqlite3.Connection, form_id: int, version: str) -> FormVersion | None:
    """The published version of this name; of rivals made apart the one with the smallest hash. Below the
    number of a draft's test submissions the draft, whatever version they name (Central)."""
    if form_id < 0:
        return _drafted(db, -form_id)
    row = db.execute(
        f"SELECT {_VERSION} FROM form_version WHERE form_id = ? AND version = ? AND published_at IS NOT NULL "
        "ORDER BY xform LIMIT 1",
        (form_id, version),
    ).fetchone()
    return FormVersion(*row) if row else None


def published_numbers(
    db: sqlite3.Connection, project_uid: str, key: str, version: str
) -> tuple[int, int] | None:
    """The numbers of find_by_key and find_published at once: a merge asks for them with each submission."""
    row = db.execute(
        "SELECT f.id, v.id FROM project p JOIN form f ON f.project_id = p.id JOIN form_version v ON v.form_id = f.id "
        "WHERE p.uid = ? AND f.key = ? AND v.version = ? AND v.published_at IS NOT NULL ORDER BY v.xform LIMIT 1",
        (project_uid, key, version),
    ).fetchone()
    return (row[0], row[1]) if row else None


def was_published(db: sqlite3.Connection, project_id: int, xml_form_id: str, version: str) -> bool:
    """Whether this version of a form of this id was ever published in the project, deleted forms too."""
    row = db.execute(
        "SELECT 1 FROM form_version v JOIN form f ON f.id = v.form_id WHERE f.project_id = ? "
        "AND f.xml_form_id = ? AND v.version = ? AND v.published_at IS NOT NULL LIMIT 1",
        (project_id, xml_form_id, version),
    ).fetchone()
    return row is not None


def _drafted(db: sqlite3.Connection, form_id: int) -> FormVersion | None:
    row = db.execute("SELECT draft_id FROM form WHERE id = ?", (form_id,)).fetchone()
    return find_version(db, row[0]) if row and row[0] else None


def list_versions(db: sqlite3.Connection, form_id: int) -> list[FormVersion]:
    """Published ones, newest first; below the number of a draft's test submissions the draft alone."""
    if form_id < 0:
        draft = _drafted(db, -form_id)
        return [draft] if draft is not None else []
    rows = db.execute(
        f"SELECT {_VERSION} FROM form_version WHERE form_id = ? AND published_at IS NOT NULL "
        "ORDER BY published_at DESC, id DESC",
        (form_id,),
    )
    return [FormVersion(*r) for r in rows]


def list_in_order(db: sqlite3.Connection, form: Form) -> list[FormVersion]:
    """Published ones, oldest first, the one in force last."""
    versions = list_versions(db, form.id)[::-1]
    return sorted(versions, key=lambda version: version.id == form.current_id)  # stable


def write_version(
    db: sqlite3.Connection, form_id: int, xform: str, draft: bool, values: Mapping[str, Any]
) -> int:
    """The number of this version, made when it is new. A version keeps its number for ever: answers
    and caches name it."""
    held = db.execute(
        "SELECT id FROM form_version WHERE form_id = ? AND version = ? AND xform = ? "
        "AND (published_at IS NULL) = ?",
        (form_id, values["version"], bytes.fromhex(xform), draft),
    ).fetchone()
    if held:
        number = int(held[0])
        changes = ", ".join(f"{c} = ?" for c in values)
        db.execute(f"UPDATE form_version SET {changes} WHERE id = ?", (*values.values(), number))
        return number
    names = ", ".join(["form_id", "xform", *values])
    slots = ", ".join("?" for _ in range(len(values) + 2))
    done = db.execute(
        f"INSERT INTO form_version ({names}) VALUES ({slots})",
        (form_id, bytes.fromhex(xform), *values.values()),
    )
    return int(done.lastrowid or 0)


def set_key(db: sqlite3.Connection, version_id: int, key_id: int) -> None:
    db.execute("UPDATE form_version SET key_id = ? WHERE id = ?", (key_id, version_id))


def drop_drafts(db: sqlite3.Connection, form_id: int, keep: int | None) -> None:
    """Forgets draft versions other than the one in force."""
    stale = "form_id = ? AND published_at IS NULL AND id IS NOT ?"
    db.execute(
        f"DELETE FROM form_file WHERE form_version_id IN (SELECT id FROM form_version WHERE {stale})",
        (form_id, keep),
    )
    db.execute(f"DELETE FROM form_version WHERE {stale}", (form_id, keep))


def write_files(db: sqlite3.Connection, version_id: int, files: list[FormFile]) -> None:
    db.execute("DELETE FROM form_file WHERE form_version_id = ?", (version_id,))
    db.executemany(
        "INSERT INTO form_file (form_version_id, name, type, sha256, md5, size, updated_at, content_type) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                version_id,
                f.name,
                f.type,
                bytes.fromhex(f.sha256) if f.sha256 else None,
                f.md5,
                f.size,
                f.updated_at,
                f.content_type,
            )
            for f in files
        ],
    )


def list_files(db: sqlite3.Connection, version_id: int) -> list[FormFile]:
    rows = db.execute(
        "SELECT name, type, lower(hex(sha256)), md5, size, updated_at, content_type FROM form_file "
        "WHERE form_version_id = ? ORDER BY name",
        (version_id,),
    )
    return [FormFile(r[0], r[1], r[2] or None, *r[3:]) for r in rows]
