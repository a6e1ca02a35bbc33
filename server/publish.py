"""Making, publishing and retiring forms. No Flask, no SQL.

A published version travels to other hubs with the bytes of everything that belongs to it, and is
served as it is for ever. Rules: ODK Central's API, "Forms".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i18n import mark
from server.declaring import (
    Links,
    carried_links,
    check_lists,
    check_related,
    first_links,
    old_version,
    publish_lists,
    related_lists,
    with_new_lists,
)
from server.definition import Definition, read_definition, reversioned
from server.encrypting import keyed
from server.errors import Problem
from server.form_entries import (
    By,
    append_published,
    append_version,
    carried_files,
    check_unpublished,
    compare,
    definition_of,
    draft_entry,
    files_of,
    history,
    make_token,
    own_files,
    present,
    signed,
    subject_of,
    warn,
)
from server.hub import Hub, Turn
from server.projection.forms import DRAFT, PUBLISH, deletion_in_force
from server.store import forms
from server.store.blobs import Staged
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from server.store.projects import Project
from server.subjects import form_key, form_subject

STATES = ("open", "closing", "closed")
UNKNOWN_STATE = mark("not a recognized state name")


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing a file came to. `changed` is False when just this was out already; `missing`
    names the files that the form needs and nobody gave; `warnings` are the compiler's, in English."""

    form: Form
    version: str
    changed: bool
    missing: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def xml_form_id(self) -> str:
        return self.form.xml_form_id


def create_form(
    hub: Hub,
    project: Project,
    definition: Definition,
    *,
    publish: bool = False,
    ignore_warnings: bool = False,
    by: By = None,
) -> Form:
    """A new form of the project, as a draft or published at once.

    Raises Problem 400.16 (warnings), 409.3 (the id is taken), 409.6 (this version of the id was
    published before, perhaps by a form deleted since), 409.16, 409.17 (an entity list or a property is
    there in other letter case).
    """

    def work(turn: Turn) -> str:
        if not ignore_warnings:
            found = _deleted_forms(turn, project, definition.schema.form_id)
            warn(definition, found + old_version(definition.entities))
        check_lists(turn, project.uid, definition.entities)
        key = _new_form(turn, project, definition.schema.form_id, by)
        made = keyed(turn, project, definition)
        subject, files = form_subject(project.uid, key), own_files(made)
        links = first_links(turn.db, project.uid, made)
        if publish:
            check_unpublished(turn, project.id, made)
            lists = publish_lists(turn, project.uid, made.entities, by)
            links = with_new_lists(turn, links, lists, made, files)
            append_version(turn, PUBLISH, subject, made, files, by=by, first=True, links=links)
        else:
            token = make_token()
            append_version(turn, DRAFT, subject, made, files, by=by, first=True, token=token, links=links)
        return key

    return _written(hub, project.uid, hub.write(work))


def publish_draft(hub: Hub, form: Form, *, version: str | None = None, by: By = None) -> None:
    """Publishes the draft, under another version if one is given: only that is changed in its XML.

    Raises Problem 404.1 (no draft), 409.6 (this version was published before).
    """

    def work(turn: Turn) -> None:
        now = present(turn, form)
        draft = draft_entry(turn, now)
        made = definition_of(turn, now.draft_id)
        if version:
            schema, xform = reversioned(hub, hub.blobs.read(made.xform.sha256, turn.db), version)
            made = Definition(schema, xform, made.xls, made.xls_type, entities=made.entities)
        files = {name: file for name, (_, file) in files_of(turn.db, now.draft_id).items()}
        links = _published_links(turn, now, now.draft_id, made, files, by)
        append_published(turn, now, made, files, by, draft=draft.id, links=links)

    hub.write(work)


def publish_definition(
    hub: Hub, project: Project, definition: Definition, files: Mapping[str, Staged], *, by: By = None
) -> Form:
    """Publishes a definition with its files at once, making the form when it is new; a draft that
    somebody works on is left alone.

    Raises Problem 400.17 (a field changes its type), 409.6 (this version was published before).
    """

    def work(turn: Turn) -> str:
        form = forms.find_form(turn.db, project.id, definition.schema.form_id)
        made = keyed(turn, project, definition)
        if form is None:
            check_unpublished(turn, project.id, made)
            key = _new_form(turn, project, made.schema.form_id, by)
            subject = form_subject(project.uid, key)
            links = first_links(turn.db, project.uid, made)
            links = {name: link for name, link in links.items() if name not in files}
            lists = publish_lists(turn, project.uid, made.entities, by)
            links = with_new_lists(turn, links, lists, made, files)
            append_version(turn, PUBLISH, subject, made, files, by=by, first=True, links=links)
            return key
        compare(turn, form, made, ignore_warnings=True)
        links = _published_links(turn, form, form.current_id, made, files, by)
        append_published(turn, form, made, files, by, links=links)
        return form.key

    return _written(hub, project.uid, hub.write(work))


def _published_links(
    turn: Turn,
    form: Form,
    follows: int | None,
    definition: Definition,
    files: Mapping[str, Staged],
    by: By,
) -> Links:
    """Publishes the entity lists of a version; what its slots are filled with by lists."""
    check_unpublished(turn, form.project_id, definition)
    carried = carried_links(turn.db, follows, definition)
    links = {name: link for name, link in carried.items() if name not in files}
    made = publish_lists(turn, form.project_uid, definition.entities, by)
    return with_new_lists(turn, links, made, definition, files)


def publish_file(
    hub: Hub, project: Project, path: Path, media: Path | None = None, by: By = None
) -> Publication:
    """Publishes a form.xlsx, .xls or .xml with the files of its `media` folder (default: the one
    beside it) that it has a slot for. The same content again publishes nothing.

    Raises Problem as `read_definition` and `publish_definition` do, OSError for unreadable files.
    """
    kind = path.suffix.lower().removeprefix(".")
    read = read_definition(hub, path.read_bytes(), None if kind == "xml" else kind, path.stem)
    definition = hub.write(lambda turn: keyed(turn, project, read))  # what would be published
    files = _files_beside(hub, definition, media or path.parent / "media")
    form = forms.find_form(hub.read(), project.id, definition.schema.form_id)
    if form is not None:
        files = {**carried_files(hub.read(), form.current_id, definition), **files}
    changed = form is None or not _is_out(hub, form, definition, files)
    if form is None or changed:
        form = publish_definition(hub, project, definition, files, by=by)
    missing = tuple(s.name for s in definition.schema.slots if s.name not in files)
    return Publication(form, definition.schema.version, changed, missing, definition.warnings)


def checked_changes(said: Mapping[str, Any]) -> dict[str, Any]:
    """What may be changed of a form, as its entries write it. state: open (listed and accepting), closing
    (accepting) or closed (neither); webformsEnabled. Anything else is passed over.

    Raises Problem 400.8, 400.11.
    """
    changes: dict[str, Any] = {}
    if "state" in said:
        if said["state"] not in STATES:
            raise Problem("400.8", field="state", value=said["state"], reason=UNKNOWN_STATE)
        changes["state"] = said["state"]
    if "webformsEnabled" in said:
        if not isinstance(said["webformsEnabled"], bool):
            value = said["webformsEnabled"]
            raise Problem("400.11", field="webformsEnabled", value=value, expected="boolean")
        changes["webforms_enabled"] = said["webformsEnabled"]
    return changes


def change_form(hub: Hub, form: Form, changes: Mapping[str, Any], *, by: By = None) -> None:
    """changes: those of checked_changes."""
    hub.write(lambda turn: append_change(turn, form, changes, by))


def append_change(turn: Turn, form: Form, changes: Mapping[str, Any], by: By) -> None:
    """The same in a turn that is under way."""
    earlier = [e.id for e in entries_of(turn.db, subject_of(form)) if e.kind == "form.update"]
    turn.append("form.update", subject_of(form), signed(dict(changes), by), supersedes=earlier)


def change_state(hub: Hub, form: Form, state: object, *, by: By = None) -> None:
    """Raises Problem 400.8."""
    change_form(hub, form, checked_changes({"state": state}), by=by)


def delete_form(hub: Hub, form: Form, *, by: By = None) -> None:
    """Moves the form to the trash. Its submissions stay with it, and what entity lists it had to do with."""
    related = related_lists(hub.read(), form)
    body = {"details": related} if any(related.values()) else {}
    _decide(hub, form, "form.delete", body, {"form.delete", "form.restore"}, by)


def restore_form(hub: Hub, form: Form, *, by: By = None) -> None:
    """Takes the form back from the trash. Raises Problem 409.3 when another bears its id by now, 404.1 when
    it is there no longer, 409.23 when entity lists that it had to do with are gone, or their properties."""

    def check(turn: Turn) -> None:
        now = forms.find_by_number(turn.db, form.id)
        if now is None or now.deleted_at is None or now.purged_at is not None:
            raise Problem("404.1")
        if forms.find_form(turn.db, form.project_id, form.xml_form_id) is not None:
            raise _taken(form.project_id, form.xml_form_id)
        gone = deletion_in_force(history(turn, now))
        check_related(turn, now.project_uid, gone.body.get("details", {}) if gone else {})

    _decide(hub, form, "form.restore", {}, {"form.delete", "form.restore"}, by, check)


def _decide(
    hub: Hub,
    form: Form,
    kind: str,
    body: dict[str, Any],
    rivals: set[str],
    by: By,
    check: Callable[[Turn], None] | None = None,
) -> None:
    """Appends a decision over the earlier ones that are known: on every hub the same one is the last."""

    def work(turn: Turn) -> None:
        if check is not None:
            check(turn)
        earlier = [e.id for e in entries_of(turn.db, subject_of(form)) if e.kind in rivals]
        turn.append(kind, subject_of(form), signed(body, by), supersedes=earlier)

    hub.write(work)


def published_xform(hub: Hub, project: Project, form_id: str) -> bytes | None:
    """The XForm that tablets are given now; None when no version of the form is out here."""
    form = forms.find_form(hub.read(), project.id, form_id)
    out = forms.find_version(hub.read(), form.current_id) if form is not None and form.current_id else None
    return None if out is None or not hub.blobs.has(out.xform) else hub.blobs.read(out.xform)


def _deleted_forms(turn: Turn, project: Project, form_id: str) -> list[dict[str, Any]]:
    if forms.find_deleted(turn.db, project.id, form_id) is None:
        return []
    return [{"type": "deletedFormExists", "details": {"xmlFormId": form_id}}]


def _new_form(turn: Turn, project: Project, form_id: str, by: By) -> str:
    """Makes the form and returns its key. One that another hub began, and that has no version here
    yet, is the same form: it is not made twice."""
    held = forms.find_form(turn.db, project.id, form_id)
    if held is not None and (held.current_id or held.draft_id):
        raise _taken(project.id, form_id)
    if held is not None:
        return held.key
    key = _free_key(turn, project, form_id)
    turn.append("form.create", form_subject(project.uid, key), signed({"xml_form_id": form_id}, by))
    return key


def _free_key(turn: Turn, project: Project, form_id: str) -> str:
    """A deleted form keeps its key, and with it its submissions; the new one gets the next."""
    key, nth = form_key(form_id), 2
    while forms.find_by_key(turn.db, project.uid, key) is not None:
        key, nth = f"{form_key(form_id)}#{nth}", nth + 1
    return key


def _taken(project_id: int, form_id: str) -> Problem:
    values = [str(project_id), form_id]
    return Problem("409.3", fields=["projectId", "xmlFormId"], values=values, table="forms")


def _files_beside(hub: Hub, definition: Definition, folder: Path) -> dict[str, Staged]:
    files = own_files(definition)
    for name in (slot.name for slot in definition.schema.slots):
        place = folder / name
        if place.is_file():
            with place.open("rb") as stream:
                files[name] = hub.blobs.stage(stream)
    return files


def _is_out(hub: Hub, form: Form, definition: Definition, files: Mapping[str, Staged]) -> bool:
    """Whether the published version is this very definition with these very files."""
    out = forms.find_version(hub.read(), form.current_id) if form.current_id else None
    if out is None or out.xform != definition.xform.sha256:
        return False
    have = {f.name: f.sha256 for f in forms.list_files(hub.read(), out.id) if f.sha256}
    return have == {name: file.sha256 for name, file in files.items()}


def _written(hub: Hub, project_uid: str, key: str) -> Form:
    form = forms.find_by_key(hub.read(), project_uid, key)
    assert form is not None, key
    return form
