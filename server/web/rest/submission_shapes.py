"""How submissions, their versions and comments look in answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from server.clock import shown
from server.hub import Hub
from server.store import submissions
from server.store.actors import Connection
from server.store.keys import EncryptionKey
from server.store.submissions import Attachment, Comment, Submission, SubmissionVersion
from server.web.rest.lists import json_list
from server.web.rest.people import actor_or_none


class People:
    """Actors as extended metadata shows them, each looked up once."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._known: dict[int | None, dict[str, Any] | None] = {None: None}

    def __call__(self, number: int | None) -> dict[str, Any] | None:
        if number not in self._known:
            self._known[number] = actor_or_none(self._db, number)
        return self._known[number]


def submission_json(
    held: Submission, current: SubmissionVersion, people: People | None = None
) -> dict[str, Any]:
    """A submission with the version that stands; with its people when extended."""
    said = {
        "instanceId": held.instance_id,
        "submitterId": held.submitter_id,
        "deviceId": held.device_id,
        "createdAt": shown(held.created_at),
        "updatedAt": shown(held.updated_at),
        "reviewState": held.review_state,
        "userAgent": held.user_agent,
        "deletedAt": shown(held.deleted_at),
        "currentVersion": version_json(current, is_current=True),
    }
    if people is not None:
        said["submitter"] = people(held.submitter_id)
        said["currentVersion"]["submitter"] = people(current.submitter_id)  # type: ignore[index]
    return said


def version_json(version: SubmissionVersion, *, is_current: bool) -> dict[str, Any]:
    return {
        "submitterId": version.submitter_id,
        "createdAt": shown(version.created_at),
        "instanceName": version.instance_name,
        "instanceId": version.instance_id,
        "current": is_current,
        "deviceId": version.device_id,
        "userAgent": version.user_agent,
    }


def comment_json(comment: Comment) -> dict[str, Any]:
    return {"body": comment.body, "actorId": comment.actor_id, "createdAt": shown(comment.created_at)}


def attachments_json(hub: Hub, attachments: list[Attachment]) -> list[dict[str, Any]]:
    """Those that the instance names, by name. One whose bytes have not come from their hub yet does
    not exist."""
    return [
        {"name": a.name, "exists": a.sha256 is not None and hub.blobs.has(a.sha256)}
        for a in attachments
        if a.expected
    ]


def stream_submissions(
    hub: Hub, form_id: int, *, deleted: bool, limit: int, offset: int, extended: bool
) -> Iterator[bytes]:
    """The JSON list, newest first, piece by piece. It outlives the request, so it reads by itself."""
    db = hub.database.separate_reader()
    try:
        people = People(db) if extended else None
        found = submissions.iterate_submissions(db, form_id, deleted=deleted, limit=limit, offset=offset)
        yield from json_list(submission_json(held, current, people) for held, current in found)
    finally:
        db.close()


def key_json(key: EncryptionKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "public": key.public,
        "managed": key.managed,
        "hint": key.hint,
        "createdAt": shown(key.created_at),
    }
