"""The ids by which web forms are reached: of a form, of answering it once, and of its draft. No Flask, no SQL.

A form has them once its web form is switched on (webformsEnabled); until then they are null, as in ODK Central without
Enketo. They are made from what names the form, so that they are the same on every hub and for ever. They are no secret
but for the draft's, which is made from its token: who may open what is asked of the caller.
"""

from __future__ import annotations

import hashlib

from server.hub import Hub
from server.store import forms
from server.store.actors import Connection
from server.store.forms import Form, FormVersion

LENGTH = 31


def link_of(form: Form, version: FormVersion) -> str | None:
    """The id of this version's web form: of the draft in force or of the version that is out; older ones
    have none (Central)."""
    if not form.webforms:
        return None
    if version.id == form.draft_id:
        return _digest("draft", form.draft_token or "")
    return _digest("form", form.project_uid, form.key) if version.id == form.current_id else None


def once_link_of(form: Form, version: FormVersion) -> str | None:
    """The id by which somebody answers the form a single time."""
    is_out = version.id == form.current_id
    return _digest("once", form.project_uid, form.key) if form.webforms and is_out else None


def _digest(*said: str) -> str:
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:LENGTH]


def find_linked(hub: Hub, link: str) -> tuple[int, int] | None:
    """(form's number, form version's number) that an id leads to."""
    return hub.remember(("form links",), _links).get(link)


def _links(db: Connection) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for form in forms.list_standing(db):
        for number in (form.draft_id, form.current_id):
            version = forms.find_version(db, number) if number else None
            if version is not None:
                links = (link_of(form, version), once_link_of(form, version))
                found |= {link: (form.id, version.id) for link in links if link is not None}
    return found
