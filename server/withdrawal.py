"""Withdrawing a submission: its content goes, here and on every hub that the withdrawal reaches.

What stays is an entry that names the instances, so that nothing of them is taken again. It cannot be
undone. Rules: docs/ledger.md §6. No Flask, no SQL.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from server.errors import Fault
from server.hub import Hub, Turn
from server.projection.submissions import known_about
from server.review import By
from server.store import submissions, withdrawals
from server.store.forms import Form
from server.subjects import split_submission, submission_subject
from sync.withdrawal import PURGE, made_by

log = logging.getLogger(__name__)
REASON_LIMIT = 200  # characters; it stays and travels, so it is no place for a story


def withdraw(hub: Hub, form: Form, instance_id: str, *, reason: str | None = None, by: By = None) -> int:
    """How many entries were wiped here. instance_id: of any version of it, taking part or set aside.

    Raises Fault submission.unknown, submission.withdrawn, withdrawal.reason.
    """
    if reason is not None and len(reason) > REASON_LIMIT:
        raise Fault("withdrawal.reason", limit=REASON_LIMIT)
    more: dict[str, Any] = {"reason": reason} if reason else {}
    if by:
        more["by"] = dict(by)
    wiped = hub.write(lambda turn: withdraw_within(turn, form, instance_id, more))
    log.info("submission withdrawn project=%s instance=%s entries=%d", form.project_id, instance_id, wiped)
    return wiped


def withdraw_within(turn: Turn, form: Form, instance_id: str, more: Mapping[str, Any]) -> int:
    """The same within a turn. more: what the withdrawal says besides."""
    root = _root(turn, form, instance_id)
    made = {made_by(entry) for entry in known_about(turn.db, form, root)} - {None}
    body: dict[str, Any] = {"instances": sorted({root, instance_id, *(str(name) for name in made)}), **more}
    before = withdrawals.count_wiped(turn.db)
    turn.append(PURGE, submission_subject(form.project_uid, form.key, root), body)
    return withdrawals.count_wiped(turn.db) - before


def _root(turn: Turn, form: Form, instance_id: str) -> str:
    """The submission that has a version of this id, or what such a version is set aside under."""
    roots = submissions.roots_of(turn.db, form.id, instance_id)
    aside = submissions.parked_subjects_of(turn.db, form.project_id, form.key, instance_id)
    roots += [split_submission(subject).instance_id for subject in aside]
    if roots:
        return instance_id if instance_id in roots else roots[0]
    if withdrawals.purge_of(turn.db, form.project_uid, form.key, [instance_id]) is not None:
        raise Fault("submission.withdrawn", instance_id=instance_id)
    raise Fault("submission.unknown", instance_id=instance_id, form_id=form.xml_form_id)
