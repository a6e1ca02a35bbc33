"""Exports of a form: opens one snapshot of its submissions and gives the bytes, whoever asks."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from forms.fields import Schema
from server.agreement import agreement_of
from server.answering import catch_up
from server.errors import Fault, Problem
from server.export_entries import BEGIN
from server.exports.archive import root_csv, submissions_zip
from server.exports.columns import CsvOptions
from server.exports.decrypted import DecryptedSource
from server.exports.rows import Page
from server.form_entries import By, signed
from server.hub import Hub
from server.managed_keys import unlock
from server.store import forms
from server.store.actors import Connection
from server.store.export_source import FormSource, agreed
from server.store.forms import Form
from server.store.keys import keys_in_use, managed_keys
from server.subjects import form_subject

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
    schemas = {v.id: hub.reader_of(db, v).schema for v in forms.list_in_order(db, form)}
    return Published(schemas, tuple(schemas.values()))


@contextmanager
def opened(hub: Hub, form: Form, page: Page | None = None, one: str | None = None) -> Iterator[FormSource]:
    """A snapshot of the form's submissions with every answer read. `one`: root instanceID of the only
    submission wanted. Those who did not agree to take part are not in it where the form tags its question."""
    catch_up(hub, form.id)
    with hub.database.reading() as reader:
        source = FormSource(
            reader, hub.blobs, form.id, lambda db: published(hub, form, db).by_number, page or Page(),
            now=hub.clock.now(), one=one, agreed=agreed(agreement_of(hub, form)),
        )  # fmt: skip
        with closing(source):
            yield source


def export(
    hub: Hub,
    form: Form,
    file_format: str,
    options: CsvOptions,
    page: Page | None = None,
    passphrases: Mapping[int, str] | None = None,
) -> Generator[bytes]:
    """The bytes of an export as they are made; memory does not grow with the form.

    page: which submissions; without it those of the options' filter. passphrases: by number of the key.
    Raises Fault format.unknown, form.unknown (never published), Problem 400.12 (a passphrase is wrong).
    """
    if file_format not in FORMATS:
        raise Fault("format.unknown", format=file_format, formats=", ".join(FORMATS))
    schemas = published(hub, form).in_order
    if not schemas:
        raise Fault("form.unknown", form_id=form.xml_form_id)
    keys = _unlocked(hub, form, passphrases or {})
    return _stream(hub, form, file_format, options, page or Page(filter=options.filter), schemas, keys)


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The keys that were asked for by number, and those of them that the passphrases opened."""

    given: frozenset[int]
    keys: Mapping[int, RSAPrivateKey]

    def over(self, source: FormSource) -> FormSource | DecryptedSource:
        return DecryptedSource(source, self.keys, self.given) if self.given else source


def _unlocked(hub: Hub, form: Form, passphrases: Mapping[int, str]) -> Unlocked:
    """Before the first byte is sent. Raises Problem 400.12."""
    return Unlocked(frozenset(passphrases), unlocked_keys(hub, form, passphrases))


def unlocked_keys(hub: Hub, form: Form, passphrases: Mapping[int, str]) -> dict[int, RSAPrivateKey]:
    """The keys that the hub holds of those numbers. Raises Problem 400.12 (a passphrase is wrong)."""
    held = managed_keys(hub.read(), form.project_uid, passphrases) if passphrases else []
    return {key.id: unlock(key.locked or {}, passphrases[key.id]) for key in held}


def note_export(hub: Hub, form: Form, by: By = None) -> None:
    """Keeps in the ledger that somebody took a form's answers away; test submissions are none."""
    if form.is_trial:
        return
    hub.write(lambda turn: turn.append(BEGIN, form_subject(form.project_uid, form.key), signed({}, by)))


def _stream(
    hub: Hub, form: Form, file_format: str, options: CsvOptions, page: Page, schemas: tuple[Schema, ...],
    keys: Unlocked,
) -> Generator[bytes]:  # fmt: skip
    with opened(hub, form, page) as held:
        source = keys.over(held)
        damaged = source.damaged if isinstance(source, DecryptedSource) else ()
        if file_format == "csv":
            yield from root_csv(source, schemas, options)
        else:
            made_at = hub.clock.now()
            yield from submissions_zip(source, schemas, options, made_at=made_at, damaged=damaged)


def keys_opened_by(hub: Hub, form: Form, passphrase: str) -> dict[int, str]:
    """The passphrase by number of each of the form's keys that it opens. Raises Problem 400.12 when it opens none."""
    catch_up(hub, form.id)
    opened = {}
    for key in keys_in_use(hub.read(), form.id):
        with suppress(Problem):
            unlock(key.locked or {}, passphrase)
            opened[key.id] = passphrase
    if not opened:
        raise Problem("400.12")
    return opened


def form_named(hub: Hub, project_id: int, xml_form_id: str) -> Form:
    """Raises Fault form.unknown."""
    found = forms.find_form(hub.read(), project_id, xml_form_id)
    if found is None or found.current_id is None:
        raise Fault("form.unknown", form_id=xml_form_id)
    return found
