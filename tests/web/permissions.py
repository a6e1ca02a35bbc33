"""A hub with two projects, somebody of every role in the first of them, and calls that change nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient

from server.accounts import assign, create_app_user, create_user, rights_of
from server.hub import Hub, Turn
from server.projects import create_project
from server.public_links import create_link
from server.roles import ADMIN, role_named
from server.store import forms
from server.store.actors import Actor
from server.store.forms import Form
from server.store.projects import Project
from server.web.api.rows import OPEN, TABLET, TOKEN, USER, Row
from tests.conftest import PASSWORD, sign_in
from tests.web.conftest import FARM, RICE

A, B, C = (f"uuid:{letter * 8}-0000-4000-8000-000000000001" for letter in "abc")
ROLES = ("anonymous", "app-user", "pub-link", "formfill", "viewer", "manager", "admin")
REFUSED = (401, 403)
REACHED = 299  # instead of a status: the call got as far as writing


# What is asked for before anything is said about rights.
BODIES = {"PUT /v1/users/{actor_id}/password": {"old": PASSWORD, "new": "ពាក្យសម្ងាត់ថ្មី"}}


class Reached(BaseException):
    """A call was let through, and would have written now. No Exception: nothing may catch it on the way."""


@dataclass
class Somebody:
    """Who calls: a session's token, or that of an app user or public link."""

    role: str
    actor: Actor | None = None
    bearer: str | None = None
    key: str | None = None

    def opens(self, path: str) -> str:
        return path.replace("/v1/", f"/v1/key/{self.key}/", 1) if self.key else path

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer}"} if self.bearer else {}


@dataclass
class Place:
    """A project with a form that has answers, a draft and something parked; `values`: what stands for
    the parts of paths."""

    project: Project
    form: Form
    values: dict[str, str]


@dataclass
class World:
    app: Flask
    client: FlaskClient
    hub: Hub
    people: dict[str, Somebody] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def expects(self, row: Row, somebody: Somebody, place: Place) -> bool:
        """Whether the row says that this caller is let through there."""
        if somebody.actor is None:
            return OPEN in row.needs or TOKEN in row.needs
        rights = rights_of(self.hub.read(), somebody.actor)
        said_of = {USER} if somebody.actor.type == "user" else set()
        if somebody.actor.type == "field_key" and somebody.actor.project == place.project.uid:
            said_of.add(TABLET)
        return row.opens_to(rights, place.project.uid, place.form.key, said_of=said_of)

    def call(self, row: Row, somebody: Somebody, place: Place) -> int:
        """The status of the answer. Nothing is kept of what it does."""
        path = row.path
        for name in row.parts:
            path = path.replace(f"{{{name}}}", quote(place.values[name], safe=""))
        headers = {**somebody.headers, "X-OpenRosa-Version": "1.0"}
        try:
            answer = self.client.open(somebody.opens(path), method=row.method, headers=headers, **_body(row))
        except Reached:
            return REACHED
        status: int = answer.status_code
        answer.close()
        return status

    def send(self, row: Row, case: Any, headers: dict[str, str]) -> tuple[int, Any]:
        """What the administrator is answered to a generated call: its status, and the JSON if it is any."""
        path = row.path
        for name in row.parts:
            path = path.replace(f"{{{name}}}", quote(str(case.path_parameters[name]), safe=""))
        answer = self.client.open(
            path, method=row.method, query_string={k: str(v) for k, v in (case.query or {}).items()},
            headers={k: str(v) for k, v in headers.items()} | self.people["admin"].headers, **_sent(case),
        )  # fmt: skip
        said = answer.get_json() if answer.mimetype == "application/json" and row.gives != "file" else None
        status: int = answer.status_code
        answer.close()
        return status, said


def _sent(case: Any) -> dict[str, Any]:
    if not isinstance(case.body, dict | list | str | bytes | int | float | bool | None):
        return {}  # no body at all
    if case.media_type == "multipart/form-data":
        return {"data": {"xml_submission_file": (io.BytesIO(str(case.body).encode()), "s.xml", "text/xml")}}
    if case.media_type == "application/json" and not isinstance(case.body, bytes):
        return {"data": json.dumps(case.body), "content_type": case.media_type}
    body = case.body if isinstance(case.body, bytes) else str(case.body).encode("utf-8", "surrogatepass")
    return {"data": body, "content_type": case.media_type}


def _body(row: Row) -> dict[str, Any]:
    match row.takes.removesuffix("?"):
        case "":
            return {}
        case "xml":
            replaced = A if row.method == "PUT" else ""
            return {"data": instance(C, replaced), "content_type": "application/xml"}
        case "form":
            return {"data": xform("other"), "content_type": "application/xml"}
        case "file":
            return {"data": b"bytes", "content_type": "image/jpeg"}
        case "multipart":
            return {"data": {"xml_submission_file": (io.BytesIO(instance(C).encode()), "s.xml", "text/xml")}}
    return {"json": BODIES.get(row.call, {})}


def xform(form_id: str) -> str:
    return RICE.format(form_id=form_id, version="7")


def instance(instance_id: str, deprecated: str = "") -> str:
    meta = f"<instanceID>{instance_id}</instanceID>"
    meta += f"<deprecatedID>{deprecated}</deprecatedID>" if deprecated else ""
    return f'<data id="rice" version="7">{FARM}<photo>p.jpg</photo><meta>{meta}</meta></data>'


def make_world(app: Flask, *, keep: bool = False) -> World:
    """keep: whether what calls do is kept."""
    world = World(app, app.test_client(), app.extensions["samleng"].hub)
    admin = create_user(world.hub, "admin@hub.example", PASSWORD, "អ្នកគ្រប់គ្រង")
    assign(world.hub, admin, role_named(ADMIN))
    for name in ("own", "other"):
        world.places[name] = _place(world, name)
    _people(world, admin)
    if not keep:
        _hold_back(world.hub)
    return world


def _people(world: World, admin: Actor) -> None:
    own = world.places["own"]
    world.people["anonymous"] = Somebody("anonymous")
    for role in ("formfill", "viewer", "manager"):
        email = f"{role}@hub.example"
        user = create_user(world.hub, email, PASSWORD, role)
        assign(world.hub, user, role_named(role), own.project)
        world.people[role] = Somebody(role, user, bearer=sign_in(world.client, email, PASSWORD))
    tablet = create_app_user(world.hub, own.project, "Tablet 8")
    assign(world.hub, tablet, role_named("app-user"), own.project, own.form)
    world.people["app-user"] = Somebody("app-user", tablet, key=tablet.token)
    link = create_link(world.hub, own.project, own.form, "ទីផ្សារ")
    world.people["pub-link"] = Somebody("pub-link", link, key=link.token)
    world.people["admin"] = Somebody(
        "admin", admin, bearer=sign_in(world.client, "admin@hub.example", PASSWORD)
    )


def _place(world: World, name: str) -> Place:
    project = create_project(world.hub, name)
    headers = {"Authorization": f"Bearer {sign_in(world.client, 'admin@hub.example', PASSWORD)}"}
    path = f"/v1/projects/{project.id}"

    def ask(method: str, rest: str, **more: Any) -> Any:
        answer = world.client.open(path + rest, method=method, headers=headers, **more)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    xml = {"content_type": "application/xml"}
    ask("POST", "/forms?publish=true", data=xform("rice"), **xml)
    ask("POST", "/forms?publish=true", data=xform("old"), **xml)
    ask("DELETE", "/forms/old")
    ask("POST", "/forms/rice/submissions", data=instance(A), **xml)
    ask("POST", f"/forms/rice/submissions/{A}/attachments/p.jpg", data=b"jpeg")
    ask("POST", "/forms/rice/draft")
    tablet = create_app_user(world.hub, project, "Tablet 7")
    switched = ask("PATCH", "/forms/rice", json={"webformsEnabled": True})
    form = forms.find_form(world.hub.read(), project.id, "rice")
    assert form is not None
    _park(world, project, form, tablet)
    colleague = create_user(world.hub, f"{name}@hub.example", PASSWORD, name)
    values = {
        "project_id": str(project.id),
        "xml_form_id": "rice",
        "form_number": str(ask("GET", "/forms?deleted=true")[0]["id"]),
        "form_version": "7",
        "form_file": "slot.csv",
        "instance_id": A,
        "version_id": A,
        "file": "p.jpg",
        "table": "Submissions",
        "parked": ask("GET", "/parked")[0]["id"],
        "export_id": "0123456789abcdef",
        "actor_id": str(colleague.id),
        "app_user": str(tablet.id),
        "token": tablet.token or "",
        "role": "formfill",
        "config_key": "login-appearance",
        "link_id": str(create_link(world.hub, project, form, "ទីផ្សារ").id),
        "preference": "columns",
        "draft_token": ask("GET", "/forms/rice/draft")["draftToken"],
        "form_link": switched["enketoId"],
        **_entity_list(ask, f"12345678-1234-4123-8234-{project.id:012}"),
    }
    return Place(project, form, values)


def _entity_list(ask: Callable[..., Any], uuid: str) -> dict[str, str]:
    """A list with an entity, and one in the trash."""
    for name in ("people", "old"):
        ask("POST", "/datasets", json={"name": name})
    ask("POST", "/datasets/people/properties", json={"name": "age"})
    ask("POST", "/datasets/people/entities", json={"uuid": uuid, "label": "សុខា", "data": {"age": "31"}})
    ask("DELETE", "/datasets/old")
    gone = ask("GET", "/datasets?deleted=true")[0]["id"]
    return {"dataset": "people", "list_number": str(gone), "list_property": "age", "uuid": uuid}


def _park(world: World, project: Project, form: Form, tablet: Actor) -> None:
    """Other answers under a number that is taken."""
    assign(world.hub, tablet, role_named("app-user"), project, form)
    parts = {
        "xml_submission_file": (
            io.BytesIO(instance(A).replace("bph", "rat").encode()),
            "s.xml",
            "text/xml",
        )
    }
    answer = world.client.post(
        f"/v1/key/{tablet.token}/projects/{project.id}/submission",
        data=parts,
        headers={"X-OpenRosa-Version": "1.0"},
    )
    assert answer.status_code == 201


def _hold_back(hub: Hub) -> None:
    """From now on whatever is written is undone at once, and the call ends there."""

    def write(work: Callable[[Turn], Any]) -> Any:
        def job(db: Any) -> None:
            work(Turn(hub, db))
            raise Reached

        return hub.database.write(job)

    hub.write = write  # type: ignore[method-assign]
