"""form.* entries of one form -> its row, versions and files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from forms.entities import Declaration, read_entities
from forms.errors import FormFault
from forms.fields import Schema
from server.projection.context import Context
from server.store import actors, datasets, forms, projects, submissions
from server.store.actors import Connection
from server.store.datasets import Link
from server.store.ledger_sqlite import entries_of
from server.subjects import split_form, trial_key
from sync.ledger import Entry
from sync.merge import in_order, latest

PUBLISH = "form.update.publish"
DRAFT = "form.update.draft.set"
DROP_DRAFT = "form.update.draft.delete"
DRAFT_FILE = "form.attachment.update"
DELETE, RESTORE, PURGE = "form.delete", "form.restore", "form.purge"
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
    before = forms.find_by_number(db, form_id)
    published = [e for e in entries if e.kind == PUBLISH]
    known = len(forms.list_versions(db, form_id))
    numbers = {e.id: _write_version(context, db, form_id, e, made) for e in published}
    draft = draft_in_force(entries)
    draft_id = _write_version(context, db, form_id, draft, made, entries) if draft else None
    datasets.forget_versions(db, form_id, draft_id)
    forms.drop_drafts(db, form_id, draft_id)
    stands = latest(published)
    current = numbers[stands.id] if stands else None
    trial = trial_key(key, draft.id) if draft else None
    if before is not None and before.trial not in (None, trial):
        # What was tried out belongs to that draft alone, and goes with it (Central).
        submissions.drop_of_form(db, -form_id)
    token = draft.body.get("token") if draft else None
    forms.point_form(db, form_id, current, draft_id, token, trial)
    return known == 0 or len(forms.list_versions(db, form_id)) > known


def draft_in_force(entries: list[Entry]) -> Entry | None:
    """The draft that is neither published, replaced nor dropped. Drafts are local, and shared entries
    never supersede them: depths must be the same on hubs that do not hold the drafts."""
    drafts = [e for e in entries if e.kind == DRAFT]
    ended = {e.body.get("draft") for e in entries if e.kind in (PUBLISH, DROP_DRAFT)}
    return latest(e for e in drafts if e.id not in ended and not any(e.id in d.supersedes for d in drafts))


def _row(db: Connection, entries: list[Entry], made: Entry) -> dict[str, Any]:
    gone = deletion_in_force(entries)
    purges = [e.made_at for e in entries if e.kind == PURGE and gone is not None and gone.id in e.supersedes]
    # Central's updatedAt: set by a new draft or version and by a state, not by files nor by the trash;
    # the version that a form is made with ("first") is part of its making.
    later = [e.made_at for e in entries if e.kind in UPDATES and not e.body.get("first")]
    return {
        "xml_form_id": made.body["xml_form_id"],
        "state": _last_said(entries, "state", "open"),
        "webforms": int(_last_said(entries, "webforms_enabled", False)),
        "created_by": actors.number_of(made.body.get("by")),
        "created_at": made.made_at,
        "updated_at": max(later, default=None),
        "deleted_at": gone.made_at if gone else None,
        "purged_at": min(purges, default=None),
    }


def deletion_in_force(entries: list[Entry]) -> Entry | None:
    """The deletion that nothing restored. A purge is about one deletion: whoever restored the form without
    knowing of it has it back."""
    last = latest(e for e in entries if e.kind in (DELETE, RESTORE))
    return last if last is not None and last.kind == DELETE else None


def _last_said(entries: list[Entry], field: str, default: Any) -> Any:
    said = [e.body[field] for e in entries if e.kind == "form.update" and field in e.body]
    return said[-1] if said else default


def _write_version(
    context: Context,
    db: Connection,
    form_id: int,
    entry: Entry,
    made: Entry,
    entries: list[Entry] | None = None,
) -> int:
    said = entry.body
    # The version that a form is made with is published at the moment at which the form is made (Central).
    published_at = made.made_at if said.get("first") else entry.made_at
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
            "published_at": None if entry.kind == DRAFT else published_at,
            "notes": said.get("notes"),
        },
    )
    held = forms.find_version(db, number)
    assert held is not None
    schema = context.reader_of(db, held).schema
    slots = schema.slots
    datasets.write_declarations(db, number, _declared(xform, schema))
    datasets.write_links(db, number, _links(entry, entries or []))
    media = _media(entry, entries or [])
    forms.write_files(db, number, [_file(context, db, s.name, s.type, media.get(s.name)) for s in slots])
    return number


def _declared(xform: bytes, schema: Schema) -> tuple[Declaration, ...]:
    """What the form says of entities. One whose say is no good, from a hub that did not look, makes none."""
    try:
        said = read_entities(xform, schema)
    except FormFault:
        return ()
    return said.declarations if said else ()


def read_unread(context: Context, db: Connection) -> None:
    """What versions say of entities that an older program folded."""
    for number in datasets.list_unread(db):
        version = forms.find_version(db, number)
        if version is not None:
            xform = context.blobs.read(version.xform, db)
            schema = context.reader_of(db, version).schema
            datasets.write_declarations(db, number, _declared(xform, schema))
    datasets.forget_unread(db)


def _links(entry: Entry, entries: list[Entry]) -> list[Link]:
    """The slots that entity lists fill: what the entry brought, and for a draft what came or went later.
    An entry says of each since when somebody chose so; None when it came about by itself."""
    links = {n: Link(n, said["dataset"], said["since"]) for n, said in entry.body.get("links", {}).items()}
    for later in entries:
        if later.kind == DRAFT_FILE and later.body["draft"] == entry.id:
            name, dataset = later.body["name"], later.body.get("dataset")
            links.pop(name, None)
            if dataset:
                links[name] = Link(name, dataset, later.made_at)
    return list(links.values())


@dataclass(frozen=True, slots=True)
class _Held:
    """What is said of a slot: its file, if any, since when, and the type that it was uploaded with."""

    sha256: str | None
    since: str
    content_type: str | None


def _media(entry: Entry, entries: list[Entry]) -> dict[str, _Held]:
    """name -> what the entry brought, and for a draft what came or went later."""
    said = entry.body.get("media_said", {})
    media = {
        name: _Held(sha, said.get(name, {}).get("since", entry.made_at), said.get(name, {}).get("type"))
        for name, sha in entry.body.get("media", {}).items()
        if sha
    }
    media |= {n: _Held(None, said[n]["since"], None) for n in said if n not in media and "since" in said[n]}
    for later in entries:
        if later.kind == DRAFT_FILE and later.body["draft"] == entry.id:
            name, sha256 = later.body["name"], later.body["sha256"]
            media[name] = _Held(sha256, later.made_at, later.body.get("type"))
    return media


def _file(context: Context, db: Connection, name: str, kind: str, held: _Held | None) -> forms.FormFile:
    if held is None:
        return forms.FormFile(name, kind, None, None, None, None)
    if held.sha256 is None:
        return forms.FormFile(name, kind, None, None, None, held.since)
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with context.blobs.open(held.sha256, db) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return forms.FormFile(name, kind, held.sha256, digest.hexdigest(), size, held.since, held.content_type)
