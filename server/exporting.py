"""Exports of a form: opens one snapshot of its submissions and gives the bytes, whoever asks."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from forms.fields import Schema
from server.answering import catch_up
from server.errors import Fault
from server.exports.archive import root_csv, submissions_zip
from server.exports.columns import CsvOptions
from server.exports.rows import Page
from server.form_entries import By, signed
from server.hub import Hub
from server.store import forms
from server.store.actors import Connection
from server.store.export_source import FormSource
from server.store.forms import Form
from server.subjects import form_subject

EXPORT = "form.submission.export"
FORMATS = ("csv", "csv.zip")


@dataclass(frozen=True, slots=True)
class Published:
    """The published versions of a form: `by_number` for reading answers, `in_order` oldest first with
    the one in force last."""

    by_number: Mapping[int, Schema]
    in_order: tuple[Schema, ...]


def published(hub: Hub, form: Form, db: Connection | None = None) -> Published:
    """As `db` sees it, by default as it is now."""
    db = db or hub.read()
    versions = list(reversed(forms.list_versions(db, form.id)))
    versions.sort(key=lambda v: v.id == form.current_id)  # stable: the one in force goes last
    schemas = {v.id: hub.reader_of(db, v).schema for v in versions}
    return Published(schemas, tuple(schemas.values()))


@contextmanager
def opened(hub: Hub, form: Form, page: Page | None = None, one: str | None = None) -> Iterator[FormSource]:
    """A snapshot of the form's submissions with every answer read. `one`: root instanceID of the only
    submission wanted."""
    catch_up(hub, form.id)
    reader = hub.database.separate_reader()
    try:
        source = FormSource(
            reader, hub.blobs, form.id, lambda db: published(hub, form, db).by_number, page or Page(),
            now=hub.clock.now(), one=one,
        )  # fmt: skip
        try:
            yield source
        finally:
            source.close()
    finally:
        hub.database.release(reader)


def export(
    hub: Hub, form: Form, file_format: str, options: CsvOptions, page: Page | None = None
) -> Generator[bytes]:
    """The bytes of an export as they are made; memory does not grow with the form.

    page: which submissions; without it those of the options' filter.
    Raises Fault format.unknown, form.unknown (never published).
    """
    if file_format not in FORMATS:
        raise Fault("format.unknown", format=file_format, formats=", ".join(FORMATS))
    schemas = published(hub, form).in_order
    if not schemas:
        raise Fault("form.unknown", form_id=form.xml_form_id)
    return _stream(hub, form, file_format, options, page or Page(filter=options.filter), schemas)


def note_export(hub: Hub, form: Form, by: By = None) -> None:
    """Keeps in the ledger that somebody took a form's answers away; test submissions are none."""
    if form.is_trial:
        return
    hub.write(lambda turn: turn.append(EXPORT, form_subject(form.project_uid, form.key), signed({}, by)))


def _stream(
    hub: Hub, form: Form, file_format: str, options: CsvOptions, page: Page, schemas: tuple[Schema, ...]
) -> Generator[bytes]:
    with opened(hub, form, page) as source:
        if file_format == "csv":
            yield from root_csv(source, schemas, options)
        else:
            yield from submissions_zip(source, schemas, options, made_at=hub.clock.now())


def form_named(hub: Hub, project_id: int, xml_form_id: str) -> Form:
    """Raises Fault form.unknown."""
    found = forms.find_form(hub.read(), project_id, xml_form_id)
    if found is None or found.current_id is None:
        raise Fault("form.unknown", form_id=xml_form_id)
    return found
