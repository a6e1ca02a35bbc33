"""Projects: making, changing and ending them. No Flask, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.accounts import By
from server.hub import Hub, Turn
from server.privacy.keeping import make_key
from server.store import projects
from server.store.ledger_sqlite import entries_of
from server.store.projects import Project
from server.subjects import project_subject, project_uid

_RECORDS = ("project.create", "project.update")


def create_project(
    hub: Hub,
    name: str,
    description: str | None = None,
    by: By | None = None,
    *,
    archived: bool | None = None,
) -> Project:
    """A new project, also when there is one of this name already."""
    body: dict[str, Any] = {"name": name}
    if description is not None:
        body["description"] = description
    if archived is not None:
        body["archived"] = archived

    def work(turn: Turn) -> Project:
        uid = _free_uid(turn, name)
        turn.append("project.create", project_subject(uid), {**body, **_signed(by)})
        make_key(turn, uid)
        return _reread(turn, uid)

    return hub.write(work)


def update_project(hub: Hub, project: Project, changes: Mapping[str, Any], by: By | None = None) -> Project:
    """changes: name, description (or None), archived (or None), those that shall change."""

    def work(turn: Turn) -> Project:
        append_update(turn, project, changes, by)
        return _reread(turn, project.uid)

    return hub.write(work)


def append_update(turn: Turn, project: Project, changes: Mapping[str, Any], by: By | None) -> None:
    """The same in a turn that is under way."""
    body = {field: changes[field] for field in ("name", "description", "archived") if field in changes}
    subject = project_subject(project.uid)
    before = [e.id for e in entries_of(turn.db, subject) if e.kind in _RECORDS]
    turn.append("project.update", subject, {**body, **_signed(by)}, supersedes=before)


def delete_project(hub: Hub, project: Project, by: By | None = None) -> None:
    """Hides the project for good; its entries stay in the ledger."""
    hub.write(lambda turn: turn.append("project.delete", project_subject(project.uid), _signed(by)))


def _free_uid(turn: Turn, name: str) -> str:
    nth = 0
    while projects.find_by_uid(turn.db, project_uid(name, nth)) is not None:
        nth += 1
    return project_uid(name, nth)


def _signed(by: By | None) -> dict[str, Any]:
    return {"by": dict(by)} if by else {}


def _reread(turn: Turn, uid: str) -> Project:
    project = projects.find_by_uid(turn.db, uid)
    if project is None:
        raise LookupError(uid)
    return project
