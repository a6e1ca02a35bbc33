"""Entity lists as files of a form: in its list of files, in manifests, and as the CSV that tablets read."""

from __future__ import annotations

from contextlib import ExitStack
from urllib.parse import quote

from flask import Response

from server.entity_making import catch_up
from server.errors import Problem
from server.exports.dataset_csv import tablet_csv
from server.seeing import ALL, file_type, sight_of, token_of
from server.store import dataset_rows, datasets, forms
from server.store.dataset_rows import Sight
from server.store.datasets import Dataset
from server.store.forms import FormFile, FormVersion
from server.store.projects import Project
from server.web import wire
from server.web.form_data import streamed
from server.web.openrosa_xml import ListedFile
from server.web.rest.files import disposition, is_unchanged
from server.web.rest.form_shapes import file_json

CSV = "text/csv; charset=utf-8"


def files_json(version: FormVersion) -> list[dict[str, object]]:
    db = wire.hub().read()
    links = datasets.list_links(db, version.id)
    return [file_json(file, links.get(file.name)) for file in forms.list_files(db, version.id)]


def one_file_json(version_id: int, file: FormFile) -> dict[str, object]:
    return file_json(file, datasets.list_links(wire.hub().read(), version_id).get(file.name))


def linked_dataset(project: Project, version: FormVersion, name: str) -> Dataset | None:
    """The list that fills the slot of this name."""
    db = wire.hub().read()
    link = datasets.list_links(db, version.id).get(name)
    return datasets.find_by_key(db, project.uid, link.dataset) if link else None


def caller_sight(project: Project, dataset: Dataset) -> Sight:
    """What of a list the caller sees; a draft's test address shows all of it (Central)."""
    if wire.may("entity.list", project) or wire.caller().actor is None:
        return ALL
    return sight_of(wire.hub().read(), dataset, wire.caller().actor)


def list_answer(project: Project, dataset: Dataset, file_name: str) -> Response:
    """The list as a form reads it, with its token as ETag; 304 for who holds just this."""
    catch_up(wire.hub())
    sight = caller_sight(project, dataset)
    tag = f'"{token_of(wire.hub().read(), dataset, sight)}"'
    answer = Response(status=304) if is_unchanged(tag) else _csv(dataset, sight, file_name)
    answer.headers["ETag"] = tag
    return answer


def _csv(dataset: Dataset, sight: Sight, file_name: str) -> Response:
    hub = wire.hub()
    with ExitStack() as held:
        reader = hub.database.separate_reader()
        held.callback(hub.database.release, reader)
        names = [each.name for each in datasets.list_properties(reader, dataset.id)]
        rows = dataset_rows.iterate_rows(reader, dataset, sight)
        answer = streamed(tablet_csv(rows, names), held.pop_all(), CSV)
    answer.headers["Content-Disposition"] = disposition(file_name)
    return answer


def listed_media(project: Project, version: FormVersion, url: str, home: str) -> list[ListedFile]:
    """What a manifest names: the files of a version that are held, and its lists.

    url: below which the files are; home: the project's address, for the lists' integrity.
    """
    db = wire.hub().read()
    links = datasets.list_links(db, version.id)
    if links:
        catch_up(wire.hub())
    found = []
    for file in forms.list_files(db, version.id):
        address = f"{url}/attachments/{quote(file.name, safe='')}"
        dataset = (
            datasets.find_by_key(db, project.uid, links[file.name].dataset) if file.name in links else None
        )
        if dataset is not None:
            found.append(_listed(project, dataset, file.name, address, home))
        elif file.md5 is not None:
            found.append(ListedFile(file.name, file.md5, address))
    return found


def _listed(project: Project, dataset: Dataset, name: str, address: str, home: str) -> ListedFile:
    token = token_of(wire.hub().read(), dataset, caller_sight(project, dataset))
    place = quote(name.removesuffix(".csv"), safe="!~*'()")
    return ListedFile(name, token, address, file_type(dataset), f"{home}/datasets/{place}/integrity")


def show_file(project: Project, version: FormVersion, name: str) -> Response | None:
    """The list that fills the slot; None when none does. Raises Problem 404.1 when it is gone."""
    dataset = linked_dataset(project, version, name)
    if dataset is None:
        return None
    if dataset.deleted_at is not None:
        raise Problem("404.1")
    return list_answer(project, dataset, name)
