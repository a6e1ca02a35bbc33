"""…/entities/UUID: its versions, what they changed, what happened to it, and where it is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from server.entities import diffs
from server.entity_history import tell
from server.exports.entity_geojson import PROPERTY, feature_collection
from server.store import entities
from server.store.datasets import Dataset
from server.store.entities import Entity
from server.web import wire
from server.web.rest.entity_audits import entity_lines, sources_of
from server.web.rest.entity_reading import ONE, current_of, find_entity, find_list, json_stream, properties_of
from server.web.rest.entity_shapes import full_version_json
from server.web.rest.inputs import whole_in_query
from server.web.rest.submission_shapes import People

blueprint = Blueprint("entity_history", __name__)


def _find(project_id: int, name: str, uuid: str) -> tuple[Dataset, Entity]:
    dataset = find_list(project_id, name, "entity.read")
    return dataset, find_entity(dataset, uuid)


@blueprint.get(f"{ONE}/versions")
def list_versions(project_id: int, name: str, uuid: str) -> list[dict[str, Any]]:
    """Oldest first; with ?relevantToConflict=true those that one needs to settle it."""
    dataset, held = _find(project_id, name, uuid)
    db = wire.hub().read()
    versions = entities.list_versions(db, held.id)
    people = People(db) if wire.extended() else None
    sources = sources_of(db, held)
    found = []
    for told in tell(versions):
        if told.relevant or not wire.flag("relevantToConflict"):
            current = told.row.version == held.version
            more = {**told.json(), "source": sources.get(told.row.entry, {})}
            found.append(full_version_json(told.row, more, is_current=current, people=people))
            if current:
                known = properties_of(dataset)
                found[-1]["data"] = {n: v for n, v in told.row.values.items() if n in known}
    return found


@blueprint.get(f"{ONE}/diffs")
def list_diffs(project_id: int, name: str, uuid: str) -> list[list[dict[str, str | None]]]:
    _, held = _find(project_id, name, uuid)
    return diffs(entities.list_versions(wire.hub().read(), held.id))


@blueprint.get(f"{ONE}/audits")
def list_audits(project_id: int, name: str, uuid: str) -> list[dict[str, Any]]:
    """Newest first, each version with where it came from. ?limit=, ?offset=."""
    _, held = _find(project_id, name, uuid)
    limit, offset = (whole_in_query(request.args, key, 0) for key in ("limit", "offset"))
    lines = entity_lines(wire.hub().read(), held)[offset:]
    return lines[:limit] if "limit" in request.args else lines


@blueprint.get(f"{ONE}/geojson")
def show_geojson(project_id: int, name: str, uuid: str) -> Response:
    dataset, held = _find(project_id, name, uuid)
    text = current_of(held).values.get(PROPERTY, "")
    known = PROPERTY in properties_of(dataset)
    return json_stream(feature_collection([(held.uuid, text)] if known else []))
