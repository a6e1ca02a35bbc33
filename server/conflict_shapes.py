"""How conflicts and parked submissions are told to programs: the same by the API and by --json.

No Flask, no SQL."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from server.clock import shown
from server.conflicts import Conflict
from server.store.conflicts import ConflictRow
from server.store.submissions import ParkedRow
from sync.ledger import Entry
from sync.merge import Version


def row_json(row: ConflictRow, xml_form_id: str) -> dict[str, Any]:
    """`kinds`: what is to be decided -> how many things are set against each other."""
    return {
        "instanceId": row.instance_id,
        "xmlFormId": xml_form_id,
        "kinds": row.kinds,
        "createdAt": shown(row.created_at),
        "deletedAt": shown(row.deleted_at),
    }


def conflict_json(conflict: Conflict, instance_id: str, hub_names: dict[str, str]) -> dict[str, Any]:
    """Both sides. The version that stands comes first; `values` of a question follow their order; its `label`
    is by language."""
    return {
        "instanceId": instance_id,
        "kinds": conflict.kinds,
        "versions": [_version(v, hub_names, n == 0) for n, v in enumerate(conflict.sides)],
        "questions": None
        if conflict.questions is None
        else [
            {"path": q.path, "label": conflict.labels.get(q.path, {}), "repeat": q.repeat, "values": q.values}
            for q in conflict.questions
        ],
        "reviews": [
            {"reviewState": e.body.get("review_state"), **_said(e, hub_names)} for e in conflict.reviews
        ],
        "deleted": _said(conflict.deleted, hub_names) if conflict.deleted is not None else None,
        "apart": [{"kind": e.kind, **_said(e, hub_names)} for e in conflict.apart],
    }


def _version(version: Version, hub_names: dict[str, str], current: bool) -> dict[str, Any]:
    return {
        "instanceId": version.instance_id,
        "sha256": version.xml,
        "current": current,
        "deprecatedId": version.deprecated_id,
        "formVersion": version.entry.body["form_version"],
        "attachments": sorted(name for name, sha256 in version.files.items() if sha256),
        **_said(version.entry, hub_names),
    }


def _said(entry: Entry, hub_names: dict[str, str]) -> dict[str, Any]:
    """Who said it, where and when; the clock decides nothing."""
    by = entry.body.get("by") or {}
    return {
        "by": by.get("name"),
        "hub": hub_names.get(entry.hub, entry.hub),
        "createdAt": shown(entry.made_at),
    }


def parked_json(row: ParkedRow) -> dict[str, Any]:
    """`id` is what …/parked/ID.xml and `samleng parked accept` take."""
    return {
        "id": row.entry,
        "instanceId": row.instance_id,
        "xmlFormId": unquote(row.form_key.partition("#")[0]),
        "formVersion": row.form_version,
        "reason": row.reason,
        "receivedAt": shown(row.created_at),
        "submitterId": row.submitter_id,
        "deviceId": row.device_id,
        "attachments": [
            {"name": name, "exists": sha is not None} for name, sha in json.loads(row.files).items()
        ],
    }
