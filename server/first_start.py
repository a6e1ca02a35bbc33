"""A hub's first minutes: its name, its first administrator, its first project and forms. No Flask, no SQL.

Everything is checked before anything is made. A hub in which nobody ever had a password, and no tablet a token, is
not begun yet: what a power cut left half made is taken up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forms.bundled import bundled_forms
from server.accounts import By, assign, by_of, check_email, check_new_password, create_user, set_password
from server.errors import Fault
from server.hub import DATABASE, Hub
from server.projects import create_project
from server.publish import publish_file
from server.roles import role_named
from server.store.actors import assignments_of, find_by_email, is_in_use
from server.store.projects import Project, list_projects

NAME_LIMIT = 100  # characters


@dataclass(frozen=True, slots=True)
class Beginning:
    """What somebody says of a new hub. project: "" for none yet; forms: ids of bundled ones to publish in it."""

    name: str
    email: str
    password: str
    again: str
    display_name: str = ""
    project: str = ""
    forms: Sequence[str] = ()


def is_hub(data: Path) -> bool:
    return (data / DATABASE).exists()


def is_begun(hub: Hub) -> bool:
    """Whether anybody could ever sign in to it, or a tablet send to it."""
    return is_in_use(hub.read())


def begin(data: Path, said: Beginning) -> Hub:
    """The hub, open. One that is begun already stays as it is.

    Raises Fault first.name, first.passwords, first.project, Problem 400.11, 400.21, 400.38,
    400.44; then nothing is made."""
    _check(said)
    hub = Hub(data) if is_hub(data) else Hub.create(data, said.name.strip())
    try:
        if not is_begun(hub):
            _furnish(hub, said)
    except BaseException:
        hub.close()
        raise
    return hub


def _check(said: Beginning) -> None:
    if not 0 < len(said.name.strip()) <= NAME_LIMIT:
        raise Fault("first.name", limit=NAME_LIMIT)
    check_email(said.email)
    if said.password != said.again:
        raise Fault("first.passwords")
    check_new_password(said.password)
    if said.forms and not said.project.strip():
        raise Fault("first.project")


def _furnish(hub: Hub, said: Beginning) -> None:
    """The password comes last: until then the first start is offered again, and goes on where it was."""
    user = find_by_email(hub.read(), said.email) or create_user(
        hub, said.email, None, said.display_name.strip() or None
    )
    by = by_of(user)
    if said.project.strip():
        project = _project(hub, said.project.strip(), by)
        for form in bundled_forms():
            if form.form_id in said.forms:
                publish_file(hub, project, form.path, by=by)
    role = role_named("admin")
    if not any(held.role_id == role.id for held in assignments_of(hub.read(), user.id)):
        assign(hub, user, role, by=by)
    set_password(hub, user, said.password, by)


def _project(hub: Hub, name: str, by: By) -> Project:
    held = (project for project in list_projects(hub.read()) if project.name == name)
    return next(held, None) or create_project(hub, name, by=by)
