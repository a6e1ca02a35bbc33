"""Roles, their verbs, and what somebody's assignments let them do. No Flask, no SQL.

Ids and verbs are ODK Central's: pyODK counts on app-user being 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.store.actors import Assignment

ADMIN, APP_USER, MANAGER, VIEWER, DATA_COLLECTOR = "admin", "app-user", "manager", "viewer", "formfill"
PUBLIC_LINK = "pub-link"


@dataclass(frozen=True, slots=True)
class Role:
    id: int
    system: str
    name: str
    verbs: tuple[str, ...]


_FILL = ["open_form.read", "submission.create"]
_VIEWER = [
    "project.read",
    "form.list",
    "form.read",
    "submission.list",
    "submission.read",
    "dataset.list",
    "dataset.read",
    "entity.list",
    "entity.read",
    "actor_property.list",
]
_MANAGER = [
    "project.read",
    "project.update",
    "project.delete",
    "form.create",
    "form.delete",
    "form.list",
    "form.read",
    "form.restore",
    "form.update",
    "submission.create",
    "submission.delete",
    "submission.list",
    "submission.read",
    "submission.restore",
    "submission.update",
    "dataset.create",
    "dataset.delete",
    "dataset.list",
    "dataset.read",
    "dataset.update",
    "entity.create",
    "entity.delete",
    "entity.list",
    "entity.read",
    "entity.restore",
    "entity.update",
    "field_key.create",
    "field_key.delete",
    "field_key.list",
    "field_key.update",
    "public_link.create",
    "public_link.delete",
    "public_link.list",
    "public_link.read",
    "public_link.update",
    "assignment.create",
    "assignment.delete",
    "assignment.list",
    "session.end",
    "actor_property.list",
    "actor_property.update",
]
_SITE = [
    "analytics.read",
    "audit.read",
    "backup.run",
    "config.read",
    "config.set",
    "project.create",
    "role.create",
    "role.update",
    "role.delete",
    "user.create",
    "user.delete",
    "user.list",
    "user.password.invalidate",
    "user.read",
    "user.update",
]
_OPEN_FORM = ("open_form.list", "open_form.read")


def _role(number: int, system: str, name: str, verbs: Iterable[str]) -> Role:
    return Role(number, system, name, tuple(sorted(set(verbs))))


ROLES: tuple[Role, ...] = (
    _role(1, ADMIN, "Administrator", [*_MANAGER, *_SITE, *_OPEN_FORM]),
    _role(2, APP_USER, "App User", _FILL),
    _role(3, "pwreset", "Password Reset Token", ["user.password.reset"]),
    _role(5, MANAGER, "Project Manager", _MANAGER),
    _role(6, VIEWER, "Project Viewer", _VIEWER),
    _role(7, "formview", "Form Viewer (system internal)", ["open_form.read"]),
    _role(8, DATA_COLLECTOR, "Data Collector", ["project.read", "open_form.list", *_FILL]),
    _role(9, PUBLIC_LINK, "Public Link", _FILL),
)
_BY_ID = {role.id: role for role in ROLES}
_BY_SYSTEM = {role.system: role for role in ROLES}
# Who may see every form may also see the open ones.
_IMPLIED = {"open_form.list": "form.list", "open_form.read": "form.read"}


def _verbs_of(role: Role) -> frozenset[str]:
    implied = [verb for verb, by in _IMPLIED.items() if by in role.verbs]
    return frozenset([*role.verbs, *implied])


_GRANTED = {role.id: _verbs_of(role) for role in ROLES}


def find_role(id_or_system: int | str) -> Role | None:
    """By number, by number in digits, or by system name."""
    if isinstance(id_or_system, int):
        return _BY_ID.get(id_or_system)
    if id_or_system.isascii() and id_or_system.isdigit():
        return _BY_ID.get(int(id_or_system))
    return _BY_SYSTEM.get(id_or_system)


def role_named(system: str) -> Role:
    """The role of a system name that is known to be one, such as ADMIN. Raises KeyError."""
    return _BY_SYSTEM[system]


class Rights:
    """What a set of assignments grants. A place is (project uid, form key); "" means all of them, so
    an assignment to the site covers every project and one to a project its forms and app users."""

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        self._held = [(each.project, each.form, each.role_id) for each in assignments]

    def may(self, verb: str, project: str = "", form: str = "") -> bool:
        return any(verb in _GRANTED[role] for role in self._roles_at(project, form))

    def may_all(self, verbs: Iterable[str], project: str = "", form: str = "") -> bool:
        return all(self.may(verb, project, form) for verb in verbs)

    def verbs_on(self, project: str = "", form: str = "") -> list[str]:
        """Every verb that the roles held at the place name, in alphabetical order."""
        return sorted({verb for role in self._roles_at(project, form) for verb in _BY_ID[role].verbs})

    def _roles_at(self, project: str, form: str) -> list[int]:
        return [
            role
            for held_project, held_form, role in self._held
            if held_project in ("", project) and held_form in ("", form) and role in _BY_ID
        ]
