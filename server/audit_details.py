"""`details` of a line of the audit log: numbers and values that ODK Central's clients look for there.

Central's numbers of submissions, versions and form definitions are places in our ledger: they never
change, also when the state is folded anew. No Flask, no SQL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from server import export_entries
from server.audits import ENCRYPTED, FILE, PARKED, Told, actee_id
from server.store import audits
from server.store.actors import Connection
from server.store.keys import key_number
from server.store.ledger_sqlite import entries_about, find_entry, seq_of
from server.store.projects import find_by_uid
from server.subjects import (
    actor_number,
    dataset_name,
    form_subject,
    project_subject,
    split_entity,
    split_submission,
)
from sync.ledger import Entry
from sync.merge import CREATE, EDIT

Details = dict[str, Any] | None
_API_NAMES = {
    "display_name": "displayName",
    "webforms_enabled": "webformsEnabled",
}


class Teller:
    """Works out details; keeps what it looked up, since neighbours in the log are often of one thing."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self._firsts: dict[str, int | None] = {}
        self._ends: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def details(self, told: Told) -> Details:
        tell = _BY_ACTION.get(told.line.action)
        return tell(self, told) if tell else told.entry.body.get("details")

    def first(self, subject: str) -> int | None:
        if subject not in self._firsts:
            self._firsts[subject] = audits.first_about(self.db, subject)
        return self._firsts[subject]

    def end_of(self, subject: str, export: str) -> Mapping[str, Any]:
        """What was said of how an export ended."""
        if subject not in self._ends:
            self._ends[subject] = export_entries.ends_of(self.db, subject)
        return self._ends[subject].get(export, {})

    def definition(self, entry_id: str | None) -> int | None:
        """The number of a form's definition: a published draft keeps its own."""
        entry = find_entry(self.db, entry_id) if entry_id else None
        if entry is None:
            return None
        draft = entry.body.get("draft")
        return seq_of(self.db, draft) if isinstance(draft, str) else seq_of(self.db, entry.id)

    def version(self, subject: str, instance_id: str) -> int | None:
        """The number of a version of a submission."""
        for kind in (CREATE, EDIT):
            for seq, entry in entries_about(self.db, subject, kind):
                if entry.body.get("instance_id") == instance_id and "parked" not in entry.body:
                    return seq
        return None

    def newest(self, entry_ids: tuple[str, ...]) -> str | None:
        places = [(seq_of(self.db, name) or 0, name) for name in entry_ids]
        return max(places)[1] if places else None

    def blob(self, sha256: str | None) -> int | None:
        return audits.blob_number(self.db, sha256)


def _said(entry: Entry) -> dict[str, Any]:
    """What an entry says of its subject, under the API's names."""
    return {_API_NAMES.get(k, k): v for k, v in entry.body.items() if k not in ("by", "notes")}


def _data(teller: Teller, told: Told) -> Details:
    return {"data": _said(told.entry)}


def _changed_project(teller: Teller, told: Told) -> Details:
    """That it was encrypted, and by which key; never the key, however well it is locked."""
    key = told.entry.body.get("key")
    if told.line.file == ENCRYPTED:
        return {"encrypted": True}
    if not isinstance(key, dict):
        return _data(teller, told)
    uid = told.entry.subject.removeprefix("project:")
    return {"data": {"keyId": key_number(teller.db, uid, str(key.get("public")))}}


def _nothing(teller: Teller, told: Told) -> Details:
    return None


def _made_user(teller: Teller, told: Told) -> Details:
    number = actor_number(told.entry.subject.removeprefix("actor:"))
    email = told.entry.body.get("email")
    return {"data": {"actorId": number, "email": email, "password": None, "lastLoginAt": None}}


def _changed_user(teller: Teller, told: Told) -> Details:
    """That a password was set, never what it is."""
    body = told.entry.body
    if "password" in body:
        return {"data": {"password": True if body["password"] else None}}
    return {"data": {k: v for k, v in _said(told.entry).items() if k in ("displayName", "email")}}


def _signed_in(teller: Teller, told: Told) -> Details:
    return {"userAgent": told.entry.body.get("user_agent")}


def _preferred(teller: Teller, told: Told) -> Details:
    """A value is any JSON, kept as text. The project by its number here."""
    body = told.entry.body
    said: dict[str, Any] = {"propertyName": body["name"]}
    if "value" in body:
        said["propertyValue"] = json.loads(body["value"])
    if "project" not in body:
        return said | {"scope": "site"}
    project = find_by_uid(teller.db, body["project"])
    return said | {"projectId": project.id if project else None, "scope": "project"}


def _assigned(name: str) -> Callable[[Teller, Told], Details]:
    def tell(teller: Teller, told: Told) -> Details:
        body = told.entry.body
        project, form = body.get("project"), body.get("form")
        place = "*"
        if project:
            place = actee_id(form_subject(project, form) if form else project_subject(project))
        return {"roleId": body.get("role"), name: place}

    return tell


# Forms


def _published(teller: Teller, told: Told) -> Details:
    before = teller.newest(told.entry.supersedes)
    return {"newDefId": teller.definition(told.entry.id), "oldDefId": teller.definition(before)}


def _drafted(teller: Teller, told: Told) -> Details:
    return {
        "newDraftDefId": told.seq,
        "oldDraftDefId": teller.definition(teller.newest(told.entry.supersedes)),
    }


def _undrafted(teller: Teller, told: Told) -> Details:
    return {"oldDraftDefId": teller.definition(told.entry.body.get("draft"))}


def _form_file(teller: Teller, told: Told) -> Details:
    body = told.entry.body
    before = find_entry(teller.db, teller.newest(told.entry.supersedes) or "")
    return {
        "formDefId": teller.definition(body.get("draft")),
        "name": body.get("name"),
        "oldBlobId": teller.blob(before.body.get("sha256") if before else None),
        "newBlobId": teller.blob(body.get("sha256")),
        "oldDatasetId": None,
        "newDatasetId": None,
    }


def _exported(teller: Teller, told: Told) -> Details:
    """Nothing of Central's own exports (Central)."""
    entry = told.entry
    return export_entries.told(entry, teller.end_of(entry.subject, str(entry.body.get("export"))))


# Submissions


def _version(teller: Teller, told: Told) -> Details:
    return {
        "submissionId": teller.first(told.entry.subject),
        "instanceId": told.entry.body["instance_id"],
        "submissionDefId": told.seq,
    }


def _reviewed(teller: Teller, told: Told) -> Details:
    body, subject = told.entry.body, told.entry.subject
    return {
        "submissionId": teller.first(subject),
        "submissionDefId": teller.version(subject, body["instance_id"]),
        "instanceId": body["instance_id"],
        "reviewState": body.get("review_state"),
    }


def _binned(teller: Teller, told: Told) -> Details:
    subject = told.entry.subject
    return {"submissionId": teller.first(subject), "instanceId": split_submission(subject).instance_id}


def _file(teller: Teller, told: Told) -> Details:
    """`oldBlobId` where somebody replaced or took away what was there."""
    entry, name = told.entry, told.line.file or ""
    body = entry.body
    sha256 = body["files"][name]
    version = told.seq if entry.kind in (CREATE, EDIT) else teller.version(entry.subject, body["instance_id"])
    said = {"instanceId": body["instance_id"], "submissionDefId": version, "name": name}
    before = _before(teller, entry, name) if entry.supersedes else None
    if before is not None or sha256 is None:
        said["oldBlobId"] = teller.blob(before)
    return said | ({} if sha256 is None else {"newBlobId": teller.blob(sha256)})


def _before(teller: Teller, entry: Entry, name: str) -> str | None:
    earlier = (find_entry(teller.db, e) for e in entry.supersedes)
    held = [
        (seq_of(teller.db, e.id) or 0, e.body["files"][name])
        for e in earlier
        if e and name in e.body["files"]
    ]
    found: str | None = max(held, key=lambda pair: pair[0])[1] if held else None
    return found


def _parked(teller: Teller, told: Told) -> Details:
    return {"instanceId": told.entry.body["instance_id"], "reason": told.entry.body["parked"]}


def _withdrawn(teller: Teller, told: Told) -> Details:
    return {"instanceId": split_submission(told.entry.subject).instance_id}


# Entities


def _entity(teller: Teller, told: Told) -> Details:
    """A version, with the submission that made it, if one did."""
    body, subject = told.entry.body, told.entry.subject
    said = {
        "entityId": teller.first(subject),
        "entityDefId": told.seq,
        "entity": {"uuid": split_entity(subject), "dataset": dataset_name(body["dataset"])},
    }
    source = body.get("source", {})
    return said | (_source(teller, source["submission"], source) if "submission" in source else {})


def _source(teller: Teller, subject: str, said: Mapping[str, Any]) -> dict[str, Any]:
    version = teller.version(subject, said["instance_id"])
    return {"submissionId": teller.first(subject), "submissionDefId": version}


def _resolved(teller: Teller, told: Told) -> Details:
    newest = teller.newest(told.entry.supersedes)
    return {**(_entity(teller, told) or {}), "entityDefId": seq_of(teller.db, newest) if newest else None}


def _turned(teller: Teller, told: Told) -> Details:
    return {"entity": {"uuid": split_entity(told.entry.subject)}}


def _many_made(teller: Teller, told: Told) -> Details:
    return {"sourceId": told.seq}


def _many_turned(teller: Teller, told: Told) -> Details:
    return {"entityUuids": told.entry.body["uuids"]}


def _purged(teller: Teller, told: Told) -> Details:
    return {"entitiesDeleted": len(told.entry.body["uuids"])}


def _waited(teller: Teller, told: Told) -> Details:
    return _source(teller, told.entry.subject, told.entry.body)


def _failed(teller: Teller, told: Told) -> Details:
    body = told.entry.body
    problem = _problem(body.get("problem"))
    return {**(_waited(teller, told) or {}), "errorMessage": body["error_message"], "problem": problem}


def _problem(said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """With its code as the number that clients know."""
    if said is None:
        return None
    details = said.get("problemDetails")
    if details and "errors" in details:
        errors = [{**each, "problem": _problem(each.get("problem"))} for each in details["errors"]]
        details = {**details, "errors": errors}
    return {"problemCode": float(said["problemCode"]), "problemDetails": details}


# The hub


def _config(teller: Teller, told: Told) -> Details:
    body = told.entry.body
    key = told.entry.subject.removeprefix("config:")
    if body.get("blob") is not None:
        return {"key": key, "blobId": teller.blob(body["blob"])}
    unset = {"blobId": None} if body.get("value") is None else {}
    return {"key": key, "value": body.get("value"), **unset}


def _peer(teller: Teller, told: Told) -> Details:
    """Which hub, and no credential."""
    return {"hub": told.entry.subject.partition(":")[2]}


_BY_ACTION: dict[str, Callable[[Teller, Told], Details]] = {
    "user.create": _made_user,
    "user.update": _changed_user,
    "user.session.create": _signed_in,
    "user.preference.update": _preferred,
    "user.preference.delete": _preferred,
    "user.reset.create": _nothing,
    "user.second_factor.create": _nothing,
    "user.second_factor.delete": _nothing,
    **{
        f"{who}.assignment.create": _assigned("grantedActeeId")
        for who in ("user", "field_key", "public_link")
    },
    **{
        f"{who}.assignment.delete": _assigned("revokedActeeId")
        for who in ("user", "field_key", "public_link")
    },
    "project.create": _data,
    "project.update": _changed_project,
    "form.update": _data,
    "form.update.publish": _published,
    "form.update.draft.set": _drafted,
    "form.update.draft.delete": _undrafted,
    "form.attachment.update": _form_file,
    export_entries.BEGIN: _exported,
    CREATE: _version,
    EDIT: _version,
    FILE: _file,
    PARKED: _parked,
    "submission.update": _reviewed,
    "submission.delete": _binned,
    "submission.restore": _binned,
    "submission.update.resolve": _binned,
    "submission.purge": _withdrawn,
    "entity.create": _entity,
    "entity.update.version": _entity,
    "entity.update.resolve": _resolved,
    "entity.delete": _turned,
    "entity.restore": _turned,
    "entity.bulk.create": _many_made,
    "entity.bulk.delete": _many_turned,
    "entity.bulk.restore": _many_turned,
    "entity.purge": _purged,
    "entity.error": _failed,
    "submission.backlog.hold": _waited,
    "submission.backlog.reprocess": _waited,
    "submission.backlog.force": _waited,
    "config.set": _config,
    "hub.add": _peer,
    "hub.remove": _peer,
    "hub.offer": _nothing,
    "hub.offer.end": _nothing,
}
