"""From the entries about one entity to the line of its versions, and which of them conflict.

As everywhere in this folder the answer depends on the set of entries alone. Versions made apart on two
hubs are laid in one line by (depth, id); the number of a version is its place in that line. Merging only
ever adds versions, so the number of the last one never falls: tablets count on that.

Which versions conflict follows ODK Central (docs/ledger.md §8). No Flask, no SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.ledger import Entry, is_hash
from sync.merge import depths, latest

CREATE = "entity.create"
UPDATE = "entity.update.version"
RESOLVE = "entity.update.resolve"
DELETE = "entity.delete"
RESTORE = "entity.restore"
VERSIONS = (CREATE, UPDATE)
TRASH = (DELETE, RESTORE)
SOFT, HARD = "soft", "hard"
_KEPT = ("project", "dataset", "source", "base", "trunk", "branch", "branch_base", "as_update", "forced")


@dataclass(slots=True)
class EntityVersion:
    """One version in the line.

    `twins`: the same submission processed by several hubs; the entry of the smallest (depth, id) speaks
    for all, or what it follows could come after it. `base`: number of the version that it starts from;
    `received`: what it brought, the label among it; `data`, `label`: all that holds after it; `resolved`:
    known to somebody who settled conflicts.
    """

    twins: list[Entry]
    depth: int
    number: int = 0
    base: int | None = None
    label: str = ""
    data: dict[str, str] = field(default_factory=dict)
    received: dict[str, str] = field(default_factory=dict)
    conflict: str | None = None
    conflicting: list[str] | None = None
    resolved: bool = False

    @property
    def entry(self) -> Entry:
        return self.twins[0]

    @property
    def branch(self) -> str | None:
        found: str | None = self.entry.body.get("branch")
        return found

    @property
    def branch_base(self) -> int | None:
        found: int | None = self.entry.body.get("branch_base")
        return found


@dataclass(slots=True)
class EntityStanding:
    """The present state of one entity; `versions` is empty while all that is held waits for the version
    that it follows. `conflict`: the gravest that nobody resolved."""

    versions: list[EntityVersion]
    conflict: str | None
    deleted: Entry | None
    updated_at: str | None
    heads: list[str]


def is_sound(entry: Entry) -> bool:
    """Whether an entry about an entity says what its kind must say."""
    said = entry.body
    if not isinstance(said.get("project"), str) or not isinstance(said.get("dataset"), str):
        return False
    if entry.kind not in VERSIONS:
        return True
    return (
        _are_pairs(said.get("data", []))
        and _is_text(said.get("label"), optional=entry.kind == UPDATE)
        and (said.get("base") is None or is_hash(said["base"]))
        and isinstance(said.get("source", {}), dict)
        and all(_is_text(said.get(key), optional=True) for key in ("branch", "user_agent"))
        and all(said.get(key) is None or _is_number(said[key]) for key in ("trunk", "branch_base"))
    )


def husk_of(entry: Entry) -> dict[str, Any]:
    """What stays of a version whose submission was withdrawn: where it stands in the line, without a word of
    what was answered, or by whom."""
    body = {key: entry.body[key] for key in _KEPT if key in entry.body}
    body |= {"data": [], "label": ""} if entry.kind == CREATE else {"data": []}
    return {
        "id": entry.id,
        "kind": entry.kind,
        "subject": entry.subject,
        "supersedes": list(entry.supersedes),
        "hub": entry.hub,
        "made_at": entry.made_at,
        "body": body,
    }


def read_husk(said: object) -> Entry | None:
    """The entry without its answers, by which a line is laid; None when it is no such thing."""
    if not isinstance(said, dict) or said.get("kind") not in VERSIONS:
        return None
    body, before = said.get("body"), said.get("supersedes")
    texts = (said.get("subject"), said.get("hub"), said.get("made_at"))
    if not isinstance(body, dict) or not isinstance(before, list) or not all(map(is_hash, before)):
        return None
    if not is_hash(said.get("id")) or not all(isinstance(text, str) for text in texts):
        return None
    subject, hub, made_at = (str(text) for text in texts)
    husk = Entry(str(said["id"]), str(said["kind"]), subject, tuple(before), (), body, hub, made_at, b"")
    is_empty = (
        body.get("data") == []
        and body.get("label") in (None, "")
        and body.keys() <= {*_KEPT, "data", "label"}
    )
    return husk if is_empty and subject.startswith("entity:") and is_sound(husk) else None


def _are_pairs(said: object) -> bool:
    """The data of a version: [[property, value], …], in the order in which they were received."""
    if not isinstance(said, list):
        return False
    return all(isinstance(p, list) and len(p) == 2 and all(isinstance(t, str) for t in p) for p in said)


def _is_text(value: object, *, optional: bool) -> bool:
    return isinstance(value, str) or (optional and value is None)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def entity_standing(entries: Iterable[Entry]) -> EntityStanding:
    """What stands of one entity. entries: all known about it, in any order, repeats allowed."""
    held = [e for e in {e.id: e for e in entries}.values() if is_sound(e)]
    line = _lined(_taking_part([e for e in held if e.kind in VERSIONS]))
    resolves = [e for e in held if e.kind == RESOLVE]
    places = {t.id: v for v in line for t in v.twins}
    for version, before in zip(line, [None, *line], strict=False):
        _receive(version, before)
        if before is not None:
            _weigh(version, line, places)
    _mark_resolved(line, places, resolves)
    open_conflicts = {v.conflict for v in line if v.conflict and not v.resolved}
    trash = latest(e for e in held if e.kind in TRASH)
    return EntityStanding(
        versions=line,
        conflict=HARD if HARD in open_conflicts else SOFT if open_conflicts else None,
        deleted=trash if trash is not None and trash.kind == DELETE else None,
        updated_at=_updated_at(line, [*resolves, *(e for e in held if e.kind == RESTORE)]),
        heads=_heads(line),
    )


def _taking_part(entries: list[Entry]) -> list[Entry]:
    """Without the versions that wait for one that they follow: numbers would fall when it arrives."""
    known = {e.id: e for e in entries}
    while lost := [e for e in known.values() if any(s not in known for s in e.supersedes)]:
        for entry in lost:
            del known[entry.id]
    return [e for e in known.values() if e.kind == CREATE or e.supersedes]


def _lined(entries: list[Entry]) -> list[EntityVersion]:
    deep = depths(entries)
    same: dict[object, list[Entry]] = {}
    for entry in sorted(entries, key=lambda e: (deep[e.id], e.id)):
        same.setdefault(_origin(entry), []).append(entry)
    line = [EntityVersion(twins, deep[twins[0].id]) for twins in same.values()]
    line.sort(key=lambda v: (v.depth, v.entry.id))
    for number, version in enumerate(line, start=1):
        version.number = number
    return line


def _origin(entry: Entry) -> object:
    """What a version was made of: one submission makes one version of an entity, whoever processes it,
    and however often it was edited before."""
    source = entry.body.get("source", {})
    submission = source.get("submission")
    return (submission, source.get("place", 0)) if isinstance(submission, str) else entry.id


def _receive(version: EntityVersion, before: EntityVersion | None) -> None:
    said = version.entry.body
    own: dict[str, str] = dict(said.get("data", []))
    label = said.get("label")
    version.received = own if label is None else {**own, "label": label}
    version.data = {**(before.data if before else {}), **own}
    version.label = label if label is not None else before.label if before else ""


def _weigh(version: EntityVersion, line: list[EntityVersion], places: Mapping[str, EntityVersion]) -> None:
    """Central's rules of conflicts (05 §5.2): the base is not the version before; a create that came when
    there was one already; a branch that others interrupted."""
    before = line[version.number - 2]
    said = version.entry.body
    late_create = version.entry.kind == CREATE or bool(said.get("as_update"))
    base = before if late_create else places.get(said.get("base", ""), before)
    if base.number >= version.number:
        base = before  # only a hostile entry starts from what comes after it
    version.base = base.number
    if base is not before:
        _clash(version, before, _changes(before, base))
    elif late_create:
        _clash(version, before, _differences(before, version))
    elif _is_interrupted(version, line):
        version.conflict = SOFT


def _clash(version: EntityVersion, before: EntityVersion, changed: set[str]) -> None:
    now = {**before.data, "label": before.label}
    version.conflicting = [k for k, v in version.received.items() if k in changed and now.get(k) != v]
    version.conflict = HARD if version.conflicting else SOFT


def _changes(now: EntityVersion, base: EntityVersion) -> set[str]:
    changed = {k for k, v in now.data.items() if base.data.get(k) != v}
    return changed | ({"label"} if now.label != base.label else set())


def _differences(now: EntityVersion, version: EntityVersion) -> set[str]:
    changed = {k for k, v in now.data.items() if version.received.get(k) != v}
    return changed | ({"label"} if now.label != version.received.get("label") else set())


def _is_interrupted(version: EntityVersion, line: list[EntityVersion]) -> bool:
    """Whether another branch, or none, made a version after the one at which this branch began."""
    if version.branch is None:
        return False
    trunk = version.entry.body.get("trunk") or 1
    return any(v.number > trunk and v.branch != version.branch for v in line[: version.number - 1])


def _mark_resolved(
    line: list[EntityVersion], places: Mapping[str, EntityVersion], resolves: list[Entry]
) -> None:
    """A person settles what they knew: the versions that the decision supersedes, and those below."""
    waiting = [name for entry in resolves for name in entry.supersedes]
    met = set[str]()
    while waiting:
        name = waiting.pop()
        if name in met or name not in places:
            continue
        met.add(name)
        places[name].resolved = True
        for twin in places[name].twins:
            if twin.id == name:
                waiting.extend(twin.supersedes)


def _updated_at(line: list[EntityVersion], others: list[Entry]) -> str | None:
    moments = [v.entry.made_at for v in line[1:]] + [e.made_at for e in others]
    return max(moments, default=None)


def _heads(line: list[EntityVersion]) -> list[str]:
    """What a new version follows: every version that none follows yet."""
    replaced = {s for v in line for t in v.twins for s in t.supersedes}
    return [t.id for v in line for t in v.twins if t.id not in replaced]
