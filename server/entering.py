"""Submissions that programs enter through the API: refused where ODK Central refuses.

A tablet may hold the only copy, so its door parks what does not fit (`intake.py`); a program is told
at once and can mend it. No Flask, no SQL.
"""

from __future__ import annotations

from forms.errors import FormFault
from forms.instance import names_form
from i18n import mark
from server import entity_making, intake
from server.errors import Problem
from server.hub import Hub, Turn
from server.intake import Case, Post
from server.projection.forms import DRAFT
from server.store import forms, submissions, withdrawals
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from server.store.submissions import Submission
from server.subjects import form_subject, plain_key, submission_subject, trial_key
from sync.merge import CREATE, EDIT

ENCRYPTED_ID = "instanceId (required for encrypted submissions)"  # decryption begins with it
FORM_ID = "form ID xml attribute"
OTHER_FORM = mark("did not match the form ID in the URL")


def read_upload(hub: Hub, post: Post) -> Case:
    """Raises Problem 400.1 (no XML), 400.2 (no form id), 400.13 (an id too long), 400.36 (too large)."""
    if len(post.xml) > hub.config.max_xml_length:
        raise Problem("400.36")
    try:
        case = intake.examine(hub, post)
    except FormFault as fault:
        if fault.code == "submission.no_form_id":
            raise Problem("400.2", field=FORM_ID) from None
        if fault.code == "submission.id_too_long":
            raise Problem("400.13", maxLength=fault.values["limit"]) from None
        if fault.code == "submission.not_xml" and not names_form(post.xml):
            raise Problem("400.2", field=FORM_ID) from None
        raise Problem("400.1", format="xml", rawLength=len(post.xml)) from None
    if case.envelope.encrypted and not case.envelope.named:
        raise Problem("400.2", field=ENCRYPTED_ID)
    return case


def check_form(hub: Hub, form: Form, case: Case) -> None:
    """Raises Problem 404.6 (no such version of the form), 409.2 (closed)."""
    if forms.find_published(hub.read(), form.id, case.envelope.version) is None:
        raise Problem("404.6", formVersion=case.envelope.version)
    if form.state == "closed":
        raise Problem("409.2")


def check_form_id(form: Form, case: Case) -> None:
    """Raises Problem 400.8 when the XML answers another form than the one in the address."""
    if case.envelope.form_id != form.xml_form_id:
        raise Problem("400.8", field="form id", value=case.envelope.form_id, reason=OTHER_FORM)


def create_submission(hub: Hub, form: Form, case: Case) -> None:
    """Raises Problem 409.3 when its instanceID is taken."""

    def work(turn: Turn) -> None:
        _check_free(turn, form, case.envelope.instance_id)
        intake.hold(turn, case, CREATE, case.envelope.instance_id, None)

    hub.write(work)
    entity_making.follow(hub, form)


def deprecated_id(case: Case) -> str:
    """What the edit says that it replaces. Raises Problem 400.19 when it says nothing."""
    if case.envelope.deprecated_id is None:
        raise Problem("400.19")
    return case.envelope.deprecated_id


def edit_submission(hub: Hub, form: Form, held: Submission, case: Case) -> None:
    """Raises Problem 409.9 (the edit does not start from the version that stands), 409.3 (its
    instanceID is taken)."""

    def work(turn: Turn) -> None:
        now = submissions.find_by_number(turn.db, held.id)
        current = submissions.find_version(turn.db, now.version_id) if now else None
        if current is None or current.instance_id != case.envelope.deprecated_id:
            raise Problem("409.9", deprecatedId=case.envelope.deprecated_id)
        _check_free(turn, form, case.envelope.instance_id)
        intake.hold(turn, case, EDIT, held.instance_id, None)

    hub.write(work)
    entity_making.follow(hub, form)


def _check_free(turn: Turn, form: Form, instance_id: str) -> None:
    held = submissions.find_submission(turn.db, form.id, instance_id) is not None
    if held or (form.is_trial and _tried_before(turn, form, instance_id)):
        names, values = (
            ["formId", "instanceId", "draft"],
            [str(abs(form.id)), instance_id, "ft"[form.is_trial]],
        )
        raise Problem("409.3", fields=names, values=values, table="submissions")
    withdrawn = withdrawals.purge_of(turn.db, form.project_uid, form.key, [instance_id])
    if withdrawn or submissions.versions_with(turn.db, form.id, instance_id):
        raise Problem("409.3", fields="instanceID", values=instance_id)


def _tried_before(turn: Turn, form: Form, instance_id: str) -> bool:
    """Whether an earlier draft of the form was sent this instance (Central keeps those, unseen)."""
    key = plain_key(form.key)
    drafts = (e for e in entries_of(turn.db, form_subject(form.project_uid, key)) if e.kind == DRAFT)
    subjects = (submission_subject(form.project_uid, trial_key(key, e.id), instance_id) for e in drafts)
    return any(entries_of(turn.db, subject) for subject in subjects)
