"""Parked versions as rows: held safe without taking part, shown when an analyst asks for them."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forms.errors import FormFault
from forms.fields import Schema
from forms.instance import Reading, parse_instance, read_encrypted
from server.exports.rows import Media
from server.extracts.choosing import wanted
from server.extracts.merging import Version
from server.extracts.options import Choosing
from server.extracts.provinces import find_provinces
from server.hub import Hub
from server.projection.submissions import count_expected, expected_first, records
from server.store import actors, forms, submissions
from server.store.actors import Connection
from server.store.extract_source import RepeatRow, RootRow, Wanted, folded
from server.store.forms import Form, FormVersion
from server.store.ledger_sqlite import find_entry
from server.store.submissions import ParkedRow
from sync.errors import BlobMissing

STATUS = "parked"
KEY_DIGITS = 12  # of the entry's id


@dataclass(frozen=True, slots=True)
class Parked:
    """row: as the store gives those of submissions; its key ends with the entry's id, since another version may
    stand under the same instanceID. repeats: by path. status: "parked: content.differs"."""

    row: RootRow
    repeats: Mapping[str, RepeatRow]
    status: str
    media: tuple[Media, ...]


def read_parked(
    hub: Hub, db: Connection, form: Form, versions: Sequence[Version], choosing: Choosing
) -> tuple[list[Parked], int]:
    """Those of the chosen whose form version is known and whose bytes are here and can be read, newest first; and how
    many others there are. Of those nobody knows the province, so a province leaves none of them out."""
    chosen = _Chosen(wanted(choosing, find_provinces(versions)), db)
    schemas = {version.id: version.schema for version in versions}
    found, unread = [], 0
    for held in reversed(submissions.list_parked(db, form.project_id, form.key)):
        version = forms.find_published(db, form.id, held.form_version)
        reading = _read(hub, db, held, version) if version and version.id in schemas else None
        if reading is None or version is None:
            unread += chosen.takes(held)
        elif chosen.takes(held) and chosen.is_there(version.id, reading):
            found.append(_parked(hub, db, held, schemas[version.id], version.id, reading))
    return found, unread


def _read(hub: Hub, db: Connection, held: ParkedRow, version: FormVersion) -> Reading | None:
    try:
        root, envelope = parse_instance(hub.blobs.read(held.xml, db))
    except (BlobMissing, FormFault):
        return None
    return read_encrypted(root) if envelope.encrypted else hub.reader_of(db, version).read(root)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The conditions of `Wanted`, over what is in no table that SQL could ask."""

    wanted: Wanted
    db: Connection

    def takes(self, held: ParkedRow) -> bool:
        asked = self.wanted
        return (
            asked.since <= held.created_at
            and (not asked.before or held.created_at < asked.before)
            and (not asked.review_states or "received" in asked.review_states)
            and (not asked.facilitators or self._is_by(held.submitter_id))
            and (asked.only is None or held.instance_id in asked.only)
        )

    def is_there(self, version: int, reading: Reading) -> bool:
        """Whether its province is among the wanted."""
        return not self.wanted.provinces or self._province(version, reading) in self.wanted.provinces

    def _is_by(self, number: int | None) -> bool:
        actor = actors.find_actor(self.db, number) if number is not None else None
        return actor is not None and bool({actor.display_name, str(actor.id)} & self.wanted.facilitators)

    def _province(self, version: int, reading: Reading) -> str:
        place = (self.wanted.places or {}).get(version)
        return folded(reading.tables[0][0][place] or "") if reading.tables and place is not None else ""


def _parked(
    hub: Hub, db: Connection, held: ParkedRow, schema: Schema, version: int, reading: Reading
) -> Parked:
    files: dict[str, str] = json.loads(held.files)
    entry = find_entry(db, held.entry)
    key = f"{held.instance_id}#{held.entry[:KEY_DIGITS]}"
    expected, present = count_expected(expected_first(reading, dict(files)))
    root, *more = records(reading) or (None,)
    row: RootRow = (
        key, version, root, held.created_at, None, None, held.submitter_id, present, expected, None, None,
        held.device_id, 0, held.form_version, entry.hub if entry else "",
    )  # fmt: skip
    repeats = {t.path: (key, version, r) for t, r in zip(schema.tables[1:], more) if r and r != b"[]"}  # noqa: B905 none of an encrypted one
    return Parked(row, repeats, f"{STATUS}: {held.reason}", tuple(_media(hub, key, reading, files)))


def _media(hub: Hub, key: str, reading: Reading, files: Mapping[str, str]) -> Iterator[Media]:
    if reading.answers_file is not None:
        return
    for name in reading.media:
        if name in files and hub.blobs.has(files[name]):
            yield Media(key, name, functools.partial(hub.blobs.open, files[name]))
