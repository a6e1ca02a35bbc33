"""What a hub holds, at a glance: projects, their forms, and how many answers came from where.

For people who look, so it counts only what they may see. No Flask, no SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from server.hub import Hub
from server.store import forms, paging, peers, projects, submissions
from server.store.forms import Form
from server.store.projects import Project

STATES = ("received", "hasIssues", "edited", "approved", "rejected")
CAMBODIA = timezone(timedelta(hours=7))  # no summer time
May = Callable[[str, Project | None, Form | None], bool]


@dataclass(frozen=True, slots=True)
class Source:
    """A hub that received submissions first. `name` is its id when this hub never met it."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class FormView:
    """`newest`: when the last submission came, in Cambodia's time; `parked`: waiting for a person;
    `apart`: edited on two hubs at once; `states`: review state -> how many, all of STATES."""

    xml_form_id: str
    name: str
    version: str
    state: str
    total: int
    newest: str | None
    sources: tuple[Source, ...]
    states: dict[str, int]
    parked: int
    apart: int
    readable: bool


@dataclass(frozen=True, slots=True)
class ProjectView:
    """`strays`: parked submissions for forms that are unknown here."""

    id: int
    name: str
    forms: tuple[FormView, ...]
    strays: int


def overview(hub: Hub, may: May) -> list[ProjectView]:
    """Every project whose forms the asker may see. `may`: (verb, project, form) -> bool."""
    visible = [p for p in projects.list_projects(hub.read()) if may("project.read", p, None)]
    return [_project(hub, project, may) for project in visible]


def _project(hub: Hub, project: Project, may: May) -> ProjectView:
    listed = [f for f in forms.list_forms(hub.read(), project.id) if may("open_form.read", project, f)]
    parked = submissions.list_parked(hub.read(), project.id) if may("submission.read", project, None) else []
    known = {f.key for f in forms.list_forms(hub.read(), project.id)}
    strays = sum(1 for row in parked if row.form_key not in known)
    return ProjectView(project.id, project.name, tuple(_form(hub, project, f, may) for f in listed), strays)


def _form(hub: Hub, project: Project, form: Form, may: May) -> FormView:
    db = hub.read()
    shown = form.current_id or form.draft_id
    version = forms.find_version(db, shown) if shown else None
    readable = form.current_id is not None and all(
        may(verb, project, form) for verb in ("submission.list", "submission.read")
    )
    total = paging.count_live(db, form.id) if readable else 0
    newest = submissions.newest_moment(db, form.id) if readable else None
    return FormView(
        xml_form_id=form.xml_form_id,
        name=(version.name if version else None) or form.xml_form_id,
        version=version.version if version else "",
        state=form.state,
        total=total,
        newest=local_time(newest),
        sources=_sources(hub, form) if readable else (),
        states=_states(hub, form) if readable else {},
        parked=len(submissions.list_parked(db, project.id, form.key)) if readable else 0,
        apart=submissions.count_rivals(db, form.id) if readable else 0,
        readable=readable,
    )


def _sources(hub: Hub, form: Form) -> tuple[Source, ...]:
    """Those that brought most come first."""
    names = peers.hub_names(hub.read())
    counts = submissions.count_by_hub(hub.read(), form.id)
    found = [Source(names.get(hub_id, hub_id), count) for hub_id, count in counts.items()]
    return tuple(sorted(found, key=lambda s: (-s.count, s.name)))


def _states(hub: Hub, form: Form) -> dict[str, int]:
    return dict.fromkeys(STATES, 0) | submissions.count_review_states(hub.read(), form.id)


def local_time(stamp: str | None) -> str | None:
    """A stamp as people in Cambodia read a clock: "2026-11-15 18:26"."""
    return datetime.fromisoformat(stamp).astimezone(CAMBODIA).strftime("%Y-%m-%d %H:%M") if stamp else None
