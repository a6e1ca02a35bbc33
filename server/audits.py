"""The audit log: the ledger told as ODK Central tells its own. No Flask, no SQL.

An entry's kind is the action. Some entries tell of more than one (a submission that came with files),
and some of none: what ODK Central does not log either, and the hub's own machinery.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from server.hub import Hub
from server.store import audits
from server.store.actors import Connection
from server.store.ledger_sqlite import entries_after, head
from server.subjects import actor_number, dataset_subject, form_subject, plain_key, split_submission
from sync.entities import is_sound as is_sound_version
from sync.ledger import Entry
from sync.merge import ATTACH, CREATE, EDIT, is_sound

PAGE = 1000  # entries a transaction, about 30 ms: short enough for tablets to wait
FILE = "submission.attachment.update"
ENCRYPTED = "encrypted"  # of the two lines that Central writes when a project is encrypted, the first
PARKED = "submission.park"  # ours: Central refuses what we hold for a person
_NAMES = uuid.UUID("5f7b1a52-6a0c-5c0e-9d0e-1d8f5a3f2c11")
# Not logged: signing out and comments, as in Central; how an export ended, which its own line tells; what hubs
# say to each other by themselves.
UNTOLD = frozenset(
    {
        "user.session.end",
        "user.reset.request",
        "comment.create",
        "form.submission.export.end",
        "hub.introduce",
        "hub.receipt",
        "hub.ledger.renew",
        "hub.offer.try",
        "pseudonym_key.create",  # part of project.create
    }
)
_INNER = frozenset({"digest", "by", "notes"})  # of user.update: worth no line by themselves


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log; `file` names the attachment that it is about, or is ENCRYPTED."""

    action: str
    file: str | None = None


def lines_of(entry: Entry) -> list[Line]:
    """What an entry tells, in the order in which it happened. Of one that does not say what its kind must say
    nothing: it stands for nothing either."""
    if not _is_sound(entry):
        return []
    match entry.kind:
        case kind if kind in UNTOLD:
            return []
        case "user.update" if set(entry.body) <= _INNER:
            return []
        case "form.update.draft.set" if entry.body.get("first"):
            return []  # part of form.create
        case "project.update" if "key" in entry.body:
            return [Line("project.update", ENCRYPTED), Line("project.update")]
        case kind if "bulk" in entry.body and kind.startswith("entity."):
            return []  # part of entity.bulk.*
        case "submission.create" | "submission.update.version" as kind:
            if "parked" in entry.body:
                return [Line(PARKED)]
            return [Line(kind), *(Line(FILE, name) for name in files_of(entry))]
        case "submission.attachment.update":
            return [Line(FILE, name) for name in files_of(entry)]
    return [Line(entry.kind)]


def _is_sound(entry: Entry) -> bool:
    if entry.subject.startswith("entity:"):
        return is_sound_version(entry)
    is_told_whole = entry.subject.count("/") >= 2 or not entry.subject.startswith("submission:")
    return is_told_whole and is_sound(entry)


def files_of(entry: Entry) -> list[str]:
    """Names of the files that an entry gives or takes, in the order in which they came."""
    said: dict[str, str | None] = entry.body.get("files", {})
    places = {sha256: n for n, sha256 in enumerate(entry.blobs)}
    return sorted(said, key=lambda name: (places.get(said[name] or "", len(places)), name))


def actor_of(entry: Entry) -> int | None:
    """The number of who did it."""
    by = entry.body.get("by")
    if isinstance(by, dict) and isinstance(by.get("id"), str):
        return actor_number(by["id"])
    if entry.kind == "user.session.create":
        return actor_number(entry.subject.removeprefix("actor:"))
    return None


def actee_of(entry: Entry) -> str | None:
    """The subject that Central calls the actee: a submission's form, else what the entry is about."""
    room = entry.subject.partition(":")[0]
    if entry.kind.startswith("entity."):
        where = entry.body.get("project"), entry.body.get("dataset")
        if entry.kind == "entity.error" or not all(isinstance(name, str) for name in where):
            return None
        return dataset_subject(str(where[0]), str(where[1]))
    if room == "submission":
        about = split_submission(entry.subject)
        return form_subject(about.project, plain_key(about.form_key))
    return entry.subject if room in ("form", "project", "actor", "dataset") else None


def actee_id(subject: str) -> str:
    """The uuid by which answers name a subject: the same on every hub, and of the version that Central's are."""
    return str(uuid.UUID(bytes=uuid.uuid5(_NAMES, subject).bytes, version=4))


# Following the ledger


def catch_up(hub: Hub) -> None:
    """Brings the index up to the ledger, a page a transaction."""
    while audits.place(hub.read()) < head(hub.read()):
        hub.write(lambda turn: follow(turn.db, PAGE))


def follow(db: Connection, limit: int) -> None:
    """Indexes up to so many entries more."""
    last = head(db)
    page = entries_after(db, audits.place(db), limit)
    audits.note_lines(
        db,
        (
            (entry.made_at, seq, part, line.action)
            for seq, entry in page
            for part, line in enumerate(lines_of(entry))
        ),
    )
    audits.move_place(db, page[-1][0] if len(page) == limit else last)


def follow_all(db: Connection) -> None:
    while audits.place(db) < head(db):
        follow(db, PAGE)


# Reading


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: an action or a group of them, a span of time in microseconds, a page."""

    action: str | None = None
    span: tuple[int, int] = audits.ALL_TIMES
    limit: int = -1
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """One line with the entry that tells it."""

    seq: int
    entry: Entry
    line: Line


def read_lines(db: Connection, wanted: Wanted) -> Iterator[Told]:
    """Newest first; the index must have been caught up."""
    actions = actions_of(db, wanted.action) if wanted.action else None
    for row in audits.find_lines(db, actions, wanted.span, wanted.limit, wanted.offset):
        entry = audits.entry_at(db, row.seq)
        lines = lines_of(entry) if entry is not None else []
        if entry is not None and row.part < len(lines):  # an older program may have told of more
            yield Told(row.seq, entry, lines[row.part])


def told_by(seq: int, entry: Entry) -> list[Told]:
    """All lines of an entry, newest first."""
    return [Told(seq, entry, line) for line in reversed(lines_of(entry))]


def actions_of(db: Connection, action: str) -> list[str]:
    """What ?action= stands for: a group, or itself."""
    if action == "nonverbose":
        return [name for name in audits.actions_held(db) if name not in VERBOSE]
    group = GROUPS.get(action)
    return list(group) if group is not None else [action]


_ASSIGNED = ("assignment.create", "assignment.delete")
_ACCESS = ("create", *_ASSIGNED, "session.end", "delete", "property.set")
_BACKLOG = ("submission.backlog.hold", "submission.backlog.reprocess", "submission.backlog.force")
_SUBMISSION = (
    CREATE,
    "submission.update",
    EDIT,
    ATTACH,
    *_BACKLOG,
    "submission.delete",
    "submission.restore",
)
_BULK = ("entity.bulk.delete", "entity.bulk.restore")
_ENTITY = (
    "entity.create",
    "entity.bulk.create",
    "entity.error",
    "entity.update.version",
    "entity.update.resolve",
    "entity.delete",
    "entity.restore",
    "entity.purge",
)
# What ?action= takes besides the name of one action. Source: ODK Central's API, "Server Audit Logs".
GROUPS: dict[str, tuple[str, ...]] = {
    "user": tuple(f"user.{deed}" for deed in ("create", "update", "delete", *_ASSIGNED, "session.create")),
    "field_key": tuple(f"field_key.{deed}" for deed in _ACCESS),
    "public_link": tuple(f"public_link.{deed}" for deed in _ACCESS),
    "project": ("project.create", "project.update", "project.delete", "actor_property.create"),
    "form": tuple(
        f"form.{deed}"
        for deed in (
            "create",
            "update",
            "delete",
            "restore",
            "purge",
            "attachment.update",
            "submission.export",
            "update.draft.set",
            "update.draft.delete",
            "update.draft.replace",
            "update.publish",
        )
    ),
    "submission": (*_SUBMISSION, "submission.purge", PARKED, "submission.update.resolve"),
    "dataset": (
        "dataset.create",
        "dataset.update",
        "dataset.delete",
        "dataset.update.property.delete",
        *_BULK,
    ),
    "entity": (*_ENTITY, *_BULK),
    "config": ("config.set",),
    "hub": ("hub.add", "hub.remove", "hub.offer", "hub.offer.end"),
}
VERBOSE = frozenset(
    {
        *_SUBMISSION,
        *_ENTITY,
        PARKED,
        "user.preference.update",
        "user.preference.delete",
        "analytics",
        "backup",
    }
)
