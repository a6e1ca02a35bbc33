"""Who may do what on this hub and in a consultation, in a coordinator's words. No Flask, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from i18n import mark
from server.accounts import By, unassign
from server.errors import Fault
from server.hub import Hub
from server.roles import ADMIN, DATA_COLLECTOR, MANAGER, VIEWER, role_named
from server.store import actors
from server.store.actors import Actor
from server.store.projects import Project

# What each role lets somebody do, from most to least. On the hub, "manager" and "viewer" mean all consultations.
ROLE_WORDS: Mapping[str, str] = {
    ADMIN: mark("Administrator: runs this hub, and may do everything"),
    MANAGER: mark("Coordinator: forms, tablets, reviews and exports"),
    VIEWER: mark("Reader: sees answers and exports them, changes nothing"),
    DATA_COLLECTOR: mark("Data collector: fills in forms under an own name and password"),
}


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody has: in a consultation, or on the whole hub."""

    user: Actor
    role: str
    everywhere: bool


def roles_in(hub: Hub, project: Project | None) -> list[Held]:
    """Of the hub's users, those that hold in the project, the hub's own among them; of the hub without a project."""
    db = hub.read()
    found = []
    for user in actors.list_users(db):
        for given in actors.assignments_of(db, user.id):
            role = next((name for name in ROLE_WORDS if role_named(name).id == given.role_id), None)
            if role is None or given.form:
                continue
            if not given.project or (project is not None and given.project == project.uid):
                found.append(Held(user, role, not given.project))
    return sorted(found, key=lambda held: (list(ROLE_WORDS).index(held.role), held.user.display_name))


def take_role(hub: Hub, user: Actor, role: str, project: Project | None, by: By | None) -> None:
    """Raises Fault people.last_admin, Problem 404.1."""
    if role == ADMIN and project is None:
        check_not_last(hub, user)
    unassign(hub, user, role_named(role), project, by=by)


def check_not_last(hub: Hub, user: Actor) -> None:
    """Raises Fault people.last_admin: nobody could let anybody in again."""
    admins = {held.user.id for held in roles_in(hub, None) if held.role == ADMIN and held.user.password}
    if admins == {user.id}:
        raise Fault("people.last_admin", name=user.display_name)
