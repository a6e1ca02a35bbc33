"""What can be read of a version of a form, the same below a form, its draft and each of its versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from server.errors import Problem
from server.store import forms
from server.store.forms import Form, FormVersion
from server.store.projects import Project
from server.web import wire
from server.web.rest.dataset_files import files_json, show_file
from server.web.rest.files import blob_answer, xml_answer
from server.web.rest.form_shapes import current_version, extended_json, field_json, form_json

FORM = "/v1/projects/<int:project_id>/forms/<xml_form_id>"


@dataclass(frozen=True, slots=True)
class Asked:
    """A version of a form, found and readable. `tried`: the draft, asked for as such."""

    project: Project
    form: Form
    version: FormVersion
    tried: bool = False


def find(project_id: int, xml_form_id: str) -> tuple[Project, Form]:
    """Raises Problem 404.1, also for a form that has no version on this hub."""
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, xml_form_id)
    if form.current_id is None and form.draft_id is None:
        raise Problem("404.1")
    return project, form


def require_readable(asked: Asked) -> None:
    """Central's rule: a draft is for those who may change the form, a closed form for those who may
    read all forms. Raises Problem 403.1, 401.2."""
    if asked.version.published_at is None:
        wire.require("form.update", asked.project, asked.form)
    elif asked.form.state == "closed" or not wire.may("open_form.read", asked.project, asked.form):
        wire.require("form.read", asked.project, asked.form)


def version_of(form: Form, version_id: int | None) -> FormVersion:
    """Raises Problem 404.1."""
    found = forms.find_version(wire.hub().read(), version_id) if version_id else None
    if found is None:
        raise Problem("404.1")
    return found


def newest(form: Form) -> FormVersion:
    found = current_version(wire.hub().read(), form)
    if found is None:
        raise Problem("404.1")
    return found


def show(asked: Asked) -> dict[str, Any]:
    said = form_json(asked.form, asked.version)
    if wire.extended():
        said |= extended_json(wire.hub().read(), asked.form, asked.version, tried=asked.tried)
        if wire.may("form.update", asked.project, asked.form):
            said["publishNotes"] = asked.version.notes
    return said


def show_xml(asked: Asked) -> Response:
    return xml_answer(asked.version.xform)


def show_xls(asked: Asked) -> Response:
    return _workbook(asked, "xls")


def show_xlsx(asked: Asked) -> Response:
    return _workbook(asked, "xlsx")


def _workbook(asked: Asked, kind: str) -> Response:
    if asked.version.xls_type != kind:
        raise Problem("404.1")
    return blob_answer(asked.version.xls, f"{asked.form.xml_form_id}.{kind}")


def list_fields(asked: Asked) -> list[dict[str, Any]]:
    schema = wire.hub().schema_of(asked.version)
    return [field_json(field, odata=wire.flag("odata")) for field in schema.fields]


def list_attachments(asked: Asked) -> list[dict[str, Any]]:
    return files_json(asked.version)


def show_attachment(asked: Asked, name: str) -> Response:
    for file in forms.list_files(wire.hub().read(), asked.version.id):
        if file.name == name:
            listed = show_file(asked.project, asked.version, name)
            return listed or blob_answer(file.sha256, name, md5=file.md5, media_type=file.content_type)
    raise Problem("404.1")


READINGS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("", show),
    (".xml", show_xml),
    (".xls", show_xls),
    (".xlsx", show_xlsx),
    ("/fields", list_fields),
    ("/attachments", list_attachments),
    ("/attachments/<name>", show_attachment),
)


def add_readings(
    blueprint: Blueprint, base: str, pick: Callable[..., FormVersion], *, tried: bool = False
) -> None:
    """Serves what can be read below `base`; `pick(form, version=…)` finds which version it is."""
    for suffix, view in READINGS:
        blueprint.add_url_rule(base + suffix, view.__name__, _served(view, pick, tried))


def _served(view: Callable[..., Any], pick: Callable[..., FormVersion], tried: bool) -> Callable[..., Any]:
    def serve(project_id: int, xml_form_id: str, version: str | None = None, **more: str) -> Any:
        project, form = find(project_id, xml_form_id)
        asked = Asked(project, form, pick(form) if version is None else pick(form, version), tried)
        require_readable(asked)
        return view(asked, **more)

    return serve
