"""Conflicts: what hubs said apart about a submission, both sides shown, and what a person decides.

Nothing is lost by a decision: it is an entry like any other, travels to every hub, and one made apart
from it shows as a conflict again. Rules: docs/ledger.md §4. No Flask, no SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms.combine import Combined, Difference, combine, differences
from forms.errors import FormFault
from forms.fields import Schema
from forms.instance import parse_instance
from forms.questions import labels_by_path, read_questionnaire
from server.errors import Fault, Problem
from server.hub import Hub, Turn
from server.projection.submissions import conflicts_in, known_about, standing_of
from server.review import By, delete_submission, restore_submission, set_review_state
from server.store import forms
from server.store.actors import Connection
from server.store.blobs import stage_bytes
from server.store.forms import Form, FormVersion
from server.store.submissions import Submission
from server.subjects import submission_subject
from sync.errors import BlobMissing
from sync.ledger import Entry
from sync.merge import EDIT, RESOLVE, Standing, Version, heads

DECISIONS = ("pick", "take", "reviewState", "deleted")


@dataclass(slots=True)
class Conflict:
    """`kinds`: "versions", "review", "deleted" -> how many things are set against each other; `sides`:
    the version that stands, then its rivals; `questions`: what these answer otherwise, None when they
    cannot be read (encrypted, or bytes not here yet); `labels`: path -> what that question is called, by language."""

    kinds: dict[str, int]
    sides: list[Version]
    questions: list[Difference] | None
    reviews: list[Entry]
    deleted: Entry | None
    apart: list[Entry]
    labels: dict[str, dict[str, str]]


def read_conflict(hub: Hub, form: Form, held: Submission) -> Conflict:
    """Both sides. Without a conflict `kinds` is empty and there is one side."""
    standing = standing_of(hub.read(), form, held.instance_id)
    sides = _sides(standing)
    try:
        questions = _questions(hub, form, sides) if len(sides) > 1 else []
    except (BlobMissing, FormFault, Fault):
        questions = None
    labels = _labels(hub, form, sides[0]) if questions else {}
    return Conflict(
        conflicts_in(standing), sides, questions, standing.reviews, standing.deleted, standing.apart, labels
    )


def _questions(hub: Hub, form: Form, sides: list[Version]) -> list[Difference]:
    db = hub.read()
    schema = _schema(hub, db, form, sides[0])
    return differences([hub.blobs.read(v.xml, db) for v in sides], schema)


def _labels(hub: Hub, form: Form, version: Version) -> dict[str, dict[str, str]]:
    published = _published(hub.read(), form, version)
    return labels_by_path(read_questionnaire(hub.blobs.read(published.xform, hub.read())))


def _schema(hub: Hub, db: Connection, form: Form, version: Version) -> Schema:
    """Raises Fault conflict.unread, BlobMissing."""
    return hub.reader_of(db, _published(db, form, version)).schema


def _published(db: Connection, form: Form, version: Version) -> FormVersion:
    published = forms.find_published(db, form.id, version.entry.body["form_version"])
    if published is None:
        raise Fault("conflict.unread", instance_id=version.instance_id)
    return published


def _sides(standing: Standing) -> list[Version]:
    return [standing.current, *reversed(standing.rivals)] if standing.current is not None else []


def decide(
    hub: Hub, form: Form, held: Submission, said: Mapping[str, Any], *, instance_id: str, by: By = None
) -> None:
    """Ends a conflict. said: one of {"pick": version}, {"take": {path: version}}, {"reviewState": state},
    {"deleted": whether it stays in the trash}; instance_id: of a version made by `take`.

    Raises Problem 400.3, 400.11, 400.8; else as `pick` and `take` do.
    """
    match said:
        case {"pick": str(choice)}:
            pick(hub, form, held, choice, by=by)
        case {"take": dict(choices)} if choices and all(isinstance(v, str) for v in choices.values()):
            take(hub, form, held, choices, instance_id=instance_id, by=by)
        case {"reviewState": state}:
            set_review_state(hub, form, held, state, by=by)
        case {"deleted": True}:
            delete_submission(hub, form, held, by=by)
        case {"deleted": False}:
            restore_submission(hub, form, held, by=by)
        case _:
            raise Problem("400.3", expected=list(DECISIONS), got=list(said))


def pick(hub: Hub, form: Form, held: Submission, choice: str, *, by: By = None) -> None:
    """One version stands, the others are put aside. `choice`: its instanceID, or the SHA-256 of its XML.

    Raises Fault conflict.none, conflict.version, conflict.same_id.
    """

    def work(turn: Turn) -> None:
        sides = _disputed(turn, form, held)
        chosen = _chosen(sides, choice)
        earlier = [e.id for e in known_about(turn.db, form, held.instance_id) if e.kind == RESOLVE]
        body = {"instance_id": chosen.instance_id, "xml": chosen.xml}
        turn.append(RESOLVE, _subject(form, held), _signed(body, by), supersedes=[*_names(sides), *earlier])

    hub.write(work)


def reopen(hub: Hub, form: Form, held: Submission, *, by: By = None) -> None:
    """Takes the last decision between versions back: they stand against each other again. Said as decisions made
    apart, one for each version, which is what hubs show as a conflict. Raises Fault conflict.not_decided."""

    def work(turn: Turn) -> None:
        known = known_about(turn.db, form, held.instance_id)
        resolved = heads(e for e in known if e.kind == RESOLVE)
        named = {name for entry in resolved for name in entry.supersedes}
        standing = standing_of(turn.db, form, held.instance_id)
        sides = [v for v in standing.versions if any(t.id in named for t in v.twins)]
        if standing.rivals or len(sides) < 2:
            raise Fault("conflict.not_decided", instance_id=held.instance_id)
        for side in sides:
            body = {"instance_id": side.instance_id, "xml": side.xml}
            earlier = [entry.id for entry in resolved]
            turn.append(
                RESOLVE, _subject(form, held), _signed(body, by), supersedes=[*_names(sides), *earlier]
            )

    hub.write(work)


def can_reopen(hub: Hub, form: Form, held: Submission) -> bool:
    """Whether somebody decided between versions that still could stand."""
    known = known_about(hub.read(), form, held.instance_id)
    resolved = heads(e for e in known if e.kind == RESOLVE)
    if len(resolved) != 1:
        return False
    standing = standing_of(hub.read(), form, held.instance_id)
    current = standing.current
    picked = (resolved[0].body["instance_id"], resolved[0].body["xml"])
    return not standing.rivals and current is not None and (current.instance_id, current.xml) == picked


def go_back(hub: Hub, form: Form, held: Submission, version: str, *, instance_id: str, by: By = None) -> None:
    """A new version with the answers and files of an old one: what was combined or edited in error is as it was.

    version: the old one's instanceID or the SHA-256 of its XML; instance_id: of the new version. Raises Fault
    conflict.version, conflict.same_id, conflict.unread, conflict.undecided (first say which one stands)."""

    def work(turn: Turn) -> None:
        standing = standing_of(turn.db, form, held.instance_id)
        if standing.current is None or standing.rivals:
            raise Fault("conflict.undecided", instance_id=held.instance_id)
        old = _chosen(standing.versions, version)
        try:
            xml = turn.hub.blobs.read(old.xml, turn.db)
        except BlobMissing:
            raise Fault("conflict.unread", instance_id=old.instance_id) from None
        made = combine(xml, {}, {}, _schema(turn.hub, turn.db, form, old), instance_id=instance_id,
                       deprecated_id=standing.current.instance_id)  # fmt: skip
        body: dict[str, object] = {
            "instance_id": instance_id,
            "form_version": old.entry.body["form_version"],
            "deprecated_id": standing.current.instance_id,
        }
        files = {name: sha for name, sha in old.files.items() if sha}
        if files:
            body["files"] = files
        if old.entry.body.get("instance_name"):
            body["instance_name"] = old.entry.body["instance_name"]
        turn.append(
            EDIT, _subject(form, held), _signed(body, by), supersedes=_names([standing.current]),
            blobs=[stage_bytes(made.xml)], named_before=dict.fromkeys(files.values()),
        )  # fmt: skip

    hub.write(work)


def take(
    hub: Hub, form: Form, held: Submission, choices: Mapping[str, str], *, instance_id: str, by: By = None
) -> None:
    """A new version: the one that stands, with the chosen answers of others.

    choices: path of a question -> the version that it is taken from, named as for `pick`; instance_id:
    of the new version. Raises Fault conflict.none, conflict.version, conflict.same_id, conflict.unread,
    conflict.file, combine.*.
    """
    hub.write(lambda turn: _combine(turn, form, held, choices, instance_id, by))


def _combine(
    turn: Turn, form: Form, held: Submission, choices: Mapping[str, str], instance_id: str, by: By
) -> None:
    sides = _disputed(turn, form, held)
    base, *_ = sides
    chosen = {path: _chosen(sides, name) for path, name in choices.items()}
    by_name = {v.entry.id: v for v in chosen.values() if v is not base}
    made = _made(turn, form, base, by_name, chosen, instance_id)
    files = _files(base, by_name, made)
    _, envelope = parse_instance(made.xml)
    body: dict[str, object] = {
        "instance_id": instance_id,
        "form_version": base.entry.body["form_version"],
        "deprecated_id": base.instance_id,
    }
    if envelope.instance_name:
        body["instance_name"] = envelope.instance_name
    if files:
        body["files"] = files
    turn.append(
        EDIT, _subject(form, held), _signed(body, by), supersedes=_names(sides),
        blobs=[stage_bytes(made.xml)], named_before=dict.fromkeys(files.values()),
    )  # fmt: skip


def _made(
    turn: Turn, form: Form, base: Version, others: Mapping[str, Version], chosen: Mapping[str, Version],
    instance_id: str,
) -> Combined:  # fmt: skip
    store, db = turn.hub.blobs, turn.db
    try:
        return combine(
            store.read(base.xml, db),
            {name: store.read(v.xml, db) for name, v in others.items()},
            {path: v.entry.id for path, v in chosen.items()},
            _schema(turn.hub, db, form, base),
            instance_id=instance_id,
            deprecated_id=base.instance_id,
        )
    except BlobMissing:
        raise Fault("conflict.unread", instance_id=base.instance_id) from None
    except FormFault as fault:
        raise Fault(fault.code, **fault.values) from fault


def _files(base: Version, others: Mapping[str, Version], made: Combined) -> dict[str, str]:
    """The files that come along with taken answers, where the version that stands has not the same.
    Raises Fault conflict.file when two answers would need other bytes under one name."""
    files: dict[str, str] = {}
    for version_name, names in made.taken.items():
        for name in names:
            sha256 = others[version_name].files.get(name)
            if sha256 is None or sha256 == base.files.get(name):
                continue
            if files.setdefault(name, sha256) != sha256 or (name in made.kept and base.files.get(name)):
                raise Fault("conflict.file", name=name)
    return files


def _disputed(turn: Turn, form: Form, held: Submission) -> list[Version]:
    """The version that stands and its rivals, in this turn. Raises Fault conflict.none."""
    sides = _sides(standing_of(turn.db, form, held.instance_id))
    if len(sides) < 2:
        raise Fault("conflict.none", instance_id=held.instance_id)
    return sides


def _chosen(sides: list[Version], name: str) -> Version:
    """Raises Fault conflict.version, conflict.same_id."""
    found = [v for v in sides if name in (v.instance_id, v.xml)]
    if not found:
        raise Fault("conflict.version", name=name, versions=", ".join(v.instance_id for v in sides))
    if len(found) > 1:
        raise Fault("conflict.same_id", instance_id=name, versions=", ".join(v.xml for v in found))
    return found[0]


def _names(sides: list[Version]) -> list[str]:
    return [twin.id for version in sides for twin in version.twins]


def _subject(form: Form, held: Submission) -> str:
    return submission_subject(form.project_uid, form.key, held.instance_id)


def _signed(body: Mapping[str, object], by: By) -> dict[str, object]:
    return {**body, "by": dict(by)} if by else dict(body)
