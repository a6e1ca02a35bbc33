"""A form that a coordinator brings: looked at as a whole before anything of it is kept. No Flask, no SQL.

With an error nothing is changed; warnings stop nothing. pyxform works in a process of its own (forms/apart.py).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from forms.fields import read_schema
from forms.lint import Report, check_form, columns_in
from server.definition import Definition, compiled_definition, read_definition
from server.drafts import attach_to_draft, set_draft
from server.errors import Fault
from server.form_entries import By
from server.hub import Hub
from server.known import Known
from server.publish import create_form
from server.store import forms
from server.store.blobs import Staged
from server.store.forms import Form, FormVersion
from server.store.projects import Project

# Told elsewhere on the page: files that are missing, and the version, which is given when it is published.
LEFT_OUT = ("media.missing", "compared.same_version", "compared.other_form")
_reports = Known(50)


@dataclass(frozen=True, slots=True)
class Upload:
    """name: of the workbook's file. files: what the form shows or chooses from, by name."""

    name: str
    source: bytes
    files: Mapping[str, Staged] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return PurePath(self.name).suffix.lower()


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in an upload. definition: None when there is an error."""

    upload: Upload
    report: Report
    definition: Definition | None


def look(hub: Hub, project: Project, upload: Upload, form: Form | None = None) -> Looked:
    """form: the one that this is to be a new version of; None for a new one.

    Raises Fault upload.no_form, form.id_taken, form.other_id, FormFault xlsform.*, Problem as
    server/definition.py does.
    """
    if not upload.name or not upload.source:
        raise Fault("upload.no_form")
    if upload.kind == ".xml":
        read_schema(upload.source)  # says what is wrong in words for people, not for programs
        made = read_definition(hub, upload.source, None, PurePath(upload.name).stem, new=form is None)
        looked = Looked(upload, Report((), made.schema.form_id, made.schema.version), made)
    else:
        looked = _look_at_workbook(hub, upload, form)
    _check_id(hub, project, looked.report.form_id, form)
    return looked


def _look_at_workbook(hub: Hub, upload: Upload, form: Form | None) -> Looked:
    media = {
        **_files_held(hub, form),
        **{name: _columns(hub, name, file) for name, file in upload.files.items()},
    }
    fallback = form.xml_form_id if form else PurePath(upload.name).stem
    report = _checked(hub, upload.source, upload.kind, fallback, _published(hub, form), media)
    if report.errors or report.form is None:
        return Looked(upload, report, None)
    made = compiled_definition(hub, report.form, upload.source, upload.kind.removeprefix("."))
    return Looked(upload, report, made)


def _check_id(hub: Hub, project: Project, form_id: str, form: Form | None) -> None:
    if form is None and form_id:
        held = forms.find_form(hub.read(), project.id, form_id)
        if held is not None and (held.current_id or held.draft_id):
            raise Fault("form.id_taken", form_id=form_id)
    elif form is not None and form_id and form_id != form.xml_form_id:
        raise Fault("form.other_id", form_id=form_id, expected=form.xml_form_id)


def add_form(hub: Hub, project: Project, looked: Looked, *, by: By = None) -> tuple[Form, list[str]]:
    """Makes the form with its first draft; returns it with the names of files that it has no use for.

    Raises Problem as create_form does.
    """
    assert looked.definition is not None
    form = create_form(hub, project, looked.definition, ignore_warnings=True, by=by)
    _note(looked, form, None)
    return form, add_files(hub, form, looked.upload.files, by=by)


def add_draft(hub: Hub, form: Form, looked: Looked, *, by: By = None) -> list[str]:
    """Makes it the form's draft, in place of one there is; returns the names of files that it has no use for.

    Raises Problem as set_draft does.
    """
    assert looked.definition is not None
    set_draft(hub, form, looked.definition, ignore_warnings=True, by=by)
    _note(looked, form, _published(hub, form))
    return add_files(hub, form, looked.upload.files, by=by)


def add_files(hub: Hub, form: Form, files: Mapping[str, Staged], *, by: By = None) -> list[str]:
    """Puts files into the draft's slots of their names; returns the names that it has no slot for."""
    now = forms.find_by_number(hub.read(), form.id)
    slots = {file.name for file in forms.list_files(hub.read(), now.draft_id or 0)} if now else set()
    for name, file in files.items():
        if name in slots:
            attach_to_draft(hub, form, name, file, by=by)
    return [name for name in files if name not in slots]


# What was found in the draft that waits


def draft_report(hub: Hub, form: Form, version: FormVersion) -> Report | None:
    """None when nobody has looked at it since the hub was started."""
    held: Report | None = _reports.get(_name(version.xls or version.xform, form, _published(hub, form)))
    return held


def check_draft(hub: Hub, form: Form, version: FormVersion) -> Report:
    """The same, looking at the workbook again if need be: seconds. An XForm has no cells to look at."""
    if version.xls is None or not version.xls_type:
        return Report((), form.xml_form_id, version.version)
    held, published = draft_report(hub, form, version), _published(hub, form)
    if held is not None:
        return held
    source = hub.blobs.read(version.xls)
    found = _checked(hub, source, f".{version.xls_type}", form.xml_form_id, published, _files_held(hub, form))
    return _reports.put(_name(version.xls, form, published), replace(found, form=None))


def _note(looked: Looked, form: Form, published: bytes | None) -> None:
    name = _name(hashlib.sha256(looked.upload.source).hexdigest(), form, published)
    _reports.put(name, replace(looked.report, form=None))  # the findings are small, what was made is not


def _name(sha256: str, form: Form, published: bytes | None) -> tuple[str, ...]:
    return sha256, form.xml_form_id, hashlib.sha256(published).hexdigest() if published else ""


def _checked(
    hub: Hub,
    source: bytes,
    kind: str,
    fallback: str,
    published: bytes | None,
    media: Mapping[str, tuple[str, ...]],
) -> Report:
    found = check_form(source, kind, fallback=fallback, media=media, published=published)
    return replace(found, findings=tuple(one for one in found.findings if one.code not in LEFT_OUT))


def _published(hub: Hub, form: Form | None) -> bytes | None:
    out = forms.find_version(hub.read(), form.current_id) if form and form.current_id else None
    return hub.blobs.read(out.xform) if out and hub.blobs.has(out.xform) else None


def _files_held(hub: Hub, form: Form | None) -> dict[str, tuple[str, ...]]:
    """The files of the version that an upload follows, with the columns of those that are tables."""
    version = (form.draft_id or form.current_id) if form else None
    listed = forms.list_files(hub.read(), version) if version else []
    return {
        file.name: _columns(hub, file.name, Staged(file.sha256, 0, None))
        for file in listed
        if file.sha256 and hub.blobs.has(file.sha256)
    }


def _columns(hub: Hub, name: str, file: Staged) -> tuple[str, ...]:
    if not name.lower().endswith(".csv"):
        return ()
    if file.data is not None:
        return columns_in(io.BytesIO(file.data))
    with file.place.open("rb") if file.place else hub.blobs.open(file.sha256) as stream:
        return columns_in(stream)
