"""Notes with each request of a tablet that it was heard of, and which form it was given."""

from __future__ import annotations

from flask import Response, g, request

from server.store import forms
from server.web import wire


def note(answer: Response) -> Response:
    """After every request; of anybody but a tablet it costs one look."""
    caller = g.get("caller")
    if caller is None or caller.how != "key" or caller.actor is None or answer.status_code >= 400:
        return answer
    wire.running().sightings.note(caller.actor, request.headers.get("User-Agent", ""), _given())
    return answer


def _given() -> tuple[int, str, str] | None:
    """(project, xmlFormId, version) when the answer is a form's definition."""
    said = request.view_args or {}
    if request.method != "GET" or not request.path.endswith(".xml") or "xml_form_id" not in said:
        return None
    project = said.get("project_id", said.get("number"))
    if not isinstance(project, int) or "instance_id" in said:
        return None
    db = wire.hub().read()
    form = forms.find_form(db, project, str(said["xml_form_id"]))
    version = (
        forms.find_version(db, form.current_id) if form is not None and form.current_id is not None else None
    )
    return (project, str(said["xml_form_id"]), version.version) if version is not None else None
