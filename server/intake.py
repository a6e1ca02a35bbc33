"""What happens to a submission that a tablet hands over.

Whatever is a submission at all is held, durably, before we answer. What does not fit (other bytes
under the same instanceID, a form or version unknown here, a closed form, an edit of an outdated
copy) is parked for a person and never refused: a tablet must not be left with what it cannot hand
over. Rules: OpenRosa form submission API; docs/openrosa.md.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from forms.instance import Envelope, parse_instance, read_encrypted
from server import entity_making
from server.errors import Fault
from server.hub import Hub, Turn
from server.projection.context import Offered
from server.store import forms, submissions, withdrawals
from server.store.blobs import Staged, stage_bytes
from server.store.forms import Form, FormVersion
from server.store.ledger_sqlite import entries_of
from server.store.projects import Project
from server.store.submissions import ParkedRow, Submission, SubmissionVersion
from server.subjects import form_key, split_submission, submission_subject
from sync.ledger import Entry
from sync.merge import ATTACH, CREATE, EDIT
from sync.withdrawal import PURGE

log = logging.getLogger(__name__)
TEXT_LIMIT = 255  # characters kept of deviceID and user agent (Central)


@dataclass(frozen=True, slots=True)
class Post:
    """One request of a tablet. `by`: {"id": actor uid, "name": display name}; `files`: name -> bytes
    staged; `admitted`: whether the sender was given the form (a tablet's answers are held anyway);
    it may raise for one who may not send at all. `trial`: the draft that it is a test submission to
    (store/forms.py: as_trial), whatever form it names."""

    project: Project
    xml: bytes
    files: Mapping[str, Staged] = field(default_factory=dict)
    by: Mapping[str, str] | None = None
    device_id: str | None = None
    user_agent: str | None = None
    admitted: Callable[[Form | None], bool] = lambda form: True
    trial: Form | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`again`: these bytes were held before; `parked`: why a coordinator must look at it, or None;
    `missing`: names of attachments that the instance refers to and the hub does not hold yet; `withdrawn`:
    nothing of it was kept, because its owner took it back."""

    instance_id: str
    root_id: str
    again: bool
    parked: str | None
    missing: tuple[str, ...]
    withdrawn: bool = False


@dataclass(slots=True)
class Case:
    """A post with all that could be worked out before taking the write lock."""

    post: Post
    envelope: Envelope
    xml: Staged
    form: Form | None
    key: str
    offered: Offered | None
    admitted: bool

    def subject(self, root_id: str) -> str:
        return submission_subject(self.post.project.uid, self.key, root_id)


def accept(hub: Hub, post: Post, take_files: Callable[[], Mapping[str, Staged]] | None = None) -> Outcome:
    """Holds a submission and says what became of it, after it is on disk.

    take_files: gives the files once the answers proved to be a submission, so that what is refused
    leaves none behind. Raises FormFault submission.* when it is none; nothing is changed then.
    """
    if len(post.xml) > hub.config.max_xml_length:
        raise Fault("submission.too_large", limit_bytes=hub.config.max_xml_length)
    with hub.database.at_work:
        case = examine(hub, post)
    if take_files is not None:
        case.post = replace(post, files=take_files())
    outcome = hub.write(lambda turn: _decide(turn, case))
    if outcome.parked is None and not outcome.again:
        entity_making.follow(hub, case.form)
    _note(case, outcome)
    return outcome


def _note(case: Case, outcome: Outcome) -> None:
    """One line a submission; what a coordinator must look at stands out."""
    if outcome.withdrawn:
        log.info(
            "submission withdrawn before project=%s instance=%s", case.post.project.id, outcome.instance_id
        )
        return
    log.log(
        logging.WARNING if outcome.parked and not outcome.again else logging.INFO,
        "submission received project=%s instance=%s again=%s parked=%s missing=%d unexpected=%d",
        case.post.project.id, outcome.instance_id, outcome.again, outcome.parked, len(outcome.missing),
        _unexpected(case),
    )  # fmt: skip


def _unexpected(case: Case) -> int:
    """How many files came that the instance does not name: kept, and listed with what is parked."""
    named = set(case.offered.reading.media) if case.offered else set()
    return sum(1 for name in case.post.files if name not in named)


def examine(hub: Hub, post: Post) -> Case:
    """Reads a post without changing anything. Raises FormFault submission.*, and what `admitted` raises."""
    root, envelope = parse_instance(post.xml)
    form = post.trial or _form(hub, post.project.id, envelope.form_id)
    admitted = post.admitted(form)
    key = form.key if form is not None else form_key(envelope.form_id)
    offered = None
    version = _version(hub, form, envelope.version) if form is not None else None
    if version is not None and post.trial is not None:
        envelope = replace(
            envelope, version=version.version
        )  # a draft takes answers of any version (Central)
    if version is not None:
        sealed = envelope.encrypted
        reading = read_encrypted(root) if sealed else hub.reader_of(hub.read(), version).read(root)
        offered = Offered(reading, version.form_id, version.id)
    return Case(post, envelope, stage_bytes(post.xml), form, key, offered, admitted)


def _form(hub: Hub, project_id: int, form_id: str) -> Form | None:
    return hub.remember(("form", project_id, form_id), lambda db: forms.find_form(db, project_id, form_id))


def _version(hub: Hub, form: Form, version: str) -> FormVersion | None:
    return hub.remember(("version", form.id, version), lambda db: forms.find_published(db, form.id, version))


def _decide(turn: Turn, case: Case) -> Outcome:
    said = case.envelope
    about = {said.instance_id, said.deprecated_id or said.instance_id}
    purge = withdrawals.purge_of(turn.db, case.post.project.uid, case.key, about)
    if purge is not None:
        return _withdrawn(turn, case, purge)
    known = submissions.versions_with(turn.db, case.form.id, said.instance_id) if case.form else []
    for version in known:
        if version.xml == case.xml.sha256:
            return again(turn, case, version)
    project = case.post.project
    parked = submissions.parked_with(turn.db, project.id, case.key, said.instance_id, case.xml.sha256)
    if parked is not None:
        return _again_parked(turn, case, parked)
    if said.deprecated_id is None:
        return _original(turn, case, known)
    return _edit(turn, case)


def _withdrawn(turn: Turn, case: Case, purge: str) -> Outcome:
    """Nothing is kept. The instance of a late edit is withdrawn too: what is edited from it goes as well."""
    turn.discard(case.post.files.values())
    said, project = case.envelope, case.post.project.uid
    if withdrawals.purge_of(turn.db, project, case.key, [said.instance_id]) is None:
        subject = withdrawals.find_purge(turn.db, purge).subject
        turn.append(PURGE, subject, {"instances": [said.instance_id]}, supersedes=[purge])
    return Outcome(said.instance_id, said.deprecated_id or said.instance_id, True, None, (), True)


def _original(turn: Turn, case: Case, known: list[SubmissionVersion]) -> Outcome:
    if not known:
        if case.offered is not None:
            case.offered = replace(case.offered, fresh=True)
        return hold(turn, case, CREATE, case.envelope.instance_id, _turned_away(case))
    owner = _owner(turn, known[0])
    reason = "content.differs" if owner.deleted_at is None else "submission.deleted"
    return hold(turn, case, CREATE, owner.instance_id, reason)


def _owner(turn: Turn, version: SubmissionVersion) -> Submission:
    owner = submissions.find_by_number(turn.db, version.submission_id)
    assert owner is not None, version.submission_id
    return owner


def _edit(turn: Turn, case: Case) -> Outcome:
    """An edit applies to the version that stands; of any other it is kept for a person to decide."""
    deprecated = case.envelope.deprecated_id
    assert deprecated is not None
    known = submissions.versions_with(turn.db, case.form.id, deprecated) if case.form else []
    if not known:
        return hold(turn, case, EDIT, deprecated, _turned_away(case), shown="original.missing")
    owner = _owner(turn, known[0])
    return hold(turn, case, EDIT, owner.instance_id, _edit_reason(turn, case, owner, known))


def _edit_reason(turn: Turn, case: Case, owner: Submission, known: list[SubmissionVersion]) -> str | None:
    assert case.form is not None
    if owner.deleted_at is not None:
        return "submission.deleted"
    if submissions.versions_with(turn.db, case.form.id, case.envelope.instance_id):
        return "content.differs"
    if all(v.id != owner.version_id for v in known):
        return "edit.outdated"
    return _turned_away(case)


def _turned_away(case: Case) -> str | None:
    """Why Central would refuse this post, though it fits what is held."""
    if case.form is not None and case.form.state == "closed":
        return "form.closed"
    if case.form is not None and not case.admitted:
        return "access.missing"
    return None


def hold(
    turn: Turn, case: Case, kind: str, root_id: str, parked: str | None, shown: str | None = None
) -> Outcome:
    """Appends the entry. `parked` is part of the fact; a form or version unknown here is not: it
    clears up by itself when the form arrives."""
    body = _body(case)
    if parked is not None:
        body["parked"] = parked
    blobs = [case.xml, *case.post.files.values()]
    turn.append(kind, case.subject(root_id), body, blobs=blobs, offered=None if parked else case.offered)
    reason = parked or shown or _unknown(case)
    carried = _carried_over(turn, case) if kind == EDIT and not parked else {}
    return Outcome(case.envelope.instance_id, root_id, False, reason, _missing(case, carried))


def _unknown(case: Case) -> str | None:
    if case.form is None or case.form.current_id is None:
        return "form.unknown"
    return "version.unknown" if case.offered is None else None


def _body(case: Case) -> dict[str, Any]:
    said = case.envelope
    body: dict[str, Any] = {"instance_id": said.instance_id, "form_version": said.version}
    optional = {
        "deprecated_id": said.deprecated_id,
        "instance_name": said.instance_name,
        "device_id": (case.post.device_id or "")[:TEXT_LIMIT] or None,
        "user_agent": (case.post.user_agent or "")[:TEXT_LIMIT] or None,
        "by": dict(case.post.by) if case.post.by else None,
        "files": {name: blob.sha256 for name, blob in case.post.files.items()} or None,
    }
    body.update({k: v for k, v in optional.items() if v is not None})
    return body


def _carried_over(turn: Turn, case: Case) -> dict[str, str | None]:
    """The files of an edit as just folded: with those that it has from the version that it replaces."""
    form_id, instance_id = case.form.id if case.form else 0, case.envelope.instance_id
    for version in submissions.versions_with(turn.db, form_id, instance_id):
        if version.xml == case.xml.sha256:
            return {a.name: a.sha256 for a in submissions.list_attachments(turn.db, version.id)}
    return {}


def _missing(case: Case, carried: Mapping[str, str | None]) -> tuple[str, ...]:
    if case.offered is None:
        return ()
    media = case.offered.reading.media
    return tuple(n for n in media if n not in case.post.files and not carried.get(n))


def again(turn: Turn, case: Case, held: SubmissionVersion) -> Outcome:
    """The same submission once more: only files that are new are taken. Any number of times."""
    owner = _owner(turn, held)
    _keep_bytes(turn, case)
    have = {a.name: a.sha256 for a in submissions.list_attachments(turn.db, held.id)}
    _take_files(turn, case, owner.instance_id, have)
    media = case.offered.reading.media if case.offered else []
    missing = tuple(n for n in media if not have.get(n) and n not in case.post.files)
    reason = "submission.deleted" if owner.deleted_at is not None else None
    return Outcome(case.envelope.instance_id, owner.instance_id, True, reason, missing)


def _again_parked(turn: Turn, case: Case, parked: ParkedRow) -> Outcome:
    root_id = split_submission(parked.subject).instance_id
    _keep_bytes(turn, case)
    _take_files(turn, case, root_id, json.loads(parked.files))
    return Outcome(case.envelope.instance_id, root_id, True, parked.reason, ())


def _keep_bytes(turn: Turn, case: Case) -> None:
    """A hub that holds the entry from another hub, but not yet its bytes, must take them when the
    tablet offers them: it is about to be told that they are here."""
    turn.keep([case.xml, *case.post.files.values()])


def _take_files(turn: Turn, case: Case, root_id: str, have: Mapping[str, str | None]) -> None:
    new = {n: b for n, b in case.post.files.items() if have.get(n) != b.sha256}
    if new:
        subject = case.subject(root_id)
        attach(turn, subject, case.envelope.instance_id, case.xml.sha256, new, case.post.by)


def attach(
    turn: Turn,
    subject: str,
    instance_id: str,
    xml: str,
    files: Mapping[str, Staged | None],
    by: Mapping[str, str] | None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Gives files to a version, or takes them away (None). more: what else the entry says.

    Supersedes what said anything of the same names before: every hub then agrees which bytes stand,
    and the earlier ones stay in the ledger.
    """
    body: dict[str, Any] = {
        "instance_id": instance_id,
        "xml": xml,
        "files": {n: b.sha256 if b else None for n, b in files.items()},
        **more,
    }
    if by:
        body["by"] = dict(by)
    before = [e.id for e in entries_of(turn.db, subject) if _speaks_of(e, instance_id, xml, set(files))]
    turn.append(ATTACH, subject, body, supersedes=before, blobs=[b for b in files.values() if b])


def _speaks_of(entry: Entry, instance_id: str, xml: str, names: set[str]) -> bool:
    if entry.kind not in (ATTACH, CREATE, EDIT) or entry.body["instance_id"] != instance_id:
        return False
    about = entry.body["xml"] if entry.kind == ATTACH else entry.blobs[0]
    return about == xml and bool(names & set(entry.body.get("files", {})))
