"""Who sees what of an entity list, and how a tablet learns that it changed. No Flask, no SQL.

Who may list entities sees all of them. Others, tablets above all, see what the list's access filter lets
them: what they made themselves, or the rows of which a property is what is said of them.
"""

from __future__ import annotations

import hashlib

import orjson

from server.store import dataset_rows, datasets
from server.store.actors import Actor, Connection
from server.store.dataset_rows import Sight
from server.store.datasets import Dataset

ALL = Sight()


def sight_of(db: Connection, dataset: Dataset, actor: Actor | None) -> Sight:
    """What an actor sees who may not list entities."""
    number = actor.id if actor else -1
    rules = dataset.access_rules
    pairs = None
    if rules:
        values = datasets.values_of_actors(db, dataset.project, [number]).get(number, {})
        pairs = tuple((name, values[of_actor]) for name, of_actor in rules if of_actor in values)
    return Sight(number if dataset.owner_only else None, pairs)


def token_of(db: Connection, dataset: Dataset, sight: Sight = ALL) -> str:
    """Another one after each change of what is seen: 32 hex digits, as the MD5 of a file would be."""
    properties = [each.name for each in datasets.list_properties(db, dataset.id)]
    # With rules, what is seen may change with whatever changes in the list.
    newest, numbers = dataset_rows.state_of(db, dataset, sight.owner)
    said = [dataset.project, dataset.key, properties, newest, numbers, sight.owner, sight.pairs]
    if sight.owner is None:
        said.append(dataset.changed_at)
    return hashlib.md5(orjson.dumps(said), usedforsecurity=False).hexdigest()


def last_update(db: Connection, dataset: Dataset) -> str:
    """When something was last said of the list or of what it holds."""
    newest = dataset_rows.state_of(db, dataset)[0]
    return max(dataset.changed_at, newest or "")


def file_type(dataset: Dataset) -> str:
    """As manifests say it to tablets: entities of a list that needs approval are not made on the tablet."""
    return "approvalEntityList" if dataset.approval else "entityList"
