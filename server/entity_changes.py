"""What a submission says of one entity: made, changed, or held back until what it builds on has come.

Rules and their order: ODK Central (docs/ledger.md §8). No Flask, no SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forms.entities import Declaration
from forms.entity_nodes import EntityNode
from server.entity_values import Received, read_node, read_uuid
from server.errors import Problem
from server.hub import Turn
from server.projection.entities import HOLD, REPROCESS, standing_of
from server.store import datasets, entities
from server.store.datasets import Dataset
from server.store.entities import Entity, EntityRow
from server.store.forms import Form
from server.store.ledger_sqlite import find_entry
from server.store.submissions import SubmissionVersion
from server.subjects import entity_subject, split_entity, split_submission
from sync.entities import CREATE as MAKE
from sync.entities import UPDATE as CHANGE
from sync.ledger import Entry
from sync.merge import CREATE, EDIT, REVIEW

AUTO_LABEL = "auto generated"
UPDATABLE = (CREATE, EDIT, REPROCESS)


@dataclass(frozen=True, slots=True)
class Case:
    """A submission to be processed, because of an event. `forced`: what it waits for will not come."""

    event: Entry
    form: Form
    subject: str
    version: SubmissionVersion
    declarations: Sequence[Declaration]
    forced: bool = False

    @property
    def review_state(self) -> object:
        return self.event.body.get("review_state") if self.event.kind == REVIEW else None


def apply(turn: Turn, case: Case, node: EntityNode, place: int) -> None:
    """place: of the entity in its submission. Raises Problem."""
    dataset = _dataset(turn, case, node)
    _check_permitted(case, node)
    read_uuid(node.said.get("id"))
    made = None
    if node.wants("update"):
        made = _update_or_create(turn, case, dataset, node, place)
    elif node.wants("create"):
        made = _create_or_update(turn, case, dataset, node, place)
    if made is not None and not case.forced:
        release_after(turn, made)


def _dataset(turn: Turn, case: Case, node: EntityNode) -> Dataset:
    name = node.said.get("dataset", "")
    if not name.strip():
        raise Problem("400.2", field="dataset")
    found = datasets.find_dataset(turn.db, case.form.project_uid, name)
    if found is None:
        raise Problem("404.7", datasetName=name)
    return found


def _check_permitted(case: Case, node: EntityNode) -> None:
    declared = [d for d in case.declarations if d.dataset == node.said["dataset"]]
    permitted = [a for a in ("create", "update") if any(a in d.actions for d in declared)]
    for action in ("create", "update"):
        if node.wants(action) and action not in permitted:
            raise Problem("403.2", action=action, permitted=permitted)


def _update_or_create(turn: Turn, case: Case, dataset: Dataset, node: EntityNode, place: int) -> Entry | None:
    """An update first; a create where there is nothing to update, if that is asked for too."""
    try:
        return _update(turn, case, dataset, node, place)
    except Problem as problem:
        no_base = problem.code == "400.2" and problem.values.get("field") == "baseVersion"
        is_new = problem.code == "404.8" or no_base
        if not is_new or not (node.wants("create") or case.forced):
            raise
    return _create(turn, case, dataset, node, place)


def _create_or_update(turn: Turn, case: Case, dataset: Dataset, node: EntityNode, place: int) -> Entry | None:
    """A create; an update where a forced update has made the entity before its create came."""
    try:
        return _create(turn, case, dataset, node, place)
    except Problem as problem:
        if problem.code != "409.3" or not _was_forced(turn, dataset, read_uuid(node.said.get("id"))):
            raise
    return _update(turn, case, dataset, node, place, late=True)


def _was_forced(turn: Turn, dataset: Dataset, uuid: str) -> bool:
    held = _find(turn, dataset, uuid)
    first = entities.find_version(turn.db, held.id, 1) if held else None
    return first is not None and bool(first.forced)


def _find(turn: Turn, dataset: Dataset, uuid: str) -> Entity | None:
    """The entity in this list, unless it is deleted."""
    held = entities.find_entity(turn.db, uuid, dataset.project, dataset.key)
    return held if held is not None and held.deleted_at is None else None


def _create(turn: Turn, case: Case, dataset: Dataset, node: EntityNode, place: int) -> Entry | None:
    """None when it waits for approval, or is no longer to be looked at."""
    if dataset.approval and case.review_state != "approved":
        return None
    if not dataset.approval and case.event.kind == REVIEW:
        return None
    if case.forced and not (node.label or "").strip():
        node.label = AUTO_LABEL
    received = read_node(node, update=False)
    check_free(turn, [received.uuid])
    body = _body(turn, case, dataset, received, place)
    if case.forced and received.base:
        body["branch_base"] = received.base
    return turn.append(MAKE, entity_subject(received.uuid), body)


def check_free(turn: Turn, uuids: Sequence[str]) -> None:
    """Raises Problem 409.19 when one of them belongs to what was deleted, 409.3 when it is taken."""
    taken, gone = entities.taken_uuids(turn.db, uuids)
    if gone:
        raise Problem("409.19", entityUuids=gone)
    if taken:
        raise Problem("409.3", fields=["uuid"], values=taken[:1])


def _update(
    turn: Turn, case: Case, dataset: Dataset, node: EntityNode, place: int, *, late: bool = False
) -> Entry | None:
    """None when it was held back. late: a create that is applied as an update."""
    if case.event.kind not in UPDATABLE:
        return None
    received = read_node(node, update=not late)
    held = _find(turn, dataset, received.uuid)
    base = _base(turn, case, dataset, received, held, late)
    if base is None or held is None:
        return None
    if received.trunk and received.trunk > held.version:
        _raise_no_version(dataset, received.uuid, f"trunkVersion={received.trunk}")
    body = _body(turn, case, dataset, received, place)
    body["base"] = base.entry
    if received.branch:
        body["branch_base"] = received.base
    if late:
        body["as_update"] = True
    heads = standing_of(turn.db, received.uuid).heads
    return turn.append(CHANGE, entity_subject(received.uuid), body, supersedes=heads)


def _base(
    turn: Turn, case: Case, dataset: Dataset, received: Received, held: Entity | None, late: bool
) -> EntityRow | None:
    """The version that an update starts from (05 §5.1); None when it waits for it."""
    if held is not None:
        found = _base_version(turn, received, held, late)
        if found is not None:
            return found
        if case.forced and received.branch:
            return entities.find_version(turn.db, held.id, held.version)
    if received.branch and not case.forced and not late:
        _hold(turn, case, received)
        return None
    if held is not None:
        _raise_no_version(dataset, received.uuid, received.base)
    _raise_not_found(turn, dataset, received.uuid)
    return None


def _base_version(turn: Turn, received: Received, held: Entity, late: bool) -> EntityRow | None:
    if late:
        return entities.find_version(turn.db, held.id, held.version)
    base = received.base or 0
    if received.branch is None or base in (1, received.trunk):
        return entities.find_version(turn.db, held.id, base)
    return entities.find_in_branch(turn.db, held.id, received.branch, base - 1)


def _raise_no_version(dataset: Dataset, uuid: str, version: object) -> None:
    raise Problem("404.9", baseVersion=version, entityUuid=uuid, datasetName=dataset.name)


def _raise_not_found(turn: Turn, dataset: Dataset, uuid: str) -> None:
    if entities.find_entity(turn.db, uuid, dataset.project, dataset.key) is not None:
        raise Problem("404.11", entityUuid=uuid, datasetName=dataset.name)
    raise Problem("404.8", entityUuid=uuid, datasetName=dataset.name)


def _body(turn: Turn, case: Case, dataset: Dataset, received: Received, place: int) -> dict[str, Any]:
    """What an entity entry says, of whom and of where it came from."""
    sent = find_entry(turn.db, case.version.entry)
    sender = sent.body.get("by") if sent is not None else None
    optional = {
        "label": received.label,
        "trunk": received.trunk,
        "branch": received.branch,
        "user_agent": case.version.user_agent,
        "creator": sender,
        "forced": case.forced or None,
    }
    said = {
        "project": dataset.project,
        "dataset": dataset.key,
        "data": [[name, value] for name, value in received.data.items()],
        "source": {
            "submission": case.subject,
            "instance_id": case.version.instance_id,
            "event": case.event.id,
            "place": place,
        },
        **{k: v for k, v in optional.items() if v is not None},
    }
    return signed(said, case.event)


def signed(said: dict[str, Any], event: Entry) -> dict[str, Any]:
    by = event.body.get("by")
    return {**said, "by": by} if by else said


# What waits


def _hold(turn: Turn, case: Case, received: Received) -> None:
    said = {
        "uuid": received.uuid,
        "branch": received.branch,
        "branch_base": received.base,
        "instance_id": case.version.instance_id,
        "event": case.event.id,
    }
    turn.append(HOLD, case.subject, signed(said, case.event))


def release_after(turn: Turn, made: Entry) -> None:
    """Lets the submission follow that waits for just this piece."""
    uuid, said = split_entity(made.subject), made.body
    after = (said.get("branch_base") or 0) + 1
    held = entities.next_held(turn.db, uuid, said.get("branch"), after)
    if held is None:
        return
    event = find_entry(turn.db, held.event)
    instance_id = event.body["instance_id"] if event else split_submission(held.submission).instance_id
    body = {"event": held.event, "instance_id": instance_id}
    turn.append(REPROCESS, held.submission, signed(body, made))
