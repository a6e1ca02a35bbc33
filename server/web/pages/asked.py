"""What addresses of pages ask for: a form and the right to it, a day, a number. What they say wrongly is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from flask import request

from server.overview import CAMBODIA
from server.store import paging
from server.store.forms import Form
from server.store.projects import Project
from server.web import wire

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NUMBER = re.compile(r"[0-9]{1,18}")


def form_asked(project_id: int, xml_form_id: str, verb: str) -> tuple[Project, Form]:
    """Raises Problem 404.1, 401.2, 403.1."""
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, xml_form_id)
    wire.require(verb, project, form)
    return project, form


def form_at_hand(project: Project, listed: Sequence[Form]) -> Form | None:
    """?form, else the one of `listed` with most submissions."""
    wanted = request.args.get("form")
    if wanted:
        return form_asked(project.id, wanted, "submission.read")[1]
    return max(listed, key=lambda form: paging.count_live(wire.hub().read(), form.id), default=None)


def day_begun(said: str, later: int = 0) -> datetime | None:
    """When that day began in Cambodia, so many days later; None for what is no day."""
    if not DAY.fullmatch(said):
        return None
    try:
        day = date.fromisoformat(said) + timedelta(days=later)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), CAMBODIA).astimezone(UTC)


def number_said(said: str | None) -> int | None:
    return int(said) if said is not None and NUMBER.fullmatch(said) else None
