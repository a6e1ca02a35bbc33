"""What drafting and publishing a form does to entity lists. No Flask, no SQL.

A draft makes nothing yet: it is only held against the lists that there are. Rules: ODK Central's API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from forms.entities import Entities
from forms.fields import Slot
from server.datasets import append, check_name, make_dataset
from server.definition import Definition
from server.errors import Problem
from server.hub import Turn
from server.projection.datasets import UPDATE
from server.store import datasets, forms
from server.store.actors import Connection
from server.store.datasets import Dataset
from server.store.forms import Form
from server.store.projects import Project

ITEMSETS = "itemsets.csv"
Links = dict[str, dict[str, Any]]


def check_lists(turn: Turn, project_uid: str, entities: Entities | None) -> None:
    """Raises Problem 409.16, 409.17: a list or a property is there in other letter case."""
    for name in entities.datasets if entities else ():
        check_name(turn, project_uid, name)
        held = datasets.find_dataset(turn.db, project_uid, name)
        if held is not None and entities is not None:
            _check_properties(turn, held, entities.properties_of(name))


def _check_properties(turn: Turn, held: Dataset, wanted: list[str]) -> None:
    there = [each.name for each in datasets.list_properties(turn.db, held.id)]
    low = {name.lower(): name for name in there}
    alike = [
        {"current": low[name.lower()], "provided": name}
        for name in wanted
        if name not in there and name.lower() in low
    ]
    if alike:
        raise Problem("409.17", duplicateProperties=alike)


def publish_lists(turn: Turn, project_uid: str, entities: Entities | None, by: Any) -> list[Dataset]:
    """Makes the lists that a form declares, and the properties that it writes; returns the new lists.

    Raises Problem 409.16, 409.17.
    """
    check_lists(turn, project_uid, entities)
    made = []
    for name in entities.datasets if entities else ():
        assert entities is not None
        wanted = entities.properties_of(name)
        held = datasets.find_dataset(turn.db, project_uid, name)
        if held is None:
            made.append(make_dataset(turn, project_uid, name, wanted, {}, by))
            continue
        there = [each.name for each in datasets.list_properties(turn.db, held.id)]
        if new := [each for each in wanted if each not in there]:
            shown = [*there, *new]  # as Central tells it: all that there are now
            append(turn, held, UPDATE, {"properties": shown}, by, added=new)
    return made


def first_links(db: Connection, project_uid: str, definition: Definition) -> Links:
    """The slots of a new form that lists of the project fill by themselves, by their names."""
    held = {f"{each.name}.csv": each.key for each in datasets.list_datasets(db, project_uid)}
    return {
        slot.name: {"dataset": held[slot.name], "since": None}
        for slot in _data_slots(definition)
        if slot.name in held
    }


def carried_links(db: Connection, version_id: int | None, definition: Definition) -> Links:
    """What the version that is followed says of slots that stay."""
    known = datasets.list_links(db, version_id) if version_id else {}
    kinds = {f.name: f.type for f in forms.list_files(db, version_id)} if version_id else {}
    return {
        slot.name: {"dataset": known[slot.name].dataset, "since": known[slot.name].updated_at}
        for slot in definition.schema.slots
        if slot.name in known and kinds.get(slot.name) == slot.type
    }


def with_new_lists(
    turn: Turn, links: Links, made: Iterable[Dataset], definition: Definition, files: Iterable[str]
) -> Links:
    """A list that the form itself makes fills the slot of its name, if nothing else does."""
    empty = {slot.name for slot in _data_slots(definition)} - {ITEMSETS, *links, *files}
    own = {f"{each.name}.csv": each.key for each in made}
    now = turn.hub.clock.stamp()
    return {**links, **{name: {"dataset": own[name], "since": now} for name in own if name in empty}}


def _data_slots(definition: Definition) -> list[Slot]:
    taken = {ITEMSETS} if definition.itemsets else set()
    return [slot for slot in definition.schema.slots if slot.type == "file" and slot.name not in taken]


def old_version(entities: Entities | None) -> list[dict[str, Any]]:
    """The warning that tablets cannot work offline with such entities, in Central's words."""
    if entities is None or not entities.is_old:
        return []
    reason = (
        f"Entities specification version [{entities.version}] is not compatible with Offline Entities. "
        "Please use version 2024.1.0 or later."
    )
    return [{"type": "oldEntityVersion", "details": {"version": entities.version}, "reason": reason}]


def dataset_diff(
    db: Connection, project: Project, version_id: int, *, is_draft: bool
) -> list[dict[str, Any]]:
    """Which properties a version writes, after those of the list that it does not; of a draft with what
    would be new."""
    declared: dict[str, list[str]] = {}
    for one in datasets.declarations_of(db, version_id):
        written = declared.setdefault(one.dataset, [])
        written += [f.property for f in one.fields if f.property not in written]
    return [_diff(db, project, name, written, is_draft) for name, written in declared.items()]


def _diff(db: Connection, project: Project, name: str, written: list[str], is_draft: bool) -> dict[str, Any]:
    held = datasets.find_dataset(db, project.uid, name)
    there = [each.name for each in datasets.list_properties(db, held.id)] if held else []

    def said(what: str, *, is_new: bool, in_form: bool) -> dict[str, Any]:
        return {"name": what, **({"isNew": is_new} if is_draft else {}), "inForm": in_form}

    others = [said(each, is_new=False, in_form=False) for each in there if each not in written]
    own = [
        said(each, is_new=each not in there, in_form=True) for each in written if is_draft or each in there
    ]
    new = {"isNew": held is None} if is_draft else {}
    return {"name": name, **new, "properties": others + own}


def related_lists(db: Connection, form: Form) -> dict[str, list[dict[str, Any]]]:
    """The lists that a form writes, with the properties that it writes, and those that it has as files."""
    versions = [number for number in (form.current_id, form.draft_id) if number]
    written: dict[str, list[str]] = {}
    for one in (d for number in versions for d in datasets.declarations_of(db, number)):
        written.setdefault(one.dataset, []).extend(f.property for f in one.fields)
    held = [datasets.find_dataset(db, form.project_uid, name) for name in written]
    linked = {link.dataset for number in versions for link in datasets.list_links(db, number).values()}
    files = [datasets.find_by_key(db, form.project_uid, key) for key in sorted(linked)]
    return {
        "targetDatasets": [_related(db, each, set(written[each.name])) for each in held if each],
        "linkedDatasets": [_related(db, each, set()) for each in files if each],
    }


def _related(db: Connection, dataset: Dataset, written: set[str]) -> dict[str, Any]:
    names = [each.name for each in datasets.list_properties(db, dataset.id) if each.name in written]
    properties = [{"name": name, "published": True} for name in names]
    return {"id": dataset.key, "name": dataset.name, "published": True, "properties": properties}


def check_related(turn: Turn, project_uid: str, related: Mapping[str, Any]) -> None:
    """related: what related_lists said. Raises Problem 409.23 when a list is gone, or a property."""
    for said in (each for part in related.values() for each in part):
        held = datasets.find_by_key(turn.db, project_uid, said["id"])
        if held is None or held.deleted_at is not None:
            raise Problem("409.23")
        there = {each.name for each in datasets.list_properties(turn.db, held.id)}
        if any(each["name"] not in there for each in said["properties"]):
            raise Problem("409.23")
