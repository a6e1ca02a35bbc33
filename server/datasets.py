"""Entity lists: making, changing and ending them, and their properties. No Flask, no SQL.

`details` of an entry are what ODK Central's audit log shows of it, and what the projection reads.
Rules: ODK Central's API, "Datasets".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.entities import is_dataset_name, is_property_name
from i18n import mark
from server.errors import Problem
from server.hub import Hub, Turn
from server.projection.datasets import ACTOR_PROPERTY, CREATE, DELETE, DROP_PROPERTY, UPDATE
from server.store import dataset_rows, datasets
from server.store.actors import Actor
from server.store.datasets import Dataset, RelatedForm
from server.store.ledger_sqlite import entries_of
from server.store.projects import Project
from server.subjects import actor_subject, dataset_key, dataset_subject, project_subject
from sync.ledger import Entry
from sync.merge import heads

By = Mapping[str, str] | None
BAD_DATASET = mark("This is not a valid dataset name.")
BAD_PROPERTY = mark("This is not a valid property name.")
NO_OBJECT = mark("Must be an object.")
UNKNOWN_PROPERTY = mark("Unknown property name.")
NO_TEXT = mark("Property values must be strings or null.")
NOT_GIVEN = object()  # told apart from null
SHOWN = 3  # entities named with a refusal
RESERVED_OF_ACTORS = "displayname"


def create_dataset(
    hub: Hub, project: Project, name: object, data: Mapping[str, bool] | None = None, *, by: By = None
) -> Dataset:
    """A new list without properties. data: approvalRequired, ownerOnly.

    Raises Problem 400.8 (the name), 409.3 (there is one), 409.16 (there is one in other letter case).
    """
    if not isinstance(name, str) or not is_dataset_name(name):
        raise _bad_name(name, BAD_DATASET)

    def work(turn: Turn) -> Dataset:
        check_name(turn, project.uid, name)
        if datasets.find_dataset(turn.db, project.uid, name) is not None:
            raise Problem("409.3", table="datasets", fields=["name", "projectId"], values=[name, project.id])
        return make_dataset(turn, project.uid, name, [], data or {}, by)

    return hub.write(work)


def _bad_name(name: object, reason: str) -> Problem:
    given = {} if name is NOT_GIVEN else {"value": name}
    return Problem("400.8", field="name", **given, reason=reason)


def check_name(turn: Turn, project_uid: str, name: str) -> None:
    """Raises Problem 409.16."""
    other = datasets.find_similar(turn.db, project_uid, name)
    if other is not None:
        raise Problem("409.16", current=other.name, provided=name)


def make_dataset(
    turn: Turn, project_uid: str, name: str, properties: list[str], data: Mapping[str, bool], by: By
) -> Dataset:
    """The list, made in a turn under way; one of its name that was deleted stays in the trash beside it."""
    nth = 1
    while datasets.find_by_key(turn.db, project_uid, dataset_key(name, nth)) is not None:
        nth += 1
    key = dataset_key(name, nth)
    body: dict[str, Any] = {"details": {"properties": properties}}
    if data:
        body["data"] = dict(data)
    turn.append(CREATE, dataset_subject(project_uid, key), _signed(body, by))
    made = datasets.find_by_key(turn.db, project_uid, key)
    assert made is not None, key
    return made


def add_property(hub: Hub, dataset: Dataset, name: object, *, by: By = None) -> None:
    """Raises Problem 400.8 (the name), 404.1 (the list is gone), 409.3 (there is one, in whatever case)."""
    if not isinstance(name, str) or not is_property_name(name):
        raise _bad_name(name, BAD_PROPERTY)

    def work(turn: Turn) -> None:
        now = present(turn, dataset)
        for held in datasets.list_properties(turn.db, now.id):
            if held.name.lower() == name.lower():
                values = [held.name, now.id]
                raise Problem("409.3", table="ds_properties", fields=["name", "datasetId"], values=values)
        append(turn, now, UPDATE, {"properties": [name]}, by)

    hub.write(work)


def delete_property(hub: Hub, dataset: Dataset, name: str, *, by: By = None) -> None:
    """Raises Problem 404.1 (no such property), 409.22 (published forms write it, or entities have a value)."""

    def work(turn: Turn) -> None:
        now = present(turn, dataset)
        if name not in [held.name for held in datasets.list_properties(turn.db, now.id)]:
            raise Problem("404.1")
        if kept_by := _prerequisites(turn, now, name):
            raise Problem("409.22", propertyName=name, prerequisites=kept_by)
        append(turn, now, DROP_PROPERTY, {"properties": [name]}, by, supersedes=_about(turn, now))

    hub.write(work)


def _prerequisites(turn: Turn, dataset: Dataset, name: str) -> dict[str, Any]:
    """What keeps a property from being deleted, as Central's answers put it."""
    found: dict[str, Any] = {}
    if writers := datasets.list_writers(turn.db, dataset).get(name):
        told = [{"formName": each.name, "xmlFormId": each.xml_form_id} for each in writers]
        message = "You can't delete this property because there are Form(s) writing to it"
        found["dependentForms"] = {"message": message, "details": {"forms": told}}
    total, some = dataset_rows.find_with_value(turn.db, dataset, name, SHOWN)
    if total:
        message = (
            "You can't delete this property because there are Entity(ies) with the non-empty value for the "
            f"'{name}'"
        )
        held = [{"uuid": uuid, "label": label} for uuid, label in some]
        found["nonEmptyEntities"] = {"message": message, "details": {"totalCount": total, "entities": held}}
    return found


def delete_dataset(hub: Hub, dataset: Dataset, *, by: By = None) -> None:
    """Moves the list to the trash, from where its entities can still be read.

    Raises Problem 404.1, 409.21 (forms write it or have it as a file).
    """

    def work(turn: Turn) -> None:
        now = present(turn, dataset)
        sources, linked = (
            datasets.list_source_forms(turn.db, now),
            datasets.list_linked_forms(turn.db, now),
        )
        if sources or linked:
            raise Problem("409.21", **forms_of(sources, linked))
        append(turn, now, DELETE, {}, by)

    hub.write(work)


def forms_of(sources: list[RelatedForm], linked: list[RelatedForm]) -> dict[str, list[dict[str, Any]]]:
    """The forms of a list as Central's answers show them."""
    return {
        "linkedForms": [form_said(f) for f in linked if not f.is_draft],
        "sourceForms": [form_said(f) for f in sources if not f.is_draft],
        "draftLinkedForms": [form_said(f) for f in linked if f.is_draft],
        "draftSourceForms": [form_said(f) for f in sources if f.is_draft],
    }


def form_said(form: RelatedForm) -> dict[str, Any]:
    said = {"name": form.name, "xmlFormId": form.xml_form_id}
    return {**said, "repeatPath": form.path} if form.path else said


def present(turn: Turn, dataset: Dataset) -> Dataset:
    """The list as it stands in this turn. Raises Problem 404.1."""
    now = datasets.find_by_key(turn.db, dataset.project, dataset.key)
    if now is None or now.deleted_at is not None:
        raise Problem("404.1")
    return now


def append(
    turn: Turn,
    dataset: Dataset,
    kind: str,
    details: dict[str, Any],
    by: By,
    supersedes: list[str] | None = None,
    **more: Any,
) -> Entry:
    """An entry about the list, over what was said of it last. more: what details do not tell."""
    subject = dataset_subject(dataset.project, dataset.key)
    over = supersedes or [e.id for e in heads(entries_of(turn.db, subject))]
    body = {**({"details": details} if details else {}), **more}
    return turn.append(kind, subject, _signed(body, by), supersedes=over)


def _about(turn: Turn, dataset: Dataset) -> list[str]:
    """Every entry about the list: whoever names the property elsewhere without knowing of this keeps it."""
    return [e.id for e in entries_of(turn.db, dataset_subject(dataset.project, dataset.key))]


def _signed(body: dict[str, Any], by: By) -> dict[str, Any]:
    return {**body, "by": dict(by)} if by else body


# What distinguishes one actor from another


def create_actor_property(hub: Hub, project: Project, name: object, *, by: By = None) -> None:
    """Raises Problem 400.8 (the name), 409.3 (there is one)."""
    if not isinstance(name, str) or not is_property_name(name) or name.lower() == RESERVED_OF_ACTORS:
        raise _bad_name(name, BAD_PROPERTY)

    def work(turn: Turn) -> None:
        if name in datasets.list_actor_properties(turn.db, project.uid):
            fields, values = ["projectId", "name"], [str(project.id), name]
            raise Problem("409.3", table="actor_properties", fields=fields, values=values)
        body = {"details": {"name": name}}
        turn.append(ACTOR_PROPERTY, project_subject(project.uid), _signed(body, by))

    hub.write(work)


def checked_values(hub: Hub, project: Project, said: object) -> dict[str, str | None]:
    """Values of an actor's properties as somebody gives them; blank ones are none. Raises Problem 400.8."""
    if not isinstance(said, dict):
        raise Problem("400.8", field="properties", value=said, reason=NO_OBJECT)
    known = datasets.list_actor_properties(hub.read(), project.uid)
    for name, value in said.items():
        if name not in known:
            raise Problem("400.8", field="properties", value=name, reason=UNKNOWN_PROPERTY)
        if value is not None and not isinstance(value, str):
            raise Problem("400.8", field=name, value=value, reason=NO_TEXT)
    return {name: (value or "").strip() or None for name, value in said.items()}


def set_values(
    hub: Hub, project: Project, actor: Actor, values: Mapping[str, str | None], *, by: By = None
) -> None:
    """values: those of checked_values. Nothing is said when there are none."""
    if not values:
        return
    kind, subject = f"{actor.type}.property.set", actor_subject(actor.uid)

    def work(turn: Turn) -> None:
        earlier = [e.id for e in entries_of(turn.db, subject) if e.kind == kind]
        body = {"project": project.uid, "details": {"properties": dict(values)}}
        turn.append(kind, subject, _signed(body, by), supersedes=earlier)

    hub.write(work)
