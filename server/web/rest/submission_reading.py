"""Finding the submission that an address names, and where to go when it names a later version of one."""

from __future__ import annotations

import time
from urllib.parse import quote

from flask import Response, request

from server.answering import catch_up
from server.errors import Problem
from server.store import submissions
from server.store.forms import Form
from server.store.projects import Project
from server.store.submissions import Attachment, Submission, SubmissionVersion
from server.web import wire
from server.web.rest.files import blob_answer
from server.web.rest.form_reading import FORM

LOOKS, LOOK_S = 10, 0.03  # how often, and how far apart
pause = time.sleep
SUBMISSIONS = f"{FORM}/submissions"
ONE = f"{SUBMISSIONS}/<instance_id>"


def find_form(project_id: int, xml_form_id: str, *verbs: str) -> tuple[Project, Form]:
    """The form, for one who holds one of the verbs on it. Raises Problem 404.1, 403.1, 401.2."""
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, xml_form_id)
    if not any(wire.may(verb, project, form) for verb in verbs):
        wire.require(verbs[0], project, form)
    return project, form


def find_submission(form: Form, instance_id: str, *, deleted: bool = False) -> Submission:
    """By the instanceID of its first version; one in the trash only when `deleted`. Raises Problem 404.1."""
    held = submissions.find_submission(wire.hub().read(), form.id, instance_id)
    if held is None or (held.deleted_at is not None) != deleted:
        raise Problem("404.1")
    return held


def find_arriving(form: Form, instance_id: str) -> Submission:
    """As find_submission; one that is just being sent is waited for, a moment. Programs send a submission and
    its review side by side, and ODK Central takes them in that order. Raises Problem 404.1."""
    for _ in range(LOOKS):
        held = submissions.find_submission(wire.hub().read(), form.id, instance_id)
        if held is not None:
            break
        pause(LOOK_S)
    return find_submission(form, instance_id)


def current_version(held: Submission) -> SubmissionVersion:
    """The version that stands. Deciding about a submission gives its versions new numbers: when somebody did
    so since `held` was read, the new one is looked up. Raises Problem 404.1 when it is gone."""
    db, number = wire.hub().read(), held.version_id
    while (version := submissions.find_version(db, number)) is None:
        now = submissions.find_by_number(db, held.id)
        if now is None or now.version_id == number:
            raise Problem("404.1")
        number = now.version_id
    return version


def find_version(form: Form, held: Submission, instance_id: str) -> SubmissionVersion:
    """A version of this submission; of two with one instanceID the one that stands. Raises Problem 404.1."""
    found = submissions.versions_with(wire.hub().read(), form.id, instance_id)
    own = [v for v in found if v.submission_id == held.id]
    if not own:
        raise Problem("404.1")
    return min(own, key=lambda v: v.id != held.version_id)


def list_attachments(form: Form, version_id: int) -> list[Attachment]:
    """By name, after reading what merged submissions expect."""
    catch_up(wire.hub(), form.id)
    return submissions.list_attachments(wire.hub().read(), version_id)


def find_attachment(form: Form, version_id: int, name: str) -> Attachment:
    """Raises Problem 404.1."""
    for attachment in list_attachments(form, version_id):
        if attachment.name == name:
            return attachment
    raise Problem("404.1")


def attachment_answer(attachment: Attachment) -> Response:
    """Raises Problem 404.1 when its bytes are not here."""
    return blob_answer(attachment.sha256, attachment.name, inline=True, media_type=attachment.type)


def or_redirect(form: Form, instance_id: str) -> Submission | Response:
    """The submission, or when the id is a later version's the way to that version (301).
    Raises Problem 404.1."""
    held = submissions.find_submission(wire.hub().read(), form.id, instance_id)
    if held is not None and held.deleted_at is None:
        return held
    for version in submissions.versions_with(wire.hub().read(), form.id, instance_id):
        owner = submissions.find_by_number(wire.hub().read(), version.submission_id)
        if owner is not None and owner.deleted_at is None:
            return _moved(owner)
    raise Problem("404.1")


def _moved(owner: Submission) -> Response:
    """What follows …/submissions/ stays as the caller wrote it."""
    parts = wire.asked_path().removeprefix("/v1").split("/")  # "", projects, N, forms, ID, …
    end = parts.index("submissions", 5) + 1  # …/ID/draft/submissions of a draft
    head, rest = "/".join(parts[:end]), "/".join(parts[end:])
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    place = f"{quote(owner.instance_id, safe='')}/versions/{rest}{query}"
    target = f"{request.root_path.rstrip('/')}{wire.prefix()}{head}/{place}"
    said = f"Moved Permanently. Redirecting to {target}"
    return Response(said, 301, {"Location": target}, content_type="text/plain; charset=utf-8")
