"""How lines of the audit log look in answers: in /v1/audits, and those of one submission or entity."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from server.audit_details import Teller
from server.audits import Told, actee_id, actee_of, actor_of
from server.clock import shown
from server.store import actors, datasets, forms, projects
from server.store.actors import Connection
from server.subjects import split_dataset, split_form
from server.web.rest.dataset_shapes import dataset_json
from server.web.rest.form_shapes import current_version, form_json
from server.web.rest.lists import json_list
from server.web.rest.people import actor_json

log = logging.getLogger(__name__)


class AuditShapes:
    """Shapes lines; asks for each actor and actee once."""

    def __init__(self, db: Connection, *, extended: bool) -> None:
        self._db = db
        self._extended = extended
        self._teller = Teller(db)
        self._actors: dict[int | None, dict[str, Any] | None] = {None: None}
        self._actees: dict[str | None, dict[str, Any] | None] = {None: None}

    def line(self, told: Told) -> dict[str, Any]:
        """Without its details when another program said them in a way that nobody here understands: one entry
        must not keep the log from being read."""
        try:
            return self._line(told)
        except (AttributeError, LookupError, TypeError, ValueError) as fault:
            log.warning("audit line not told whole id=%s fault=%s", told.entry.id, type(fault).__name__)
            bare = dict.fromkeys(("actorId", "action", "acteeId", "details", "loggedAt", "notes"))
            return {**bare, "action": told.line.action, "loggedAt": shown(told.entry.made_at)}

    def _line(self, told: Told) -> dict[str, Any]:
        actor, actee = actor_of(told.entry), actee_of(told.entry)
        said = {
            "actorId": actor,
            "action": told.line.action,
            "acteeId": actee_id(actee) if actee else None,
            "details": self._teller.details(told),
            "loggedAt": shown(told.entry.made_at),
            "notes": told.entry.body.get("notes"),
        }
        return said | self.people(actor, actee) if self._extended else said

    def people(self, actor: int | None, actee: str | None) -> dict[str, Any]:
        """Who did it to what, as far as it is known; a key without value is left out (Central)."""
        if actor not in self._actors:
            found = actors.find_actor(self._db, actor or 0)
            self._actors[actor] = actor_json(found) if found else None
        if actee not in self._actees:
            self._actees[actee] = _actee_json(self._db, actee or "")
        both = {"actor": self._actors[actor], "actee": self._actees[actee]}
        return {name: value for name, value in both.items() if value is not None}


def stream_lines(shapes: AuditShapes, lines: Iterable[Told]) -> Iterator[bytes]:
    return json_list(map(shapes.line, lines))


def _actee_json(db: Connection, subject: str) -> dict[str, Any] | None:
    room, _, name = subject.partition(":")
    match room:
        case "actor":
            actor = actors.find_by_uid(db, name)
            return actor_json(actor) if actor else None
        case "project":
            project = projects.find_by_uid(db, name)
            return _project(project) if project else None
        case "form":
            form = forms.find_by_key(db, *split_form(subject))
            version = current_version(db, form) if form else None
            return form_json(form, version) if form and version else None
        case "dataset":
            listed = datasets.find_by_key(db, *split_dataset(subject))
            owner = projects.find_by_uid(db, listed.project) if listed else None
            return dataset_json(listed, owner.id) if listed and owner else None
    return None


def _project(project: projects.Project) -> dict[str, Any]:
    from server.web.rest.projects import project_json  # it lists forms, whose shapes are needed here

    return project_json(project)
