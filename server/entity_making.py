"""From submissions to entities: what each one makes or changes, waits for, or why it could not.

Works through the ledger behind its intake: a submission is never refused for what it says of entities.
What was done, held back or went wrong are entries again. One submission makes entities once, wherever it
is processed. Rules and their order: ODK Central (docs/ledger.md §8). No Flask, no SQL.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from forms.entities import Declaration
from forms.entity_nodes import EntityNode, read_nodes
from forms.instance import parse_instance
from server.clock import stamp
from server.entity_values import Received, read_node, read_uuid
from server.errors import Problem, places
from server.hub import Hub, Turn
from server.projection.entities import ERROR, FORCE, HOLD, REPROCESS, standing_of
from server.store import datasets, entities, forms, projects, submissions
from server.store.database import Connection, attempt
from server.store.datasets import Dataset
from server.store.entities import Entity, EntityRow
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of, entries_to_follow, find_entry, head
from server.store.submissions import SubmissionVersion
from server.subjects import entity_subject, split_entity, split_submission, submission_subject
from sync.entities import CREATE as MAKE
from sync.entities import UPDATE as CHANGE
from sync.errors import BlobMissing
from sync.ledger import Entry
from sync.merge import CREATE, EDIT, REVIEW

log = logging.getLogger(__name__)
EVENTS = (CREATE, EDIT, REVIEW, REPROCESS)
PAGE = 200
BEHIND = 5000  # entries that are looked through again before the place is written down
HELD_DAYS = 5  # Central's
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


# Working through the ledger


def catch_up(hub: Hub) -> None:
    """Processes every submission that nobody looked at yet."""
    while _is_behind(hub):
        hub.write(_work_through)


def _is_behind(hub: Hub) -> bool:
    db = hub.read()
    place, last = entities.place(db), head(db)
    return last > place and (last - place > BEHIND or bool(_unfollowed(hub, db, place, 1)))


def _unfollowed(hub: Hub, db: Connection, place: int, limit: int) -> list[tuple[int, Entry]]:
    makers = hub.remember(("makers",), datasets.list_makers)
    prefixes = [submission_subject(project, key, "") for project, key in makers]
    return entries_to_follow(db, place, prefixes, EVENTS, (MAKE, CHANGE), limit)


def _work_through(turn: Turn) -> None:
    last = head(turn.db)
    page = _unfollowed(turn.hub, turn.db, entities.place(turn.db), PAGE)
    for _, entry in page:
        if entry.kind in EVENTS:
            process(turn, entry)
        else:
            _release_after(turn, entry)
    entities.move_place(turn.db, page[-1][0] if len(page) == PAGE else last)


def makes_entities(hub: Hub, form: Form | None) -> bool:
    """Whether a version of the form says anything of entities: only then is anything to be done."""
    if form is None:
        return False
    return (form.project_uid, form.key) in hub.remember(("makers",), datasets.list_makers)


def follow(hub: Hub, form: Form | None) -> None:
    """After something was said of a submission of this form. Never raises: it is held already, and what
    goes wrong here is tried again with the next one."""
    try:
        if makes_entities(hub, form):
            catch_up(hub)
    except Exception as fault:  # noqa: BLE001
        log.error("entities not followed form=%s fault=%s", form.id if form else None, places(fault))


def process(turn: Turn, event: Entry, *, forced: bool = False) -> None:
    """Makes and changes the entities of one submission: all of them, or none and an entry that says why."""
    case = _open(turn, event, forced)
    if case is None:
        return
    try:
        with attempt(turn.db):
            _process_all(turn, case)
    except Problem as problem:
        _note_error(turn, case, problem.text("en"), problem)
    except BlobMissing:
        log.info("entities not made, bytes missing entry=%s", case.version.entry)
    except Exception as fault:  # noqa: BLE001 – one bad submission must not stop those behind it
        log.error("entities not made entry=%s fault=%s", case.version.entry, places(fault))
        _note_error(turn, case, type(fault).__name__, None)


def _open(turn: Turn, event: Entry, forced: bool) -> Case | None:
    """What there is to process; None when there is nothing, or it was done, or it waits."""
    about = split_submission(event.subject)
    form = forms.find_by_key(turn.db, about.project, about.form_key)
    if form is None or form.deleted_at is not None or not makes_entities(turn.hub, form):
        return None
    if entities.is_made_by(turn.db, event.subject) or entities.is_held(turn.db, event.subject):
        return None
    held = submissions.find_submission(turn.db, form.id, about.instance_id)
    if held is None or held.deleted_at is not None:
        return None
    for version in submissions.versions_with(turn.db, form.id, event.body["instance_id"]):
        published = forms.find_published(turn.db, form.id, version.form_version)
        found = datasets.declarations_of(turn.db, published.id) if published else []
        if version.submission_id == held.id and found:
            return Case(event, form, event.subject, version, found, forced)
    return None


def _process_all(turn: Turn, case: Case) -> None:
    nodes = _nodes(turn, case)
    failed: list[tuple[int, Problem]] = []
    for place, node in enumerate(nodes):
        try:
            _process_one(turn, case, node, place)
        except Problem as problem:
            if len(nodes) == 1:
                raise
            failed.append((place, problem))
    if failed:
        errors = [
            {"errorMessage": p.text("en"), "problem": problem_json(p), "index": place} for place, p in failed
        ]
        raise Problem("400.43", count=len(failed), total=len(nodes), errors=errors)


def _nodes(turn: Turn, case: Case) -> list[EntityNode]:
    root, envelope = parse_instance(turn.hub.blobs.read(case.version.xml, turn.db))
    return [] if envelope.encrypted else read_nodes(root, case.declarations)


def _note_error(turn: Turn, case: Case, message: str, problem: Problem | None) -> None:
    said = {
        "instance_id": case.version.instance_id,
        "error_message": message,
        "problem": problem_json(problem) if problem else None,
    }
    turn.append(ERROR, case.subject, _signed(said, case.event))


def problem_json(problem: Problem) -> dict[str, Any]:
    """As Central's audit log shows it. The code is a text here: bodies of entries hold no fractions."""
    return {"problemCode": problem.code, "problemDetails": problem.details}


def _signed(said: dict[str, Any], event: Entry) -> dict[str, Any]:
    by = event.body.get("by")
    return {**said, "by": by} if by else said


# One entity


def _process_one(turn: Turn, case: Case, node: EntityNode, place: int) -> None:
    dataset = _dataset(turn, case, node)
    _check_permitted(case, node)
    read_uuid(node.said.get("id"))
    made = None
    if node.wants("update"):
        made = _update_or_create(turn, case, dataset, node, place)
    elif node.wants("create"):
        made = _create_or_update(turn, case, dataset, node, place)
    if made is not None and not case.forced:
        _release_after(turn, made)


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
    return _signed(said, case.event)


# What waits


def _hold(turn: Turn, case: Case, received: Received) -> None:
    said = {
        "uuid": received.uuid,
        "branch": received.branch,
        "branch_base": received.base,
        "instance_id": case.version.instance_id,
        "event": case.event.id,
    }
    turn.append(HOLD, case.subject, _signed(said, case.event))


def _release_after(turn: Turn, made: Entry) -> None:
    """Lets the submission follow that waits for just this piece."""
    uuid, said = split_entity(made.subject), made.body
    after = (said.get("branch_base") or 0) + 1
    held = entities.next_held(turn.db, uuid, said.get("branch"), after)
    if held is None:
        return
    event = find_entry(turn.db, held.event)
    instance_id = event.body["instance_id"] if event else split_submission(held.submission).instance_id
    body = {"event": held.event, "instance_id": instance_id}
    turn.append(REPROCESS, held.submission, _signed(body, made))


def force_held(hub: Hub, now: datetime | None = None) -> int:
    """Applies what waits for longer than HELD_DAYS, in the order of its branches; everything that waits
    when no moment is given. How many there were."""
    catch_up(hub)
    before = None
    if now is not None:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        before = stamp(midnight - timedelta(days=HELD_DAYS))
    waiting = entities.list_held(hub.read(), before)
    for held in waiting:
        hub.write(partial(_force, submission=held.submission, event_id=held.event))
    return len(waiting)


def _force(turn: Turn, submission: str, event_id: str) -> None:
    event = find_entry(turn.db, event_id)
    if event is None:
        return
    body = {"event": event_id, "instance_id": event.body["instance_id"]}
    turn.append(FORCE, submission, _signed(body, event))
    process(turn, event, forced=True)


# Approval switched off


def convert_pending(hub: Hub, dataset: Dataset) -> None:
    """Makes the entities that waited for approval in a list that needs it no longer."""
    catch_up(hub)
    for subject in pending(hub, dataset):
        hub.write(partial(_process_last, subject=subject))
    catch_up(hub)


def _process_last(turn: Turn, subject: str) -> None:
    said = [e for e in entries_of(turn.db, subject) if e.kind in (CREATE, EDIT) and not e.body.get("parked")]
    if said:
        process(turn, said[-1])


def pending(hub: Hub, dataset: Dataset) -> list[str]:
    """Subjects of the submissions that made nothing in this list yet, and nobody approved or rejected."""
    db = hub.read()
    found = []
    project = projects.find_by_uid(db, dataset.project)
    for form in forms.list_forms(db, project.id) if project else []:
        versions = [
            v.version
            for v in forms.list_versions(db, form.id)
            if any(d.dataset == dataset.name for d in datasets.declarations_of(db, v.id))
        ]
        found += [s for s in entities.list_undecided(db, form, versions) if not _went_wrong(db, s)]
    return found


def _went_wrong(db: Connection, subject: str) -> bool:
    return any(e.kind == ERROR for e in entries_of(db, subject))
