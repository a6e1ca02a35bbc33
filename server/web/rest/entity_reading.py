"""Finding the list and the entity that an address names."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request

from server.entity_making import catch_up
from server.entity_values import read_uuid
from server.errors import Problem
from server.store import datasets, entities
from server.store.datasets import Dataset
from server.store.entities import Entity, EntityRow
from server.web import wire

LIST = "/v1/projects/<int:project_id>/datasets/<name>"
ENTITIES = f"{LIST}/entities"
ONE = f"{ENTITIES}/<uuid>"


def find_list(project_id: int, name: str, verb: str) -> Dataset:
    """The list, for one who holds the verb, with every submission processed that came for it.

    Raises Problem 404.1, 403.1, 401.2.
    """
    project = wire.project_or_404(project_id)
    found = datasets.find_dataset(wire.hub().read(), project.uid, name)
    if found is None:
        raise Problem("404.1")
    wire.require(verb, project)
    catch_up(wire.hub())
    return found


def find_entity(dataset: Dataset, uuid: str, *, deleted: bool = False) -> Entity:
    """One in the trash only when `deleted`. Raises Problem 400.11, 404.1."""
    held = entities.find_entity(wire.hub().read(), read_uuid(uuid), dataset.project, dataset.key)
    if held is None or (held.deleted_at is not None) != deleted:
        raise Problem("404.1")
    return held


def current_of(held: Entity) -> EntityRow:
    """Raises Problem 404.1 when it was purged meanwhile."""
    found = entities.find_version(wire.hub().read(), held.id, held.version)
    if found is None:
        raise Problem("404.1")
    return found


def properties_of(dataset: Dataset) -> list[str]:
    return [each.name for each in datasets.list_properties(wire.hub().read(), dataset.id)]


def user_agent() -> str | None:
    return request.headers.get("User-Agent", "")[:255] or None


def json_stream(pieces: Iterator[bytes]) -> Response:
    return Response(pieces, content_type="application/json; charset=utf-8")
