"""Whether an entity list needs approval, and who sees what of it. No Flask, no SQL.

Rules: ODK Central's API, "Updating a dataset".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from i18n import mark
from server.datasets import By, append, present
from server.entity_waiting import convert_pending, pending
from server.errors import Problem
from server.hub import Hub, Turn
from server.projection.datasets import UPDATE
from server.store import datasets
from server.store.actors import Connection
from server.store.datasets import Dataset

NO_RULES = mark("rules must be a non-empty array.")
HALF_RULE = mark("Each rule must have datasetProperty and actorProperty.")
NO_TYPE = mark("type must be ownerOnly or property.")
PARTS = ("datasetProperty", "actorProperty")


def change_settings(
    hub: Hub,
    dataset: Dataset,
    said: Mapping[str, Any],
    switches: Mapping[str, bool],
    convert: str | None,
    *,
    by: By = None,
) -> Dataset:
    """said: the request, of which accessFilter is read; switches: its approvalRequired and ownerOnly.
    convert: "true" makes the entities that waited for approval when that is switched off, "false" leaves
    them be.

    Raises Problem 400.8, 400.29 (some wait and convert does not say what becomes of them), 404.1.
    """
    if convert not in (None, "true", "false"):
        raise Problem("400.8", field="convert", value=convert, reason="true, false")
    opened = switches.get("approvalRequired") is False
    if opened and convert is None and (waiting := len(pending(hub, dataset))):
        raise Problem("400.29", count=waiting)
    data = _data(hub.read(), dataset, said, switches)
    if not data:
        return dataset
    details: dict[str, Any] = {"data": data}
    if opened:
        details["autoConvert"] = convert == "true"

    def work(turn: Turn) -> None:
        append(turn, present(turn, dataset), UPDATE, details, by)

    hub.write(work)
    if opened and convert == "true":
        convert_pending(hub, dataset)
    changed = datasets.find_by_key(hub.read(), dataset.project, dataset.key)
    assert changed is not None, dataset.key
    return changed


def _data(
    db: Connection, dataset: Dataset, said: Mapping[str, Any], switches: Mapping[str, bool]
) -> dict[str, Any]:
    """What the entry says: the switches, and an access filter in place of ownerOnly when it is given."""
    data: dict[str, Any] = dict(switches)
    if "accessFilter" in said:
        access = _checked(said["accessFilter"])
        data["ownerOnly"] = access is not None and access["type"] == "ownerOnly"
        data["accessFilter"] = _known(db, dataset, access)
    return data


def _checked(access: Any) -> dict[str, Any] | None:
    if access is None:
        return None
    kind = access.get("type") if isinstance(access, dict) else None
    if kind == "ownerOnly":
        return {"type": kind}
    if kind != "property":
        raise Problem("400.8", field="accessFilter.type", value=kind, reason=NO_TYPE)
    rules = access.get("rules")
    if not isinstance(rules, list) or not rules:
        raise Problem("400.8", field="accessFilter.rules", value=rules, reason=NO_RULES)
    for rule in rules:
        if not isinstance(rule, dict) or not all(isinstance(rule.get(p), str) and rule[p] for p in PARTS):
            raise Problem("400.8", field="accessFilter.rules", value=rule, reason=HALF_RULE)
    return {"type": kind, "rules": [{part: rule[part] for part in PARTS} for rule in rules]}


def _known(db: Connection, dataset: Dataset, access: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without rules about properties that there are not: they would let nobody see anything (Central)."""
    if access is None or access["type"] != "property":
        return access
    own = {each.name for each in datasets.list_properties(db, dataset.id)}
    of_actors = set(datasets.list_actor_properties(db, dataset.project))
    rules: list[dict[str, str]] = []
    for rule in access["rules"]:
        if rule["datasetProperty"] in own and rule["actorProperty"] in of_actors and rule not in rules:
            rules.append(rule)
    return {"type": "property", "rules": rules}
