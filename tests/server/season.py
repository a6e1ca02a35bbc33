"""A small season for tests: a rice survey in Khmer, hubs that know each other, and what a hub tells."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from server import bundles, intake
from server.answering import catch_up
from server.definition import read_definition
from server.errors import Fault
from server.exporting import export
from server.exports.columns import CsvOptions
from server.hub import Hub
from server.intake import Outcome, Post
from server.peers import add_peer, make_card
from server.projects import create_project
from server.publish import create_form, publish_definition
from server.store import forms, projects, state_tables
from server.store.blobs import Staged
from server.store.forms import Form
from server.store.projects import Project

QUICK = {"password_cost": 4, "background": False}
TABLET = {"id": "tablet7", "name": "ថេប្លេត ៧"}
# Accounts, assignments and peers are each hub's own.
SHARED = ("project", "form", "form_version", "form_file", "submission", "submission_version", "attachment", "conflict",
          "comment", "parked", "answers", "withdrawn", "unfolded", "dataset", "dataset_property",
          "form_dataset", "form_property", "form_link", "actor_property")  # fmt: skip


def xform(version: str = "1", form_id: str = "rice", title: str = "ស្រូវ") -> bytes:
    """Asks for a village, a photo and plots; names one file of its own."""
    return f"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
    xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>{title}</h:title><model>
    <instance><data id="{form_id}" version="{version}"><village/><photo/><sound/>
    <plot jr:template=""><area/></plot><meta><instanceID/><instanceName/></meta></data></instance>
    <instance id="villages" src="jr://file-csv/ភូមិ.csv"/>
    <bind nodeset="/data/photo" type="binary"/><bind nodeset="/data/sound" type="binary"/>
    </model></h:head><h:body><upload ref="/data/photo" mediatype="image/*"/>
    <repeat nodeset="/data/plot"><input ref="/data/plot/area"/></repeat></h:body></h:html>""".encode()


def answers(
    instance_id: str,
    village: str = "ភូមិថ្មី",
    *,
    edits: str | None = None,
    version: str = "1",
    photo: str = "",
    sound: str = "",
    form_id: str = "rice",
) -> bytes:
    edited = f"<deprecatedID>{edits}</deprecatedID>" if edits else ""
    return (
        f'<data id="{form_id}" version="{version}"><village>{village}</village><photo>{photo}</photo>'
        f"<sound>{sound}</sound><plot><area>1.5</area></plot><plot><area>២</area></plot>"
        f"<meta>{edited}<instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


def publish(hub: Hub, project: Project, version: str = "1", **more: str) -> Form:
    definition = read_definition(hub, xform(version, **more))
    if forms.find_form(hub.read(), project.id, definition.schema.form_id) is None:
        return create_form(hub, project, definition, publish=True)
    return publish_definition(hub, project, definition, {"ភូមិ.csv": stage(hub, "ភូមិ".encode())})


def begin(hub: Hub) -> Project:
    """A project with the form in version 1."""
    project = create_project(hub, "ស្រូវ ២០២៦")
    publish(hub, project)
    return project


def stage(hub: Hub, data: bytes) -> Staged:
    return hub.blobs.stage(io.BytesIO(data))


def hand_in(hub: Hub, xml: bytes, by: dict[str, str] | None = None, **files: bytes) -> Outcome:
    """As a tablet's post does, with files by name."""
    project = projects.list_projects(hub.read())[0]
    staged = {name: stage(hub, data) for name, data in files.items()}
    return intake.accept(hub, Post(project, xml, staged, by or TABLET, "collect:ក", "Collect"))


def rice(hub: Hub) -> Form:
    found = forms.find_form(hub.read(), projects.list_projects(hub.read())[0].id, "rice")
    assert found is not None
    return found


def csv(hub: Hub) -> bytes:
    """submissions.csv; empty before the form is published."""
    try:
        form = rice(hub)
        return b"".join(export(hub, form, "csv", CsvOptions()))
    except (Fault, IndexError, AssertionError):
        return b""


def told(hub: Hub) -> dict[str, str]:
    """table -> hash of what a hub says of everything that hubs share, with all answers read."""
    for form in hub.read().execute("SELECT id FROM form ORDER BY id").fetchall():
        catch_up(hub, form[0])
    said = state_tables.digests(hub.read())
    return {table: said[table] for table in SHARED}


class Country:
    """Hubs in one folder that know each other."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self.folder = folder
        self.hubs = [Hub.create(folder / name, name, **QUICK) for name in names]  # type: ignore[arg-type]
        for hub in self.hubs:
            for other in self.hubs:
                if other is not hub:
                    add_peer(hub, make_card(other))

    def write(self, giver: int, taker: int, name: str = "") -> Path | None:
        """A bundle; None when there is nothing to carry."""
        path = self.folder / (name or f"{giver}-{taker}.bundle")
        try:
            bundles.write_for(self.hubs[giver], self.hubs[taker].name, path)
        except Fault as fault:
            assert fault.code == "bundle.nothing"
            return None
        return path

    def carry(self, giver: int, taker: int) -> bundles.Report | None:
        path = self.write(giver, taker)
        return None if path is None else bundles.read(self.hubs[taker], path)

    def meet(self) -> None:
        """Carries until everybody holds everything."""
        pairs = [(g, t) for g in range(len(self.hubs)) for t in range(len(self.hubs)) if g != t]
        for _ in self.hubs:
            for giver, taker in pairs:
                self.carry(giver, taker)

    def close(self) -> None:
        for hub in self.hubs:
            hub.close()


@contextmanager
def copied(template: Path, folder: Path, hubs: int) -> Iterator[list[Hub]]:
    """Fresh hubs from an empty one: quicker than making each, and they may share a key here."""
    shutil.rmtree(folder, ignore_errors=True)
    opened = []
    for number in range(hubs):
        shutil.copytree(template, folder / str(number))
        opened.append(Hub(folder / str(number), **QUICK))  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        for hub in opened:
            hub.close()


def staged_all(hub: Hub, blobs: dict[str, bytes], record: Callable[..., bool]) -> None:
    staged = [stage(hub, data) for data in blobs.values()]
    hub.write(lambda turn: [record(turn.db, blob) for blob in staged])
