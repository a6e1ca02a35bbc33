"""Up to where earlier public exports of a form went, as the ledger remembers them. docs/privacy.md, "Waves"."""

from __future__ import annotations

from collections.abc import Mapping

from server.export_entries import BEGIN
from server.hub import Hub
from server.privacy.public import Waves
from server.store.forms import Form
from server.store.ledger_sqlite import entries_about
from server.subjects import form_subject


def waves_of(hub: Hub, form: Form, arrived: Mapping[str, int]) -> Waves:
    """Exports that were broken off count too: something may have left. arrived: root instanceID -> place in the
    ledger."""
    subject = form_subject(form.project_uid, form.key)
    said = [entry.body for _, entry in entries_about(hub.read(), subject, BEGIN)]
    public = [body for body in said if body.get("profile") == "public" and "through" in body]
    through = sorted({int(body["through"]) for body in public})
    return Waves(arrived, through, int(public[0]["k"]) if public else None)
