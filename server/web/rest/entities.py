"""…/datasets/NAME/entities: what a list holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from server import entities as use
from server.entities import By
from server.errors import Problem
from server.store import actors, entities
from server.store.datasets import Dataset
from server.store.entities import Entity
from server.web import wire
from server.web.rest.entity_reading import (
    ENTITIES,
    ONE,
    current_of,
    find_entity,
    find_list,
    json_stream,
    properties_of,
    user_agent,
)
from server.web.rest.entity_shapes import entity_json, stream_entities
from server.web.rest.forms import SUCCESS
from server.web.rest.people import actor_json
from server.web.rest.submission_shapes import People

blueprint = Blueprint("entities", __name__)
BULK_LIMIT = 100_000_000  # bytes; Central's


@blueprint.get(ENTITIES)
def list_all(project_id: int, name: str) -> Response:
    """Newest first; the trash with ?deleted=true."""
    dataset = find_list(project_id, name, "entity.list")
    pieces = stream_entities(wire.hub(), dataset, deleted=wire.flag("deleted"), extended=wire.extended())
    return json_stream(pieces)


@blueprint.get(f"{ENTITIES}/creators")
def list_creators(project_id: int, name: str) -> list[dict[str, Any]]:
    dataset = find_list(project_id, name, "entity.list")
    db = wire.hub().read()
    numbers = entities.list_creators(db, dataset.project, dataset.key)
    return [actor_json(found) for found in (actors.find_actor(db, n) for n in numbers) if found]


@blueprint.post(ENTITIES)
def create(project_id: int, name: str) -> dict[str, Any]:
    """One, or with `entities` many: all or none."""
    dataset = find_list(project_id, name, "entity.create")
    said = wire.json_body(BULK_LIMIT)
    properties, by, agent = properties_of(dataset), wire.caller().by, user_agent()
    if "entities" in said:
        use.create_many(wire.hub(), dataset, said, properties, by=by, agent=agent)
        return SUCCESS
    uuid = use.create_entity(wire.hub(), dataset, said, properties, by=by, agent=agent)
    return _shown(dataset, uuid)


@blueprint.get(ONE)
def show(project_id: int, name: str, uuid: str) -> dict[str, Any]:
    dataset = find_list(project_id, name, "entity.read")
    return _shown(dataset, uuid)


@blueprint.patch(ONE)
def update(project_id: int, name: str, uuid: str) -> dict[str, Any]:
    """?baseVersion=N, or ?force=true; ?resolve=true ends a conflict, with or without a body."""
    dataset = find_list(project_id, name, "entity.update")
    held = find_entity(dataset, uuid)
    use.update_entity(
        wire.hub(),
        dataset,
        held,
        wire.json_body(),
        properties_of(dataset),
        base=request.args.get("baseVersion"),
        force=wire.flag("force"),
        resolve=wire.flag("resolve"),
        by=wire.caller().by,
        agent=user_agent(),
    )
    return _shown(dataset, uuid)


@blueprint.delete(ONE)
def delete(project_id: int, name: str, uuid: str) -> dict[str, bool]:
    dataset = find_list(project_id, name, "entity.delete")
    use.delete_entity(wire.hub(), dataset, find_entity(dataset, uuid), by=wire.caller().by)
    return SUCCESS


@blueprint.post(f"{ONE}/restore")
def restore(project_id: int, name: str, uuid: str) -> dict[str, bool]:
    dataset = find_list(project_id, name, "entity.restore")
    use.restore_entity(wire.hub(), dataset, find_entity(dataset, uuid, deleted=True), by=wire.caller().by)
    return SUCCESS


@blueprint.post(f"{ENTITIES}/bulk-delete")
def delete_many(project_id: int, name: str) -> dict[str, int]:
    return _turn_many(project_id, name, "entity.delete", use.delete_many)


@blueprint.post(f"{ENTITIES}/bulk-restore")
def restore_many(project_id: int, name: str) -> dict[str, int]:
    return _turn_many(project_id, name, "entity.restore", use.restore_many)


def _turn_many(project_id: int, name: str, verb: str, work: Callable[..., int]) -> dict[str, int]:
    """{"ids": [uuid, …]} -> how many it was done to."""
    dataset = find_list(project_id, name, verb)
    ids = wire.json_body(BULK_LIMIT).get("ids")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise Problem("400.11", field="ids", expected="array of UUIDs")
    by: By = wire.caller().by
    return {"count": work(wire.hub(), dataset, ids, by=by)}


def _shown(dataset: Dataset, uuid: str) -> dict[str, Any]:
    held: Entity = find_entity(dataset, uuid)
    people = People(wire.hub().read()) if wire.extended() else None
    return entity_json(held, current_of(held), people, properties_of(dataset))
