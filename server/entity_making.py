"""From submissions to entities: what each one makes or changes, waits for, or why it could not.

Works through the ledger behind its intake: a submission is never refused for what it says of entities.
What was done, held back or went wrong are entries again. One submission makes entities once, wherever it
is processed. Rules and their order: ODK Central (docs/ledger.md §8). No Flask, no SQL.
"""

from __future__ import annotations

import logging
from typing import Any

from forms.entity_nodes import EntityNode, read_nodes
from forms.instance import parse_instance
from server.entity_changes import Case, apply, release_after, signed
from server.errors import Problem, places
from server.hub import Hub, Turn
from server.projection.entities import ERROR, REPROCESS
from server.store import datasets, entities, forms, submissions
from server.store.database import Connection, attempt
from server.store.forms import Form
from server.store.ledger_sqlite import entries_to_follow, head
from server.subjects import split_submission, submission_subject
from sync.entities import CREATE as MAKE
from sync.entities import UPDATE as CHANGE
from sync.errors import BlobMissing
from sync.ledger import Entry
from sync.merge import CREATE, EDIT, REVIEW

log = logging.getLogger(__name__)
EVENTS = (CREATE, EDIT, REVIEW, REPROCESS)
PAGE = 200
BEHIND = 5000  # entries that are looked through again before the place is written down


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
            release_after(turn, entry)
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
            apply(turn, case, node, place)
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
    turn.append(ERROR, case.subject, signed(said, case.event))


def problem_json(problem: Problem) -> dict[str, Any]:
    """As Central's audit log shows it. The code is a text here: bodies of entries hold no fractions."""
    return {"problemCode": problem.code, "problemDetails": problem.details}
