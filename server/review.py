"""What coordinators do to submissions: review, comment, mend attachments, delete, restore.

No Flask, no SQL. A decision supersedes the earlier ones that are known, so that every hub comes to
the same last one. Rules: ODK Central's API, "Submissions".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from i18n import mark
from server import entity_making
from server.errors import Problem
from server.hub import Hub, Turn
from server.intake import attach
from server.projection.submissions import known_about
from server.store import submissions
from server.store.blobs import Staged
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from server.store.submissions import Submission, SubmissionVersion
from server.subjects import submission_subject
from sync.ledger import Entry, travels
from sync.merge import COMMENT, DELETE, RESTORE, REVIEW

By = Mapping[str, str] | None
STATES = (None, "hasIssues", "edited", "rejected", "approved")
UNKNOWN_STATE = mark("not a recognized review state")


def set_review_state(hub: Hub, form: Form, held: Submission, state: object, *, by: By = None) -> None:
    """Decides about the version that stands now; None takes it back to received.

    Raises Problem 400.8 for a state that there is not.
    """
    if state is not None and state not in STATES:
        raise Problem("400.8", field="reviewState", value=state, reason=UNKNOWN_STATE)

    def work(turn: Turn) -> None:
        current = _current(turn, held)
        earlier = [
            e.id
            for e in entries_of(turn.db, _subject(form, held))
            if e.kind == REVIEW and e.body["instance_id"] == current.instance_id
        ]
        body = {"instance_id": current.instance_id, "review_state": state}
        turn.append(REVIEW, _subject(form, held), _signed(body, by), supersedes=earlier)

    hub.write(work)
    entity_making.follow(hub, form)


def add_comment(hub: Hub, form: Form, held: Submission, text: object, *, by: By = None) -> Entry:
    """Raises Problem 400.2 without a text, 400.11 when it is none."""
    if text is None:
        raise Problem("400.2", field="body")
    if not isinstance(text, str):
        raise Problem("400.11", field="body", value=str(text), expected="string")
    body = _signed({"body": text}, by)
    return hub.write(lambda turn: turn.append(COMMENT, _subject(form, held), body))


def set_attachment(
    hub: Hub,
    form: Form,
    held: Submission,
    version: SubmissionVersion,
    name: str,
    file: Staged | None,
    *,
    media_type: str | None = None,
    by: By = None,
) -> None:
    """Gives a version of the submission a file, or takes it away (None); the slot stays. An old version's
    files are its own: those of the edits made of it stay. media_type: as the sender calls it."""
    subject = _subject(form, held)

    def work(turn: Turn) -> None:
        more: dict[str, Any] = {"types": {name: media_type}} if media_type else {}
        if _current(turn, held).id != version.id:
            more["alone"] = True
        attach(turn, subject, version.instance_id, version.xml, {name: file}, by, more)

    hub.write(work)


def delete_submission(hub: Hub, form: Form, held: Submission, *, by: By = None) -> None:
    """Moves it to the trash."""
    _decide(hub, form, held, DELETE, by)


def restore_submission(hub: Hub, form: Form, held: Submission, *, by: By = None) -> None:
    """Takes it back from the trash."""
    _decide(hub, form, held, RESTORE, by)


def _decide(hub: Hub, form: Form, held: Submission, kind: str, by: By) -> None:
    def work(turn: Turn) -> None:
        # All that is known, so that what somebody elsewhere said without knowing of this can be told.
        known = [e.id for e in known_about(turn.db, form, held.instance_id) if travels(e.kind)]
        turn.append(kind, _subject(form, held), _signed({}, by), supersedes=known)

    hub.write(work)


def _current(turn: Turn, held: Submission) -> SubmissionVersion:
    """The version that stands in this turn. Raises Problem 404.1."""
    now = submissions.find_by_number(turn.db, held.id)
    current = submissions.find_version(turn.db, now.version_id) if now else None
    if current is None:
        raise Problem("404.1")
    return current


def _subject(form: Form, held: Submission) -> str:
    return submission_subject(form.project_uid, form.key, held.instance_id)


def _signed(body: dict[str, Any], by: By) -> dict[str, Any]:
    return {**body, "by": dict(by)} if by else body
