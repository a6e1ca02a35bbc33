"""A project with its forms and who may what on them, said in one piece: all of it or nothing. No Flask, no SQL.

Rules: ODK Central's API, "Deep Updating Project and Form Details".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from i18n import mark
from server import accounts, projects, publish
from server.actor_entries import assignment
from server.errors import Problem
from server.hub import Hub, Turn
from server.roles import Role, find_role
from server.store import actors, forms
from server.store.actors import Actor, Connection
from server.store.forms import Form
from server.store.projects import Project

TWICE = mark("it is named twice")
KEPT_ROLES = ("formview", "pub-link")  # the hub's own: nobody takes them away by leaving them out
Given = tuple[int, int]  # actor, role


@dataclass(frozen=True, slots=True)
class FormPlan:
    """What becomes of one form: `changes` as of publish.checked_changes, and who is given and loses what."""

    form: Form
    changes: Mapping[str, Any]
    gains: tuple[tuple[Actor, Role], ...] = ()
    losses: tuple[tuple[Actor, Role], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """`changes` of the project itself, as of projects.update_project."""

    changes: Mapping[str, Any]
    forms: tuple[FormPlan, ...] = field(default=())

    @property
    def verbs(self) -> set[str]:
        """What one must be allowed in the project to carry it out, beside changing it."""
        needed = {"form.update"} if self.forms else set()
        needed |= {"assignment.create"} if any(each.gains for each in self.forms) else set()
        return needed | ({"assignment.delete"} if any(each.losses for each in self.forms) else set())


def read_plan(db: Connection, project: Project, changes: Mapping[str, Any], said: object) -> Plan:
    """said: the list of forms [{xmlFormId, state, webformsEnabled, assignments: [{actorId, roleId}]}], or
    anything else to leave them alone. Assignments that are not said stay.

    Raises Problem 501.2 (not exactly the forms that there are), 400.2, 400.8, 400.11, 400.14.
    """
    if not isinstance(said, list):
        return Plan(changes)
    held = {form.xml_form_id: form for form in forms.list_forms(db, project.id)}
    if len(said) != len(held) or not all(isinstance(each, dict) for each in said):
        raise Problem("501.2")
    plans: dict[str, FormPlan] = {}
    for each in said:
        name = each.get("xmlFormId")
        if not isinstance(name, str) or name not in held:
            raise Problem("501.2")
        if name in plans:
            raise Problem("400.8", field="xmlFormId", value=name, reason=TWICE)
        plans[name] = _form_plan(db, project, held[name], each)
    return Plan(changes, tuple(plans.values()))


def _form_plan(db: Connection, project: Project, form: Form, said: Mapping[str, Any]) -> FormPlan:
    changes = publish.checked_changes(said)
    if not isinstance(said.get("assignments"), list):
        return FormPlan(form, changes)
    wanted = [_read_assignment(each) for each in said["assignments"]]
    held = [
        (given.actor_id, given.role_id)
        for given in actors.assignments_on(db, *accounts.place(project, form))
        if (role := find_role(given.role_id)) is not None and role.system not in KEPT_ROLES
    ]
    gains = tuple(_known(db, given) for given in dict.fromkeys(wanted) if given not in held)
    losses = tuple(_known(db, given) for given in held if given not in wanted)
    return FormPlan(form, changes, gains, losses)


def _read_assignment(said: Any) -> Given:
    """Raises Problem 400.2, 400.11, 400.14."""
    numbers = []
    for name in ("actorId", "roleId"):
        value = said.get(name) if isinstance(said, dict) else None
        if value is None:
            raise Problem("400.2", field=f"assignment {name}")
        if not isinstance(value, int) or isinstance(value, bool):
            raise Problem("400.11", field=name, value=value, expected="integer")
        numbers.append(value)
    if find_role(numbers[1]) is None:
        raise Problem("400.14", field="roleId", value=numbers[1], table="roles")
    return numbers[0], numbers[1]


def _known(db: Connection, given: Given) -> tuple[Actor, Role]:
    """Raises Problem 400.14."""
    actor, role = actors.find_actor(db, given[0]), find_role(given[1])
    if actor is None or actor.deleted_at is not None or role is None:
        raise Problem("400.14", field="actorId", value=given[0], table="actors")
    return actor, role


def carry_out(
    hub: Hub, project: Project, plan: Plan, may_give: Callable[[Role, Form], bool], by: accounts.By | None
) -> None:
    """may_give: whether the caller holds all that a role would give on a form. Raises Problem 403.1."""
    if not all(may_give(role, each.form) for each in plan.forms for _, role in each.gains):
        raise Problem("403.1")

    def work(turn: Turn) -> None:
        projects.append_update(turn, project, plan.changes, by)
        for each in plan.forms:
            _carry_out(turn, project, each, by)

    hub.write(work)


def _carry_out(turn: Turn, project: Project, plan: FormPlan, by: accounts.By | None) -> None:
    if plan.changes:
        publish.append_change(turn, plan.form, plan.changes, by)
    for deed, decided in (("delete", plan.losses), ("create", plan.gains)):
        for actor, role in decided:
            assignment(turn, actor, deed, role, accounts.place(project, plan.form), by)
