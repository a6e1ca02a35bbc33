"""The state tables as a whole: emptying, comparing, and what would not fold."""

from __future__ import annotations

import hashlib
import sqlite3


def note_unfolded(db: sqlite3.Connection, entry_id: str, reason: str) -> None:
    db.execute(
        "INSERT OR REPLACE INTO unfolded (entry, reason) VALUES (?, ?)", (bytes.fromhex(entry_id), reason)
    )


def list_unfolded(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """(entry id, reason)"""
    return db.execute("SELECT lower(hex(entry)), reason FROM unfolded ORDER BY entry").fetchall()


def list_waiting(db: sqlite3.Connection, reason: str) -> list[str]:
    """Entries noted for this reason, in the order in which they came. CROSS: else the whole ledger is walked
    in its order, with each batch that arrives, to find the few."""
    rows = db.execute(
        "SELECT lower(hex(u.entry)) FROM unfolded u CROSS JOIN entry e ON e.id = u.entry WHERE u.reason = ? "
        "ORDER BY e.seq",
        (reason,),
    )
    return [r[0] for r in rows]


def forget_unfolded(db: sqlite3.Connection, entry_id: str) -> None:
    db.execute("DELETE FROM unfolded WHERE entry = ?", (bytes.fromhex(entry_id),))


def empty(db: sqlite3.Connection) -> None:
    for table in STATE_TABLES:
        db.execute(f"DELETE FROM {table}")
    db.execute(  # rows get other numbers from here on
        "INSERT INTO submission_change SELECT 0, coalesce(max(n), 0) + 1 FROM submission_change WHERE true "
        "ON CONFLICT (submission_id) DO UPDATE SET n = excluded.n"
    )


# Test submissions to a draft go by the negative number of its form.
_FORM = (
    "JOIN (SELECT id, project_id, key FROM form UNION ALL SELECT -id, project_id, trial FROM form) f "
    "ON f.id = {0}.form_id JOIN project p ON p.id = f.project_id"
)
_OWNER = f"JOIN submission s ON s.id = {{0}}.submission_id {_FORM.format('s')}"
# What each table says, without the row numbers that every fold gives anew: a submission is named by
# its form and instanceID, a version by its entry.
_CONTENTS = {
    "project": """SELECT r.uid, r.name, r.description, r.archived, r.hub, r.created_at, r.updated_at, r.deleted_at,
        k.public FROM project r LEFT JOIN encryption_key k ON k.id = r.key_id""",
    "actor": "SELECT * FROM actor",
    "assignment": "SELECT * FROM assignment",
    "session": "SELECT * FROM session",
    "preference": "SELECT * FROM preference",
    "reset_request": "SELECT * FROM reset_request",
    "reset_token": "SELECT * FROM reset_token",
    "form": """SELECT p.uid, f.key, f.xml_form_id, f.state, c.version, c.xform, d.version, d.xform,
        f.draft_token, f.created_by, f.created_at, f.updated_at, f.deleted_at, f.trial, f.webforms,
        f.purged_at
        FROM form f JOIN project p ON p.id = f.project_id
        LEFT JOIN form_version c ON c.id = f.current_id LEFT JOIN form_version d ON d.id = f.draft_id""",
    "form_version": f"""SELECT p.uid, f.key, v.version, v.name, v.xform, v.md5, v.sha1, v.xls,
        v.xls_type, v.created_by, v.created_at, v.published_at, v.notes
        FROM form_version v {_FORM.format("v")}""",
    "form_file": f"""SELECT p.uid, f.key, v.version, v.xform, v.published_at, i.name, i.type,
        i.sha256, i.md5, i.size, i.updated_at, i.content_type
        FROM form_file i JOIN form_version v ON v.id = i.form_version_id {_FORM.format("v")}""",
    "dataset": """SELECT project, key, name, approval, owner_only, rules, created_at, changed_at, deleted_at
        FROM dataset""",
    "dataset_property": """SELECT d.project, d.key, y.name, y.place, y.published_at
        FROM dataset_property y JOIN dataset d ON d.id = y.dataset_id""",
    "form_dataset": f"""SELECT p.uid, f.key, v.version, v.xform, v.published_at, s.place, s.dataset, s.path,
        s.is_repeat, s.actions
        FROM form_dataset s JOIN form_version v ON v.id = s.form_version_id {_FORM.format("v")}""",
    "form_property": f"""SELECT p.uid, f.key, v.version, v.xform, v.published_at, w.place, w.path, w.nth,
        w.property
        FROM form_property w JOIN form_version v ON v.id = w.form_version_id {_FORM.format("v")}""",
    "form_link": f"""SELECT p.uid, f.key, v.version, v.xform, v.published_at, l.name, l.dataset, l.updated_at
        FROM form_link l JOIN form_version v ON v.id = l.form_version_id {_FORM.format("v")}""",
    "actor_property": "SELECT * FROM actor_property",
    "actor_property_value": "SELECT * FROM actor_property_value",
    "submission": f"""SELECT p.uid, f.key, s.instance_id, v.entry, s.created_at, s.updated_at,
        s.deleted_at, s.review_state, s.submitter_id, s.device_id, s.user_agent, s.form_version, s.edits,
        s.rivals, s.hub, s.expected, s.present, a.version, a.xform
        FROM submission s LEFT JOIN submission_version v ON v.id = s.version_id
        LEFT JOIN form_version a ON a.id = s.schema_id {_FORM.format("s")}""",
    "submission_hour": f"""SELECT p.uid, f.key, h.hour, h.live FROM submission_hour h {_FORM.format("h")}
        WHERE h.live > 0""",
    "submission_version": f"""SELECT p.uid, f.key, s.instance_id, v.instance_id, v.xml, v.entry,
        v.form_version, v.deprecated_id, v.instance_name, v.created_at, v.submitter_id, v.device_id,
        v.user_agent, v.depth, v.standing FROM submission_version v {_OWNER.format("v")}""",
    "attachment": f"""SELECT p.uid, f.key, s.instance_id, v.entry, a.name, a.sha256, a.expected, a.place, a.type
        FROM attachment a JOIN submission_version v ON v.id = a.submission_version_id
        {_OWNER.format("v")}""",
    "comment": f"""SELECT p.uid, f.key, s.instance_id, c.entry, c.body, c.actor_id, c.created_at
        FROM comment c {_OWNER.format("c")}""",
    "conflict": f"""SELECT p.uid, f.key, s.instance_id, c.kind, c.sides
        FROM conflict c {_OWNER.format("c")}""",
    "parked": """SELECT p.uid, k.form_key, k.entry, k.subject, k.instance_id, k.form_version, k.reason,
        k.xml, k.files, k.submitter_id, k.device_id, k.created_at
        FROM parked k JOIN project p ON p.id = k.project_id""",
    "answers": f"""SELECT p.uid, f.key, s.instance_id, a.id % 1024, a.record
        FROM answers a JOIN submission s ON s.id = a.id / 1024 {_FORM.format("s")}""",
    "encrypted": f"""SELECT p.uid, f.key, s.instance_id, e.answers_file
        FROM encrypted e {_OWNER.format("e")}""",
    # A public key that a form brings along is found in the form again; it counts once it is published.
    "encryption_key": """SELECT k.project, k.public, k.managed, k.hint, k.locked,
        CASE WHEN k.managed = 1 THEN k.created_at END FROM encryption_key k WHERE k.managed = 1
        OR k.id IN (SELECT key_id FROM form_version WHERE published_at IS NOT NULL)""",
    "entity": """SELECT uuid, project, dataset, creator_id, created_at, updated_at, deleted_at, conflict,
        version FROM entity""",
    "entity_version": """SELECT e.uuid, v.version, v.entry, v.label, v.data, v.received, v.creator_id,
        v.user_agent, v.created_at, v.base, v.trunk, v.branch, v.branch_base, v.conflict, v.conflicting,
        v.resolved, v.submission, v.forced FROM entity_version v JOIN entity e ON e.id = v.entity_id""",
    "entity_held": "SELECT * FROM entity_held",
    "entity_purged": "SELECT * FROM entity_purged",
    "husk": "SELECT entry, subject, said FROM husk",
    "withdrawn": "SELECT DISTINCT project, form_key, instance_id FROM withdrawn",
    "peer": "SELECT * FROM peer",
    "peer_ledger": "SELECT * FROM peer_ledger",
    "peer_receipt": "SELECT * FROM peer_receipt",
    "blob_wanted": "SELECT sha256 FROM blob_wanted",
    "offer": """SELECT id, key, salt, relation, projects, addresses, expires_at, tries, ended, taken_by
        FROM offer""",
    "audit_action": """SELECT DISTINCT n.name FROM audit a
        JOIN audit_action n ON n.id = a.action""",
    "audit": """SELECT e.id, a.at, a.part, n.name FROM audit a JOIN entry e ON e.seq = a.seq
        JOIN audit_action n ON n.id = a.action""",
    "audit_place": "SELECT seq FROM audit_place",
    "config": "SELECT * FROM config",
    "hub_name": "SELECT * FROM hub_name",
    "unfolded": "SELECT * FROM unfolded",
}
STATE_TABLES = tuple(_CONTENTS)


def digests(db: sqlite3.Connection) -> dict[str, str]:
    """table -> hash of what it says, for comparing two folds. Equal also on two hubs that hold the same
    entries, but for the tables of what is local: actor, assignment, session, preference, reset_*, offer, and those
    of peers."""
    return {table: _digest(db, contents) for table, contents in _CONTENTS.items()}


def _digest(db: sqlite3.Connection, contents: str) -> str:
    digest = hashlib.sha256()
    width = len(db.execute(f"{contents} LIMIT 0").description)
    order = ", ".join(str(n + 1) for n in range(width))
    for row in db.execute(f"{contents} ORDER BY {order}"):
        digest.update(repr(row).encode())
    return digest.hexdigest()


def generation(db: sqlite3.Connection) -> int:
    """Changes with every change of a project, form or actor."""
    return int(db.execute("SELECT number FROM generation").fetchone()[0])


def next_generation(db: sqlite3.Connection) -> None:
    db.execute("UPDATE generation SET number = number + 1")
