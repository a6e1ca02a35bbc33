"""project.create, project.update, project.delete -> the project's row, and the keys that were made for it."""

from __future__ import annotations

from server.managed_keys import LOCKED, is_key
from server.store import keys, projects
from server.store.actors import Connection
from server.store.ledger_sqlite import entries_of
from sync.ledger import Entry
from sync.merge import in_order, merged_fields

FIELDS = ("name", "description", "archived")


def fold(db: Connection, entry: Entry) -> bool:
    """Folds the project anew; True when its row is new, so that what waited for it can follow."""
    entries = in_order(entries_of(db, entry.subject))
    uid = entry.subject.removeprefix("project:")
    made = [e for e in entries if e.kind == "project.create"]
    if not made:
        return False
    new = projects.find_by_uid(db, uid) is None
    first = min(made, key=lambda e: e.id)
    values = dict.fromkeys(FIELDS) | merged_fields(entries, FIELDS)
    values["archived"] = None if values["archived"] is None else int(values["archived"])
    later = [e.made_at for e in entries if e.kind == "project.update"]
    gone = [e for e in entries if e.kind == "project.delete"]
    projects.write_project(
        db,
        uid,
        {
            **values,
            "hub": first.hub,
            "created_at": first.made_at,
            "updated_at": max(later, default=None),
            "deleted_at": max((e.made_at for e in gone), default=None),
            "key_id": _fold_keys(db, uid, entries),
        },
    )
    return new


def _fold_keys(db: Connection, uid: str, entries: list[Entry]) -> int | None:
    """Keeps every key that was made for the project, and returns the number of the last. Two hubs that switched
    encryption on apart made two: both are kept for what was encrypted for them."""
    last = None
    for entry in entries:
        said = entry.body.get("key")
        if entry.kind == "project.update" and said is not None and is_key(said):
            last = keys.note_key(db, uid, said["public"], entry.made_at)
            locked = {part: said[part] for part in LOCKED}
            keys.write_managed(db, last, said.get("hint"), locked, entry.made_at)
    return last
