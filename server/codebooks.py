"""The codebook of a hub's form: all versions that were ever published. No Flask, no SQL."""

from __future__ import annotations

from forms.codebook import Codebook, read_codebook
from server.hub import Hub
from server.store import forms
from server.store.forms import Form


def codebook_of(hub: Hub, form: Form) -> Codebook:
    """Oldest version first; the one in force counts as the newest."""
    db = hub.read()
    return read_codebook([hub.blobs.read(version.xform, db) for version in forms.list_in_order(db, form)])
