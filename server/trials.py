"""Test submissions to a draft: tried out, kept apart from real ones, gone with the draft. No Flask, no SQL.

They are entries like any other, under a subject of the draft's own (`subjects.trial_key`) that never leaves
this hub. Nothing is parked here as at the tablets' door: whoever tries a form out is told at once. Rules: ODK
Central's API, "Draft Form Testing".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from server import entering, intake
from server.drafts import set_draft_again
from server.errors import Problem
from server.form_entries import By
from server.hub import Hub, Turn
from server.intake import Case, Outcome, Post
from server.store import forms, submissions
from server.store.blobs import Staged
from server.store.forms import Form
from server.store.projects import Project
from sync.merge import CREATE, EDIT


def find_trial(hub: Hub, project: Project, xml_form_id: str) -> Form:
    """The form as test submissions to its draft see it. Raises Problem 404.1: no form, or no draft."""
    trial = forms.as_trial(forms.find_form(hub.read(), project.id, xml_form_id))
    if trial is None:
        raise Problem("404.1")
    return trial


def opened_by(hub: Hub, project: Project, xml_form_id: str, token: str) -> Form:
    """The same for one who holds the draft's token. Raises Problem 404.1."""
    trial = find_trial(hub, project, xml_form_id)
    if not token or trial.draft_token != token:
        raise Problem("404.1")
    return trial


def settings_for(base: str, project: Project, form: Form, title: str) -> dict[str, Any]:
    """ODK Collect's settings for trying the draft out, for a QR code (server/tablets.py). base: the hub's address
    without a slash at the end. The name and the mark in front tell the tablet's user that nothing here counts.
    """
    place = f"projects/{project.id}/forms/{quote(form.xml_form_id, safe='')}/draft"
    return {
        "general": {
            "server_url": f"{base}/v1/test/{form.draft_token}/{place}",
            "app_language": "km",
            "form_update_mode": "match_exactly",
            "autosend": "wifi_and_cellular",
        },
        "admin": {},
        "project": {"name": f"[Draft] {title}", "icon": "📝"},
    }


def clear(hub: Hub, form: Form, *, by: By = None) -> None:
    """Takes what was tried out away: the same draft begins anew, under the same token and with its files.

    Raises Problem 404.1 (no draft).
    """
    set_draft_again(hub, form, by=by)


def try_out(hub: Hub, post: Post, take_files: Callable[[], Mapping[str, Staged]]) -> Outcome:
    """Holds what a tablet sends to a draft. take_files: see intake.accept.

    Raises FormFault submission.* (it is none), Problem 400.8 (another form's), 404.5, 409.9 (what it edits is
    not here, or was replaced), 409.1 (its instanceID is taken).
    """
    assert post.trial is not None
    case = intake.examine(hub, post)
    entering.check_form_id(post.trial, case)
    case.post = replace(post, files=take_files())
    return hub.write(lambda turn: _decide(turn, post.trial, case))  # type: ignore[arg-type]


def _decide(turn: Turn, trial: Form, case: Case) -> Outcome:
    said = case.envelope
    known = submissions.versions_with(turn.db, trial.id, said.instance_id)
    for version in known:
        if version.xml == case.xml.sha256:
            return intake.again(turn, case, version)
    now = forms.find_by_number(turn.db, trial.id)
    if now is None or now.key != trial.key:
        raise Problem("404.1")  # published or replaced meanwhile
    if known:
        raise Problem("409.1")
    if said.deprecated_id is None:
        return intake.hold(turn, case, CREATE, said.instance_id, None)
    return intake.hold(turn, case, EDIT, _edited(turn, trial, said.deprecated_id), None)


def _edited(turn: Turn, trial: Form, deprecated_id: str) -> str:
    """The submission that an edit is about, by the instanceID of its first version."""
    earlier = submissions.versions_with(turn.db, trial.id, deprecated_id)
    if not earlier:
        raise Problem("404.5", deprecatedId=deprecated_id)
    owner = submissions.find_by_number(turn.db, earlier[0].submission_id)
    if owner is None or owner.version_id != earlier[0].id:
        raise Problem("409.9", deprecatedId=deprecated_id)
    return owner.instance_id
