"""/v1/projects/N/datasets: entity lists, their properties, and what they hold as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, Response, request

from server import datasets as use
from server.dataset_settings import change_settings
from server.datasets import NOT_GIVEN
from server.entity_making import catch_up
from server.errors import Problem
from server.exports.dataset_csv import people_csv
from server.exports.odata_filter import read_filter
from server.exports.odata_tree import ENTITIES as ROWS
from server.exports.rows import Page
from server.seeing import token_of
from server.store import dataset_rows, datasets
from server.store.datasets import Dataset
from server.store.projects import Project
from server.web import wire
from server.web.entity_odata import opened
from server.web.form_data import streamed
from server.web.rest.dataset_shapes import dataset_json, detailed_json, extended_json
from server.web.rest.entity_reading import ENTITIES, LIST, find_list, properties_of
from server.web.rest.files import disposition, is_unchanged
from server.web.rest.forms import SUCCESS
from server.web.rest.inputs import number_in_path, optional_switch

blueprint = Blueprint("datasets", __name__)
PROJECT = "/v1/projects/<int:project_id>"
CSV = "text/csv; charset=utf-8"


@blueprint.get(f"{PROJECT}/datasets")
def list_all(project_id: int) -> list[dict[str, Any]]:
    """By name; the trash with ?deleted=true."""
    project = wire.project_or_404(project_id)
    wire.require("dataset.list", project)
    catch_up(wire.hub())
    return listed_datasets(project, extended=wire.extended(), deleted=wire.flag("deleted"))


def listed_datasets(project: Project, *, extended: bool, deleted: bool = False) -> list[dict[str, Any]]:
    db = wire.hub().read()
    found = datasets.list_datasets(db, project.uid, deleted=deleted)
    rows = [dataset_json(each, project.id) for each in found]
    if extended:
        held = dataset_rows.count_contents(db, project.uid)
        rows = [row | extended_json(held.get(each.key)) for row, each in zip(rows, found, strict=True)]
    return rows


@blueprint.post(f"{PROJECT}/datasets")
def create(project_id: int) -> dict[str, Any]:
    project = wire.project_or_404(project_id)
    caller = wire.require("dataset.create", project)
    said = wire.json_body()
    made = use.create_dataset(wire.hub(), project, said.get("name", NOT_GIVEN), _switches(said), by=caller.by)
    return detailed_json(wire.hub().read(), made, project.id)


def _switches(said: Mapping[str, Any]) -> dict[str, bool]:
    found = {name: optional_switch(said, name) for name in ("approvalRequired", "ownerOnly")}
    return {name: value for name, value in found.items() if value is not None}


@blueprint.get(LIST)
def show(project_id: int, name: str) -> dict[str, Any]:
    dataset = find_list(project_id, name, "dataset.read")
    db = wire.hub().read()
    said = detailed_json(db, dataset, project_id)
    if wire.extended():
        said |= extended_json(dataset_rows.count_contents(db, dataset.project).get(dataset.key))
    return said


@blueprint.patch(LIST)
def update(project_id: int, name: str) -> dict[str, Any]:
    """?convert=true or false says what becomes of what waits for approval when that is switched off."""
    dataset = find_list(project_id, name, "dataset.update")
    said = wire.json_body()
    changed = change_settings(
        wire.hub(), dataset, said, _switches(said), request.args.get("convert"), by=wire.caller().by
    )
    return detailed_json(wire.hub().read(), changed, project_id)


@blueprint.delete(LIST)
def delete(project_id: int, name: str) -> dict[str, bool]:
    dataset = find_list(project_id, name, "dataset.delete")
    use.delete_dataset(wire.hub(), dataset, by=wire.caller().by)
    return SUCCESS


@blueprint.post(f"{LIST}/properties")
def add_property(project_id: int, name: str) -> dict[str, bool]:
    dataset = find_list(project_id, name, "dataset.update")
    use.add_property(wire.hub(), dataset, wire.json_body().get("name", NOT_GIVEN), by=wire.caller().by)
    return SUCCESS


@blueprint.delete(f"{LIST}/properties/<property_name>")
def delete_property(project_id: int, name: str, property_name: str) -> dict[str, bool]:
    dataset = find_list(project_id, name, "dataset.update")
    use.delete_property(wire.hub(), dataset, property_name, by=wire.caller().by)
    return SUCCESS


@blueprint.get(f"{ENTITIES}.csv")
def show_csv(project_id: int, name: str) -> Response:
    """?$filter= and ?$search= as in OData."""
    project = wire.project_or_404(project_id)
    wire.require("entity.list", project)
    dataset = find_list(project_id, name, "entity.list")
    wanted = request.args.get("$filter")
    if wanted:
        return _csv(dataset, f"{dataset.name}.csv", Page(filter=read_filter(wanted, ROWS)))
    tag = f'"{token_of(wire.hub().read(), dataset)}"'
    answer = Response(status=304) if is_unchanged(tag) else _csv(dataset, f"{dataset.name}.csv", Page())
    answer.headers["ETag"] = tag
    return answer


@blueprint.get(f"{PROJECT}/trash/datasets/<number>/entities.csv")
def show_deleted_csv(project_id: int, number: str) -> Response:
    """By the number that the trash shows."""
    project = wire.project_or_404(project_id)
    wire.require("entity.list", project)
    catch_up(wire.hub())
    found = datasets.find_by_number(wire.hub().read(), number_in_path("datasetId", number))
    if found is None or found.project != project.uid or found.deleted_at is None:
        raise Problem("404.1")
    return _csv(found, f"{found.name}-deleted.csv", Page())


def _csv(dataset: Dataset, file_name: str, page: Page) -> Response:
    with ExitStack() as held:
        source = held.enter_context(opened(dataset, page, request.args.get("$search")))
        pieces = people_csv(source.rows(), properties_of(dataset))
        answer = streamed(pieces, held.pop_all(), CSV)
    answer.headers["Content-Disposition"] = disposition(file_name)
    return answer
