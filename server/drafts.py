"""Drafts of forms: what is tried out before it is published. No Flask, no SQL.

A draft stays on the hub where it is made. Rules: ODK Central's API, "Draft Forms".
"""

from __future__ import annotations

from typing import Any

from i18n import mark
from server.declaring import carried_links, check_lists
from server.definition import Definition
from server.encrypting import keyed
from server.errors import Problem
from server.form_entries import (
    By,
    append_version,
    carried_files,
    compare,
    definition_of,
    draft_entry,
    history,
    make_token,
    present,
    signed,
    subject_of,
)
from server.hub import Hub, Turn
from server.projection.forms import DRAFT, DRAFT_FILE, DROP_DRAFT, draft_in_force
from server.store import datasets, forms, projects
from server.store.blobs import Staged
from server.store.datasets import Dataset
from server.store.forms import Form, FormFile

OTHER_FORM = mark("does not match the form you are updating")


def set_draft(
    hub: Hub, form: Form, definition: Definition | None, *, ignore_warnings: bool = False, by: By = None
) -> None:
    """Gives the form a draft, in place of one it has: `definition`, or when None a copy of what is
    published. Files that stay needed are carried over.

    Raises Problem 400.8 (the definition is another form's), 400.16 (warnings), 400.17 (a field
    changes its type), 400.2 (nothing published to copy).
    """
    if definition is not None and definition.schema.form_id != form.xml_form_id:
        raise Problem("400.8", field="xmlFormId", value=definition.schema.form_id, reason=OTHER_FORM)

    def work(turn: Turn) -> None:
        now = present(turn, form)
        if definition is None and now.current_id is None:
            raise Problem("400.2", field="xml")
        made = definition or definition_of(turn, now.current_id)
        compare(turn, now, made, ignore_warnings=ignore_warnings)
        project = projects.find_by_uid(turn.db, now.project_uid)
        made = keyed(turn, project, made) if project is not None else made
        check_lists(turn, now.project_uid, made.entities)
        _append_draft(turn, now, made, by)

    hub.write(work)


def set_draft_again(hub: Hub, form: Form, *, by: By = None) -> None:
    """The same draft once more: the test submissions, which belong to one draft, go. Raises Problem 404.1."""

    def work(turn: Turn) -> None:
        now = present(turn, form)
        draft_entry(turn, now)
        _append_draft(turn, now, definition_of(turn, now.draft_id), by)

    hub.write(work)


def _append_draft(turn: Turn, now: Form, made: Definition, by: By) -> None:
    replaced = draft_in_force(history(turn, now))
    follows = now.draft_id or now.current_id
    files = carried_files(turn.db, follows, made)
    links = carried_links(turn.db, follows, made)
    append_version(
        turn,
        DRAFT,
        subject_of(now),
        made,
        files,
        supersedes=[replaced.id] if replaced else [],
        by=by,
        follows=follows,
        links={name: link for name, link in links.items() if name not in files},
        token=now.draft_token or make_token(),
    )


def drop_draft(hub: Hub, form: Form, *, by: By = None) -> None:
    """Raises Problem 409.7 (never published: there would be nothing left), 404.1 (no draft)."""

    def work(turn: Turn) -> None:
        now = present(turn, form)
        if now.current_id is None:
            raise Problem("409.7")
        draft = draft_entry(turn, now)
        turn.append(DROP_DRAFT, subject_of(now), signed({"draft": draft.id}, by))

    hub.write(work)


def attach_to_draft(
    hub: Hub, form: Form, name: str, file: Staged | None, content_type: str | None = None, *, by: By = None
) -> FormFile:
    """Fills a slot of the draft, or empties it (None).

    Raises Problem 404.1: no draft, no such slot, or nothing in it to take away.
    """

    def work(turn: Turn) -> FormFile:
        now = present(turn, form)
        draft = draft_entry(turn, now)
        linked = name in datasets.list_links(turn.db, now.draft_id or 0)
        if _slot(turn, now, name).sha256 is None and file is None and not linked:
            raise Problem("404.1")
        body: dict[str, Any] = {"draft": draft.id, "name": name, "sha256": file.sha256 if file else None}
        if content_type:
            body["type"] = content_type
        _append_file(turn, now, body, [file] if file else [], by)
        return _slot(turn, present(turn, form), name)

    return hub.write(work)


def link_draft(hub: Hub, form: Form, name: str, dataset: Dataset | None, *, by: By = None) -> FormFile:
    """Fills a slot of the draft with an entity list, or takes it out (None).

    Raises Problem 400.26 (the slot is for pictures or sounds), 404.1 (no draft, no such slot).
    """

    def work(turn: Turn) -> FormFile:
        now = present(turn, form)
        draft = draft_entry(turn, now)
        if _slot(turn, now, name).type != "file" and dataset is not None:
            raise Problem("400.26")
        body: dict[str, Any] = {"draft": draft.id, "name": name, "sha256": None}
        if dataset is not None:
            body["dataset"] = dataset.key
        _append_file(turn, now, body, [], by)
        return _slot(turn, present(turn, form), name)

    return hub.write(work)


def _append_file(turn: Turn, form: Form, body: dict[str, Any], blobs: list[Staged], by: By) -> None:
    about = (body["draft"], body["name"])
    said = [e for e in history(turn, form) if e.kind == DRAFT_FILE]
    earlier = [e.id for e in said if (e.body["draft"], e.body["name"]) == about]
    turn.append(DRAFT_FILE, subject_of(form), signed(body, by), supersedes=earlier, blobs=blobs)


def _slot(turn: Turn, form: Form, name: str) -> FormFile:
    """Raises Problem 404.1."""
    for file in forms.list_files(turn.db, form.draft_id or 0):
        if file.name == name:
            return file
    raise Problem("404.1")
