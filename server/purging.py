"""The trash, emptied: what lay in it for TRASH_DAYS is shown no more and cannot be restored. No Flask, no SQL.

The hub that put a form into the trash says so, by its own clock, for all hubs: clocks of others decide nothing here.
The ledger keeps what it holds of a form, so a hub that restored it without knowing has it back, whole. A submission
is wiped by a withdrawal (withdrawal.py), as its owner's would be. Rules: docs/ledger.md §6; ODK Central's API,
"Deleting a Form", "Deleting a Submission".
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from server.clock import stamp
from server.hub import Hub, Turn
from server.projection.forms import PURGE, deletion_in_force
from server.projection.submissions import standing_of
from server.store import forms, peers, submissions
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from server.subjects import form_subject
from server.withdrawal import withdraw_within
from sync.merge import in_order

log = logging.getLogger(__name__)
TRASH_DAYS = 30  # Central's


def purge_forms(hub: Hub, now: datetime) -> int:
    """How many forms went, with their submissions: those that this hub deleted on a day more than TRASH_DAYS
    days before the day of `now`."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    due = forms.deleted_before(hub.read(), stamp(midnight - timedelta(days=TRASH_DAYS)))
    return sum(hub.write(lambda turn, form=form: _purge(turn, form)) for form in due)  # type: ignore[misc]


def purge_submissions(hub: Hub, now: datetime) -> int:
    """How many submissions were wiped: those that this hub deleted as long ago, that nobody said anything
    else about, and only once every hub that this one exchanges with was heard from after those days. Else
    what somebody there restored in time would be wiped under his hands."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    heard = peers.last_heard(hub.read())
    if heard is not None:
        midnight = min(midnight, datetime.fromisoformat(heard))
    due = submissions.deleted_before(hub.read(), stamp(midnight - timedelta(days=TRASH_DAYS)))
    with hub.erase_at_end():
        return sum(hub.write(lambda turn, one=one: _wipe(turn, *one)) for one in due)  # type: ignore[misc]


def _wipe(turn: Turn, form_id: int, instance_id: str) -> int:
    """1 when the submission went."""
    form = forms.find_by_number(turn.db, form_id)
    if form is None:
        return 0
    held = standing_of(turn.db, form, instance_id)
    if held.deleted is None or held.deleted.hub != turn.hub.id or held.apart:
        return 0
    withdraw_within(turn, form, instance_id, {"trash": True})
    log.info("submission purged project=%s instance=%s", form.project_id, instance_id)
    return 1


def _purge(turn: Turn, form: Form) -> int:
    """1 when the form went, 0 when another hub deleted it, or somebody restored it just now."""
    subject = form_subject(form.project_uid, form.key)
    gone = deletion_in_force(in_order(entries_of(turn.db, subject)))
    if gone is None or gone.hub != turn.hub.id or form.purged_at is not None:
        return 0
    turn.append(PURGE, subject, {}, supersedes=[gone.id])
    log.info("form purged project=%s form=%s", form.project_id, form.id)
    return 1
