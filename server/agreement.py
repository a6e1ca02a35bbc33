"""Consent where programs of ODK Central's kind read: forms that tag their question (`bind::samleng:consent`).

Central's own exports give every submission, and clients compare counts; so nothing is left out for the name of a
question alone. A tag is the designer's word that it should be. No Flask, no SQL.
"""

from __future__ import annotations

from collections.abc import Mapping

from forms.sensitivity import NAMESPACE
from server.exports.rows import Agreement
from server.extracts.asking import read_asked
from server.extracts.sheets import Column, Kind
from server.hub import Hub
from server.privacy.consent import YES, agreeing
from server.store import forms
from server.store.actors import Connection
from server.store.forms import Form, FormVersion


def agreement_of(hub: Hub, form: Form) -> Mapping[int, Agreement]:
    """By the id of each version that tags a question of its root; empty for almost every form."""
    return hub.remember(("agreement", form.id), lambda db: _read(hub, db, form))


def _read(hub: Hub, db: Connection, form: Form) -> dict[int, Agreement]:
    versions = ((version, _of(hub, db, version)) for version in forms.list_in_order(db, form))
    return {version.id: found for version, found in versions if found is not None}


def _of(hub: Hub, db: Connection, version: FormVersion) -> Agreement | None:
    xform = hub.blobs.read(version.xform, db)
    if NAMESPACE.encode() not in xform:  # read whole only where there is something to find
        return None
    asked = read_asked(xform, lambda name: None)
    for place, field in enumerate(hub.reader_of(db, version).schema.tables[0].columns):
        said = asked.get(field.path)
        if said is not None and said.consent == "participate":
            column = Column(field.name, Kind.CHOICE, field.path, values=said.values)
            yes = agreeing(column, {*said.values, *YES})
            return Agreement(place, tuple(sorted({answer.lower() for answer in yes if answer})))
    return None
