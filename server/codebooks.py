"""The codebook of a hub's form: all versions that were ever published. No Flask, no SQL."""

from __future__ import annotations

from forms.codebook import Codebook, read_codebook
from server.hub import Hub
from server.store import forms
from server.store.forms import Form


def codebook_of(hub: Hub, form: Form) -> Codebook:
    """Oldest version first; the one in force counts as the newest."""
    db = hub.read()
    versions = forms.list_versions(db, form.id)[::-1]
    versions.sort(key=lambda v: v.id == form.current_id)
    return read_codebook([hub.blobs.read(version.xform, db) for version in versions])
