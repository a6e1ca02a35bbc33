"""What the audit log says of one entity, and of where each of its versions came from."""

from __future__ import annotations

from typing import Any

from server.audits import Told, told_by
from server.clock import shown
from server.entities import BULK_CREATE
from server.store import datasets, entities, forms, submissions
from server.store.actors import Connection, number_of
from server.store.entities import Entity
from server.store.ledger_sqlite import find_entry, places_about, seq_of
from server.subjects import entity_subject, split_submission
from server.web.rest.audit_shapes import AuditShapes
from server.web.rest.entity_shapes import entity_json
from server.web.rest.people import actor_or_none
from server.web.rest.submission_shapes import People, submission_json
from sync.entities import RESOLVE
from sync.ledger import Entry
from sync.merge import CREATE

Source = dict[str, Any]


def entity_lines(db: Connection, held: Entity) -> list[dict[str, Any]]:
    """Newest first. What was done to many at once is one line here too."""
    shapes, sources = AuditShapes(db, extended=True), sources_of(db, held)
    said = []
    for seq, entry in reversed(_entries(db, held)):
        for told in told_by(seq, entry):
            line = shapes.line(told)
            line.pop("actee", None)
            line["details"] = {**(line["details"] or {}), "source": _source_of_line(db, entry, sources)}
            said.append(line)
    return said


def _entries(db: Connection, held: Entity) -> list[tuple[int, Entry]]:
    found = {seq: entry for seq, entry, _ in places_about(db, entity_subject(held.uuid))}
    for entry in list(found.values()):
        bulk = find_entry(db, entry.body["bulk"]) if isinstance(entry.body.get("bulk"), str) else None
        if bulk is not None:
            found[seq_of(db, bulk.id) or 0] = bulk
    return sorted(found.items())


def _source_of_line(db: Connection, entry: Entry, sources: dict[str, Source]) -> Source:
    """Of the version that a line is about: of a decision, the newest that it knew."""
    if entry.kind == BULK_CREATE:
        found: Source = entry.body["source"]
        return found
    if entry.kind != RESOLVE:
        return sources.get(entry.id, {})
    named = max(entry.supersedes, key=lambda name: seq_of(db, name) or 0, default="")
    return sources.get(named, {})


def sources_of(db: Connection, held: Entity) -> dict[str, Source]:
    """entry of a version -> where it came from: a submission with the event that had it processed, a file,
    or nothing for a version made by the API."""
    shapes, people = AuditShapes(db, extended=True), People(db)
    found: dict[str, Source] = {}
    for row in entities.list_versions(db, held.id):
        entry = find_entry(db, row.entry)
        said = entry.body.get("source", {}) if entry is not None else {}
        if "submission" in said:
            found[row.entry] = _from_submission(db, shapes, people, said)
        elif said:
            found[row.entry] = dict(said)
    return found


def _from_submission(db: Connection, shapes: AuditShapes, people: People, said: Source) -> Source:
    source: Source = {"submission": _submission(db, people, said["submission"])}
    event = find_entry(db, said["event"])
    if event is not None:
        told = Told(seq_of(db, event.id) or 0, event, told_by(0, event)[-1].line)
        line = shapes.line(told)
        line.pop("actee", None)
        source["event"] = line
    return source


def _submission(db: Connection, people: People, subject: str) -> Source:
    """As it is now; of one that is gone what was known when it came."""
    about = split_submission(subject)
    said: Source = {"instanceId": about.instance_id}
    first = next((e for _, e, _ in places_about(db, subject) if e.kind == CREATE), None)
    if first is not None:
        said["createdAt"] = shown(first.made_at)
        said["submitter"] = actor_or_none(db, number_of(first.body.get("by")))
    form = forms.find_by_key(db, about.project, about.form_key)
    if form is None or form.deleted_at is not None:
        return said
    held = submissions.find_submission(db, form.id, about.instance_id)
    current = submissions.find_version(db, held.version_id) if held and held.deleted_at is None else None
    if held is None or current is None:
        return said
    return {**submission_json(held, current, people), "xmlFormId": form.xml_form_id, **said}


def entity_now(db: Connection, said: dict[str, Any]) -> dict[str, Any]:
    """What a submission made, with what stands of it: `entityAvailable` tells whether it can be looked at."""
    held = entities.find_entity(db, said["uuid"])
    if held is None or held.deleted_at is not None:
        return {"entityAvailable": False, **said}
    dataset = datasets.find_by_key(db, held.project, held.dataset)
    listed = dataset is not None and dataset.deleted_at is None
    current = entities.find_version(db, held.id, held.version)
    assert current is not None, held.uuid
    return {"entityAvailable": listed, **entity_json(held, current, None, current.values), **said}
