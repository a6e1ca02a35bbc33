"""Which entries a withdrawal wipes: a pure function of the set of entries. No Flask, no SQL.

A withdrawal names instances. Whatever is about them goes, whenever it arrives, and an edit that goes
takes the instance that it would have made with it. Nothing beats a withdrawal. Rules: docs/ledger.md §6.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from sync.ledger import Entry
from sync.merge import CREATE, EDIT, is_sound

PURGE = "submission.purge"


def instances_of(entry: Entry) -> set[str]:
    """The instances that an entry is about: its subject's, the one that it says something of, and the one
    that it replaces."""
    said = (entry.body.get("instance_id"), entry.body.get("deprecated_id"))
    return {_root(entry), *(value for value in said if isinstance(value, str))}


def named_by(purge: Entry) -> set[str]:
    """The instances that a sound withdrawal names."""
    return {_root(purge), *purge.body["instances"]}


def made_by(entry: Entry) -> str | None:
    """The instance that a version makes."""
    made = entry.body.get("instance_id") if entry.kind in (CREATE, EDIT) else None
    return made if isinstance(made, str) else None


def is_wiped(entry: Entry, withdrawn: Set[str]) -> bool:
    """Whether an entry of the form goes, given the instances of that form that are withdrawn."""
    return entry.kind != PURGE and bool(instances_of(entry) & withdrawn)


def survivors(entries: Iterable[Entry]) -> list[Entry]:
    """Those of the entries that no withdrawal among them wipes; the withdrawals themselves stay."""
    held = {e.id: e for e in entries}
    about = [e for e in held.values() if e.subject.startswith("submission:")]
    withdrawn: dict[str, set[str]] = {}
    for entry in about:
        if entry.kind == PURGE and is_sound(entry):
            withdrawn.setdefault(_form(entry), set()).update(named_by(entry))
    while gone := [e for e in about if e.id in held and is_wiped(e, withdrawn.get(_form(e), set()))]:
        for entry in gone:
            del held[entry.id]
            made = made_by(entry)
            if made is not None:
                withdrawn[_form(entry)].add(made)
    return list(held.values())


def _form(entry: Entry) -> str:
    return "/".join(entry.subject.split("/", 2)[:2])


def _root(entry: Entry) -> str:
    return entry.subject.split("/", 2)[2]
