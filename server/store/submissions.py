"""Rows of submissions: what stands, its versions, attachments, comments, and what is parked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from server.store.answers import clear_answers
from server.store.paging import EVERYTHING, find_start

_SUBMISSION = (
    "s.id, s.form_id, s.instance_id, s.version_id, s.created_at, s.updated_at, s.deleted_at, s.review_state, "
    "s.submitter_id, s.device_id, s.user_agent, s.form_version, s.edits, s.rivals, s.hub, s.expected, s.present, "
    "s.schema_id, s.stale"
)
_NAMES = [name.removeprefix("s.") for name in _SUBMISSION.split(", ")]
# Not INSERT OR REPLACE: that would take a row away without the triggers that count it.
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name != "id")
_VERSION = (
    "id, form_id, submission_id, instance_id, lower(hex(xml)), lower(hex(entry)), form_version, deprecated_id, "
    "instance_name, created_at, submitter_id, device_id, user_agent, depth, standing"
)
_PARKED = (
    "lower(hex(k.entry)), k.project_id, k.form_key, k.subject, k.instance_id, k.form_version, k.reason, "
    "lower(hex(k.xml)), k.files, k.submitter_id, k.device_id, k.created_at"
)


@dataclass(slots=True)
class Submission:
    id: int
    form_id: int
    instance_id: str
    version_id: int
    created_at: str
    updated_at: str | None
    deleted_at: str | None
    review_state: str | None
    submitter_id: int | None
    device_id: str | None
    user_agent: str | None
    form_version: str
    edits: int
    rivals: int
    hub: str
    expected: int
    present: int
    schema_id: int | None
    stale: int


@dataclass(slots=True)
class SubmissionVersion:
    id: int
    form_id: int
    submission_id: int
    instance_id: str
    xml: str
    entry: str
    form_version: str
    deprecated_id: str | None
    instance_name: str | None
    created_at: str
    submitter_id: int | None
    device_id: str | None
    user_agent: str | None
    depth: int
    standing: str


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    sha256: str | None
    expected: bool
    type: str | None = None  # as its sender called it; None: what its name says


@dataclass(frozen=True, slots=True)
class Comment:
    body: str
    actor_id: int | None
    created_at: str


@dataclass(frozen=True, slots=True)
class ParkedRow:
    entry: str
    project_id: int
    form_key: str
    subject: str
    instance_id: str
    form_version: str
    reason: str
    xml: str
    files: str
    submitter_id: int | None
    device_id: str | None
    created_at: str


def find_submission(db: sqlite3.Connection, form_id: int, instance_id: str) -> Submission | None:
    """By the instanceID of its first version; deleted ones too (see deleted_at)."""
    row = db.execute(
        f"SELECT {_SUBMISSION} FROM submission s WHERE s.form_id = ? AND s.instance_id = ?",
        (form_id, instance_id),
    ).fetchone()
    return Submission(*row) if row else None


def deleted_before(db: sqlite3.Connection, moment: str) -> list[tuple[int, str]]:
    """(number of the form, root instanceID) of what was put into the trash before."""
    rows = db.execute(
        "SELECT form_id, instance_id FROM submission WHERE deleted_at IS NOT NULL AND deleted_at < ? ORDER BY id",
        (moment,),
    )
    return [(r[0], r[1]) for r in rows]


def find_by_number(db: sqlite3.Connection, number: int) -> Submission | None:
    row = db.execute(f"SELECT {_SUBMISSION} FROM submission s WHERE s.id = ?", (number,)).fetchone()
    return Submission(*row) if row else None


def iterate_submissions(
    db: sqlite3.Connection, form_id: int, *, deleted: bool, limit: int, offset: int
) -> Iterator[tuple[Submission, SubmissionVersion]]:
    """Newest first, each with the version that stands; limit -1 = all."""
    version = ", ".join(f"v.{c.strip()}" if "(" not in c else c.strip() for c in _VERSION.split(", "))
    version = version.replace("hex(xml)", "hex(v.xml)").replace("hex(entry)", "hex(v.entry)")
    before, skip = (EVERYTHING, offset) if deleted else find_start(db, form_id, offset)
    where = f"s.form_id = ? AND s.deleted_at IS {'NOT ' if deleted else ''}NULL AND s.created_at < ?"
    order, values = "ORDER BY s.created_at DESC, s.instance_id DESC", [form_id, before]
    source = f"submission s JOIN submission_version v ON v.id = s.version_id WHERE {where}"
    if skip or limit >= 0:
        # The page is chosen first, by an index alone; only its rows are then looked up.
        chosen = f"SELECT id FROM submission s WHERE {where} {order} LIMIT ? OFFSET ?"
        source = (
            f"({chosen}) c JOIN submission s ON s.id = c.id JOIN submission_version v ON v.id = s.version_id"
        )
        values += [limit, skip]
    rows = db.execute(f"SELECT {_SUBMISSION}, {version} FROM {source} {order}", values)
    for row in rows:
        yield Submission(*row[:19]), SubmissionVersion(*row[19:])


def count_submissions(db: sqlite3.Connection, form_id: int) -> tuple[int, str | None]:
    """(how many, moment of the newest), deleted ones left out."""
    row = db.execute(
        "SELECT count(*), max(created_at) FROM submission WHERE form_id = ? AND deleted_at IS NULL",
        (form_id,),
    ).fetchone()
    return int(row[0]), row[1]


def count_everywhere(db: sqlite3.Connection) -> tuple[int, str | None]:
    """(how many submissions the hub holds, moment of the newest), the trash left out."""
    row = db.execute("SELECT count(*), max(created_at) FROM submission WHERE deleted_at IS NULL").fetchone()
    return int(row[0]), row[1]


def newest_moment(db: sqlite3.Connection, form_id: int) -> str | None:
    """When the newest came, deleted ones left out."""
    row = db.execute(
        "SELECT max(created_at) FROM submission WHERE form_id = ? AND deleted_at IS NULL", (form_id,)
    ).fetchone()
    return row[0]  # type: ignore[no-any-return]


def count_by_version(db: sqlite3.Connection, form_id: int) -> dict[str, int]:
    """form version -> how many submissions were first sent with it, deleted ones left out."""
    rows = db.execute(
        "SELECT form_version, count(*) FROM submission WHERE form_id = ? AND deleted_at IS NULL "
        "GROUP BY form_version ORDER BY form_version",
        (form_id,),
    )
    return dict(rows.fetchall())


def count_review_states(db: sqlite3.Connection, form_id: int) -> dict[str, int]:
    """review state ("received" when nobody decided) -> how many."""
    rows = db.execute(
        "SELECT review_state, count(*) FROM submission WHERE form_id = ? AND deleted_at IS NULL "
        "GROUP BY review_state ORDER BY review_state",
        (form_id,),
    )
    return {state or "received": count for state, count in rows}


def count_by_hub(db: sqlite3.Connection, form_id: int) -> dict[str, int]:
    """hub id -> how many submissions it received first."""
    rows = db.execute(
        "SELECT hub, count(*) FROM submission WHERE form_id = ? AND deleted_at IS NULL GROUP BY hub ORDER BY hub",
        (form_id,),
    )
    return dict(rows.fetchall())


def count_rivals(db: sqlite3.Connection, form_id: int) -> int:
    """How many submissions were edited apart and wait for a person."""
    where = "form_id = ? AND deleted_at IS NULL AND rivals > 0"
    few = "submission INDEXED BY submission_apart"  # else all of the form's are looked at
    return int(db.execute(f"SELECT count(*) FROM {few} WHERE {where}", (form_id,)).fetchone()[0])


def list_submitters(db: sqlite3.Connection, form_id: int) -> list[int]:
    """Numbers of the actors that handed in what the form holds, by display name."""
    rows = db.execute(
        "SELECT a.id FROM actor a WHERE a.id IN "
        "(SELECT submitter_id FROM submission WHERE form_id = ? AND deleted_at IS NULL) "
        "ORDER BY a.display_name, a.id",
        (form_id,),
    )
    return [r[0] for r in rows]


def versions_with(db: sqlite3.Connection, form_id: int, instance_id: str) -> list[SubmissionVersion]:
    """The versions of this form with this instanceID: none, one, or rivals with other bytes."""
    rows = db.execute(
        f"SELECT {_VERSION} FROM submission_version WHERE form_id = ? AND instance_id = ? ORDER BY entry",
        (form_id, instance_id),
    )
    return [SubmissionVersion(*r) for r in rows]


def is_known(db: sqlite3.Connection, form_id: int, instance_id: str) -> bool:
    """Whether any version of this form has this instanceID."""
    row = db.execute(
        "SELECT 1 FROM submission_version WHERE form_id = ? AND instance_id = ? LIMIT 1",
        (form_id, instance_id),
    ).fetchone()
    return row is not None


def find_version(db: sqlite3.Connection, version_id: int) -> SubmissionVersion | None:
    row = db.execute(f"SELECT {_VERSION} FROM submission_version WHERE id = ?", (version_id,)).fetchone()
    return SubmissionVersion(*row) if row else None


def list_versions(db: sqlite3.Connection, submission_id: int) -> list[SubmissionVersion]:
    """All versions, newest first."""
    rows = db.execute(
        f"SELECT {_VERSION} FROM submission_version WHERE submission_id = ? ORDER BY depth DESC, entry DESC",
        (submission_id,),
    )
    return [SubmissionVersion(*r) for r in rows]


def write_submission(db: sqlite3.Connection, row: Submission) -> int:
    """Inserts (id 0) or replaces a submission; returns its number."""
    values = (
        row.id or None, row.form_id, row.instance_id, row.version_id, row.created_at, row.updated_at,
        row.deleted_at, row.review_state, row.submitter_id, row.device_id, row.user_agent, row.form_version,
        row.edits, row.rivals, row.hub, row.expected, row.present, row.schema_id, row.stale,
    )  # fmt: skip
    # Only where there is one: ready for a conflict, SQLite takes a third longer for each new row.
    instead = f" ON CONFLICT (id) DO UPDATE SET {_REPLACED}" if row.id else ""
    done = db.execute(
        f"INSERT INTO submission VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?){instead}",
        values,
    )
    return row.id or int(done.lastrowid or 0)


def insert_version(db: sqlite3.Connection, row: SubmissionVersion) -> int:
    values = (
        row.form_id, row.submission_id, row.instance_id, bytes.fromhex(row.xml), bytes.fromhex(row.entry),
        row.form_version, row.deprecated_id, row.instance_name, row.created_at, row.submitter_id, row.device_id,
        row.user_agent, row.depth, row.standing,
    )  # fmt: skip
    done = db.execute(
        "INSERT INTO submission_version (form_id, submission_id, instance_id, xml, entry, form_version, "
        "deprecated_id, instance_name, created_at, submitter_id, device_id, user_agent, depth, standing) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    return int(done.lastrowid or 0)


def point_to_version(db: sqlite3.Connection, submission_id: int, version_id: int) -> None:
    db.execute("UPDATE submission SET version_id = ? WHERE id = ?", (version_id, submission_id))


def clear_submission(db: sqlite3.Connection, submission_id: int) -> None:
    """Forgets everything derived about a submission but its number."""
    db.execute(
        "DELETE FROM attachment WHERE submission_version_id IN "
        "(SELECT id FROM submission_version WHERE submission_id = ?)",
        (submission_id,),
    )
    db.execute("DELETE FROM submission_version WHERE submission_id = ?", (submission_id,))
    db.execute("DELETE FROM comment WHERE submission_id = ?", (submission_id,))
    db.execute("DELETE FROM conflict WHERE submission_id = ?", (submission_id,))


def drop_submission(db: sqlite3.Connection, submission_id: int) -> None:
    db.execute("DELETE FROM submission WHERE id = ?", (submission_id,))


def drop_of_form(db: sqlite3.Connection, form_id: int) -> None:
    """Forgets all submissions below a form's number, with their answers."""
    rows = db.execute("SELECT id FROM submission WHERE form_id = ? ORDER BY id", (form_id,)).fetchall()
    for (number,) in rows:
        clear_submission(db, number)
        clear_answers(db, number)
        drop_submission(db, number)


def write_attachments(db: sqlite3.Connection, version_id: int, files: Sequence[Attachment]) -> None:
    if not files:
        return
    db.executemany(
        "INSERT OR REPLACE INTO attachment (submission_version_id, name, sha256, expected, place, type) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (version_id, f.name, bytes.fromhex(f.sha256) if f.sha256 else None, int(f.expected), n, f.type)
            for n, f in enumerate(files)
        ],
    )


def clear_attachments(db: sqlite3.Connection, version_id: int) -> None:
    db.execute("DELETE FROM attachment WHERE submission_version_id = ?", (version_id,))


def list_attachments(db: sqlite3.Connection, version_id: int) -> list[Attachment]:
    """All of a version, expected and not, by name."""
    rows = db.execute(
        "SELECT name, lower(hex(sha256)), expected, type FROM attachment WHERE submission_version_id = ? "
        "ORDER BY name",
        (version_id,),
    )
    return [Attachment(r[0], r[1] or None, bool(r[2]), r[3]) for r in rows]


def list_unexpected(db: sqlite3.Connection, project_id: int) -> list[tuple[str, str, str, str]]:
    """(xmlFormId, root instanceID, name, sha256) of files received that no instance names."""
    rows = db.execute(
        "SELECT f.xml_form_id, s.instance_id, a.name, lower(hex(a.sha256)) FROM attachment a "
        "JOIN submission_version v ON v.id = a.submission_version_id JOIN submission s ON s.id = v.submission_id "
        "JOIN form f ON f.id = s.form_id "
        "WHERE a.expected = 0 AND f.project_id = ? AND s.stale = 0 ORDER BY 1, 2, 3",
        (project_id,),
    )
    return rows.fetchall()


def write_comment(db: sqlite3.Connection, submission_id: int, entry: str, comment: Comment) -> None:
    db.execute(
        "INSERT OR REPLACE INTO comment (submission_id, entry, body, actor_id, created_at) VALUES (?, ?, ?, ?, ?)",
        (submission_id, bytes.fromhex(entry), comment.body, comment.actor_id, comment.created_at),
    )


def list_comments(db: sqlite3.Connection, submission_id: int) -> list[Comment]:
    """Newest first (Central)."""
    rows = db.execute(
        "SELECT body, actor_id, created_at FROM comment WHERE submission_id = ? ORDER BY created_at DESC, entry",
        (submission_id,),
    )
    return [Comment(*r) for r in rows]


def write_parked(db: sqlite3.Connection, row: ParkedRow) -> None:
    db.execute(
        "INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            bytes.fromhex(row.entry), row.project_id, row.form_key, row.subject, row.instance_id, row.form_version,
            row.reason, bytes.fromhex(row.xml), row.files, row.submitter_id, row.device_id, row.created_at,
        ),
    )  # fmt: skip


def clear_parked(db: sqlite3.Connection, subject: str) -> None:
    db.execute("DELETE FROM parked WHERE subject = ?", (subject,))


def list_parked(db: sqlite3.Connection, project_id: int, form_key: str | None = None) -> list[ParkedRow]:
    """Oldest first; of one form, or of the whole project with forms that are unknown here."""
    rows = db.execute(
        f"SELECT {_PARKED} FROM parked k WHERE k.project_id = ? AND (? IS NULL OR k.form_key = ?) "
        "ORDER BY k.created_at, k.entry",
        (project_id, form_key, form_key),
    )
    return [ParkedRow(*r) for r in rows]


def find_parked(db: sqlite3.Connection, project_id: int, entry: str) -> ParkedRow | None:
    row = db.execute(
        f"SELECT {_PARKED} FROM parked k WHERE k.project_id = ? AND k.entry = ?",
        (project_id, bytes.fromhex(entry)),
    ).fetchone()
    return ParkedRow(*row) if row else None


def parked_with(
    db: sqlite3.Connection, project_id: int, form_key: str, instance_id: str, xml: str
) -> ParkedRow | None:
    """The parked entry with these very bytes, so that the same post again parks nothing more."""
    row = db.execute(
        f"SELECT {_PARKED} FROM parked k WHERE k.project_id = ? AND k.form_key = ? AND k.instance_id = ? AND k.xml = ? "
        "ORDER BY k.entry LIMIT 1",
        (project_id, form_key, instance_id, bytes.fromhex(xml)),
    ).fetchone()
    return ParkedRow(*row) if row else None


def parked_subjects(
    db: sqlite3.Connection, project_id: int, form_key: str, reasons: Iterable[str]
) -> list[str]:
    """Subjects with entries parked for one of these reasons: worth another look when a form arrives."""
    wanted = tuple(reasons)
    slots = ", ".join("?" for _ in wanted)
    rows = db.execute(
        f"SELECT DISTINCT subject FROM parked WHERE project_id = ? AND form_key = ? AND reason IN ({slots}) "
        "ORDER BY subject",
        (project_id, form_key, *wanted),
    )
    return [r[0] for r in rows]


def parked_subjects_of(db: sqlite3.Connection, project_id: int, form_key: str, instance_id: str) -> list[str]:
    """Subjects under which something of this instanceID is parked."""
    rows = db.execute(
        "SELECT DISTINCT subject FROM parked WHERE project_id = ? AND form_key = ? AND instance_id = ? "
        "ORDER BY subject",
        (project_id, form_key, instance_id),
    )
    return [r[0] for r in rows]


def roots_of(db: sqlite3.Connection, form_id: int, instance_id: str) -> list[str]:
    """Root instanceIDs of the submissions that have a version of this instanceID."""
    rows = db.execute(
        "SELECT DISTINCT s.instance_id FROM submission_version v JOIN submission s ON s.id = v.submission_id "
        "WHERE v.form_id = ? AND v.instance_id = ? ORDER BY s.instance_id",
        (form_id, instance_id),
    )
    return [r[0] for r in rows]
