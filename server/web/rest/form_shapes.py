"""How forms, their fields and their files look in answers."""

from __future__ import annotations

from typing import Any

from forms.fields import Field
from server.clock import shown
from server.exports.odata_names import identifier
from server.form_links import link_of, once_link_of
from server.store import actors, datasets, forms, submissions
from server.store.actors import Connection
from server.store.datasets import Link
from server.store.forms import Form, FormFile, FormVersion
from server.web.rest.files import TYPES
from server.web.rest.people import actor_or_none


def form_json(form: Form, version: FormVersion) -> dict[str, Any]:
    """A form with one of its versions. The token only goes with a draft, the number with the trash."""
    is_draft = version.published_at is None
    said = {
        "projectId": form.project_id,
        "xmlFormId": form.xml_form_id,
        "state": form.state,
        "enketoId": link_of(form, version),
        "enketoOnceId": once_link_of(form, version),
        "createdAt": shown(form.created_at),
        "updatedAt": shown(form.updated_at),
        "webformsEnabled": bool(form.webforms),
        "keyId": version.key_id,
        "version": version.version,
        "hash": version.md5,
        "sha": version.sha1,
        "sha256": version.xform,
        "draftToken": form.draft_token if is_draft else None,
        "publishedAt": shown(version.published_at),
        "name": version.name,
    }
    if form.deleted_at is not None:
        said |= {"deletedAt": shown(form.deleted_at), "id": form.id}
    return said


def extended_json(db: Connection, form: Form, version: FormVersion, *, tried: bool = False) -> dict[str, Any]:
    """What X-Extended-Metadata adds. `tried`: with the test submissions to the draft, not the real ones."""
    number = -form.id if tried else form.id
    count, newest = submissions.count_submissions(db, number)
    states = submissions.count_review_states(db, number)
    return {
        "submissions": count,
        "entityRelated": bool(datasets.declarations_of(db, version.id)),
        "reviewStates": {name: states.get(name, 0) for name in ("received", "hasIssues", "edited")},
        "lastSubmission": shown(newest),
        "excelContentType": excel_type(version),
        "publicLinks": actors.count_public_links(db, form.project_uid, form.key),
        "createdBy": actor_or_none(db, form.created_by),
    }


def version_extended_json(db: Connection, version: FormVersion) -> dict[str, Any]:
    """What X-Extended-Metadata adds in the list of versions."""
    return {
        "excelContentType": excel_type(version),
        "publishedBy": actor_or_none(db, version.created_by),
    }


def excel_type(version: FormVersion) -> str | None:
    return TYPES[f".{version.xls_type}"] if version.xls and version.xls_type else None


def form_in_list(db: Connection, form: Form, version: FormVersion, extended: bool) -> dict[str, Any]:
    said = form_json(form, version)
    return said | extended_json(db, form, version) if extended else said


def file_json(file: FormFile, link: Link | None = None) -> dict[str, Any]:
    """link: the entity list that fills the slot."""
    held = file.sha256 is not None
    said: dict[str, Any] = {
        "name": file.name,
        "type": file.type,
        "hash": file.md5,
        "exists": held or link is not None,
        "blobExists": held,
        "datasetExists": link is not None,
    }
    since = (link.updated_at if link else None) or file.updated_at
    if since is not None:
        said["updatedAt"] = shown(since)
    return said | {"size": file.size} if held else said


def field_json(field: Field, *, odata: bool = False) -> dict[str, Any]:
    """odata: names and paths as the OData service writes them."""
    path = "/".join(identifier(step) for step in field.path.split("/")) if odata else field.path
    return {
        "path": path,
        "name": identifier(field.name) if odata else field.name,
        "type": field.type,
        "binary": field.binary,
        "selectMultiple": field.select_multiple,
    }


def current_version(db: Connection, form: Form) -> FormVersion | None:
    """The published version, else the draft. None for a form that another hub began and has not
    published: here it has nothing to show yet."""
    number = form.current_id or form.draft_id
    return forms.find_version(db, number) if number else None
