"""…/search: words in open answers. Ours, not Central's."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from server.consultation.searching import search
from server.consultation.telling import answer_json
from server.store.forms import list_forms
from server.web import wire
from server.web.rest.inputs import whole_in_query

blueprint = Blueprint("search", __name__)
LIMIT = 20


@blueprint.get("/v1/projects/<int:project_id>/search")
def find_words(project_id: int) -> dict[str, Any]:
    """?q=WORDS, and ?form=ID for one form; without it, whoever may read all forms of the project looks through all."""
    project = wire.project_or_404(project_id)
    form_id = request.args.get("form")
    if form_id:
        form = wire.form_or_404(project, form_id)
        wire.require("submission.read", project, form)
        chosen = [form.id]
    else:
        wire.require("submission.read", project)
        chosen = [form.id for form in list_forms(wire.hub().read(), project.id)]
    result = search(
        wire.hub(), request.args.get("q", ""), chosen, whole_in_query(request.args, "limit", LIMIT) or LIMIT
    )
    return {"answers": [answer_json(found) for found in result.answers], "more": result.more}
