"""Switching on a project's encryption, and giving its forms the key. No Flask, no SQL.

From then on devices encrypt what they send, and the hub can read it only with the passphrase, while it exports.
Rules: ODK Central's API, "Enabling Project Managed Encryption".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from forms.versioning import with_public_key
from server.definition import Definition, reversioned
from server.errors import Problem
from server.form_entries import (
    By,
    append_published,
    append_version,
    definition_of,
    files_of,
    history,
    signed,
    subject_of,
)
from server.hub import Hub, Turn
from server.managed_keys import make_key, version_suffix
from server.passwords import MINIMUM_LENGTH
from server.projection.forms import DRAFT, draft_in_force
from server.store import forms, keys, projects
from server.store.blobs import Staged
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from server.store.projects import Project
from server.subjects import project_subject

FEATURE = "managed encryption"


def encrypt_project(
    hub: Hub, project: Project, passphrase: str | None, hint: str | None = None, by: By = None
) -> None:
    """Makes the project's key, and publishes every form anew with it; drafts get it too.

    Raises Problem 400.2 (no passphrase), 400.21 (shorter than a password), 409.4 (switched on already).
    """
    if project.key_id is not None:
        raise Problem("409.4", feature=FEATURE)
    if not passphrase:
        raise Problem("400.2", field="passphrase")
    if len(passphrase) < MINIMUM_LENGTH:
        raise Problem("400.21")
    public, locked = make_key(passphrase)  # slow: not while everybody waits for the lock
    said = {"public": public, "hint": hint, **locked}

    def work(turn: Turn) -> None:
        subject = project_subject(project.uid)
        now = projects.find_by_uid(turn.db, project.uid)
        if now is None or now.key_id is not None:
            raise Problem("409.4", feature=FEATURE)
        before = [
            e.id for e in entries_of(turn.db, subject) if e.kind in ("project.create", "project.update")
        ]
        turn.append(
            "project.update", subject, signed({"encrypted": True, "key": said}, by), supersedes=before
        )
        _encrypt_forms(turn, project, by)

    hub.write(work)


def encrypt_forms(hub: Hub, project: Project, by: By = None) -> list[str]:
    """Publishes anew what has no key yet, such as forms that another hub published before it knew of the key.
    Returns their ids."""
    return hub.write(lambda turn: _encrypt_forms(turn, project, by))


def _encrypt_forms(turn: Turn, project: Project, by: By) -> list[str]:
    changed = []
    for form in forms.list_forms(turn.db, project.id):
        if _encrypt_published(turn, project, form, by) | _encrypt_draft(turn, project, form, by):
            changed.append(form.xml_form_id)
    return changed


def _encrypt_published(turn: Turn, project: Project, form: Form, by: By) -> bool:
    if form.current_id is None:
        return False
    open_one = definition_of(turn, form.current_id)
    made = keyed(turn, project, open_one)
    if made is not open_one:
        append_published(turn, form, made, _files(turn, form.current_id), by)
    return made is not open_one


def _encrypt_draft(turn: Turn, project: Project, form: Form, by: By) -> bool:
    if form.draft_id is None:
        return False
    open_one = definition_of(turn, form.draft_id)
    made = keyed(turn, project, open_one)
    replaced = draft_in_force(history(turn, form))
    if made is open_one or replaced is None:
        return False
    append_version(
        turn,
        DRAFT,
        subject_of(form),
        made,
        _files(turn, form.draft_id),
        supersedes=[replaced.id],
        by=by,
        follows=form.draft_id,
        token=form.draft_token,
        first=replaced.body.get("first"),
    )
    return True


def _files(turn: Turn, version_id: int) -> Mapping[str, Staged]:
    return {name: file for name, (_, file) in files_of(turn.db, version_id).items()}


def keyed(turn: Turn, project: Project, definition: Definition) -> Definition:
    """The definition with the project's key, and a version of its own; unchanged when the project has none or the
    form brings one along.

    Asked within the turn that writes the form down: no form can slip in while encryption is switched on.
    """
    now = projects.find_by_uid(turn.db, project.uid)
    key = keys.find_key(turn.db, now.key_id) if now is not None and now.key_id else None
    if key is None or definition.schema.public_key is not None:
        return definition
    version = definition.schema.version + version_suffix(key.public)
    schema, xform = reversioned(turn.hub, with_public_key(_xform(turn, definition), key.public), version)
    return replace(definition, schema=schema, xform=xform)


def _xform(turn: Turn, definition: Definition) -> bytes:
    """Its bytes, also when they were only just staged."""
    staged = definition.xform
    if staged.data is not None:
        return staged.data
    return staged.place.read_bytes() if staged.place else turn.hub.blobs.read(staged.sha256, turn.db)
