"""From a set of entries to what stands.

Every function here depends on the set alone: any order, repetition or split of the same entries
gives the same answer, so hubs that hold the same entries agree without talking. Clocks decide
nothing. Entries are compared by (depth in the `supersedes` graph, id). No Flask, no SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.ledger import Entry, is_hash

CREATE = "submission.create"
EDIT = "submission.update.version"
REVIEW = "submission.update"
ATTACH = "submission.attachment.update"
DELETE = "submission.delete"
RESTORE = "submission.restore"
COMMENT = "comment.create"
RESOLVE = "submission.update.resolve"
TRASH = (DELETE, RESTORE)


def depths(entries: Iterable[Entry]) -> dict[str, int]:
    """Entry id -> length of the longest chain of superseded entries below it, among those given."""
    known = {e.id: e for e in entries}
    found: dict[str, int] = {}
    for start in known:
        stack = [start]
        while stack:
            below = [s for s in known[stack[-1]].supersedes if s in known]
            missing = [s for s in below if s not in found]
            if missing:
                stack.extend(missing)
            else:
                found[stack.pop()] = 1 + max((found[s] for s in below), default=-1)
    return found


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Once each, those that supersede after those superseded, ties by id: applying them one by one
    ends in the same state on every hub."""
    unique = {e.id: e for e in entries}
    deep = depths(unique.values())
    return sorted(unique.values(), key=lambda e: (deep[e.id], e.id))


def latest(entries: Iterable[Entry]) -> Entry | None:
    """The entry that stands among rivals for one slot, by (depth, id)."""
    ordered = in_order(entries)
    return ordered[-1] if ordered else None


def heads(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that no other of them supersedes, ordered by id."""
    unique = {e.id: e for e in entries}
    replaced = {s for e in unique.values() for s in e.supersedes}
    return sorted((e for e in unique.values() if e.id not in replaced), key=lambda e: e.id)


def merged_fields(entries: Iterable[Entry], fields: Sequence[str]) -> dict[str, Any]:
    """Field by field the last value set, for subjects that are plain records (project, actor)."""
    values: dict[str, Any] = {}
    for entry in in_order(entries):
        values.update({f: entry.body[f] for f in fields if f in entry.body})
    return values


@dataclass(slots=True)
class Version:
    """One version of a submission: an instanceID with certain bytes.

    `entry` is the entry that stands for it; when two hubs received the same bytes there are
    several (`twins`), and the one with the smallest id speaks for all.
    """

    instance_id: str
    xml: str
    deprecated_id: str | None
    twins: list[Entry]
    depth: int = 0
    parents: list[Version] = field(default_factory=list)
    files: dict[str, str | None] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)  # media types that senders gave, by file name

    @property
    def entry(self) -> Entry:
        return self.twins[0]

    @property
    def rank(self) -> tuple[int, str]:
        return (self.depth, self.entry.id)


@dataclass(slots=True)
class Parked:
    """A version entry that is held but does not take part: `reason` is a code for the catalogues."""

    entry: Entry
    reason: str


@dataclass(slots=True)
class Standing:
    """The present state of one submission; `current` is None when all that is held is parked.

    What a person must decide: `rivals`, versions made apart from the one that stands; `reviews`, all the
    last reviews of that version when they differ; `apart`, what was said about a submission in the trash
    by those who did not know that, or that it was taken back or deleted elsewhere.
    """

    versions: list[Version]
    current: Version | None
    rivals: list[Version]
    parked: list[Parked]
    review_state: str | None
    deleted: Entry | None
    comments: list[Entry]
    updated_at: str | None
    reviews: list[Entry]
    apart: list[Entry]


def standing(entries: Iterable[Entry]) -> Standing:
    """Which version of one submission holds, and which rival heads remain.

    entries: every known entry about the submission, in any order, repeats allowed.
    Returns the head of greatest (depth, id) as `current`; `rivals` is empty unless it was edited
    apart. An edit whose original is not among the entries is parked, and joins by itself once the
    original is there. Source: docs/ledger.md §3; `deprecatedID` of the OpenRosa metadata.
    """
    by_kind = _by_kind(entries)
    said = by_kind.get(CREATE, []) + by_kind.get(EDIT, [])
    free = [e for e in said if not e.body.get("parked")]
    versions, lost = _graph(_twinned(free))
    fronts = _undismissed(_fronts(versions), by_kind.get(RESOLVE, []))
    current = max(fronts, key=lambda v: v.rank, default=None)
    taken = {content_of(e) for e in free}
    _attach(versions, [e for e in said if content_of(e) in taken], by_kind.get(ATTACH, []))
    parked = [Parked(e, e.body["parked"]) for e in said if content_of(e) not in taken]
    parked += [Parked(e, "original.missing") for v in lost for e in v.twins]
    trash = by_kind.get(DELETE, []) + by_kind.get(RESTORE, [])
    return Standing(
        versions=versions,
        current=current,
        rivals=sorted((v for v in fronts if v is not current), key=lambda v: v.rank),
        parked=sorted(parked, key=lambda p: p.entry.id),
        review_state=_review(current, by_kind.get(REVIEW, [])),
        deleted=_deleted(trash),
        comments=sorted(by_kind.get(COMMENT, []), key=lambda e: (e.made_at, e.id)),
        updated_at=_updated_at(current, versions, by_kind.get(REVIEW, [])),
        reviews=_differing(current, by_kind.get(REVIEW, [])),
        apart=_apart(trash, versions, [e for kind in _UPON for e in by_kind.get(kind, [])]),
    )


def is_sound(entry: Entry) -> bool:
    """Whether an entry about a submission says what its kind must say. One that does not is passed
    over, or it would keep everything else about its submission from being understood."""
    said = entry.body
    match entry.kind:
        case "submission.create" | "submission.update.version":
            texts = (said.get("instance_id"), said.get("form_version"), said.get("deprecated_id", ""))
            return bool(entry.blobs) and _are_texts(texts) and _are_files(said.get("files", {}))
        case "submission.attachment.update":
            named = (said.get("instance_id"), said.get("xml"))
            return _are_texts(named) and _are_files(said.get("files")) and _are_types(said.get("types", {}))
        case "submission.update.resolve":
            return _are_texts((said.get("instance_id"),)) and is_hash(said.get("xml"))
        case "submission.purge":
            gone = said.get("instances")
            return isinstance(gone, list) and _are_texts(gone)
        case "comment.create":
            return _are_texts((said.get("body"),))
    return True


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(v, str) for v in values)


def _are_files(said: object) -> bool:
    if not isinstance(said, dict):
        return False
    return all(isinstance(n, str) and (h is None or is_hash(h)) for n, h in said.items())


def _are_types(said: object) -> bool:
    return isinstance(said, dict) and _are_texts([*said, *said.values()])


def _by_kind(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    sorted_out: dict[str, list[Entry]] = {}
    for entry in {e.id: e for e in entries if is_sound(e)}.values():
        sorted_out.setdefault(entry.kind, []).append(entry)
    return sorted_out


def content_of(entry: Entry) -> tuple[str, str]:
    """(instanceID, hash of the XML). One that was parked is no longer once the same content takes part:
    somebody accepted it, or another hub never parked it."""
    return entry.body["instance_id"], entry.blobs[0]


def _twinned(entries: Iterable[Entry]) -> list[Version]:
    """One version for each (instanceID, bytes), however many hubs received it."""
    same: dict[tuple[str, str], list[Entry]] = {}
    for entry in sorted(entries, key=lambda e: e.id):
        same.setdefault(content_of(entry), []).append(entry)
    return [
        Version(instance_id, xml, twins[0].body.get("deprecated_id"), twins)
        for (instance_id, xml), twins in same.items()
    ]


def _graph(versions: list[Version]) -> tuple[list[Version], list[Version]]:
    """(those reachable from an original, with depth and parents; those that are not).

    Walking from the originals outward also ends on a hostile pair that names each other.
    """
    children: dict[str, list[Version]] = {}
    for version in versions:
        if version.deprecated_id is not None:
            children.setdefault(version.deprecated_id, []).append(version)
    reached: dict[int, Version] = {}
    layer = [v for v in versions if v.deprecated_id is None]
    depth = 0
    while layer:
        for version in layer:
            version.depth = depth
            reached[id(version)] = version
        below = {id(c): c for v in layer for c in children.get(v.instance_id, [])}
        layer = [c for key, c in below.items() if key not in reached]
        depth += 1
    held = sorted(reached.values(), key=lambda v: v.rank)
    for version in held:
        version.parents = [
            p for p in held if p.instance_id == version.deprecated_id and p.depth < version.depth
        ]
    return held, [v for v in versions if id(v) not in reached]


def _fronts(versions: list[Version]) -> list[Version]:
    """The versions that nothing replaces: no edit names them, no entry supersedes them.

    Hostile entries could replace each other round about; then all are rivals, none is lost.
    """
    replaced = {s for v in versions for t in v.twins for s in t.supersedes}
    edited = {id(p) for v in versions for p in v.parents}
    fronts = [v for v in versions if id(v) not in edited and not any(t.id in replaced for t in v.twins)]
    return fronts or versions


def _undismissed(fronts: list[Version], resolved: list[Entry]) -> list[Version]:
    """Without the versions that somebody decided against.

    Who decides names the versions that were known by `supersedes`; of decisions made apart each keeps
    what it picked, so that the two show as a conflict again. What comes later was never decided about.
    """
    picked = {_picked(e) for e in heads(resolved)}
    over: dict[str, set[tuple[str, str]]] = {}
    for entry in resolved:
        for name in entry.supersedes:
            over.setdefault(name, set()).add(_picked(entry))

    def stays(version: Version) -> bool:
        own = (version.instance_id, version.xml)
        return own in picked or not any(over.get(t.id, set()) - {own} for t in version.twins)

    return [v for v in fronts if stays(v)] or fronts


def _picked(entry: Entry) -> tuple[str, str]:
    return entry.body["instance_id"], entry.body["xml"]


def _differing(current: Version | None, reviews: Iterable[Entry]) -> list[Entry]:
    """The last reviews of the version that stands, when people who did not know of each other came to
    different ends; else none."""
    own = [e for e in reviews if current is not None and e.body.get("instance_id") == current.instance_id]
    last = heads(own)
    return last if len({str(e.body.get("review_state")) for e in last}) > 1 else []


_UPON = (REVIEW, ATTACH, COMMENT, RESOLVE)


def _apart(trash: list[Entry], versions: list[Version], upon: list[Entry]) -> list[Entry]:
    """What whoever deleted did not know: then somebody must say whether it stays deleted.

    A delete names everything that was known about the submission. One that names no version at all
    is of an older hub, which did not say what it knew.
    """
    decided = latest(trash)
    if decided is None:
        return []
    other = [e for e in heads(trash) if e.kind != decided.kind]
    known = {s for e in trash if e.kind == DELETE for s in e.supersedes}
    unmet = [v.entry for v in versions if not any(t.id in known for t in v.twins)]
    if decided.kind == DELETE and len(unmet) < len(versions):
        other += unmet + [e for e in upon if e.id not in known]
    return sorted(other, key=lambda e: e.id)


def _review(current: Version | None, reviews: Iterable[Entry]) -> str | None:
    """Central's rule: each new version is `edited` until somebody reviews that version."""
    if current is None:
        return None
    decided = latest(e for e in reviews if e.body.get("instance_id") == current.instance_id)
    if decided is not None:
        return decided.body.get("review_state")
    return "edited" if current.deprecated_id is not None else None


def _deleted(entries: Iterable[Entry]) -> Entry | None:
    decided = latest(entries)
    return decided if decided is not None and decided.kind == DELETE else None


def _updated_at(current: Version | None, versions: Iterable[Version], reviews: Iterable[Entry]) -> str | None:
    if current is None:
        return None
    moments = [v.entry.made_at for v in versions if v.deprecated_id is not None]
    return max(moments + [e.made_at for e in reviews], default=None)


def _attach(versions: list[Version], said: Iterable[Entry], updates: Iterable[Entry]) -> None:
    """Fills each version's files: its own over those of the version that it edits. What was said of an
    old version alone does not pass to the edits that were made of it before."""
    every = [*said, *updates]
    own, inherited = files_by_version(every), files_by_version(e for e in every if not e.body.get("alone"))
    types = _types_given(every)
    passed: dict[int, dict[str, str | None]] = {}
    for version in versions:  # parents come first
        best = max(version.parents, key=lambda p: p.rank, default=None)
        above, key = passed[id(best)] if best else {}, (version.instance_id, version.xml)
        passed[id(version)] = {**above, **inherited.get(key, {})}
        version.files = {**above, **own.get(key, {})}
        held = ((name, types.get((name, sha))) for name, sha in version.files.items())
        version.types = {name: given for name, given in held if given}


def _types_given(entries: Iterable[Entry]) -> dict[tuple[str, str | None], str]:
    """(file name, hash) -> the media type that was last said of it."""
    return {
        (name, entry.body["files"].get(name)): given
        for entry in in_order(e for e in entries if e.kind == ATTACH and e.body.get("types"))
        for name, given in entry.body["types"].items()
    }


def files_by_version(entries: Iterable[Entry]) -> dict[tuple[str, str], dict[str, str | None]]:
    """(instanceID, hash of the XML) -> {file name: hash, None when taken away}.

    Keyed by the bytes too: files that came with other answers under the same instanceID must not
    change the files of the version that stands.
    """
    own: dict[tuple[str, str], dict[str, str | None]] = {}
    for entry in in_order(e for e in entries if e.kind in (CREATE, EDIT, ATTACH) and is_sound(e)):
        xml = entry.body["xml"] if entry.kind == ATTACH else entry.blobs[0]
        own.setdefault((entry.body["instance_id"], xml), {}).update(entry.body.get("files", {}))
    return own
