"""Where in the console one is: its sections, which of them this person may open, and the consultation at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, g, request

from i18n import mark
from server.errors import Refusal
from server.store import projects
from server.store.projects import Project
from server.web import wire

PROJECT_COOKIE = "project"


@dataclass(frozen=True, slots=True)
class Section:
    """`path`: below the consultation's address if `of_project`, else of the hub. `verbs`: one of them is needed."""

    name: str
    path: str
    title: str
    verbs: tuple[str, ...]
    of_project: bool = True


SECTIONS = (
    Section("today", "/", mark("Today"), (), of_project=False),
    Section("consultation", "", mark("Consultation"), ("submission.list",)),
    Section("submissions", "/submissions", mark("Submissions"), ("submission.list",)),
    Section("conflicts", "/conflicts", mark("Conflicts and set aside"), ("submission.read",)),
    Section("forms", "/forms", mark("Forms"), ("form.list", "open_form.list")),
    Section("people", "/people", mark("People and tablets"), ("assignment.list",)),
    Section("exports", "/exports", mark("Exports"), ("submission.read",)),
    Section("hubs", "/hubs", mark("Hubs"), ("config.read",), of_project=False),
    Section("safety", "/safety", mark("Safety"), ("audit.read",), of_project=False),
)


def visible_projects() -> list[Project]:
    """Those that the caller may see; archived ones last."""
    listed = wire.hub().remember(("projects",), projects.list_projects)
    return [project for project in listed if wire.may("project.read", project)]


def note_project() -> None:
    """The consultation of the address is the one at hand, on pages of the hub too."""
    number = (request.view_args or {}).get("project_id")
    if number is not None:
        g.project_id = number


def remember_project(answer: Response) -> Response:
    """The consultation last looked at is the one at hand on the pages of the hub."""
    number = str(g.get("project_id", ""))
    if number and answer.status_code == 200 and request.cookies.get(PROJECT_COOKIE) != number:
        answer.set_cookie(PROJECT_COOKIE, number, secure=wire.secure(), httponly=True, samesite="Lax")
    return answer


def around(section: str | None, project: Project | None) -> dict[str, Any]:
    """What base.html shows around a page: `sections` (section, address), `here`, `at_hand`, `all_projects`."""
    try:
        signed_in = wire.caller().actor is not None
    except Refusal:
        signed_in = False
    listed = visible_projects() if signed_in else []
    at_hand = project or _at_hand(listed)
    return {
        "sections": [(one, _address(one, at_hand)) for one in SECTIONS if signed_in and _is_open(one, at_hand)],
        "section": section, "at_hand": at_hand, "all_projects": listed,
    }  # fmt: skip


def _at_hand(listed: list[Project]) -> Project | None:
    """The one of the address, else the one last looked at, else the first."""
    wanted = str(g.get("project_id", request.cookies.get(PROJECT_COOKIE, "")))
    return next((one for one in listed if str(one.id) == wanted), listed[0] if listed else None)


def _is_open(section: Section, project: Project | None) -> bool:
    if not section.of_project:
        return not section.verbs or any(wire.may(verb) for verb in section.verbs)
    return project is not None and any(wire.may(verb, project) for verb in section.verbs)


def _address(section: Section, project: Project | None) -> str:
    if not section.of_project:
        return section.path
    assert project is not None
    return f"/projects/{project.id}{section.path}"
