"""What publishing and drafting share: a form as a turn sees it, and writing a version of it down."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from forms.entities import read_entities
from forms.fields import Schema
from server.definition import Definition, check_types, removed_fields
from server.errors import Problem
from server.hub import Turn
from server.projection.forms import PUBLISH, draft_in_force
from server.store import forms
from server.store.actors import Connection
from server.store.blobs import Staged
from server.store.forms import Form, FormVersion
from server.store.ledger_sqlite import entries_of
from server.subjects import form_subject
from sync.ledger import Entry
from sync.merge import in_order

By = Mapping[str, str] | None


def signed(body: dict[str, Any], by: By) -> dict[str, Any]:
    return {**body, "by": dict(by)} if by else body


def make_token() -> str:
    """64 of the characters that Central's tokens are made of."""
    return secrets.token_urlsafe(48).translate(str.maketrans("-_", "!$"))


def subject_of(form: Form) -> str:
    return form_subject(form.project_uid, form.key)


def history(turn: Turn, form: Form) -> list[Entry]:
    return in_order(entries_of(turn.db, subject_of(form)))


def present(turn: Turn, form: Form) -> Form:
    """The form as it stands in this turn: another request may have been quicker. Raises Problem 404.1."""
    now = forms.find_by_number(turn.db, form.id)
    if now is None or now.deleted_at is not None:
        raise Problem("404.1")
    return now


def draft_entry(turn: Turn, form: Form) -> Entry:
    """Raises Problem 404.1 when the form has no draft."""
    draft = draft_in_force(history(turn, form))
    if draft is None:
        raise Problem("404.1")
    return draft


def definition_of(turn: Turn, version_id: int | None) -> Definition:
    """A version held here, to be written down once more. Raises Problem 404.1."""
    version = forms.find_version(turn.db, version_id) if version_id else None
    if version is None:
        raise Problem("404.1")
    xls = held(version.xls) if version.xls else None
    schema = schema_in(turn, version)
    entities = read_entities(turn.hub.blobs.read(version.xform, turn.db), schema)
    return Definition(schema, held(version.xform), xls, version.xls_type, entities=entities)


def schema_in(turn: Turn, version: FormVersion) -> Schema:
    return turn.hub.reader_of(turn.db, version).schema


def held(sha256: str) -> Staged:
    """A blob that the hub holds already, to be named by one more entry: its row is left as it is."""
    return Staged(sha256, 0, None)


def files_of(db: Connection, version_id: int | None) -> dict[str, tuple[str, Staged]]:
    """name -> (type, file) of the slots of a version that are filled."""
    files = forms.list_files(db, version_id) if version_id else []
    return {f.name: (f.type, held(f.sha256)) for f in files if f.sha256}


def carried_files(db: Connection, version_id: int | None, definition: Definition) -> dict[str, Staged]:
    """What fills the definition's slots from the start: files of the version that it follows, where
    name and type are the same."""
    known = files_of(db, version_id)
    slots = {(s.name, s.type) for s in definition.schema.slots}
    carried = {name: file for name, (kind, file) in known.items() if (name, kind) in slots}
    return {**carried, **own_files(definition)}


def said_of(db: Connection, version_id: int | None, files: Mapping[str, Staged]) -> dict[str, Any]:
    """Since when a version that is followed holds those of its files that stay, and their types, or lacks
    them: what stays is no newer for having been published."""
    known = {f.name: f for f in forms.list_files(db, version_id)} if version_id else {}
    said = {}
    for name, earlier in sorted(known.items()):
        if earlier.sha256 == (files[name].sha256 if name in files else None):
            both = {"since": earlier.updated_at, "type": earlier.content_type}
            said[name] = {k: v for k, v in both.items() if v is not None}
    return {name: kept for name, kept in said.items() if kept}


def own_files(definition: Definition) -> dict[str, Staged]:
    """The file that a workbook with external_choices brings along."""
    return {"itemsets.csv": definition.itemsets} if definition.itemsets else {}


def append_version(
    turn: Turn,
    kind: str,
    subject: str,
    definition: Definition,
    files: Mapping[str, Staged],
    *,
    supersedes: Iterable[str] = (),
    by: By = None,
    follows: int | None = None,
    **more: Any,
) -> Entry:
    """Writes a version down as a draft or as published, naming every blob that belongs to it.
    follows: number of the version that its files may come from."""
    schema, xls = definition.schema, definition.xls
    body: dict[str, Any] = {
        "version": schema.version,
        "name": schema.title or None,
        "xform": definition.xform.sha256,
        "media": {name: file.sha256 for name, file in sorted(files.items())},
        **{name: value for name, value in more.items() if value not in (None, {})},
    }
    if said := said_of(turn.db, follows, files):
        body["media_said"] = said
    if xls is not None:
        body |= {"xls": xls.sha256, "xls_type": definition.xls_type}
    blobs = {b.sha256: b for b in (definition.xform, *([xls] if xls else []), *files.values())}
    return turn.append(kind, subject, signed(body, by), supersedes=supersedes, blobs=blobs.values())


def append_published(
    turn: Turn, form: Form, definition: Definition, files: Mapping[str, Staged], by: By, **more: Any
) -> Entry:
    """Publishes a version of a form that is there, in place of the one that is out."""
    check_unpublished(turn, form.project_id, definition)
    earlier = [e.id for e in history(turn, form) if e.kind == PUBLISH]
    follows = form.draft_id if "draft" in more else form.current_id
    return append_version(
        turn, PUBLISH, subject_of(form), definition, files, supersedes=earlier, by=by, follows=follows, **more
    )


def check_unpublished(turn: Turn, project_id: int, definition: Definition) -> None:
    """A version's name, once published for a form id, means those bytes for ever, also when that form
    was deleted. Raises Problem 409.6."""
    schema = definition.schema
    if forms.was_published(turn.db, project_id, schema.form_id, schema.version):
        raise Problem("409.6", xmlFormId=schema.form_id, version=schema.version)


def compare(turn: Turn, form: Form, definition: Definition, *, ignore_warnings: bool) -> None:
    """Against what is published. Raises Problem 400.16 (warnings), 400.17 (a field changes its type)."""
    found: list[dict[str, Any]] = []
    published = forms.list_versions(turn.db, form.id)
    if published:
        earlier = [schema_in(turn, v).fields for v in reversed(published)]
        check_types(definition.schema.fields, earlier)
        out = next((v for v in published if v.id == form.current_id), published[0])
        removed = removed_fields(definition.schema.fields, schema_in(turn, out).fields)
        found = [{"type": "structureChanged", "details": removed}] if removed else []
    if not ignore_warnings:
        warn(definition, found)


def warn(definition: Definition, workflow: list[dict[str, Any]]) -> None:
    """Raises Problem 400.16 when the compiler or the hub found something that a person should see."""
    warnings: dict[str, Any] = {}
    if definition.warnings:
        warnings["xlsFormWarnings"] = list(definition.warnings)
    if workflow:
        warnings["workflowWarnings"] = workflow
    if warnings:
        raise Problem("400.16", warnings=warnings)
