"""An entity list of rice plots, the form that makes and changes them, and tablets that visit them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from server import intake
from server.datasets import create_dataset
from server.definition import read_definition
from server.entity_making import catch_up
from server.hub import Hub
from server.intake import Outcome, Post
from server.projects import create_project
from server.publish import create_form
from server.store import datasets, entities, projects
from server.store.datasets import Dataset
from server.store.entities import Entity, EntityRow
from server.store.ledger_sqlite import entries_after
from server.subjects import submission_subject
from sync.ledger import Entry
from tests.server.season import QUICK, TABLET

LIST = "plots"
PLOT = "12345678-1234-4123-8234-123456789abc"
OTHER = "12345678-1234-4123-8234-123456789def"
BRANCH = "aaaaaaaa-0000-4000-8000-000000000001"

FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:entities="http://www.opendatakit.org/xforms/entities"><h:head><h:title>ស្រែ</h:title>
 <model entities:entities-version="2024.1.0"><instance><data id="visit" version="1"><stage/><area/><meta>
 <entity dataset="plots" id="" {actions} baseVersion="" trunkVersion="" branchId=""><label/></entity>
 <instanceID/></meta></data></instance>
 <bind nodeset="/data/stage" type="string" entities:saveto="stage"/>
 <bind nodeset="/data/area" type="string" entities:saveto="area"/></model></h:head></h:html>"""


def begin(folder: Path, *, actions: str = 'create="" update=""', name: str = "កំពត") -> Hub:
    """A hub with the form published, which makes the list."""
    hub = Hub.create(folder, name, **QUICK)
    project = create_project(hub, "ស្រែ ២០២៦")
    create_form(hub, project, read_definition(hub, FORM.format(actions=actions).encode()), publish=True)
    return hub


def plots(hub: Hub) -> Dataset:
    found = datasets.find_dataset(hub.read(), projects.list_projects(hub.read())[0].uid, LIST)
    assert found is not None
    return found


def another_list(hub: Hub, name: str) -> Dataset:
    return create_dataset(hub, projects.list_projects(hub.read())[0], name)


def visit(
    instance_id: str,
    *,
    plot: str = PLOT,
    label: str | None = None,
    edits: str = "",
    stage: str | None = None,
    area: str | None = None,
    **said: str,
) -> bytes:
    """said: attributes of the entity, such as create="1"."""
    attributes = " ".join(f'{key}="{value}"' for key, value in said.items())
    tag = "" if label is None else f"<label>{label}</label>"
    values = "".join(f"<{k}>{v}</{k}>" for k, v in (("stage", stage), ("area", area)) if v is not None)
    edited = f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
    return (
        f'<data id="visit" version="1">{values}<meta><entity dataset="plots" id="uuid:{plot}" {attributes}>'
        f"{tag}</entity>{edited}<instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


def offline(instance_id: str, base: int, *, trunk: object = 1, branch: str = BRANCH, **more: Any) -> bytes:
    """An update that a tablet made without a network."""
    return visit(
        instance_id, update="1", baseVersion=str(base), trunkVersion=str(trunk), branchId=branch, **more
    )


def send(hub: Hub, xml: bytes, by: dict[str, str] | None = None) -> Outcome:
    project = projects.list_projects(hub.read())[0]
    return intake.accept(hub, Post(project, xml, {}, by or TABLET, "collect:ក", "Collect"))


def entity(hub: Hub, uuid: str = PLOT) -> Entity | None:
    catch_up(hub)
    return entities.find_entity(hub.read(), uuid)


def line(hub: Hub, uuid: str = PLOT) -> list[EntityRow]:
    """All versions, oldest first."""
    held = entity(hub, uuid)
    return entities.list_versions(hub.read(), held.id) if held else []


def kinds(hub: Hub, instance_id: str) -> list[str]:
    """What was said about a submission, and what it made, in order."""
    subject = submission_subject(projects.list_projects(hub.read())[0].uid, "visit", instance_id)
    made = set(entities.entries_made_by(hub.read(), subject))
    return [e.kind for e in ledger(hub) if e.subject == subject or e.id in made]


def errors(hub: Hub) -> list[str]:
    """Codes of the problems that submissions met, in order."""
    return [e.body["problem"]["problemCode"] for e in ledger(hub) if e.kind == "entity.error"]


def ledger(hub: Hub) -> list[Entry]:
    return [entry for _, entry in entries_after(hub.read(), 0, 100_000)]
