"""What can be taken away of a consultation, form by form, and who took what last."""

from __future__ import annotations

from typing import Any

from flask import Response

from server.export_entries import Taken
from server.overview import local_time
from server.store import forms, paging
from server.store.forms import Form
from server.web import wire
from server.web.pages.exports import OUTCOMES
from server.web.pages.frame import page, room
from server.web.pages.submissions import title_of
from server.web.rest.form_exports import seen

blueprint = room("exports_overview")
SHOWN = 5  # exports of each form


@blueprint.get("/projects/<int:project_id>/exports")
def show(project_id: int) -> Response:
    project = wire.project_or_404(project_id)
    listed = [form for form in forms.list_forms(wire.hub().read(), project.id)
              if form.current_id is not None and wire.may("submission.read", project, form)]  # fmt: skip
    if not listed:
        wire.require("submission.read", project)
    return page(
        "exports_overview.html", section="exports", project=project, listed=[_form(form) for form in listed],
        outcomes=OUTCOMES, consultation=wire.hub().config.consultation,
    )  # fmt: skip


def _form(form: Form) -> dict[str, Any]:
    total = paging.count_live(wire.hub().read(), form.id)
    return {
        "form": form,
        "title": title_of(form),
        "total": total,
        "taken": [_line(one) for one in seen(form)[:SHOWN]],
    }


def _line(one: Taken) -> tuple[Taken, str | None]:
    return one, local_time(one.made_at)
