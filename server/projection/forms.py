"""form.* entries of one form -> its row, versions and files."""

from __future__ import annotations

import hashlib
from typing import Any

from server.projection.context import Context
from server.store import actors, forms, keys, projects
from server.store.actors import Connection
from server.store.ledger_sqlite import entries_of
from server.subjects import split_form
from sync.ledger import Entry
from sync.merge import in_order, latest

PUBLISH = "form.update.publish"
DRAFT = "form.update.draft.set"
DROP_DRAFT = "form.update.draft.delete"
DRAFT_FILE = "form.attachment.update"
CHUNK = 256 * 1024
UPDATES = (PUBLISH, DRAFT, DROP_DRAFT, "form.update")


def fold(context: Context, db: Connection, subject: str) -> bool:
    """Folds the form anew; True when a form or version is new, so that what waited can follow."""
    project_uid, key = split_form(subject)
    project = projects.find_by_uid(db, project_uid)
    entries = in_order(entries_of(db, subject))
    made = min((e for e in entries if e.kind == "form.create"), key=lambda e: e.id, default=None)
    if project is None or made is None:
        return False
    form_id = forms.write_form(db, project.id, key, _row(db, entries, made))
    published = [e for e in entries if e.kind == PUBLISH]
    known = len(forms.list_versions(db, form_id))
    numbers = {e.id: _write_version(context, db, form_id, e) for e in published}
    draft = draft_in_force(entries)
    draft_id = _write_version(context, db, form_id, draft, entries) if draft else None
    forms.drop_drafts(db, form_id, draft_id)
    stands = latest(published)
    current = numbers[stands.id] if stands else None
    forms.point_form(db, form_id, current, draft_id, draft.body.get("token") if draft else None)
    return known == 0 or len(forms.list_versions(db, form_id)) > known


def draft_in_force(entries: list[Entry]) -> Entry | None:
    """The draft that is neither published, replaced nor dropped. Drafts are local, and shared entries
    never supersede them: depths must be the same on hubs that do not hold the drafts."""
    drafts = [e for e in entries if e.kind == DRAFT]
    ended = {e.body.get("draft") for e in entries if e.kind in (PUBLISH, DROP_DRAFT)}
    return latest(e for e in drafts if e.id not in ended and not any(e.id in d.supersedes for d in drafts))


def _row(db: Connection, entries: list[Entry], made: Entry) -> dict[str, Any]:
    gone = latest(e for e in entries if e.kind in ("form.delete", "form.restore"))
    # Central's updatedAt: set by a new draft or version and by a state, not by files nor by the trash;
    # the version that a form is made with ("first") is part of its making.
    later = [e.made_at for e in entries if e.kind in UPDATES and not e.body.get("first")]
    return {
        "xml_form_id": made.body["xml_form_id"],
        "state": _state(entries),
        "created_by": actors.number_of(made.body.get("by")),
        "created_at": made.made_at,
        "updated_at": max(later, default=None),
        "deleted_at": gone.made_at if gone and gone.kind == "form.delete" else None,
    }


def _state(entries: list[Entry]) -> str:
    said = [e.body["state"] for e in entries if e.kind == "form.update" and "state" in e.body]
    return said[-1] if said else "open"


def _write_version(
    context: Context, db: Connection, form_id: int, entry: Entry, entries: list[Entry] | None = None
) -> int:
    said = entry.body
    xform = context.blobs.read(said["xform"], db)
    number = forms.write_version(
        db,
        form_id,
        said["xform"],
        entry.kind == DRAFT,
        {
            "version": said["version"],
            "name": said.get("name"),
            "md5": hashlib.md5(xform, usedforsecurity=False).hexdigest(),
            "sha1": hashlib.sha1(xform, usedforsecurity=False).hexdigest(),
            "xls": bytes.fromhex(said["xls"]) if said.get("xls") else None,
            "xls_type": said.get("xls_type"),
            "created_by": actors.number_of(said.get("by")),
            "created_at": entry.made_at,
            "published_at": None if entry.kind == DRAFT else entry.made_at,
        },
    )
    held = forms.find_version(db, number)
    assert held is not None
    schema = context.reader_of(db, held).schema
    if schema.public_key is not None:
        project = split_form(entry.subject)[0]
        forms.set_key(db, number, keys.note_key(db, project, schema.public_key, entry.made_at))
    media = _media(entry, entries or [])
    forms.write_files(
        db, number, [_file(context, db, s.name, s.type, media.get(s.name)) for s in schema.slots]
    )
    return number


def _media(entry: Entry, entries: list[Entry]) -> dict[str, tuple[str, str]]:
    """name -> (sha256, since when): what the entry brought, and for a draft what came or went later."""
    media = {n: (sha, entry.made_at) for n, sha in entry.body.get("media", {}).items() if sha}
    for later in entries:
        if later.kind == DRAFT_FILE and later.body["draft"] == entry.id:
            media.pop(later.body["name"], None)
            if later.body["sha256"]:
                media[later.body["name"]] = (later.body["sha256"], later.made_at)
    return media


def _file(
    context: Context, db: Connection, name: str, kind: str, held: tuple[str, str] | None
) -> forms.FormFile:
    if held is None:
        return forms.FormFile(name, kind, None, None, None, None)
    sha256, since = held
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with context.blobs.open(sha256, db) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return forms.FormFile(name, kind, sha256, digest.hexdigest(), size, since)
